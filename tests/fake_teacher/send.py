"""Putting replies and faults on a connection, byte by byte where a trial wants it.

HTTP framing facts used here (RFC 9112): a chunked body without its last chunk, or a body shorter
than its Content-Length, is incomplete and the client must notice; SO_LINGER 0 makes close send RST.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from tests.fake_teacher.error_bodies import ERROR_ANSWERS, STREAM_ERROR, retry_after_headers
from tests.fake_teacher.faults import Fault, FaultKind
from tests.fake_teacher.payloads import (
    DONE,
    PING,
    Endpoint,
    Envelope,
    dump_json,
    frame_data,
    frame_events,
    stream_events,
    whole_response,
)
from tests.fake_teacher.record import OK
from tests.fake_teacher.reply import Body, Reply
from tests.fake_teacher.wire import WireStyle

FOREVER_S = 86_400.0
EVENT_STREAM = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
JSON_TYPE = {"Content-Type": "application/json"}
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Exchange:
    """One request that is being answered; `arrived` is in the event loop's time."""

    request: web.Request
    body: Body
    endpoint: Endpoint
    style: WireStyle
    number: int
    arrived: float

    @property
    def streamed(self) -> bool:
        """Whether the client asked for server-sent events."""
        return bool(self.body.get("stream"))

    @property
    def request_id(self) -> dict[str, str]:
        """The header by which a provider's support finds a request; new for each."""
        return {"X-Request-Id": f"req-fake-{self.number}"}

    def since_arrival_s(self) -> float:
        """Seconds since the request came in."""
        return asyncio.get_running_loop().time() - self.arrived


@dataclass(frozen=True)
class Sent:
    """What went out, for the record."""

    response: web.StreamResponse
    outcome: str


async def send_reply(exchange: Exchange, reply: Reply) -> Sent:
    """A reply in full; `reply.status` other than 200 is an error answer of the replier's own."""
    if reply.status != web.HTTPOk.status_code:
        await _wait_until(exchange, reply.delay_s)
        response = await send_json(exchange, reply.error or {}, reply.status, reply.headers)
        return Sent(response, f"status_{reply.status}")
    if exchange.streamed:
        response = await _open_stream(exchange, reply.headers)
        await _write_spread(exchange, response, _stream_writes(exchange, reply), reply)
        await response.write_eof()
        return Sent(response, OK)
    await _wait_until(exchange, reply.delay_s)
    return Sent(await send_json(exchange, _whole(exchange, reply), 200, reply.headers), OK)


async def send_fault(exchange: Exchange, fault: Fault, reply: Reply) -> Sent:
    """A failure in place of `reply`."""
    match fault.kind:
        case FaultKind.SLOW_FIRST_TOKEN:
            return await _send_late(exchange, fault, reply)
        case FaultKind.FILTERED_FINISH:
            filtered = Reply(finish_reason="content_filter", delay_s=fault.delay_s)
            return Sent((await send_reply(exchange, filtered)).response, fault.kind)
        case FaultKind.RESET:
            await _wait_until(exchange, fault.delay_s)
            return Sent(reset_connection(exchange.request), fault.kind)
    await _wait_until(exchange, fault.delay_s)
    answer = ERROR_ANSWERS.get(fault.kind)
    if answer is not None:
        subject = fault.subject or str(exchange.body.get("model", ""))
        headers = retry_after_headers(fault)
        response = await send_json(exchange, answer.body(subject), answer.status, headers)
        return Sent(response, fault.kind)
    send_broken = _send_broken_stream if exchange.streamed else _send_broken_body
    return Sent(await send_broken(exchange, fault.kind, reply), fault.kind)


