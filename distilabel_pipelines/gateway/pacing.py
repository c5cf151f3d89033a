"""How many requests one endpoint may have in flight: as many as it takes, found out at no cost.

A ramp paced by time doubles the limit every half second (4 → 64 in 1.7 s). A refusal sets it back
to what had been accepted; it ends at the next one that comes before a quarter more is in flight: a
cap on requests in flight shows itself exactly. From then on: additive increase and multiplicative
decrease (Chiu and Jain, 1989), with a concave climb back to the last known level and a convex probe
beyond (CUBIC, RFC 9438). A reply earns 0.02 of a refusal, and a probe waits until a whole one has
been earned, or for its patience: so long and short replies, small and large limits fare alike.

Refusals in a row although ever less is sent show a quota or an outage: nothing is sent for a while,
one request asks, and a new ramp leads up to what a known quota keeps busy, else to the ceiling
(`resting`). Measured in `benchmarks.capacity_simulation` and `benchmarks.recovery_simulation`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal

from distilabel_pipelines.gateway.probing import Probe
from distilabel_pipelines.gateway.queueing import QueueWatch, Verdict
from distilabel_pipelines.gateway.refusals import Pattern, RefusalPattern
from distilabel_pipelines.gateway.resting import Cycle, Rest

_DOUBLING_S = 0.5  # of the ramp
_RAMP_FULL_SPEED = 12.0  # it gains as many a second below as at this level
_RAMP_PROGRESS = 1.25  # a ramp ends at the refusal that comes before so much more is in flight
_RAMP_IN_REFUSALS = 4.0  # of a ramp that goes on: it doubles no faster than in so many refusals
_HOLD_IN_REFUSALS = 1.5  # it waits for so many first
_TICK_S = 0.02  # nobody need look more often
_LONGEST_LOOK_S = 0.5  # a refusal meanwhile may bring the next rise nearer
_EARNED_PER_REPLY = 0.02
_DEEPEST_DEBT = -10.0
_TIME_OUT_COST = 4.0
_TIME_OUT_FACTOR = 0.5
_QUEUEING_FACTOR = 0.7
_QUEUEING_GROWTH = 1.1
_AGAIN_FACTOR = 0.9  # for refusals that follow another
_ROW_FACTOR = 0.7  # for refusals in a row; each begins a rest
_LONGEST_STEP_S = 0.25  # nobody has looked for longer: that time has not been probed


class AdaptiveLimit:
    """The limit of one endpoint. All calls from one thread; times from the injected clock.

    The ramp starts with the first `note_sent`, so a teacher that takes minutes to load loses
    nothing. Call `note_sent` when a request gets its place, before `limit` is read again: the
    limit is 0 during a rest, and the first send after a rest shuts it again until it is known not
    to have been refused. `sent_at` is the clock's time at `note_sent` or later. With `ramp_from`
    None the window is fixed at the ceiling and never adapts.
    """

    def __init__(
        self,
        ceiling: int,
        *,
        ramp_from: int | None = 4,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if ceiling < 1 or (ramp_from is not None and ramp_from < 1):
            raise ValueError(f"ceiling {ceiling}, ramp from {ramp_from}: both must be at least 1")
        self._ceiling = ceiling
        self._is_fixed = ramp_from is None
        self._ramp_from = min(ramp_from or ceiling, ceiling)
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Ramp anew with the next send, all forgotten: the endpoint was down and answers again."""
        self._phase: Literal["fresh", "ramp", "steady"] = "fresh"
        self._rest = Rest()
        self._queue = QueueWatch()
        self._level = float(self._ramp_from)
        self._ramp_to = float(self._ceiling)
        self._peak = float(self._ceiling)  # the last known level, to climb back to
        self._base = self._peak  # where the last probe beyond the peak began
        self._floor = self._level  # where the climb back to the peak began
        self._credit = self._credit_at_floor = 0.0
        self._before_queueing: float | None = None
        self._cycle = Cycle()
        self._looked_at, self._decreased_at = 0.0, -math.inf
        self._probe = Probe()
        self._held_until = 0.0
        self._ramp_must_reach, self._ramp_doubling_s = 0.0, _DOUBLING_S
        self._refusals = RefusalPattern()
        self._last_in_flight = 0

    @property
    def limit(self) -> int:
        """How many may be in flight now; 0 only during a rest."""
        if self._is_fixed:
            return self._ceiling
        self._look()
        if self._rest.gate == "open":
            return max(1, min(int(self._level), self._ceiling))
        return self._last_in_flight + 1 if self._rest.gate == "one" else 0

    def seconds_to_next_rise(self) -> float | None:
        """When to look again; None where only replies raise the limit, or nothing does."""
        if self._is_fixed or self._phase == "fresh":
            return None
        now = self._look()
        if self._rest.gate in ("shut", "asking"):
            wait_s = self._rest.until - now
        elif self._rest.gate == "one" or self._level >= self._ceiling:
            return None
        elif (doubling_s := self._doubling_s()) is not None:
            wait_s = doubling_s * math.log2((math.floor(self._level) + 1) / self._level)
        else:
            wait_s = self._wait_to_rise_s()
        return min(max(wait_s, _TICK_S), _LONGEST_LOOK_S) if wait_s < math.inf else None

    def note_sent(self, in_flight: int) -> None:
        """A request has got its place; `in_flight` counts it too."""
        if self._is_fixed:
            return
        if self._phase == "fresh":
            self._phase, self._looked_at = "ramp", self._clock()
        now = self._look()
        self._last_in_flight = in_flight
        self._refusals.note_sent(now, in_flight)
        self._cycle.note_sent(now)
        self._queue.note_sent(now)
        self._rest.note_sent(now)

    def note_success(self, *, sent_at: float, first_piece_s: float) -> None:
        """A whole reply; `first_piece_s` from sending it to the first piece of its stream."""
        if self._is_fixed:
            return
        self._cycle.note_reply(self._look() - sent_at)
        self._credit = min(1.0, self._credit + _EARNED_PER_REPLY)
        verdict = self._queue.note_reply(sent_at, first_piece_s)
        if verdict is not None:
            self._follow_queue(verdict)

    def note_refusal(
        self, *, sent_at: float, in_flight: int, retry_after_s: float | None = None
    ) -> None:
        """429 or 503; `in_flight` counts the others at the endpoint when it came."""
        if self._is_fixed:
            return
        now = self._look()
        self._credit = max(_DEEPEST_DEBT, self._credit - 1.0)
        self._cycle.note_refusal(now, sent_at, is_resting=self._rest.gate != "open")
        self._queue.note_lost(sent_at)
        self._rest.note_refusal_time(now - sent_at)
        if sent_at < self._decreased_at:
            # Sent before the last decrease, so in flight then: one less had really been accepted.
            self._refusals.note_old()
            self._go_down_to(self._level - 1, now - sent_at)
            return
        is_probe = self._phase == "steady" and self._level >= self._base + 1
        pattern, level = self._refusals.judge(sent_at, min(self._level, in_flight), is_probe)
        pattern = "row" if self._cycle.is_used_up else pattern
        if pattern == "chance":
            self._level = max(self._level, level)
            self._phase, self._ramp_to = "ramp", float(self._ceiling)
        elif self._phase == "ramp" and self._refusals.refused_at >= self._ramp_must_reach:
            self._ramp_must_reach = _RAMP_PROGRESS * self._refusals.refused_at
            self._ramp_doubling_s = max(_DOUBLING_S, _RAMP_IN_REFUSALS * (now - sent_at))
            self._go_down_to(level, now - sent_at)
            self._note_decrease(now)
        else:
            self._decrease(pattern, level, sent_at)
            self._note_decrease(now)
        if pattern == "row":
            self._last_in_flight = in_flight
            self._rest.begin(now, retry_after_s, first_s=self._cycle.first_rest_s)

    def note_time_out(self, *, sent_at: float, in_flight: int) -> None:
        """No answer in time: a server that no longer copes. `in_flight` counts the others."""
        if self._is_fixed:
            return
        now = self._look()
        self._queue.note_lost(sent_at)
        if sent_at < self._decreased_at:
            return
        self._credit = max(_DEEPEST_DEBT, self._credit - _TIME_OUT_COST)
        level = min(self._level, in_flight + 1)
        self._settle_at(level * _TIME_OUT_FACTOR, peak=level)
        self._note_decrease(now)

    def _look(self) -> float:
        """Move on by the clock; returns its time."""
        now = self._clock()
        passed_s, self._looked_at = now - self._looked_at, now
        rested_s = self._rest.look(now)
        if rested_s is not None:
            self._ramp_after_rest(now, rested_s)
        elif self._rest.gate == "open":
            self._rise(passed_s)
        return now

    def _doubling_s(self) -> float | None:
        """How fast the limit rises by time alone, None where it does not."""
        if self._level >= self._ceiling:
            return None
        if self._phase == "ramp":
            doubling_s = self._ramp_doubling_s * min(1.0, self._level / _RAMP_FULL_SPEED)
            return doubling_s if self._looked_at >= self._held_until else None
        if self._level < self._peak or self._wait_for_probe_s() > 0:
            return None
        has_quota = self._cycle.has_quota(self._looked_at)
        return self._probe.doubling_s(self._level, self._base, has_quota=has_quota)

    def _wait_to_rise_s(self) -> float:
        if self._phase == "ramp":
            return self._held_until - self._looked_at
        return self._probe.patience_s / 32 if self._level < self._peak else self._wait_for_probe_s()

    def _wait_for_probe_s(self) -> float:
        """Seconds until more than the last known level may be tried; infinite without a need."""
        if self._before_queueing is not None or self._last_in_flight < int(self._level):
            return math.inf
        if self._credit >= 1.0:
            return 0.0
        patience_s = self._probe.wait_s(has_quota=self._cycle.has_quota(self._looked_at))
        return max(0.0, self._decreased_at + patience_s - self._looked_at)

    def _rise(self, passed_s: float) -> None:
        self._climb()
        doubling_s = self._doubling_s()
        if doubling_s is None:
            return
        grown = self._level * 2 ** (min(passed_s, _LONGEST_STEP_S) / doubling_s)
        if self._phase == "ramp":
            # Twice what is in use: a limit that nobody used has not been tried.
            grown = min(grown, max(self._ramp_from, 2 * self._last_in_flight), self._ramp_to)
        self._level = max(self._level, min(grown, self._ceiling))
        if self._phase == "ramp" and self._level >= self._ramp_to:
            self._settle_at(self._level, peak=self._peak)
        if self._peak < self._base + 1 <= self._level:
            self._probe.begin(self._looked_at)
        self._peak = max(self._peak, self._level)

    def _climb(self) -> None:
        """Back towards the peak as the refusals are earned back: quick at first, then slow."""
        if self._phase == "steady" and self._level < self._peak:
            earned = (self._credit - self._credit_at_floor) / (1.0 - self._credit_at_floor)
            waited = (self._looked_at - self._decreased_at) / self._probe.patience_s
            left = 1.0 - min(max(earned, waited), 1.0)
            self._level = self._peak - (self._peak - self._floor) * left**3

    def _settle_at(self, level: float, *, peak: float) -> None:
        """Go on from this level, with a slow climb to `peak`."""
        self._phase = "steady"
        self._level = self._floor = max(1.0, level)
        self._peak = min(max(peak, self._level), float(self._ceiling))
        self._credit_at_floor = min(self._credit, 1.0 - _EARNED_PER_REPLY)
        self._base = self._peak
        self._before_queueing = None

    def _go_down_to(self, level: float, refusal_s: float) -> None:
        """What was accepted; a ramp goes on from there when the last refusals have come in."""
        if self._phase == "ramp":
            self._level = max(1.0, level)
            self._held_until = self._looked_at + _HOLD_IN_REFUSALS * min(refusal_s, _LONGEST_LOOK_S)
        else:
            self._settle_at(level, peak=self._peak - (self._level - level))

    def _note_decrease(self, now: float) -> None:
        self._decreased_at = now
        self._queue.note_decrease(now)

    def _decrease(self, pattern: Pattern, level: float, sent_at: float) -> None:
        if self._phase == "steady":
            self._probe.end(sent_at, self._level, self._base, self._cycle.mean_reply_s())
        is_try = self._phase == "ramp" or self._level >= self._base + 1
        if pattern == "first" or (pattern == "more" and is_try):
            self._settle_at(level, peak=level)  # that is where it was
            return
        factor = _AGAIN_FACTOR if pattern == "more" else _ROW_FACTOR
        self._settle_at(factor * level, peak=level if self._phase == "ramp" else self._peak)

    def _ramp_after_rest(self, now: float, rested_s: float) -> None:
        """The endpoint takes requests again: up to what a quota keeps busy, where one is known."""
        sustained = self._cycle.end(now, rested_s)
        if sustained is not None:
            self._level = self._peak = min(sustained, float(self._ceiling))
        self._phase, self._ramp_to, self._ramp_must_reach = "ramp", self._level, 0.0
        self._level = min(self._level, max(self._ramp_from, self._last_in_flight))
        self._probe.forget_failures()
        self._refusals.forget_row()

    def _follow_queue(self, verdict: Verdict) -> None:
        """Requests wait longer than the endpoint's own time: fewer, then a tenth more at a time."""
        before = self._before_queueing
        if verdict == "rising":
            before = self._level
            self._settle_at(_QUEUEING_FACTOR * min(before, self._last_in_flight), peak=0.0)
            self._before_queueing = before
            self._note_decrease(self._clock())
        elif before is not None:
            grown = before if verdict == "not_ours" else self._level * _QUEUEING_GROWTH
            grown = min(grown, float(self._ceiling))
            self._settle_at(grown, peak=grown)
            if verdict == "short" and grown < self._ceiling:
                self._before_queueing = before
