"""The OpenAI-compatible wire: request bodies, their canonical key, and replies as plain data.

Source: the OpenAI API reference (chat completions, completions), vLLM's and llama.cpp's
"OpenAI-compatible server" documentation. A request's identity is its content: the same question,
model and sampling parameters give the same key on any URL, port, key or transport.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict

Api = Literal["chat", "completions"]
TeacherName = Literal["teacher", "judge"]
Body = dict[str, Any]

# How a reply travels, not what was asked: these never enter the key.
TRANSPORT_FIELDS = frozenset({"stream", "stream_options", "user", "metadata"})

# The loopback headers between the build and the gateway.
INDEX_HEADER = "x-request-index"
TEACHER_HEADER = "x-teacher"
ROUTES: Mapping[Api, str] = {"chat": "/chat/completions", "completions": "/completions"}


class Reply(BaseModel):
    """One finished reply, raw: what the server said, before any thought is split.

    `message` holds the assistant message's text fields as received (`content`, `reasoning`,
    `reasoning_content`, `refusal`); for a stream each is the concatenation of its deltas. `usage`
    is the server's own object, None where it sent none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: dict[str, str | None]
    finish_reason: str
    usage: dict[str, Any] | None
    served_model: str
    response_id: str


class Refusal(BaseModel):
    """A request the provider will not answer: content moderation. It stands for ever."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: int
    code: str
    message: str


def canonical_request(body: Body) -> Body:
    """The body without what only says how the reply travels."""
    return {name: value for name, value in body.items() if name not in TRANSPORT_FIELDS}


def request_key(api: Api, body: Body) -> str:
    """32 hex digits that identify the request's content (128 bits of SHA-256)."""
    canonical = orjson.dumps([api, canonical_request(body)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()[:32]


def join_surrogates(text: str) -> str:
    """Rejoin surrogate pairs split over two JSON chunks; a lone half becomes U+FFFD."""
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def count_tokens(usage: Mapping[str, Any] | None, name: str) -> int | None:
    """A token count of a `usage` object; None where the server did not say (never 0 for that).

    What is no count (below 0, a boolean, a text) is nothing said: it must not lower a bill.
    `name` is `prompt_tokens`, `completion_tokens` or `reasoning_tokens` (which stands in
    `completion_tokens_details`).
    """
    if usage is None:
        return None
    source: Any = usage
    if name == "reasoning_tokens":
        source = usage.get("completion_tokens_details")
    value = source.get(name) if isinstance(source, Mapping) else None
    return value if type(value) is int and value >= 0 else None