async def send_json(
    exchange: Exchange, value: object, status: int, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """A whole JSON answer, written before this returns."""
    body = dump_json(value, exchange.style).encode()
    return await _send_bytes(exchange, body, status, {**JSON_TYPE, **(headers or {})})


def reset_connection(request: web.Request) -> web.StreamResponse:
    """RST instead of an answer. The response that is returned goes nowhere."""
    transport = request.transport
    if transport is not None:
        wire = transport.get_extra_info("socket")
        if wire is not None:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        transport.abort()
    return web.Response()


async def _send_late(exchange: Exchange, fault: Fault, reply: Reply) -> Sent:
    delay_s = max(reply.delay_s, fault.delay_s)
    late = replace(reply, first_token_s=fault.delay_s, delay_s=delay_s)
    return await send_reply(exchange, late)  # a good reply, so its outcome is `ok`


async def _send_broken_body(
    exchange: Exchange, kind: FaultKind, reply: Reply
) -> web.StreamResponse:
    body = dump_json(_whole(exchange, reply), exchange.style).encode()
    half = body[: len(body) // 2]
    match kind:
        case FaultKind.GARBAGE_JSON:
            return await _send_bytes(exchange, b"<html>proxy {not json", 200, JSON_TYPE)
        case FaultKind.EMPTY_BODY:
            return await _send_bytes(exchange, b"", 200, JSON_TYPE)
        case FaultKind.CUT_JSON | FaultKind.QUIET_HALF_STREAM:
            return await _send_bytes(exchange, half, 200, JSON_TYPE)
        case FaultKind.ERROR_EVENT:
            return await send_json(exchange, STREAM_ERROR.body(""), 200)
    response = web.StreamResponse(headers={**JSON_TYPE, "Content-Length": str(len(body))})
    await response.prepare(exchange.request)
    await response.write(half)
    if kind is FaultKind.STALL:
        await asyncio.sleep(FOREVER_S)
    _close(exchange.request)
    return response


async def _send_broken_stream(
    exchange: Exchange, kind: FaultKind, reply: Reply
) -> web.StreamResponse:
    if kind is FaultKind.EMPTY_BODY:
        return await _send_bytes(exchange, b"", 200, EVENT_STREAM)
    response = await _open_stream(exchange, reply.headers)
    if kind is FaultKind.GARBAGE_JSON:
        await response.write(frame_data("<html>proxy {not json", exchange.style).encode())
        await response.write(frame_data(DONE, exchange.style).encode())
        return response
    cut_inside = kind in {FaultKind.HALF_STREAM, FaultKind.HALF_BODY}
    for piece in _first_half(exchange, reply, cut_inside=cut_inside):
        await response.write(piece)
    match kind:
        case FaultKind.STALL:
            await asyncio.sleep(FOREVER_S)
        case FaultKind.ERROR_EVENT:
            error = dump_json(STREAM_ERROR.body(""), exchange.style)
            await response.write(frame_data(error, exchange.style).encode())
        case FaultKind.HALF_STREAM | FaultKind.HALF_BODY:
            _close(exchange.request)
    return response  # aiohttp writes the last chunk after the handler, if the line is still open


async def _open_stream(exchange: Exchange, headers: Mapping[str, str]) -> web.StreamResponse:
    response = web.StreamResponse(headers={**EVENT_STREAM, **exchange.request_id, **headers})
    await response.prepare(exchange.request)
    return response


async def _send_bytes(
    exchange: Exchange, body: bytes, status: int, headers: dict[str, str]
) -> web.StreamResponse:
    sent_headers = {**exchange.request_id, **headers}
    response = web.Response(body=body, status=status, headers=sent_headers)
    await response.prepare(exchange.request)
    await response.write_eof()
    return response


def _whole(exchange: Exchange, reply: Reply) -> dict[str, Any]:
    envelope = _envelope(exchange, reply)
    return whole_response(reply, exchange.body, exchange.style, exchange.endpoint, envelope)


def _stream_writes(exchange: Exchange, reply: Reply) -> list[bytes]:
    return frame_events(_events(exchange, reply), exchange.style)


def _events(exchange: Exchange, reply: Reply) -> Iterator[dict[str, Any]]:
    envelope = _envelope(exchange, reply)
    return stream_events(reply, exchange.body, exchange.style, exchange.endpoint, envelope)


def _first_half(exchange: Exchange, reply: Reply, *, cut_inside: bool) -> list[bytes]:
    """Half of the stream's bytes, which usually ends inside an event, or half of its events."""
    if not cut_inside:
        events = list(_events(exchange, reply))
        return frame_events(iter(events[: len(events) // 2]), exchange.style, done=False)
    stream = b"".join(_stream_writes(exchange, reply))
    size = exchange.style.write_bytes or len(stream)
    half = stream[: len(stream) // 2]
    return [half[start : start + size] for start in range(0, len(half), size)]


def _envelope(exchange: Exchange, reply: Reply) -> Envelope:
    return Envelope.for_request(
        exchange.body, reply, endpoint=exchange.endpoint, number=exchange.number
    )


async def _write_spread(
    exchange: Exchange, response: web.StreamResponse, writes: list[bytes], reply: Reply
) -> None:
    """The writes, spread evenly from the first token to the end of the reply's delay."""
    steps = min(exchange.style.stream_steps, len(writes)) if reply.delay_s else 1
    for step in range(steps):
        share = step / (steps - 1) if steps > 1 else 1.0
        due_s = reply.first_token_s + (reply.delay_s - reply.first_token_s) * share
        await _wait_until(exchange, due_s, response)
        start, end = len(writes) * step // steps, len(writes) * (step + 1) // steps
        for piece in writes[start:end]:
            await response.write(piece)
            if exchange.style.write_bytes is not None:
                await asyncio.sleep(0)  # let each piece reach the client by itself


async def _wait_until(
    exchange: Exchange, due_s: float, response: web.StreamResponse | None = None
) -> None:
    """Sleep until `due_s` after the arrival, with comments on an open stream if the style asks."""
    ping_s = exchange.style.ping_s
    while (left_s := due_s - exchange.since_arrival_s()) > 0:
        if response is None or ping_s is None:
            await asyncio.sleep(left_s)
            return
        await asyncio.sleep(min(left_s, ping_s))
        await response.write(f"{PING}\n\n".encode())


def _close(request: web.Request) -> None:
    """Flush what was written, then end the connection in the middle of the body."""
    if request.transport is not None:
        request.transport.close()
