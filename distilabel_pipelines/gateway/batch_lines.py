"""The lines of a batch's files: requests on the way out, replies and errors on the way in.

Sources: the OpenAI API reference ("Batch", request input and output objects; error codes
`batch_expired`, `batch_cancelled`, `request_timeout`); Alibaba Cloud Model Studio, "Batch
inference". A request is `{"custom_id", "method", "url", "body"}`, an answer `{"custom_id",
"response": {"status_code", "body"}, "error"}`, in any order, in the output or the error file.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

import orjson

from distilabel_pipelines.gateway.faults import (
    TeacherFaultError,
    read_error_response,
)
from distilabel_pipelines.gateway.replies import read_whole_reply
from distilabel_pipelines.gateway.settings import Dialect
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.wire import ROUTES, Api, Body, Refusal, Reply

# The server's own failures, whatever status it gives them.
_NOT_RUN = frozenset({"batch_expired", "batch_cancelled", "request_timeout"})
_STREAM_FIELDS = frozenset({"stream", "stream_options"})  # a batch has nobody to stream to


class BatchLineFailedError(Exception):
    """This request's answer will not come from a batch.

    `may_fall_back` says that asked one by one it may well be answered; else it never will.
    """

    def __init__(self, fault: TeacherFaultError, *, may_fall_back: bool) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.may_fall_back = may_fall_back


class BatchLine:
    """A request that is to come from a batch, and who waits for its answer."""

    def __init__(self, key: str, api: Api, body: Body, data: bytes) -> None:
        self.key = key
        self.api = api
        self.body = body
        self.data = data
        self.waiting = 0
        self.answer: asyncio.Future[tuple[int, JournalRecord]] = (
            asyncio.get_running_loop().create_future()
        )


class RequestLine(NamedTuple):
    """A line of an input file."""

    key: str
    api: Api
    body: Body


class LineResult(NamedTuple):
    """What a line of a result file says of the request `key`."""

    key: str
    result: Reply | Refusal | TeacherFaultError


def route_of_batch(api: Api) -> str:
    """The route as a batch names it, whatever the API's own root is."""
    return f"/v1{ROUTES[api]}"


def dump_request_line(key: str, api: Api, body: Body) -> bytes:
    """The request as a line of an input file; its key, 32 hex digits, is the `custom_id`."""
    sent = {name: value for name, value in body.items() if name not in _STREAM_FIELDS}
    line = {"custom_id": key, "method": "POST", "url": route_of_batch(api), "body": sent}
    return orjson.dumps(line) + b"\n"


def read_request_line(line: bytes) -> RequestLine | None:
    """What a line of an input file asks; None where it is no such line."""
    parsed = _parse_object(line)
    if not isinstance(parsed.get("body"), dict):
        return None
    api: Api = "chat" if str(parsed.get("url")).endswith(ROUTES["chat"]) else "completions"
    return RequestLine(str(parsed.get("custom_id")), api, parsed["body"])


def read_result_line(line: bytes, dialect: Dialect = "openai") -> LineResult | None:
    """What a line of a result file says; None where it does not even say of which request."""
    parsed = _parse_object(line)
    key = parsed.get("custom_id")
    if not isinstance(key, str):
        return None
    try:
        return LineResult(key, _read_reply(parsed, dialect))
    except TeacherFaultError as fault:
        if fault.kind != "refused":
            return LineResult(key, fault)
        refusal = Refusal(status=fault.status, code=fault.code, message=fault.message)
        return LineResult(key, refusal)


def _read_reply(parsed: dict[str, Any], dialect: Dialect) -> Reply:
    response = parsed.get("response")
    response = response if isinstance(response, dict) else {}
    status, body = response.get("status_code"), response.get("body")
    error = parsed.get("error") or (body.get("error") if isinstance(body, dict) else None)
    code, message = (
        (error.get("code"), error.get("message")) if isinstance(error, dict) else ("", "")
    )
    if code in _NOT_RUN:
        raise TeacherFaultError("transient", f"{code}: {message}", code=str(code))
    if isinstance(status, int) and status != 200:
        raise read_error_response(status, _dump(body or {"error": error}), {}, dialect)
    if error:
        guessed = 400 if "invalid" in str(code).lower() else 500
        raise read_error_response(guessed, _dump({"error": error}), {}, dialect)
    if not isinstance(body, dict):
        raise TeacherFaultError("transient", f"a line without a response: {str(parsed)[:200]}")
    return read_whole_reply(_dump(body), dialect)


def _dump(value: object) -> bytes:
    return json.dumps(value).encode()  # orjson would refuse half a surrogate pair


def _parse_object(line: bytes) -> dict[str, Any]:
    """The line as an object, empty where it is none."""
    try:
        parsed: Any = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
