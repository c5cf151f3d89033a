"""How soon and how fast to try more than the last known level, once a ramp has ended.

A probe begins with one more request and grows faster the longer it gets on (the convex part of
CUBIC, RFC 9438). The wait before the next doubles while probes fail at once, up to the time of so
many replies that their refusals are few among them.
"""

from __future__ import annotations

import math

FIRST_PATIENCE_S = 4.0
_LONGEST_PATIENCE_S = 16.0
_LONGEST_PATIENCE_REPLIES = 60.0  # or the time of so many replies, where that is longer
_LASTED_S = 0.75  # a probe that got on for so long has not failed
_DOUBLING_S = 2.0
_MOST_CAUTION = 8.0
_LEVEL_A_CAUTION = 6.0  # half a second for one more request, up to the level of most caution
_HASTE = 8.0  # an eighth more than the last known level halves the doubling time
_QUOTA_DOUBLING_S = 120.0  # where a quota is known: its refusals come a window later
_QUOTA_PATIENCE_S = 180.0


class Probe:
    """The probes of one endpoint; times in seconds of one clock."""

    def __init__(self) -> None:
        self.patience_s = FIRST_PATIENCE_S
        self._began_at = 0.0

    def begin(self, now: float) -> None:
        """One more than the last known level may be in flight from now on."""
        self._began_at = now

    def doubling_s(self, level: float, base: float, *, has_quota: bool) -> float:
        """The time in which the limit would double at `level`, from the known level `base`."""
        if has_quota:
            return _QUOTA_DOUBLING_S
        caution = min(_MOST_CAUTION, base / _LEVEL_A_CAUTION)
        gain = max(1.0, level / base) - 1.0
        return _DOUBLING_S * max(1.0, caution * math.exp2(-_HASTE * gain))

    def wait_s(self, *, has_quota: bool) -> float:
        """How long after the last decrease the next probe comes, if it is not earned before."""
        return max(self.patience_s, _QUOTA_PATIENCE_S) if has_quota else self.patience_s

    def end(self, sent_at: float, level: float, base: float, mean_reply_s: float) -> None:
        """What was sent at `sent_at` was refused: wait longer, unless the probe got on."""
        if level < base + 1:  # a climb that failed says little of what lies beyond
            self.patience_s = max(self.patience_s, min(2 * self.patience_s, _LONGEST_PATIENCE_S))
            return
        if sent_at >= self._began_at + _LASTED_S:
            self.forget_failures()
            return
        replies_s = _LONGEST_PATIENCE_REPLIES * mean_reply_s / level
        self.patience_s = min(2 * self.patience_s, max(_LONGEST_PATIENCE_S, replies_s))

    def forget_failures(self) -> None:
        """Try again soon."""
        self.patience_s = FIRST_PATIENCE_S
