"""How long to go on trying: waits, attempts, and when the whole run has to stop.

Back-off is exponential with jitter (AWS Architecture Blog, "Exponential Backoff And Jitter",
2015), never shorter than the server's `Retry-After`. A refused connection and a request to slow
down are waited for by the clock, everything else is counted.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import NoReturn

from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.settings import StopReason, TeacherSettings

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_LONGEST_WAIT_FOR_SERVER_S = 5.0
_LONGEST_RETRY_AFTER_S = 600.0
_MESSAGE_EVERY_S = 10.0
_MIN_FAILING_ROWS = 20
_ACCOUNT_ADVICE = "Check the key, the balance, MODEL and BASE_URL."


class RunMustStopError(Exception):
    """Nothing can be sent any more; `reason` is one of the `Stopped` event's reasons."""

    def __init__(self, reason: StopReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def choose_wait_s(fault: TeacherFaultError, failures: int) -> float:
    """Seconds until the next attempt after `failures` failed ones (1 or more)."""
    # How often a throttled endpoint is asked is its window's to decide, not each row's.
    is_waited_for = fault.kind in ("unreachable", "throttled")
    longest = _LONGEST_WAIT_FOR_SERVER_S if is_waited_for else _LONGEST_WAIT_S
    backoff: float = min(longest, _FIRST_WAIT_S * 2 ** min(failures - 1, 10))
    jittered = backoff * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, guards no secret
    if fault.retry_after_s is None:
        return jittered
    asked = min(fault.retry_after_s, _LONGEST_RETRY_AFTER_S)
    return asked + random.uniform(0.0, 0.1 + 0.1 * asked)  # noqa: S311  # as above


class Health:
    """What the recent answers say about one teacher, all its endpoints together."""

    def __init__(self, settings: TeacherSettings, tell: Callable[[str], None]) -> None:
        self._settings = settings
        self._tell = tell
        self._has_answered = False
        self.successes = 0
        self._down_since: float | None = None
        self._last_message = -_MESSAGE_EVERY_S
        self._rows_failed_in_a_row = 0

    def note_success(self) -> None:
        """A whole reply came back."""
        self.successes += 1
        self._has_answered = True
        self._down_since = None
        self._rows_failed_in_a_row = 0

    def note_piece(self) -> None:
        """A streamed piece came in: whatever others are told, the teacher is at work."""
        self._has_answered = True
        self._down_since = None

    def note_answer(self) -> None:
        """The server said something, if only an error."""
        self._has_answered = True

    def note_account_fault(self, fault: TeacherFaultError) -> NoReturn:
        """Key, balance or model: no row can be answered; raises RunMustStopError."""
        raise RunMustStopError(
            "account",
            f"{fault.message.rstrip('.')}. {fault.advice or _ACCOUNT_ADVICE} Then run the same "
            "command again: every finished response is kept.",
        )

    def note_wait(self, fault: TeacherFaultError, *, quiet: bool = False) -> None:
        """Nobody listens, or we are asked to slow down; the user is told, unless `quiet`.

        Raises RunMustStopError when that has gone on for longer than the settings allow.
        """
        now = time.monotonic()
        if self._down_since is None:
            self._down_since = now
        patience_s = (
            self._settings.outage_wait_s
            if self._has_answered
            else self._settings.first_answer_wait_s
        )
        if now - self._down_since >= patience_s:
            raise RunMustStopError(
                "unreachable",
                f"{fault.message}; waited {patience_s:.0f} s. Start the teacher or check BASE_URL, "
                "then run the same command again: every finished response is kept.",
            )
        if not quiet and now - self._last_message >= _MESSAGE_EVERY_S:
            self._last_message = now
            self._tell(f"{fault.message}; still trying ({now - self._down_since:.0f} s)")

    def note_row_failed(self, fault: TeacherFaultError) -> None:
        """A row's attempts ran out; raises RunMustStopError when every row in a row does."""
        self._rows_failed_in_a_row += 1
        if self._rows_failed_in_a_row >= max(_MIN_FAILING_ROWS, self._settings.concurrency):
            raise RunMustStopError(
                "failing",
                f"the last {self._rows_failed_in_a_row} rows all ran out of attempts, the last one "
                f"with: {fault.message}. Look at the teacher's log and run the same command again.",
            )
