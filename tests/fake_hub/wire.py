"""What goes over the wire: a request as the routes see it, their reply, and how a refusal looks.

Sources: the endpoint table of shared/hub/README.md; RFC 9110 §14 (ranges); `hf_raise_for_status` of
huggingface_hub 2.4.0 for the error headers that its client reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

Json = dict[str, Any] | list[Any]
RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


class HubError(Exception):
    """A refusal: status, the Hub's `X-Error-Code` where it has one, and its message."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})
        self.body = dict(body or {})


@dataclass(frozen=True)
class Call:
    """One request: `groups` are the unquoted parts of the route's pattern."""

    method: str
    path: str
    query_text: str
    headers: Mapping[str, str]
    body: bytes
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.query_text, keep_blank_values=True)

    def argument(self, name: str, default: str = "") -> str:
        """The first value of a query argument."""
        return self.query.get(name, [default])[0]

    def has_flag(self, name: str) -> bool:
        """Whether a query argument is 1 or true."""
        return self.argument(name).lower() in {"1", "true"}

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; no body is an empty one."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise HubError(400, f"The body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise HubError(400, "The body is not a JSON object")
        return value

    def text(self, name: str) -> str:
        """A string that the body must hold."""
        value = self.json().get(name)
        if not isinstance(value, str) or not value:
            raise HubError(400, f'"{name}" is required')
        return value


@dataclass(frozen=True)
class Reply:
    """An answer; a reply to HEAD is built as for GET and sent without its body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def reply_json(
    value: Json, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """A JSON answer."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Reply(status, json.dumps(value).encode(), {**kind, **(headers or {})})


def reply_error(error: HubError) -> Reply:
    """A refusal as the Hub words it: the message in the body and in `X-Error-Message`."""
    headers = {"X-Error-Message": re.sub(r"\s+", " ", error.message), **error.headers}
    if error.code is not None:
        headers["X-Error-Code"] = error.code
    return reply_json({"error": error.message, **error.body}, status=error.status, headers=headers)


def reply_bytes(content: bytes, call: Call, headers: Mapping[str, str]) -> Reply:
    """File content; a `Range` of it is 206, one behind its end 416."""
    reply = Reply(
        200,
        content,
        {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", **headers},
    )
    wanted = call.headers.get("Range")
    found = RANGE.fullmatch(wanted) if wanted else None
    if found is None or found.group(0) == "bytes=-":
        return reply
    start, end = _read_range(found.groups(), len(content))
    if start >= len(content) or end <= start:
        return replace(
            reply, status=416, body=b"", headers={"Content-Range": f"bytes */{len(content)}"}
        )
    place = {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"}
    return replace(reply, status=206, body=content[start:end], headers={**reply.headers, **place})


def _read_range(groups: Sequence[str], size: int) -> tuple[int, int]:
    """First byte and the one behind the last; `-n` means the last n."""
    first, last = groups
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size
