"""What a fake teacher says: the reply model, and the identity of a request.

Written from the public API references of OpenAI (chat completions, completions), vLLM, llama.cpp's
server and DashScope's compatible mode. A replier is a pure function of the request's body, so a
run that is killed, reordered or retried sees the same text again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

Body = Mapping[str, Any]

# How the answer travels, not what is asked: no part of a request's identity.
TRANSPORT_FIELDS = frozenset({"stream", "stream_options"})
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Usage:
    """Token counts that the server bills; `reasoning_tokens` is part of `completion_tokens`."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int


@dataclass(frozen=True)
class Reply:
    """One reply before it is put into a wire form.

    `delay_s` is the time from the request's arrival to the last byte; `first_token_s` (streams
    only) the part of it before the first token. `usage` None means: counted from the text.
    `served_model` None echoes the request's. A `status` other than 200 sends `error` as the body.
    """

    content: str = ""
    reasoning: str = ""
    finish_reason: str = "stop"
    usage: Usage | None = None
    served_model: str | None = None
    status: int = 200
    error: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    first_token_s: float = 0.0


Replier = Callable[[Body], Reply]


def request_key(body: Body) -> str:
    """Hex SHA-256 of the body's canonical JSON without the transport fields."""
    kept = {name: value for name, value in body.items() if name not in TRANSPORT_FIELDS}
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()


def hash_share(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone: the fake's only source of chance."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:7], "big") / float(1 << 56)


def last_user_text(body: Body) -> str:
    """The last user message (text parts joined), or the prompt of a completions request."""
    if "messages" not in body:
        prompt = body.get("prompt", "")
        return prompt if isinstance(prompt, str) else "".join(str(part) for part in prompt)
    for message in reversed(body["messages"]):
        if message.get("role") == "user":
            return _plain_text(message.get("content"))
    return ""


def _plain_text(content: object) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def thinking_wanted(body: Body) -> bool:
    """Whether the request leaves thinking on: `enable_thinking` as DashScope has it at the top
    level, as vLLM and llama.cpp in `chat_template_kwargs`.
    """
    template = body.get("chat_template_kwargs") or {}
    return body.get("enable_thinking") is not False and template.get("enable_thinking") is not False


def count_tokens(text: str) -> int:
    """A stand-in for a tokenizer: four characters a token, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def counted_usage(reply: Reply, body: Body) -> Usage:
    """The reply's own usage, or one counted from the texts."""
    if reply.usage is not None:
        return reply.usage
    reasoning_tokens = count_tokens(reply.reasoning)
    return Usage(
        prompt_tokens=count_tokens(last_user_text(body)),
        completion_tokens=reasoning_tokens + count_tokens(reply.content),
        reasoning_tokens=reasoning_tokens,
    )
