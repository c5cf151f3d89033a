"""A rest after refusals in a row: nothing is sent, then one request asks whether it is over.

What an endpoint took over a whole cycle, from the end of one rest to the end of the next, is its
quota; by Little's law (1961) that many a second times the seconds a reply takes are in flight.
"""

from __future__ import annotations

from typing import Literal

_FIRST_REST_S = 0.5
_LONGEST_REST_S = 16.0
_LONGEST_RETRY_AFTER_S = 600.0
_LEAST_VERDICT_S = 0.1
_MOST_VERDICT_S = 2.0
_VERDICT_IN_REFUSALS = 3.0  # an asking request not refused in this many refusals' time is taken
_REFUSAL_WEIGHT = 0.2
_TELLING_REST_S = 5.0  # rests of this length show a quota
_TELLING_AGAIN_S = 1.0  # where one is known
_LATENESS = 1.1  # a rest ends some time after the quota's window does


class Rest:
    """The rests of one endpoint; times in seconds of one clock.

    `gate` is "open", "shut" during a rest, "one" when one request may ask, "asking" while its
    answer is awaited.
    """

    def __init__(self) -> None:
        self.gate: Literal["open", "shut", "one", "asking"] = "open"
        self.until = 0.0
        self._rests = 0
        self._began_at = 0.0
        self._refusal_s = _LEAST_VERDICT_S

    def begin(self, now: float, retry_after_s: float | None) -> None:
        """Rest for as long as the server asked, or twice as long as the last time."""
        if self._rests == 0:
            self._began_at = now
        rest_s = min(_FIRST_REST_S * 2**self._rests, _LONGEST_REST_S)
        if retry_after_s is not None:
            rest_s = max(min(retry_after_s, _LONGEST_RETRY_AFTER_S), _FIRST_REST_S)
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
    """What one endpoint took since its last long rest, or since the first request."""

    def __init__(self) -> None:
        self.has_quota = False
        self._began_at: float | None = None
        self._taken = 0
        self._replies = 0
        self._replies_took_s = 0.0

    def note_sent(self, now: float) -> None:
        """It counts as taken until it is refused."""
        if self._began_at is None:
            self._began_at = now
        self._taken += 1

    def note_refusal(self) -> None:
        """One of those sent was not taken."""
        self._taken -= 1

    def note_reply(self, seconds: float) -> None:
        """A whole reply, and how long it took."""
        self._replies += 1
        self._replies_took_s += seconds

    def mean_reply_s(self) -> float:
        """0 before the first reply."""
        return self._replies_took_s / max(1, self._replies)

    def end(self, now: float, rested_s: float) -> float | None:
        """The level that the quota keeps busy; None where the rests were too short to show one."""
        telling_s = _TELLING_AGAIN_S if self.has_quota else _TELLING_REST_S
        if rested_s < telling_s or not self._replies or self._began_at is None:
            return None
        level = _LATENESS * self._taken / (now - self._began_at) * self.mean_reply_s()
        self.has_quota = True
        self._began_at, self._taken = now, 0
        self._replies, self._replies_took_s = 0, 0.0
        return max(1.0, level)
