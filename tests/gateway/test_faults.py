"""What a failed attempt means: code and message first, the status second."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

from distilabel_pipelines.gateway.faults import (
    FaultKind,
    parse_retry_after,
    read_error_object,
    read_error_response,
)


def classify(status: int, code: str | None, message: str) -> FaultKind:
    body = json.dumps({"error": {"message": message, "type": "t", "code": code}}).encode()
    return read_error_response(status, body, {}).kind


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (429, "rate_limit_exceeded", "Rate limit reached", "throttled"),
        (429, "Throttling.RateQuota", "Requests rate limit exceeded", "throttled"),
        # The same words mean an empty account at OpenAI, tokens a minute at DashScope and Gemini.
        (429, "insufficient_quota", "You exceeded your current quota.", "account"),
        (429, "insufficient_quota", "Allocated quota exceeded, increase your limit", "throttled"),
        (429, "429", "You exceeded your current quota, check your plan", "throttled"),
        (503, None, "The engine is overloaded", "throttled"),
        (529, None, "Overloaded", "throttled"),
        (500, None, "overloaded_error", "throttled"),
        (500, None, "The server had an error", "transient"),
        (502, None, "Bad gateway", "transient"),
        (408, None, "Request timed out", "transient"),
        (400, None, "Invalid request", "bad_request"),
        (400, "context_length_exceeded", "maximum context length is 1024", "bad_request"),
        (413, None, "too large", "bad_request"),
        (422, None, "unprocessable", "bad_request"),
        (400, "content_filter", "The prompt was refused", "refused"),
        (400, "data_inspection_failed", "may contain inappropriate content", "refused"),
        (400, "DataInspectionFailed", "Output data", "refused"),
        (403, "content_policy_violation", "no", "refused"),
        (401, "invalid_api_key", "Incorrect API key provided", "account"),
        (401, None, "", "account"),
        (402, None, "Insufficient Balance", "account"),
        (403, "access_denied", "Access to the model is denied", "account"),
        (403, "AllocationQuota.FreeTierOnly", "The free tier is exhausted", "account"),
        (404, "model_not_found", "The model `x` does not exist", "account"),
        (400, "ModelNotFound", "unknown", "account"),
        (400, "invalid_request_error", "Model Not Exist", "account"),
        (400, "Arrearage", "Access denied, good standing", "account"),
        (400, None, "Unrecognized request argument supplied: seed", "seed_unsupported"),
        (422, None, "body -> seed: Extra inputs are not permitted", "seed_unsupported"),
        (500, None, "seed", "transient"),
    ],
)
def test_each_provider_error_has_its_kind(
    status: int, code: str | None, message: str, kind: FaultKind
) -> None:
    assert classify(status, code, message) == kind


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"code": "Arrearage", "message": "pay"}', "HTTP 400 Arrearage: pay"),
        (b"plain text", "HTTP 400: plain text"),
        (b"", "HTTP 400:"),
        (b"\xff\x00", "HTTP 400: \ufffd\x00"),
        (b"[1]", "HTTP 400: [1]"),
        (b'{"error": "words"}', "HTTP 400: words"),
        (b'{"detail": "nothing here"}', "HTTP 400: {'detail': 'nothing here'}"),
    ],
)
def test_error_bodies_of_every_shape_are_told(body: bytes, told: str) -> None:
    assert read_error_response(400, body, {}).message.strip() == told


def test_an_error_inside_an_answer_is_read_by_its_own_number() -> None:
    assert read_error_object({"code": 400, "message": "bad"}).kind == "bad_request"
    assert read_error_object({"code": "rate_limit_exceeded", "message": "m"}).kind == "throttled"
    assert read_error_object("died").kind == "transient"
    assert read_error_object({"message": "half \ud83e"}).message.endswith("half \ufffd")


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    assert parse_retry_after("1.5") == 1.5
    assert parse_retry_after("-3") == 0.0
    assert parse_retry_after(formatdate(time.time() - 60, usegmt=True)) == 0.0
    in_a_minute = parse_retry_after(formatdate(time.time() + 60, usegmt=True))
    assert in_a_minute is not None
    assert 55 < in_a_minute <= 60
    for unreadable in (None, "soon", ""):
        assert parse_retry_after(unreadable) is None
    assert parse_retry_after("nan") == 0.0
