"""What the fake Hub saw: one record a request, in order of arrival."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

from tests.fake_hub.faults import FaultKind
from tests.fake_hub.wire import Call

UNKNOWN = "unknown"


@dataclass(frozen=True)
class RequestRecord:
    """One request. `name` is its route's (`unknown`: no route, answered 501); `number` counts from
    1; `status` is None while it runs and where no reply was sent; `faulted` is what was done to it;
    `took_effect` whether its route ran; `authorized` whether it brought a token.
    """

    number: int
    name: str
    method: str
    path: str
    query: str
    body_size: int
    authorized: bool
    status: int | None = None
    faulted: FaultKind | None = None
    took_effect: bool = False


@dataclass
class Slot:
    """Where a request's record is kept up to date while it runs."""

    record: RequestRecord

    def note(self, **changes: Any) -> None:  # noqa: ANN401  # fields of the record
        """Add what became of the request."""
        self.record = replace(self.record, **changes)


class RequestLog:
    """Thread-safe list of records."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: list[Slot] = []
        self._unknown: list[str] = []

    def arrive(self, name: str, call: Call) -> Slot:
        """Open a record; its number is given here."""
        with self._lock:
            record = RequestRecord(
                len(self._slots) + 1,
                name,
                call.method,
                call.path,
                call.query_text,
                body_size=len(call.body),
                authorized="Authorization" in call.headers,
            )
            self._unknown += [f"{call.method} {call.path}"] if name == UNKNOWN else []
            self._slots.append(Slot(record))
            return self._slots[-1]

    def records(self) -> list[RequestRecord]:
        """A snapshot."""
        with self._lock:
            return [slot.record for slot in self._slots]

    def unknown(self) -> list[str]:
        """What was asked for that no route answers; it outlives `clear`."""
        with self._lock:
            return list(self._unknown)

    def clear(self) -> None:
        """Begin anew, numbers too."""
        with self._lock:
            self._slots.clear()
