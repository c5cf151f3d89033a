"""What a refusal says: a first one, one of many, one of an unbroken row, or one by chance.

Refusals by chance (a proxy that fails one request in ten, whatever the load) must not slow a build
down. They are told apart by their effect: where three of four were taken, the load is at most a
third too high, so three quarters of it are refused no more, or the load is not the reason (loss
differentiation, as for TCP on radio links).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import Literal

_NEW_AFTER_SENDS = 20
_ROW_WITHIN_SENDS = 3
_QUIET_SENDS = 40
_CHANCE_FORGOTTEN_SENDS = 80
_LESS = 0.75
_IN_VAIN = 2  # refusals at that share of the level, and yet others were taken in between
_ROW = 3  # refusals in a row that show a quota or an outage
_CHANCE_ROW = 4  # the same where refusals come by chance, with nothing taken in between

Pattern = Literal["first", "more", "row", "chance"]


class RefusalPattern:
    """Follows the sends and refusals of one endpoint."""

    def __init__(self) -> None:
        # Since the last refusal: when each was sent, and how many were in flight with it.
        self._sent: deque[tuple[float, int]] = deque(maxlen=2 * _CHANCE_FORGOTTEN_SENDS)
        self._quiet_before = _QUIET_SENDS  # the very first refusal is a new event
        self.refused_at = 0  # how many were in flight when the refused one was sent, itself too
        self._row = 0
        self._level_before: float | None = None
        self._in_vain = 0
        self._is_chance = False

    def note_sent(self, now: float, in_flight: int) -> None:
        """A request went out; it counts as taken until it is refused."""
        self._sent.append((now, in_flight))

    def note_old(self) -> None:
        """A refusal of what was sent before the last one came."""
        self._quiet_before -= 1
        if self._level_before is not None:  # so it had not been accepted either
            self._level_before = max(1.0, self._level_before - 1)

    def forget_row(self) -> None:
        """A rest is over: what is refused next is a new event."""
        self._sent.clear()
        self._quiet_before, self._row = _NEW_AFTER_SENDS, 0
        self._level_before, self._in_vain = None, 0

    def judge(self, sent_at: float, level: float, is_probe: bool) -> tuple[Pattern, float]:
        """The pattern of one refusal at this level, and the level to decrease from.

        A refused probe is no part of a row: little may have been sent since the last one.
        """
        # What was sent after it counts for the next refusal: nothing is known of it yet.
        sent_before = bisect_left(self._sent, (sent_at, 0))
        taken = self._quiet_before + sent_before
        for _ in range(min(sent_before + 1, len(self._sent))):
            _, self.refused_at = self._sent.popleft()
        self._quiet_before = 0
        in_row = not is_probe and taken < (1 if self._is_chance else _ROW_WITHIN_SENDS)
        self._row = self._row + 1 if in_row else 0
        self._follow_trial(taken, level)
        if self._row >= (_CHANCE_ROW if self._is_chance else _ROW):
            self._is_chance, self._level_before, self._in_vain = False, level, 0
            return "row", level
        if self._is_chance:
            before, self._level_before = self._level_before, None
            return "chance", level if before is None else before
        return ("first" if taken >= _NEW_AFTER_SENDS else "more"), level

    def _follow_trial(self, taken: int, level: float) -> None:
        """Does sending less help? Over after a quiet time; without one at less: no."""
        if self._is_chance:
            self._is_chance = taken < _CHANCE_FORGOTTEN_SENDS
        elif taken >= _QUIET_SENDS or self._level_before is None:
            self._level_before, self._in_vain = level, 0
        elif level > _LESS * self._level_before:
            self._in_vain = 0
        elif not self._row:
            self._in_vain += 1
            self._is_chance = self._in_vain >= _IN_VAIN
