"""The ideal greedy schedule, and the share of it that a client reached.

Greedy list scheduling (Graham, 1966): requests in order, each to the slot that is free first. No
client with the same window and the same order can end much earlier, so ideal ÷ measured is the
share of the ideal.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fake_teacher.record import RequestRecord, read_request_log
from tests.fake_teacher.reply import last_user_text


def ideal_makespan_s(latencies: Iterable[float], in_flight: int) -> float:
    """Seconds from the first start to the last end with `in_flight` slots, in the given order."""
    if in_flight < 1:
        raise ValueError(f"in_flight is {in_flight}: at least one request must be allowed")
    slots: list[float] = []
    for latency_s in latencies:
        free_at = heapq.heappop(slots) if len(slots) >= in_flight else 0.0
        heapq.heappush(slots, free_at + latency_s)
    return max(slots, default=0.0)


@dataclass(frozen=True)
class PhaseReport:
    """The request phase of one run, as the server saw it; times in seconds."""

    requests: int
    answered: int
    request_phase_s: float
    ideal_s: float
    share_of_ideal: float
    peak_in_flight: int


def request_phase_s(records: Sequence[RequestRecord]) -> float:
    """From the first arrival to the last end."""
    ends = [record.ended_s for record in records if record.ended_s is not None]
    if not ends:
        raise ValueError(f"none of {len(records)} requests ended: there is no request phase")
    return max(ends) - min(record.arrived_s for record in records)


def report_phase(records: Sequence[RequestRecord], in_flight: int) -> PhaseReport:
    """The share of the ideal schedule: planned delays in order of arrival, retries included.

    Take the records of one client alone (`since`). Raises ValueError if nothing ended.
    """
    phase_s = request_phase_s(records)
    planned = [record.planned_s or 0.0 for record in records]
    ideal_s = ideal_makespan_s(planned, in_flight)
    return PhaseReport(
        requests=len(records),
        answered=sum(record.paid for record in records),
        request_phase_s=phase_s,
        ideal_s=ideal_s,
        share_of_ideal=ideal_s / phase_s,
        peak_in_flight=max(record.in_flight for record in records),
    )


def read_phase(
    log: Path, in_flight: int, *, since_s: float = 0.0, question_prefix: str = ""
) -> PhaseReport:
    """The report of the requests that arrived at or after `since_s` (Unix seconds).

    Only questions that start with `question_prefix` count: some clients send probes of their own.
    """
    records = [
        record
        for record in read_request_log(log)
        if record.arrived_s >= since_s and last_user_text(record.body).startswith(question_prefix)
    ]
    return report_phase(records, in_flight)


def main() -> None:
    """Print the report of a log as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--since-s", type=float, default=0.0)
    options = parser.parse_args()
    report = read_phase(options.log, options.in_flight, since_s=options.since_s)
    print(json.dumps(vars(report)))


if __name__ == "__main__":
    main()
