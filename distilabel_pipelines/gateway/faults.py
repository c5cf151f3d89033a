"""What a failed attempt means, read from the code and message first and the status second.

Sources: the OpenAI API reference ("Error codes"), Alibaba Cloud Model Studio's error code table,
RFC 9110 sections 10.2.3 (`Retry-After`) and 15. Providers put account errors under 400 and
moderation under 400 or 403, so a status alone tells too little.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping
from typing import Literal

import orjson

from distilabel_pipelines.wire import join_surrogates

FaultKind = Literal[
    "transient",  # may work the next time; counts as an attempt
    "throttled",  # the teacher asks to slow down; waited for, never counts
    "unreachable",  # nobody listens; waited for, never counts
    "bad_request",  # this row only, and the same again; not journalled, another set-up may take it
    "refused",  # this row only, moderation; journalled
    "account",  # every row: key, balance, model; stops the run
    "seed_unsupported",  # the same request without `seed`
]

_THROTTLED_STATUS = frozenset({429, 503, 529})
_TRANSIENT_STATUS = frozenset({408, 409, 425})
_ACCOUNT_STATUS = frozenset({401, 402, 403, 404})
_REFUSED = re.compile(
    r"data_?inspection_?failed|content_filter|content_policy|responsible_ai|inappropriate content",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"arrearage|invalid_?api_?key|incorrect_api_key|model[ _]?not[ _]?(found|exist)|access_?denied|"
    r"billing_hard_limit|account_deactivated|FreeTierOnly|insufficient[ _]balance|"
    # OpenAI's empty account. DashScope gives the same code, and Gemini the same message, to a
    # quota of tokens a minute, which is waited for.
    r"insufficient_quota.*exceeded your current quota",
    re.IGNORECASE | re.DOTALL,
)
_THROTTLED = re.compile(r"rate_?limit|throttling|too many requests|overloaded", re.IGNORECASE)
_NOT_TAKEN = (
    r"(?:unsupported|unknown|unrecogni[sz]ed|unexpected|invalid|extra|not (?:be )?(?:supported|"
    r"permitted|allowed|accepted|available|implemented))"
)
# The field is refused, not a question that speaks of seeds.
_SEED = re.compile(rf"{_NOT_TAKEN}.{{0,40}}\bseed\b|\bseed\b.{{0,40}}{_NOT_TAKEN}", re.IGNORECASE)


class TeacherFaultError(Exception):
    """One failed attempt. `retry_after_s` is what the server asked for, None when it did not.

    `timed_out`: the server fell silent. `advice` says what to do next, "" where nothing is known.
    """

    def __init__(
        self,
        kind: FaultKind,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        retry_after_s: float | None = None,
        timed_out: bool = False,
        advice: str = "",
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s
        self.timed_out = timed_out
        self.advice = advice


def read_error_response(status: int, body: bytes, headers: Mapping[str, str]) -> TeacherFaultError:
    """The fault that an HTTP error response stands for."""
    code, message = _find_code_and_message(body)
    return TeacherFaultError(
        _classify(status, code, message),
        f"HTTP {status} {code}: {message}".replace(" :", ":"),
        status=status,
        code=code,
        retry_after_s=parse_retry_after(headers.get("Retry-After")),
    )


def read_error_object(error: object) -> TeacherFaultError:
    """The fault that an `error` object inside a 200 answer or a stream stands for."""
    code, message = _read_error(error)
    status = error.get("code") if isinstance(error, dict) else None
    number = status if isinstance(status, int) else 500
    return TeacherFaultError(
        _classify(number, code, message), f"error in the answer: {message}", code=code
    )


def _classify(status: int, code: str, message: str) -> FaultKind:
    told = f"{code} {message}"
    if _REFUSED.search(told):
        return "refused"
    if _ACCOUNT.search(told):
        return "account"
    if status in _THROTTLED_STATUS or (status >= 500 and _THROTTLED.search(told)):
        return "throttled"
    if status in _ACCOUNT_STATUS:
        return "account"
    if status in _TRANSIENT_STATUS or status >= 500:
        return "transient"
    return "seed_unsupported" if _SEED.search(told) else "bad_request"


def _find_code_and_message(body: bytes) -> tuple[str, str]:
    """Read `{"error": {...}}`, `{"code", "message"}` (DashScope) or plain text, shortened."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "", body.decode(errors="replace").strip()[:300]
    return _read_error(parsed.get("error", parsed) if isinstance(parsed, dict) else parsed)


def _read_error(error: object) -> tuple[str, str]:
    if not isinstance(error, dict):
        return "", join_surrogates(str(error)[:300])
    code = str(error.get("code") or error.get("type") or "")
    return join_surrogates(code[:100]), join_surrogates(str(error.get("message", error))[:300])


def parse_retry_after(value: str | None) -> float | None:
    """Seconds to wait from a `Retry-After` header, given as seconds or as an HTTP date."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())
