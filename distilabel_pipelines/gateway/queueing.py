"""Whether requests wait ever longer at a teacher that refuses nothing but queues (vLLM).

Requests are judged in cohorts of consecutive sends, by the median time to the first piece. What is
still in flight counts as slower than the median, so a cohort's quick replies cannot flatter it. The
least median of the recent cohorts stands for an unloaded teacher, as the least round trip does in
TCP Vegas (Brakmo and Peterson, 1995). Medians of log-normal times with sigma 0.8 have a standard
error of 13%, so three times the least is beyond chance.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

_COHORT = 64
_ENDED_SHARE = 0.75
_RECENT_COHORTS = 32
_RISING_RATIO = 3.0
_RISING_ALLOWANCE_S = 5.0
_HELPED_RATIO = 0.9  # sending less must shorten the wait, or the wait was not of our making

Verdict = Literal["rising", "not_ours", "short"]


@dataclass
class _Cohort:
    """Consecutive sends; `first_piece_s` of those that have ended well."""

    started_at: float
    sent: int = 0
    lost: int = 0
    first_piece_s: list[float] = field(default_factory=list)

    def median_s(self) -> float | None:
        """None until enough have ended."""
        served = self.sent - self.lost
        if self.sent < _COHORT or served < _COHORT // 2:
            return None
        if len(self.first_piece_s) < _ENDED_SHARE * served:
            return None
        return sorted(self.first_piece_s)[served // 2]


class QueueWatch:
    """Judges first-piece times of one endpoint; times in seconds of one clock."""

    def __init__(self) -> None:
        self._cohorts: list[_Cohort] = []
        self._medians_s: deque[float] = deque(maxlen=_RECENT_COHORTS)
        self._decreased_at = 0.0
        self._opens_cohort = True
        self._last_sent_at = -math.inf
        self._blamed_s: float | None = None

    def note_sent(self, now: float) -> None:
        """One more request went out."""
        # Replies are told apart by the time of their sending: one moment is never shared.
        is_full = not self._cohorts or self._cohorts[-1].sent >= _COHORT
        if self._opens_cohort or (is_full and now > self._last_sent_at):
            self._cohorts.append(_Cohort(now))
            self._opens_cohort = False
        self._cohorts[-1].sent += 1
        self._last_sent_at = now

    def note_lost(self, sent_at: float) -> None:
        """A request ended without a reply: it says nothing about queueing."""
        cohort = self._find(sent_at)
        if cohort is not None:
            cohort.lost += 1

    def note_reply(self, sent_at: float, first_piece_s: float) -> Verdict | None:
        """A verdict when this reply completes a cohort's judgement."""
        cohort = self._find(sent_at)
        if cohort is None:
            return None
        cohort.first_piece_s.append(first_piece_s)
        median_s = cohort.median_s()
        if median_s is None:
            return None
        # Older cohorts that still wait for replies have been overtaken: their time is past.
        del self._cohorts[: self._cohorts.index(cohort) + 1]
        self._opens_cohort |= not self._cohorts
        if cohort.started_at >= self._decreased_at:
            return self._judge(median_s)
        if self._blamed_s is not None:  # the queue went on growing until the decrease
            self._blamed_s = max(self._blamed_s, median_s)
        return None

    def note_decrease(self, now: float) -> None:
        """Fewer are sent from now on: cohorts that began before say nothing new."""
        self._decreased_at = now
        self._opens_cohort = True

    def _find(self, sent_at: float) -> _Cohort | None:
        place = bisect_right(self._cohorts, sent_at, key=lambda cohort: cohort.started_at)
        return self._cohorts[place - 1] if place else None

    def _judge(self, median_s: float) -> Verdict | None:
        blamed_s, self._blamed_s = self._blamed_s, None
        if blamed_s is not None and median_s > _HELPED_RATIO * blamed_s:
            self._medians_s.clear()
            self._medians_s.append(median_s)
            return "not_ours"
        self._medians_s.append(median_s)
        least_s = min(self._medians_s)
        allowed_s = max(_RISING_RATIO * least_s, least_s + _RISING_ALLOWANCE_S)
        if median_s >= allowed_s:
            self._blamed_s = median_s
            return "rising"
        return "short" if median_s < (least_s + allowed_s) / 2 else None
