"""What is repeated, what is not, and what the user reads of it."""

from __future__ import annotations

import httpx2
import pytest
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
)

from builders.publishing.hub_faults import (
    RetryPolicy,
    explain_fault,
    is_missing,
    is_stale,
    may_be_repeated,
    read_retry_after_s,
    tell_fault,
)

ADDRESS = "https://hub.example/api/datasets/me/sums?token=abc&X-Amz-Signature=def"


def reply(status: int, **headers: str) -> HfHubHTTPError:
    request = httpx2.Request("GET", ADDRESS)
    response = httpx2.Response(status, request=request, headers=headers)
    return HfHubHTTPError(f"{status} for url '{ADDRESS}'", response=response)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int) -> None:
    assert may_be_repeated(reply(status))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 412, 422, 501])
def test_a_refusal_is_not_repeated(status: int) -> None:
    assert not may_be_repeated(reply(status))
    assert is_stale(reply(status)) == (status == 412)
    assert is_missing(reply(status)) == (status == 404)


def test_lost_and_garbled_replies_are_asked_again_and_a_wrong_value_is_not() -> None:
    assert may_be_repeated(httpx2.ConnectError("refused"))
    assert may_be_repeated(httpx2.ReadTimeout("slow"))
    assert may_be_repeated(LocalEntryNotFoundError("no connection"))
    assert may_be_repeated(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"))
    assert not may_be_repeated(OfflineModeIsEnabled("HF_HUB_OFFLINE=1"))
    assert not may_be_repeated(httpx2.UnsupportedProtocol("no http://"))
    assert not may_be_repeated(ValueError("commit_message is empty"))
    assert not may_be_repeated(FileNotFoundError("data/train.parquet"))


def test_the_cause_of_a_broken_upload_decides() -> None:
    for cause, repeated in ((reply(503), True), (reply(403), False)):
        error = RuntimeError("Error while uploading 'a.parquet' to the Hub.")
        error.__cause__ = cause
        assert may_be_repeated(error) is repeated


def test_retry_after_is_obeyed_up_to_a_cap() -> None:
    policy = RetryPolicy(attempts=3, first_wait_s=1.0, longest_wait_s=60.0)
    told = read_retry_after_s(reply(429, **{"Retry-After": "7"}))
    assert policy.choose_wait_s(0, told) == 7
    assert policy.choose_wait_s(0, 3600) == 60
    assert [policy.choose_wait_s(attempt, None) for attempt in range(3)] == [1, 2, 4]
    assert (
        read_retry_after_s(reply(429, **{"Retry-After": "Sun, 22 Nov 2026 07:28:00 GMT"})) is None
    )


def test_neither_a_token_nor_a_proxys_password_is_shown() -> None:
    error = httpx2.LocalProtocolError("Illegal header value b'Bearer hf_abc\\x01def'")
    assert tell_fault(error) == "LocalProtocolError: Illegal header value b'Bearer '"
    told = tell_fault(httpx2.ProxyError("no reply of http://bob:pw@proxy.example:3128"))
    assert told == "ProxyError: no reply of http://proxy.example:3128"


def test_a_signed_address_is_never_shown() -> None:
    for status in (401, 403, 404, 500, 400):
        told = str(explain_fault("the commit", reply(status)))
        assert "abc" not in told
        assert "Signature" not in told
        assert "the commit failed" in told
    assert "HF_TOKEN" in str(explain_fault("the commit", reply(403)))
    assert "https://hub.example/api/datasets/me/sums'" in tell_fault(reply(403))
