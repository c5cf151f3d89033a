"""What a failed attempt means: code and message first, the status second."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

from distilabel_pipelines.gateway.faults import (
    FaultKind,
    TeacherFaultError,
    parse_retry_after,
    read_error_object,
    read_error_response,
)
from tests.fake_dashscope import ERRORS


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


REFUSED = (
    "input_inspection input_inspection_native input_inspection_wrapped output_inspection "
    "custom_rule infringement"
)
THROTTLED = (
    "throttling rate_quota limit_requests limit_requests_list burst_rate limit_burst_rate "
    "allocation_quota insufficient_quota allocation_quota_worded concurrency resource_exhausted "
    "system_busy system_busy_wrapped batch_busy model_unavailable"
)
TIMED_OUT = "request_timeout response_timeout internal_timeout"
TRANSIENT = (
    "internal_error internal_error_native algorithm_error system_error model_service_failed "
    + TIMED_OUT
)
BAD_REQUEST = (
    "input_too_long json_not_named no_model_given bad_body no_messages bad_temperature bad_top_p "
    "bad_top_k bad_presence_penalty bad_n stray_stream_options"
)
# What the advice for each must name.
ACCOUNT = {
    "arrearage": "top it up",
    "out_of_service": "top it up",
    "prepaid_overdue": "top it up",
    "postpaid_overdue": "top it up",
    "free_tier_only": "free tier only",
    "free_quota_exceeded": "free tier only",
    "free_quota_exceeded_worded": "free tier only",
    "not_activated": "Activate Model Studio",
    "not_purchased": "Activate Model Studio",
    "unpurchased": "Activate Model Studio",
    "no_key": "DASHSCOPE_API_KEY",
    "invalid_api_key": "DASHSCOPE_API_KEY",
    "invalid_api_key_native": "DASHSCOPE_API_KEY",
    "token_expired": "DASHSCOPE_API_KEY",
    "not_authorized": "workspace exists",
    "workspace_access_denied": "workspace exists",
    "workspace_not_found": "workspace exists",
    "model_access_denied": "Allow the model",
    "app_access_denied": "Allow the model",
    "endpoint_access_denied": "withdrawn",
    "access_denied": "Activate the model",
    "access_denied_native": "Activate the model",
    "model_not_exist": "Check MODEL",
    "model_not_found": "Check MODEL",
    "model_not_found_native": "Check MODEL",
    "model_not_supported": "Check MODEL",
    "thinking_needs_stream": "THINKING",
    "stream_only": "THINKING",
    "thinking_forced": "THINKING",
    "thinking_unknown": "THINKING",
    "json_while_thinking": "THINKING",
    "bad_budget": "THINKING_BUDGET",
    "budget_too_large": "THINKING_BUDGET",
    "bad_max_tokens": "MAX_TOKENS",
}
DASHSCOPE: dict[str, FaultKind] = {
    **dict.fromkeys(REFUSED.split(), "refused"),
    **dict.fromkeys(THROTTLED.split(), "throttled"),
    **dict.fromkeys(TRANSIENT.split(), "transient"),
    **dict.fromkeys(BAD_REQUEST.split(), "bad_request"),
    **dict.fromkeys(ACCOUNT, "account"),
    "bad_seed": "seed_unsupported",
}


def read_dashscope(name: str) -> TeacherFaultError:
    row = ERRORS[name]
    body = json.dumps(row.body("req-1", "qwen-plus", "chatcmpl-1")).encode()
    return read_error_response(row.status, body, {}, "dashscope")


def test_every_row_of_dashscopes_error_table_is_expected_here() -> None:
    assert set(DASHSCOPE) == set(ERRORS)


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_each_row_of_dashscopes_error_table_has_its_kind(name: str) -> None:
    fault = read_dashscope(name)
    assert (fault.kind, fault.code) == (DASHSCOPE[name], ERRORS[name].code)
    assert fault.timed_out == (name in TIMED_OUT.split())
    assert bool(fault.advice) == (fault.kind == "account")


@pytest.mark.parametrize("name", sorted(ACCOUNT))
def test_an_account_error_of_dashscope_says_what_to_do(name: str) -> None:
    assert ACCOUNT[name] in read_dashscope(name).advice


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_errors_within_a_stream_of_dashscope_mean_the_same(name: str) -> None:
    row = ERRORS[name]
    error = row.body("req-1", "qwen-plus")
    kind = read_error_object(error.get("error", error), "dashscope").kind
    # A stream has no status: what only the status told is tried again.
    told_by_status = kind == "transient" and DASHSCOPE[name] == "bad_request"
    assert kind == DASHSCOPE[name] or told_by_status


def test_models_that_take_no_batches_are_told_apart_from_unknown_ones() -> None:
    message = "The provided model 'qwen3-32b' is not supported by the Batch API."
    body = json.dumps({"code": "model_not_found", "message": message}).encode()
    fault = read_error_response(404, body, {}, "dashscope")
    assert (fault.kind, "BATCH" in fault.advice) == ("account", True)


def test_one_code_means_an_empty_account_at_openai_and_a_minute_at_dashscope() -> None:
    body = json.dumps(ERRORS["insufficient_quota"].body("req-1")).encode()
    assert read_error_response(429, body, {}).kind == "account"
    assert read_error_response(429, body, {}, "dashscope").kind == "throttled"


def test_what_dashscope_does_not_list_is_read_by_its_status() -> None:
    for status, kind in (
        (429, "throttled"),
        (500, "transient"),
        (401, "account"),
        (400, "bad_request"),
    ):
        assert read_error_response(status, b"{}", {}, "dashscope").kind == kind


def test_account_errors_of_other_providers_have_advice_where_the_words_tell() -> None:
    for code, advice in (("invalid_api_key", "key"), ("model_not_found", "MODEL")):
        body = json.dumps({"error": {"code": code, "message": "m"}}).encode()
        assert advice in read_error_response(400, body, {}).advice
    assert read_error_response(403, b"{}", {}).advice == ""


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


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Unrecognized request argument supplied: seed", "seed_unsupported"),
        ("'seed' is not supported by this model", "seed_unsupported"),
        ("Bad value in input: 'plant a seed in spring'", "bad_request"),
    ],
)
def test_a_question_about_seeds_is_no_refused_field(message: str, kind: str) -> None:
    body = f'{{"error": {{"message": "{message}"}}}}'.encode()
    assert read_error_response(400, body, {}).kind == kind
