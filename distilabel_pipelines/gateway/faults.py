"""What a failed attempt means, read from the code and message first and the status second.

Sources: the OpenAI API reference ("Error codes"), RFC 9110 sections 10.2.3 (`Retry-After`) and 15,
and for the dialect `dashscope` the pages of Alibaba Cloud Model Studio:
https://help.aliyun.com/en/model-studio/error-code (read in its copies of May 2025 and autumn 2026),
https://www.alibabacloud.com/help/en/model-studio/rate-limit (10 February 2026) and
https://www.alibabacloud.com/help/en/model-studio/base-url (11 October 2026, keys and regions).

Providers put account errors under 400 and moderation under 400 or 403, so a status alone tells too
little. And they give one code two meanings: `insufficient_quota` is an empty account at OpenAI, a
limit of tokens a minute at DashScope, except where the message says that a free quota is used up.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import orjson

from distilabel_pipelines.gateway.settings import Dialect
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
_THROTTLED = re.compile(r"rate_?limit|throttling|too many requests|overloaded", re.IGNORECASE)
_NOT_TAKEN = (
    r"(?:unsupported|unknown|unrecogni[sz]ed|unexpected|invalid|extra|not (?:be )?(?:supported|"
    r"permitted|allowed|accepted|available|implemented))"
)
# The field is refused, not a question that speaks of seeds.
_SEED = re.compile(rf"{_NOT_TAKEN}.{{0,40}}\bseed\b|\bseed\b.{{0,40}}{_NOT_TAKEN}", re.IGNORECASE)


@dataclass(frozen=True)
class _Meaning:
    """What an error is and asks for."""

    kind: FaultKind
    advice: str = ""
    timed_out: bool = False


_Row = tuple[re.Pattern[str], _Meaning]


def _row(kind: FaultKind, pattern: str, advice: str = "", *, timed_out: bool = False) -> _Row:
    """A line of an error table: the pattern is looked for in "code message"."""
    told = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return told, _Meaning(kind, advice, timed_out)


_TOP_UP = "Top up the account with the provider."
_GENERAL = (
    _row(
        "refused",
        r"data_?inspection_?failed|content_filter|content_policy|responsible_ai|"
        r"inappropriate content",
    ),
    _row("account", r"arrearage|billing_hard_limit|insufficient[ _]balance", _TOP_UP),
    _row("account", r"invalid_?api_?key|incorrect_api_key", "Check the key and BASE_URL."),
    _row("account", r"model[ _]?not[ _]?(found|exist)", "Check MODEL and BASE_URL."),
    _row(
        "account",
        r"access_?denied|account_deactivated|FreeTierOnly",
        "Check with the provider what this key may use.",
    ),
)
# Gemini gives the same message to a quota a minute, under another code.
_OPENAI = (*_GENERAL, _row("account", r"insufficient_quota.*exceeded your current quota", _TOP_UP))

_REGION = "keys and models belong to one region"
_DASHSCOPE = (
    # This row alone
    _row("refused", r"IPInfringementSuspect|CustomRoleBlocked|FaqRuleBlocked"),
    _GENERAL[0],
    # Every row, before the throttling that shares their codes
    _row(
        "account",
        r"FreeTierOnly|free tier of the model|free (allocated )?quota (exceeded|.{0,20}exhausted)",
        "The model's free quota is used up: switch off 'free tier only' (stop when the free quota "
        "is used up) in the Model Studio console to go on at its price, or choose another MODEL.",
    ),
    _row(
        "account",
        r"arrearage|good standing|isv\.OUT_OF_SERVICE|BillOverdue|bill is overdue",
        "The account is overdue: top it up on the console's Expenses and Costs page and wait a few "
        "minutes; if nothing is owed there, the key belongs to another account.",
    ),
    _row(
        "account",
        r"Unpurchased|CommodityNotPurchased|not purchased|eligible for using|is not activated",
        "Activate Model Studio and this model in the console.",
    ),
    _row(
        "account",
        r"not supported by the Batch API",
        "This model takes no batches: leave BATCH out or choose a MODEL from the Batch page.",
    ),
    _row(
        "account",
        r"NOT AUTHORIZED|Workspace\.?AccessDenied|WorkSpaceNotFound|access this workspace",
        "Check that the key's workspace exists, may call this model, and fits BASE_URL.",
    ),
    _row(
        "account",
        r"(Model|App)\.AccessDenied",
        "Allow the model for the key's workspace (console, workspace, model permissions), or use a "
        "key of the default workspace.",
    ),
    _row(
        "account", r"Endpoint\.AccessDenied", "The model was withdrawn there: choose another MODEL."
    ),
    _row(
        "account",
        r"invalid_?api_?key|no api-?key|incorrect api-?key|invalid access token",
        f"Check DASHSCOPE_API_KEY, and REGION or BASE_URL: {_REGION}, and plans have their own.",
    ),
    _row(
        "account",
        r"model_?not_?(found|supported)|model (can )?not (be found|exist|supported)|"
        r"unsupported model|does not exist or you do not have access",
        f"Check MODEL against Model Studio's list, and REGION or BASE_URL: {_REGION}.",
    ),
    _row("account", r"access_?denied", "Activate the model in the console, or choose another."),
    # Every row, because of a setting
    _row(
        "account",
        r"enable_thinking|only support(s)? stream|does not support http call|result_format",
        "The model thinks, streams or writes JSON otherwise than it was asked to: change THINKING "
        "or choose another MODEL.",
    ),
    _row(
        "account",
        r"thinking_budget|Range of max_tokens|max_completion_tokens",
        "Change THINKING_BUDGET or MAX_TOKENS to what the model allows.",
    ),
    _row("seed_unsupported", r"'seed'|seed should be in"),
    # Later
    _row(
        "transient",
        r"request_?time_?out|response_?timeout|InternalError\.Timeout|timed out|I/O error",
        timed_out=True,
    ),
    _row(
        "throttled",
        r"throttling|throttled|limit_?requests|limit_?burst_?rate|insufficient_?quota|"
        r"resource_?exhausted|too many (concurrent )?requests|rate limit|request limit|"
        r"exceeded your current|allocated quota|increased too quickly|model_?unavailable",
    ),
)
_TABLE: dict[Dialect, tuple[_Row, ...]] = {"openai": _OPENAI, "dashscope": _DASHSCOPE}


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


def read_error_response(
    status: int, body: bytes, headers: Mapping[str, str], dialect: Dialect = "openai"
) -> TeacherFaultError:
    """The fault that an HTTP error response stands for."""
    code, message = _find_code_and_message(body)
    meaning = _classify(status, code, message, dialect)
    return TeacherFaultError(
        meaning.kind,
        f"HTTP {status} {code}: {message}".replace(" :", ":"),
        status=status,
        code=code,
        retry_after_s=parse_retry_after(headers.get("Retry-After")),
        timed_out=meaning.timed_out,
        advice=meaning.advice,
    )


def read_error_object(error: object, dialect: Dialect = "openai") -> TeacherFaultError:
    """The fault that an `error` object inside a 200 answer or a stream stands for."""
    code, message = _read_error(error)
    meaning = _classify(_status_of(error, dialect), code, message, dialect)
    return TeacherFaultError(
        meaning.kind,
        f"error in the answer: {message}",
        code=code,
        timed_out=meaning.timed_out,
        advice=meaning.advice,
    )


def _status_of(error: object, dialect: Dialect) -> int:
    """The status that an error within an answer would have had; its code may be one."""
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, int):
        return code
    invalid = dialect == "dashscope" and str(code).lower().startswith("invalid")
    return 400 if invalid else 500


def _classify(status: int, code: str, message: str, dialect: Dialect) -> _Meaning:
    told = f"{code} {message}"
    for pattern, meaning in _TABLE[dialect]:
        if pattern.search(told):
            return meaning
    return _Meaning(_classify_status(status, told))


def _classify_status(status: int, told: str) -> FaultKind:
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
