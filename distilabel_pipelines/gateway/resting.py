"""A rest after refusals in a row: nothing is sent, then one request asks whether it is over."""

from __future__ import annotations

from typing import Literal

_FIRST_REST_S = 0.5
_LONGEST_REST_S = 16.0
_LONGEST_RETRY_AFTER_S = 600.0
_LEAST_VERDICT_S = 0.1
_MOST_VERDICT_S = 2.0
_VERDICT_IN_REFUSALS = 3.0  # an asking request not refused in this many refusals' time is taken
_REFUSAL_WEIGHT = 0.2


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
