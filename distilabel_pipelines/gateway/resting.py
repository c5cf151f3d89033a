"""A rest after refusals in a row: nothing is sent, then one request asks whether it is over.

What an endpoint took over a whole cycle, from the end of one rest to the end of the next, is its
quota if the cycle looks like one; by Little's law (1961) that many a second times the seconds a
reply takes are in flight.
"""

from __future__ import annotations

import math
from typing import Literal

FIRST_REST_S = 0.5
_LONGEST_REST_S = 16.0
_LONGEST_RETRY_AFTER_S = 600.0
_LEAST_VERDICT_S = 0.1
_MOST_VERDICT_S = 2.0
_VERDICT_IN_REFUSALS = 3.0  # an asking request not refused in this many refusals' time is taken
_REFUSAL_WEIGHT = 0.2
_TELLING_REST_S = 5.0  # rests of this length show a quota
_TELLING_AGAIN_S = 1.0  # where one is known
_LONGEST_CYCLE_S = 80.0  # a quota of longer windows is left to the rests
_LEAST_TAKEN = 8  # in a row by chance: not where refusals by chance lead to a rest
_MOST_REFUSED = 0.15  # for one taken, outside of rests
_MOST_TAKEN_AFTER = 0.1  # of all taken, after the first refusal
_OVERDUE_CYCLES = 1.25
_FIRST_OVERDUE_CYCLES = 1.1  # it may have been an outage
_SAME = 0.25  # what two cycles of one quota took differs by less
_FIRST_RESTS_A_CYCLE = 30.0  # where a quota is certain
_LATENESS = 1.2  # a rest ends some time after the quota's window does
_FIRST_LATENESS = 1.25  # and the first one much later


class Rest:
    """The rests of one endpoint; times in seconds of one clock.

    `gate` is "open", "shut" during a rest, "one" when one request may ask, "asking" while its
    answer is awaited.
    """

    def __init__(self) -> None:
        self.gate: Literal["open", "shut", "one", "asking"] = "open"
        self.until = 0.0
        self._rests = 0
        self._first_s = FIRST_REST_S
        self._began_at = 0.0
        self._refusal_s = _LEAST_VERDICT_S

    def begin(
        self, now: float, retry_after_s: float | None, *, first_s: float = FIRST_REST_S
    ) -> None:
        """Rest for as long as the server asked, or twice as long as the last time.

        `first_s` is that of the first rest in a row.
        """
        if self._rests == 0:
            self._began_at, self._first_s = now, first_s
        rest_s = min(self._first_s * 2**self._rests, _LONGEST_REST_S)
        if retry_after_s is not None:
            rest_s = max(min(retry_after_s, _LONGEST_RETRY_AFTER_S), FIRST_REST_S)
        self._rests = min(self._rests + 1, 10)
        self.gate = "shut"
        self.until = now + rest_s

    def look(self, now: float) -> float | None:
        """Move on by the clock; the seconds that the rests took when the last has just ended."""
        if self.gate == "shut" and now >= self.until:
            self.gate = "one"
        if self.gate != "asking" or now < self.until:
            return None
        self.gate = "open"
        self._rests = 0
        return now - self._began_at

    def note_sent(self, now: float) -> None:
        """The request that asks is on its way: the gate shuts behind it."""
        if self.gate == "one":
            self.gate = "asking"
            verdict_s = _VERDICT_IN_REFUSALS * self._refusal_s
            self.until = now + min(max(verdict_s, _LEAST_VERDICT_S), _MOST_VERDICT_S)

    def note_refusal_time(self, seconds: float) -> None:
        """How long a refusal took to come."""
        self._refusal_s += _REFUSAL_WEIGHT * (seconds - self._refusal_s)


