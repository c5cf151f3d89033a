"""What the fake Hub saw: one record a request, in order of arrival."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from tests.fake_hub.faults import FaultKind
from tests.fake_hub.wire import Call

UNKNOWN = "unknown"


@dataclass(frozen=True)
class RequestRecord:
    """One request. `name` is its route's (`unknown`: no route, answered 501); `number` counts from
    1; `status` is None while it runs and where no reply was sent; `faulted` is what was done to it;
    `took_effect` whether its route ran.
    """

    number: int
    name: str
    method: str
    path: str
    query: str
    body_size: int
    status: int | None = None
    faulted: FaultKind | None = None
    took_effect: bool = False


class RequestLog:
    """Thread-safe list of records."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[RequestRecord] = []

    def arrive(self, name: str, call: Call) -> int:
        """Open a record; the number that it gets."""
        with self._lock:
            number = len(self._records) + 1
            self._records.append(
                RequestRecord(number, name, call.method, call.path, call.query_text, len(call.body))
            )
            return number

    def note(
        self,
        number: int,
        *,
        status: int | None = None,
        faulted: FaultKind | None = None,
        took_effect: bool | None = None,
    ) -> None:
        """Add what became of a request; what is not given stays."""
        with self._lock:
            if number > len(self._records):
                return  # the list was begun anew meanwhile
            record = self._records[number - 1]
            self._records[number - 1] = replace(
                record,
                status=status or record.status,
                faulted=faulted or record.faulted,
                took_effect=record.took_effect if took_effect is None else took_effect,
            )

    def records(self) -> list[RequestRecord]:
        """A snapshot."""
        with self._lock:
            return list(self._records)

    def clear(self) -> None:
        """Begin anew, numbers too."""
        with self._lock:
            self._records.clear()
