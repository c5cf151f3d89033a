"""Lines of batch files as providers write them."""

from __future__ import annotations

import json

import orjson
import pytest

from distilabel_pipelines.gateway.batch_lines import (
    RequestLine,
    dump_request_line,
    read_request_line,
    read_result_line,
)
from distilabel_pipelines.gateway.faults import FaultKind, TeacherFaultError
from distilabel_pipelines.wire import Body, Refusal, Reply

KEY = "0123456789abcdef0123456789abcdef"
BODY: Body = {"model": "m", "messages": [{"role": "user", "content": "?"}], "seed": 1}


def completion(**message: object) -> Body:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"id": "c-1", "model": "m", "choices": [choice], "usage": {"total_tokens": 3}}


def answer(status: object, body: object, error: object = None) -> bytes:
    response = {"status_code": status, "request_id": "r", "body": body}
    return json.dumps({"custom_id": KEY, "response": response, "error": error}).encode()


def result_of(line: bytes) -> Reply | Refusal | TeacherFaultError:
    read = read_result_line(line)
    assert read is not None
    assert read.key == KEY
    return read.result


def test_a_request_line_is_what_the_manuals_ask_for() -> None:
    line = dump_request_line(KEY, "chat", BODY)
    assert line.endswith(b"\n")
    assert orjson.loads(line) == {
        "custom_id": KEY,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": BODY,
    }


def test_a_batch_is_never_asked_to_stream() -> None:
    body = {**BODY, "stream": True, "stream_options": {"include_usage": True}}
    assert orjson.loads(dump_request_line(KEY, "completions", body))["body"] == BODY


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_a_request_line_is_read_back(api: str) -> None:
    line = dump_request_line(KEY, "chat" if api == "chat" else "completions", BODY)
    assert read_request_line(line) == RequestLine(KEY, api, BODY)  # type: ignore[arg-type]  # parametrized


def test_a_thought_and_the_usage_are_kept() -> None:
    reply = result_of(answer(200, completion(content="4", reasoning_content="2 and 2")))
    assert isinstance(reply, Reply)
    assert reply.message == {"content": "4", "reasoning_content": "2 and 2"}
    assert reply.usage == {"total_tokens": 3}


def test_half_a_surrogate_pair_does_not_lose_a_paid_answer() -> None:
    reply = result_of(answer(200, completion(content="a\ud83d")))
    assert isinstance(reply, Reply)
    assert reply.message["content"] == "a�"


def error(code: str, message: str = "so it is") -> Body:
    return {"code": code, "message": message}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (answer(400, {"error": error("invalid_parameter_error")}), "bad_request"),
        (answer(429, {"error": error("limit_requests")}), "throttled"),
        (answer(500, {"error": error("internal_error")}), "transient"),
        (answer(400, {"error": error("Arrearage")}), "account"),
        (answer(400, {"code": "Arrearage", "message": "pay"}, error("Arrearage")), "account"),
        (answer(400, None, error("invalid_request_error")), "bad_request"),
        (answer(408, {"error": error("batch_expired")}), "transient"),
        (answer(400, {"error": error("batch_cancelled")}, error("batch_cancelled")), "transient"),
        (answer(200, {}), "transient"),
        (answer(200, "text"), "transient"),
        (answer(200, {"error": error("overloaded", "overloaded")}), "throttled"),
        (json.dumps({"custom_id": KEY, "error": error("batch_expired")}).encode(), "transient"),
        (
            json.dumps({"custom_id": KEY, "error": error("InvalidParameter")}).encode(),
            "bad_request",
        ),
        (json.dumps({"custom_id": KEY, "error": "went wrong"}).encode(), "transient"),
        (json.dumps({"custom_id": KEY}).encode(), "transient"),
        (json.dumps({"custom_id": KEY, "response": "?", "error": None}).encode(), "transient"),
    ],
)
def test_a_failed_line_says_what_failed(line: bytes, kind: FaultKind) -> None:
    fault = result_of(line)
    assert isinstance(fault, TeacherFaultError)
    assert fault.kind == kind


def test_moderation_is_a_refusal() -> None:
    refusal = result_of(answer(400, {"error": error("data_inspection_failed", "inappropriate")}))
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (400, "data_inspection_failed")
    assert "inappropriate" in refusal.message


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'"text"', b"{}", b'{"custom_id": 3}', b"\xff"])
def test_a_line_that_names_no_request_is_passed_over(line: bytes) -> None:
    assert read_result_line(line) is None
    assert read_request_line(line) is None
