"""What a fake teacher saw: one record a request, in memory and, if wanted, in a JSONL file.

The file has a line when a request arrives and one when it ends, each flushed at once, so it can be
read while the server runs and survives a kill of anybody. Times are Unix seconds.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import orjson

OK = "ok"
PENDING = "pending"
CLIENT_GONE = "client_gone"
OUTAGE = "outage"


@dataclass(frozen=True)
class RequestRecord:
    """One request. `outcome` is `ok`, a fault's kind, `status_<n>`, `client_gone`, `outage` or,
    until it ended, `pending`. `planned_s` is the delay the script asked for; `in_flight` counts
    the requests that were open when this one arrived, itself included.
    """

    number: int
    key: str
    attempt: int
    path: str
    arrived_s: float
    in_flight: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    outcome: str = PENDING
    status: int | None = None
    planned_s: float | None = None
    latency_s: float | None = None

    @property
    def ended_s(self) -> float | None:
        """When the last byte was handed over, or the request was given up."""
        return None if self.latency_s is None else self.arrived_s + self.latency_s

    @property
    def paid(self) -> bool:
        """A whole reply was sent: what a provider bills."""
        return self.outcome == OK


class RequestLog:
    """Thread-safe record of all completions requests."""

    def __init__(self, path: Path | None = None, *, keep_bodies: bool = True) -> None:
        self._lock = threading.Lock()
        self._records: list[RequestRecord] = []
        self._attempts: Counter[str] = Counter()
        self._in_flight = 0
        self._peak = 0
        self._keep_bodies = keep_bodies
        self._file: IO[bytes] | None = path.open("ab") if path else None

    def arrive(
        self, key: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> RequestRecord:
        """Open a record; its number and attempt are given here."""
        kept = self._keep_bodies
        with self._lock:
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
            record = RequestRecord(
                number=len(self._records),
                key=key,
                attempt=self._attempts[key],
                path=path,
                arrived_s=time.time(),
                in_flight=self._in_flight,
                body=body if kept else {},
                headers={str(name): value for name, value in headers.items()} if kept else {},
            )
            self._attempts[key] += 1
            self._records.append(record)
            self._write({"event": "arrived", **_without_end(vars(record))})
            return record

    def end(
        self, number: int, outcome: str, status: int | None, planned_s: float | None = None
    ) -> None:
        """Close a record."""
        with self._lock:
            record = self._records[number]
            latency_s = time.time() - record.arrived_s
            end = {"outcome": outcome, "status": status, "planned_s": planned_s}
            self._records[number] = replace(
                record, outcome=outcome, status=status, planned_s=planned_s, latency_s=latency_s
            )
            self._in_flight -= 1
            self._write({"event": "ended", "number": number, "latency_s": latency_s, **end})

    def records(self) -> list[RequestRecord]:
        """A snapshot, in order of arrival."""
        with self._lock:
            return list(self._records)

    @property
    def in_flight(self) -> int:
        """Requests that are open now."""
        return self._in_flight

    @property
    def peak_in_flight(self) -> int:
        """The most requests that were ever open at once."""
        return self._peak

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is not None:
            self._file.write(orjson.dumps(line) + b"\n")
            self._file.flush()


END_FIELDS = ("outcome", "status", "planned_s", "latency_s")


def _without_end(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in END_FIELDS}


def read_request_log(path: Path) -> list[RequestRecord]:
    """The records of a log file, in order of arrival; a torn last line is left out."""
    records: dict[int, RequestRecord] = {}
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            fields = orjson.loads(line)
            if fields.pop("event") == "arrived":
                records[fields["number"]] = RequestRecord(**fields)
            else:
                number = fields.pop("number")
                records[number] = replace(records[number], **fields)
    return [records[number] for number in sorted(records)]


def count_paid_twice(records: Iterable[RequestRecord]) -> int:
    """Whole replies beyond the first for the same request key."""
    paid = Counter(record.key for record in records if record.paid)
    return sum(times - 1 for times in paid.values())
