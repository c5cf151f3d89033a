"""Read a teacher's answer, whole or streamed, into a `Reply`: raw fields, nothing interpreted.

Sources: the OpenAI API reference (chat completion object, chunk object), the WHATWG HTML standard
section 9.2 (server-sent events: comments, CRLF, `data:` with or without a space).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson

from distilabel_pipelines.gateway.faults import TeacherFaultError, read_error_object
from distilabel_pipelines.gateway.settings import Dialect
from distilabel_pipelines.wire import Reply, join_surrogates

# A server-side abort (vLLM, SGLang) or a proxy's failure: no reply, whatever text came before.
_BROKEN_FINISH = frozenset({"abort", "error"})
TEXT_FIELDS = ("content", "reasoning_content", "reasoning", "refusal")


def read_whole_reply(body: bytes, dialect: Dialect = "openai") -> Reply:
    """Read a non-streamed answer; raises TeacherFaultError when it is no complete reply."""
    parsed = _parse_json(body)
    if parsed.get("error"):
        raise read_error_object(parsed["error"], dialect)
    choice = _first_choice(parsed)
    if choice is None and "code" in parsed and "message" in parsed:  # DashScope's native form
        raise read_error_object(parsed, dialect)
    if choice is None:
        raise TeacherFaultError("transient", f"an answer without a choice: {body[:200]!r}")
    pieces = _Pieces()
    pieces.add(choice, "message")
    return pieces.build(parsed)


async def read_streamed_reply(
    chunks: AsyncIterator[bytes],
    on_piece: Callable[[int], None],
    dialect: Dialect = "openai",
) -> Reply:
    """Join a stream of server-sent events; `on_piece` gets each piece's size in UTF-8 bytes.

    Raises TeacherFaultError("transient") when the stream ends before the reply does: half a
    thought is not a reply. Without the last `usage` chunk a finished reply is kept, usage unknown.
    """
    pieces = _Pieces()
    envelope: dict[str, Any] = {}
    try:
        async for data in _iterate_events(chunks):
            if data == b"[DONE]":
                pieces.done = True
                break
            _read_event(_parse_json(data), pieces, envelope, on_piece, dialect)
    except TeacherFaultError as fault:
        # The reply was whole before the line broke: to ask again would pay for it twice.
        if not pieces.finish_reason or fault.kind != "transient":
            raise
    if not pieces.finish_reason and not pieces.done:
        raise TeacherFaultError("transient", "the stream ended before the reply did")
    if not pieces.seen_choice:
        raise TeacherFaultError("transient", "the stream ended without a single choice")
    return pieces.build(envelope)


def _read_event(
    parsed: dict[str, Any],
    pieces: _Pieces,
    envelope: dict[str, Any],
    on_piece: Callable[[int], None],
    dialect: Dialect,
) -> None:
    if parsed.get("error"):
        raise read_error_object(parsed["error"], dialect)
    envelope.update({name: parsed[name] for name in ("id", "model", "usage") if parsed.get(name)})
    choice = _first_choice(parsed)
    if choice is not None:
        on_piece(pieces.add(choice, "delta"))


async def _iterate_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the payload of each `data:` line, whatever pieces the bytes arrive in.

    Lines are cut as bytes, so a character or an event split over two reads stays whole.
    """
    unfinished: list[bytes] = []  # joined once a line ends: a line may be 100 MB long
    async for chunk in chunks:
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join([*unfinished, lines[0]])
            unfinished.clear()
        unfinished.append(rest)
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
    last = b"".join(unfinished)
    if last.startswith(b"data:"):
        yield last[5:].strip()


class _Pieces:
    """The growing text fields of one choice."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self.finish_reason = ""
        self.done = False
        self.seen_choice = False

    def add(self, choice: dict[str, Any], part: str) -> int:
        """Take a piece in; returns the UTF-8 bytes of its text."""
        self.seen_choice = True
        size = 0
        message = choice.get(part)
        if not isinstance(message, dict) or not message:
            message = {"content": choice.get("text")}
        for field in TEXT_FIELDS:
            text = _read_text(message.get(field))
            if text is not None:
                self._texts.setdefault(field, []).append(text)
                size += len(text.encode(errors="surrogatepass"))
        self.finish_reason = str(choice.get("finish_reason") or self.finish_reason)
        return size

    def build(self, envelope: dict[str, Any]) -> Reply:
        if self.finish_reason in _BROKEN_FINISH:
            raise TeacherFaultError(
                "transient", f"the server broke the reply off (finish_reason {self.finish_reason})"
            )
        message = {name: join_surrogates("".join(texts)) for name, texts in self._texts.items()}
        return Reply(
            message={"content": None, **message},
            finish_reason=join_surrogates(self.finish_reason),
            usage=_read_usage(envelope.get("usage")),
            served_model=join_surrogates(str(envelope.get("model") or "")),
            response_id=join_surrogates(str(envelope.get("id") or "")),
        )


def _read_usage(usage: object) -> dict[str, Any] | None:
    """The server's own object, where it is one that the journal can hold."""
    if not isinstance(usage, dict):
        return None
    try:
        orjson.dumps(usage)
    except TypeError:  # half a surrogate pair, a number beyond 64 bits
        return None
    return usage


def _read_text(value: object) -> str | None:
    """A text field as a string; some servers send a list of typed parts."""
    if isinstance(value, list):
        return "".join(str(part.get("text", "")) for part in value if isinstance(part, dict))
    return value if isinstance(value, str) else None


def _first_choice(parsed: dict[str, Any]) -> dict[str, Any] | None:
    choices = parsed.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    return choices[0]


def _parse_json(data: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError:
        # The standard library also takes half a surrogate pair, which a chunk may end with.
        try:
            parsed = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise TeacherFaultError(
                "transient", f"an answer that is no JSON: {data[:200]!r}"
            ) from error
    if not isinstance(parsed, dict):
        raise TeacherFaultError("transient", f"an answer that is no JSON object: {data[:200]!r}")
    return parsed
