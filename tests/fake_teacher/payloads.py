"""JSON bodies and server-sent events of replies.

Sources: OpenAI API reference (objects `chat.completion`, `chat.completion.chunk`,
`text_completion`; the usage chunk comes last with no choices) and the WHATWG HTML standard, 9.2
(event streams: comments start with a colon, lines may end in CRLF).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from tests.fake_teacher.reply import Body, Reply, counted_usage
from tests.fake_teacher.wire import (
    UsageForm,
    WireMessage,
    WireStyle,
    shape_chat_message,
    shape_raw_text,
)

Endpoint = Literal["chat", "completions"]
Event = dict[str, Any]
DONE = "[DONE]"
PING = ": ping"


@dataclass(frozen=True)
class Envelope:
    """What all JSON objects of one response share."""

    response_id: str
    model: str
    created: int

    @classmethod
    def for_request(cls, body: Body, reply: Reply, *, endpoint: Endpoint, number: int) -> Envelope:
        """A new id for each request, as real servers give one even to an equal body."""
        prefix = "chatcmpl" if endpoint == "chat" else "cmpl"
        model = reply.served_model or str(body.get("model", ""))
        return cls(f"{prefix}-fake-{number}", model, int(time.time()))

    def wrap(self, kind: str, choices: list[Event]) -> Event:
        """The outer object around the choices."""
        return {
            "id": self.response_id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }


def shape_message(reply: Reply, style: WireStyle, endpoint: Endpoint) -> WireMessage:
    """Completions have no field for a thought: there the raw text comes back."""
    if endpoint == "chat":
        return shape_chat_message(reply, style)
    return shape_raw_text(reply, style)


def usage_object(reply: Reply, body: Body, style: WireStyle) -> Event | None:
    """The `usage` object, or None where the style has none."""
    if style.usage is UsageForm.ABSENT:
        return None
    counts = counted_usage(reply, body)
    usage: Event = {
        "prompt_tokens": counts.prompt_tokens,
        "completion_tokens": counts.completion_tokens,
        "total_tokens": counts.prompt_tokens + counts.completion_tokens,
    }
    if style.usage is UsageForm.DETAILED:
        usage["completion_tokens_details"] = {"reasoning_tokens": counts.reasoning_tokens}
    return usage


def whole_response(
    reply: Reply, body: Body, style: WireStyle, endpoint: Endpoint, envelope: Envelope
) -> Event:
    """The body of a reply that is not streamed."""
    said = shape_message(reply, style, endpoint)
    choice: Event = {"index": 0, "finish_reason": said.finish_reason, "logprobs": None}
    if endpoint == "chat":
        choice["message"] = {"role": "assistant", "content": said.content}
        if said.reasoning_key is not None:
            choice["message"][said.reasoning_key] = said.reasoning
    else:
        choice["text"] = said.content
    kind = "chat.completion" if endpoint == "chat" else "text_completion"
    response = envelope.wrap(kind, [choice])
    usage = usage_object(reply, body, style)
    return response if usage is None else {**response, "usage": usage}


def stream_events(
    reply: Reply, body: Body, style: WireStyle, endpoint: Endpoint, envelope: Envelope
) -> Iterator[Event]:
    """All events of a streamed reply but the closing `[DONE]`."""
    said = shape_message(reply, style, endpoint)
    chat = endpoint == "chat"
    kind = "chat.completion.chunk" if chat else "text_completion"
    deltas = _chat_deltas(said, style) if chat else _text_deltas(said, style)
    for delta in deltas:
        yield envelope.wrap(kind, [{"index": 0, **delta, "finish_reason": None}])
    last: Event = {"delta": {}} if chat else {"text": ""}
    yield envelope.wrap(kind, [{"index": 0, **last, "finish_reason": said.finish_reason}])
    if (body.get("stream_options") or {}).get("include_usage"):
        usage = usage_object(reply, body, style)
        if usage is not None:
            yield {**envelope.wrap(kind, []), "usage": usage}


def _chat_deltas(said: WireMessage, style: WireStyle) -> Iterator[Event]:
    yield {"delta": {"role": "assistant", "content": ""}}
    key = said.reasoning_key
    if key is not None:
        empty: Event = {"content": None} if style.null_fields else {}
        for piece in _cut_text(said.reasoning, style.delta_characters):
            yield {"delta": {**empty, key: piece}}
    filler: Event = {key: None} if style.null_fields and key is not None else {}
    for piece in _cut_text(said.content or "", style.delta_characters):
        yield {"delta": {**filler, "content": piece}}


def _text_deltas(said: WireMessage, style: WireStyle) -> Iterator[Event]:
    for piece in _cut_text(said.content or "", style.delta_characters):
        yield {"text": piece}


def _cut_text(text: str, characters: int | None) -> Iterator[str]:
    step = characters or max(1, len(text))
    for start in range(0, len(text), step):
        yield text[start : start + step]


def frame_events(events: Iterator[Event], style: WireStyle, *, done: bool = True) -> list[bytes]:
    """The event stream as a list of TCP writes."""
    line_end = "\r\n" if style.crlf else "\n"
    frames: list[bytes] = []
    for number, event in enumerate(events):
        ping = bool(style.ping_every) and number % (style.ping_every or 1) == 0
        comment = f"{PING}{line_end}{line_end}" if ping else ""
        frames.append(f"{comment}{frame_data(dump_json(event, style), style)}".encode())
    if done:
        frames.append(frame_data(DONE, style).encode())
    return _group_writes(frames, style)


def frame_data(data: str, style: WireStyle) -> str:
    """One event."""
    line_end = "\r\n" if style.crlf else "\n"
    space = " " if style.data_space else ""
    return f"data:{space}{data}{line_end}{line_end}"


def _group_writes(frames: list[bytes], style: WireStyle) -> list[bytes]:
    if style.write_bytes is not None:
        stream, size = b"".join(frames), style.write_bytes
        return [stream[start : start + size] for start in range(0, len(stream), size)]
    size = style.events_per_write
    return [b"".join(frames[start : start + size]) for start in range(0, len(frames), size)]


def dump_json(value: object, style: WireStyle) -> str:
    """Compact JSON, escaped to ASCII where the style says so."""
    if style.ascii_json:
        return json.dumps(value, separators=(",", ":"))
    return orjson.dumps(value).decode()
