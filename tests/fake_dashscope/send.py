"""Answers and errors of the fake DashScope on a connection."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

from aiohttp import web

from tests.fake_dashscope.chat import Completion
from tests.fake_dashscope.errors import DashScopeFault, ErrorRow
from tests.fake_teacher.error_bodies import retry_after_headers
from tests.fake_teacher.payloads import frame_data, frame_events
from tests.fake_teacher.record import OK
from tests.fake_teacher.send import (
    Exchange,
    Sent,
    _open_stream,
    _wait_until,
    _write_spread,
    send_json,
)

CHARACTERS = 4


async def send_error(
    exchange: Exchange, row: ErrorRow, subject: str = "", fault: DashScopeFault | None = None
) -> Sent:
    """An error in place of an answer; the outcome is its code."""
    if fault is not None:
        await _wait_until(exchange, fault.delay_s)
    subject = subject or str(exchange.body.get("model", ""))
    headers = {} if fault is None else retry_after_headers(fault)
    body = error_body(row, subject)
    return Sent(await send_json(exchange, body, row.status, headers), row.code)


def error_body(row: ErrorRow, subject: str = "") -> dict[str, Any]:
    """A row as sent; moderation also names the completion that it stopped."""
    moderated = row.code == "data_inspection_failed"
    completion_id = f"chatcmpl-{uuid.uuid4()}" if moderated else ""
    return row.body(str(uuid.uuid4()), subject, completion_id)


async def send_completion(exchange: Exchange, completion: Completion) -> Sent:
    """An answer in full, streamed if asked for."""
    if not exchange.streamed:
        await _wait_until(exchange, completion.reply.delay_s)
        return Sent(await send_json(exchange, completion.whole(), 200), OK)
    response = await _open_stream(exchange, {})
    writes = frame_events(completion.chunks(_characters(exchange)), exchange.style)
    await _write_spread(exchange, response, writes, completion.reply)
    await response.write_eof()
    return Sent(response, OK)


async def send_cut_stream(
    exchange: Exchange, completion: Completion, fault: DashScopeFault
) -> Sent:
    """Half of a stream, then an error object in it: moderation of what the model says."""
    if not exchange.streamed:
        return await send_error(exchange, fault.row, fault=fault)
    response = await _open_stream(exchange, {})
    chunks = list(completion.chunks(_characters(exchange)))
    half = frame_events(iter(chunks[: len(chunks) // 2]), exchange.style, done=False)
    await _write_spread(exchange, response, half, replace(completion.reply, delay_s=fault.delay_s))
    error = frame_data(json.dumps(error_body(fault.row)), exchange.style)
    event = "event: error\n" if fault.as_event else ""
    await response.write(f"{event}{error}".encode())
    return Sent(response, fault.row.code)


def not_found(message: str) -> web.Response:
    """An unknown address or object."""
    row = ErrorRow(404, "NotFound", message)
    return web.json_response(row.body(str(uuid.uuid4())), status=row.status)


def _characters(exchange: Exchange) -> int:
    return exchange.style.delta_characters or CHARACTERS
