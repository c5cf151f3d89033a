"""What a person sees while a build runs: one live line on a terminal, plain lines when piped."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import time
from collections import Counter
from typing import Self

from builders.spend import format_cost
from builders.tally import Counted
from distilabel_pipelines.gateway.settings import Event, Pulse, Stopped, Told, Waiting

_LIVE_EVERY_S = 0.5
_PLAIN_EVERY_S = 10.0
logger = logging.getLogger("build")


class Progress:
    """Follows the gateway's events and the build's counts; a context manager.

    `rows` is how many are wanted; with `is_sample` it is how many replies, whatever they are worth.
    Everything goes to standard error: standard output stays free.
    """

    def __init__(self, rows: int, *, is_sample: bool = False) -> None:
        self._rows = rows
        self._is_sample = is_sample
        self._counted: Counted | None = None
        self._started = time.monotonic()
        self._pulse: Pulse | None = None
        self.stopped: Stopped | None = None
        self.has_stopped = threading.Event()
        self._done = threading.Event()
        self._live = sys.stderr.isatty()
        self._width = 0
        self._printed = ""

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._done.set()
        self._thread.join()
        self._show_now()
        if self._live and self._width:
            sys.stderr.write("\n")

    def follow(self, counted: Counted) -> None:
        """From now on these counts are shown."""
        self._counted = counted
        self._started = time.monotonic()

    def note(self, event: Event) -> None:
        """One event of the gateway."""
        if isinstance(event, Pulse):
            self._pulse = event
        elif isinstance(event, Waiting):
            self.say(f"waiting for the {event.teacher}: {event.message}")
        elif isinstance(event, Told):
            self.say(event.message)
        elif isinstance(event, Stopped):
            self.stopped = event
            self.has_stopped.set()

    def say(self, message: str) -> None:
        """A line of its own, above the live one."""
        if self._live and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
        logger.warning(message)

    def _run(self) -> None:
        interval_s = _LIVE_EVERY_S if self._live else _PLAIN_EVERY_S
        while not self._done.wait(interval_s):
            self._show_now()

    def _show_now(self) -> None:
        if self._counted is not None:
            self._show(
                describe_progress(
                    self._counted, self._rows, self._pulse, self._age_s, is_sample=self._is_sample
                )
            )

    @property
    def _age_s(self) -> float:
        return time.monotonic() - self._started

    def _show(self, line: str) -> None:
        if not self._live:
            if line != self._printed:
                sys.stderr.write(f"{line}\n")
                self._printed = line
            return
        # A line that wraps could not be written over by the next one.
        line = line[: shutil.get_terminal_size().columns - 1]
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)


def describe_progress(
    counted: Counted, rows: int, pulse: Pulse | None, age_s: float, *, is_sample: bool = False
) -> str:
    """The progress line: rows, requests in flight, tokens a second, rejects by reason, ETA."""
    tally = counted.tally
    accepted = counted.accepted if is_sample else min(counted.accepted, rows)
    done = tally.replies if is_sample else accepted
    first = [f"{accepted}/{rows} rows", f"{tally.replies} replies"]
    if is_sample:
        first = [f"sample: {tally.replies} of {rows} replies", f"{accepted} passed"]
    parts = [
        *first,
        *tally.notes,
        f"ETA {_estimate_end(done, rows, age_s)}",
        f"{pulse.in_flight if pulse else 0} in flight",
        f"{tally.tokens / max(age_s, 1e-9):,.0f} tok/s",
    ]
    if pulse and pulse.in_batches:
        parts.append(f"{pulse.in_batches} in batches")
    if counted.at_the_judge:
        parts.append(f"{counted.at_the_judge} at the judge")
    if pulse and pulse.cost:
        parts.append(f"{format_cost(pulse.cost)} spent")
    if pulse and pulse.retried:
        parts.append(f"{pulse.retried} retries")
    if tally.rejects:
        most_first = Counter(tally.rejects).most_common()
        listed = ", ".join(f"{reason} {count}" for reason, count in most_first)
        parts.append(f"rejected: {listed}")
    return " | ".join(parts)


def _estimate_end(done: int, wanted: int, age_s: float) -> str:
    if done == 0:
        return "unknown"
    left_s = round((wanted - done) * age_s / done)
    minutes, seconds = divmod(left_s, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