class Cycle:
    """What one endpoint took since its last long rest, or since the first request.

    A quota takes everything and then refuses everything. Refusals by chance lead to rests as well,
    but not in that order; an outage does, and so a quota whose next refusal is overdue is none. It
    is certain once two cycles in a row took as many.
    """

    def __init__(self) -> None:
        self._is_certain = False
        self._quota_cycle_s: float | None = None
        self._quota = 0.0
        self._last_refusal_at = 0.0
        self._began_at: float | None = None
        self._begin(None)

    def _begin(self, now: float | None) -> None:
        self._began_at = now
        self._taken = self._refused = self._replies = 0
        self._replies_took_s = 0.0
        self._first_refusal_at: float | None = None
        self._taken_after_it = 0

    def has_quota(self, now: float) -> bool:
        """Whether a quota is known, and still shows itself."""
        if self._quota_cycle_s is None:
            return False
        since = max(self._last_refusal_at, self._began_at or 0.0)
        overdue = _OVERDUE_CYCLES if self._is_certain else _FIRST_OVERDUE_CYCLES
        return now - since <= overdue * self._quota_cycle_s

    @property
    def is_used_up(self) -> bool:
        """Whether a certain quota has been taken: the first refusal shows its end."""
        return self._is_certain and abs(self._taken - self._quota) <= _SAME * self._quota

    @property
    def first_rest_s(self) -> float:
        """Of a row of rests: where a quota is used up, its windows' length tells."""
        if not self.is_used_up or self._quota_cycle_s is None:
            return FIRST_REST_S
        return max(FIRST_REST_S, self._quota_cycle_s / _FIRST_RESTS_A_CYCLE)

    def note_sent(self, now: float) -> None:
        """It counts as taken until it is refused."""
        if self._began_at is None:
            self._began_at = now
        self._taken += 1
        self._taken_after_it += self._first_refusal_at is not None

    def note_refusal(self, now: float, sent_at: float, *, is_resting: bool) -> None:
        """One of those sent was not taken."""
        self._last_refusal_at = now
        self._taken -= 1
        self._refused += not is_resting
        if self._first_refusal_at is None:
            self._first_refusal_at = now
        elif sent_at >= self._first_refusal_at:
            self._taken_after_it -= 1

    def note_reply(self, seconds: float) -> None:
        """A whole reply, and how long it took."""
        self._replies += 1
        self._replies_took_s += seconds

    def mean_reply_s(self) -> float:
        """0 before the first reply."""
        return self._replies_took_s / max(1, self._replies)

    def end(self, now: float, rested_s: float) -> float | None:
        """The level that the quota keeps busy; infinite without one, None where it is unchanged."""
        telling_s = _TELLING_AGAIN_S if self.has_quota(now) else _TELLING_REST_S
        if rested_s < telling_s or not self._replies or self._began_at is None:
            return None if self.has_quota(now) else math.inf
        # The quota's window ended at some time between the last refusal and now.
        ended_at = (now + self._last_refusal_at) / 2
        cycle_s, taken, mean_reply_s = ended_at - self._began_at, self._taken, self.mean_reply_s()
        known_s = self._quota_cycle_s
        is_quota = self._looks_like_quota(cycle_s)
        self._begin(ended_at)
        if not is_quota:
            self._quota_cycle_s, self._is_certain = None, False
            return math.inf
        lateness = _FIRST_LATENESS if known_s is None else _LATENESS
        self._note_quota(taken, cycle_s)
        return max(1.0, lateness * taken / cycle_s * mean_reply_s)

    def _note_quota(self, taken: int, cycle_s: float) -> None:
        known_s = self._quota_cycle_s
        windows = 1 if known_s is None else max(1, round(cycle_s / known_s))
        before, self._quota = self._quota, taken / windows
        self._is_certain = known_s is not None and abs(self._quota - before) <= _SAME * self._quota
        self._quota_cycle_s = cycle_s if known_s is None else min(known_s, cycle_s)

    def _looks_like_quota(self, cycle_s: float) -> bool:
        is_mixed = self._taken_after_it > 1 + _MOST_TAKEN_AFTER * self._taken
        is_rarely_refused = self._refused <= _MOST_REFUSED * self._taken
        # Where one is known, its window may have passed without a refusal.
        longest_s = _LONGEST_CYCLE_S if self._quota_cycle_s is None else 2 * _LONGEST_CYCLE_S
        is_long_enough = self._taken >= _LEAST_TAKEN and cycle_s <= longest_s
        return is_long_enough and (is_rarely_refused or not is_mixed)
