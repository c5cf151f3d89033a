"""Ways in which a teacher fails, and deterministic schedules that say when.

Status codes, codes and messages follow the error pages of OpenAI, Azure OpenAI (content filter),
DashScope (`data_inspection_failed`, `Arrearage`), DeepSeek (402) and vLLM (context length).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.fake_teacher.reply import Body, hash_share, last_user_text


class FaultKind(StrEnum):
    """What goes wrong. A fault of streams asked of a plain request takes its nearest likeness."""

    # Transient answers
    RATE_LIMITED = "rate_limited"  # 429, with Retry-After
    SERVER_ERROR = "server_error"  # 500
    UNAVAILABLE = "unavailable"  # 503
    REQUEST_TIMEOUT = "request_timeout"  # 408
    # Broken transport
    RESET = "reset"  # connection reset before the headers
    HALF_STREAM = "half_stream"  # half the events, then the connection closes
    QUIET_HALF_STREAM = "quiet_half_stream"  # half the events, then a well-formed end of body
    HALF_BODY = "half_body"  # half of the announced Content-Length, then closed
    CUT_JSON = "cut_json"  # half the JSON in a well-formed body
    GARBAGE_JSON = "garbage_json"  # 200 whose body is not JSON
    EMPTY_BODY = "empty_body"  # 200 without a body
    ERROR_EVENT = "error_event"  # an error object in the middle of the stream
    STALL = "stall"  # half the events, then silence for ever
    SLOW_FIRST_TOKEN = "slow_first_token"  # noqa: S105  # not a secret; `delay_s`, then a good reply
    # This row will never work
    BAD_REQUEST = "bad_request"
    CONTEXT_LENGTH = "context_length"
    CONTENT_FILTER = "content_filter"  # 400, OpenAI
    DATA_INSPECTION = "data_inspection_failed"  # 400, DashScope
    FILTERED_FINISH = "filtered_finish"  # 200, empty, finish_reason content_filter
    FIELD_REFUSED = "field_refused"  # 400: a body field is not supported
    STREAM_REQUIRED = "stream_required"  # 400: thinking needs stream=true (DashScope)
    # The account or the model, so no row will work
    UNAUTHORIZED = "unauthorized"  # 401
    PAYMENT_REQUIRED = "payment_required"  # 402
    FORBIDDEN = "forbidden"  # 403
    UNKNOWN_MODEL = "unknown_model"  # 404
    ARREARAGE = "arrearage"  # 400, DashScope: the account is in debt
    QUOTA = "insufficient_quota"  # 429, OpenAI: no credit, waiting will not help


@dataclass(frozen=True)
class Fault:
    """One failure. `retry_after_s` goes into Retry-After (as an HTTP date if `as_http_date`);
    `delay_s` passes before it shows; `subject` is the field or model an error message names.
    """

    kind: FaultKind
    retry_after_s: float | None = None
    as_http_date: bool = False
    delay_s: float = 0.0
    subject: str = ""


@dataclass(frozen=True)
class Call:
    """A request as the schedules see it: `number` counts all completions requests from 0,
    `attempt` those with the same key from 0.
    """

    number: int
    attempt: int
    key: str
    body: Body


FaultSchedule = Callable[[Call], Fault | None]


def no_faults(_call: Call) -> Fault | None:
    """A teacher in good health."""
    return None


@dataclass(frozen=True)
class FaultsByNumber:
    """The n-th request fails, whatever it asks: `{0: Fault(…), 5: Fault(…)}`."""

    faults: Mapping[int, Fault]

    def __call__(self, call: Call) -> Fault | None:
        return self.faults.get(call.number)


@dataclass(frozen=True)
class FaultsInRange:
    """Requests first ≤ number < end fail with the same fault; an open end never heals."""

    fault: Fault
    first: int = 0
    end: int | None = None

    def __call__(self, call: Call) -> Fault | None:
        inside = call.number >= self.first and (self.end is None or call.number < self.end)
        return self.fault if inside else None


@dataclass(frozen=True)
class FaultsByRate:
    """A share `rate` of (body, attempt) pairs fails, the kinds in equal parts.

    Independent of arrival order. `failing_attempts` bounds how often one body can fail.
    """

    rate: float
    faults: Sequence[Fault]
    seed: int = 0
    failing_attempts: int | None = None

    def __call__(self, call: Call) -> Fault | None:
        if self.failing_attempts is not None and call.attempt >= self.failing_attempts:
            return None
        if hash_share(self.seed, "fails", call.key, call.attempt) >= self.rate:
            return None
        choice = hash_share(self.seed, "kind", call.key, call.attempt)
        return self.faults[int(choice * len(self.faults))]


@dataclass(frozen=True)
class FaultsByText:
    """Questions that contain a marker fail; after `attempts` tries, if given, they work."""

    faults: Mapping[str, Fault]
    attempts: int | None = None

    def __call__(self, call: Call) -> Fault | None:
        if self.attempts is not None and call.attempt >= self.attempts:
            return None
        text = last_user_text(call.body)
        return next((fault for marker, fault in self.faults.items() if marker in text), None)


@dataclass(frozen=True)
class RefusedFields:
    """A server that answers 400 to a body field it does not know, for example `seed`."""

    names: Sequence[str] = ("seed",)

    def __call__(self, call: Call) -> Fault | None:
        present = [name for name in self.names if name in call.body]
        return Fault(FaultKind.FIELD_REFUSED, subject=present[0]) if present else None


def thinking_needs_stream(call: Call) -> Fault | None:
    """DashScope's open Qwen3 and R1 models refuse to think without streaming."""
    return None if call.body.get("stream") else Fault(FaultKind.STREAM_REQUIRED)


@dataclass(frozen=True)
class FirstFault:
    """The first schedule that has a fault wins."""

    schedules: Sequence[FaultSchedule] = field(default_factory=tuple)

    def __call__(self, call: Call) -> Fault | None:
        for schedule in self.schedules:
            fault = schedule(call)
            if fault is not None:
                return fault
        return None


def hostile_faults(rate: float = 0.3, *, seed: int = 0, delay_s: float = 0.5) -> FaultsByRate:
    """The hostile trial: 429 with Retry-After 1, 500, 503, reset, half a stream, garbage JSON."""
    kinds = (
        FaultKind.SERVER_ERROR,
        FaultKind.UNAVAILABLE,
        FaultKind.RESET,
        FaultKind.HALF_STREAM,
        FaultKind.GARBAGE_JSON,
    )
    limited = Fault(FaultKind.RATE_LIMITED, retry_after_s=1.0, delay_s=delay_s)
    return FaultsByRate(rate, (limited, *(Fault(kind, delay_s=delay_s) for kind in kinds)), seed)
