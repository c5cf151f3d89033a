"""Simulated servers with a capacity that no client is told; no real time passes.

A server says of each arrival whether it is refused, and else when it begins and ends. Work and
capacity are counted in one unit a server: busy places, or accepted requests.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.ideal_schedule import ideal_makespan_s

_STEPS = 1_000  # of the integral over a capacity that changes


@dataclass(frozen=True)
class Refused:
    """A 429 after one round trip; `retry_after_s` is its Retry-After."""

    retry_after_s: float | None = None


@dataclass(frozen=True)
class Taken:
    """A reply: its first piece and its end, in seconds of the simulation."""

    first_piece_at: float
    ends_at: float


class Server(Protocol):
    """Anything that answers arrivals in the order of their time."""

    def arrive(self, now: float, service_s: float) -> Refused | Taken:
        """Take or refuse one request that needs `service_s`."""

    def share_used(self, since: float, until: float, ceiling: int, /) -> float:
        """What was used in between of the capacity that a window of `ceiling` could use."""

    def ideal_s(self, services_s: list[float], _ceiling: int, /) -> float:
        """The least time for this work where the capacity and the ceiling are known."""


def overlap(begin: float, end: float, since: float, until: float) -> float:
    """How long [begin, end] lies within [since, until]."""
    return max(0.0, min(end, until) - max(begin, since))


def constant(places: int) -> Callable[[float], int]:
    """The same places at all times."""
    return lambda _now: places


@dataclass
class CappedServer:
    """At most `places(now)` at once, more are refused at once; a queue instead if `queues`."""

    places: Callable[[float], int]
    retry_after_s: float | None = None
    queues: bool = False
    random_refusals: float = 0.0
    first_piece_s: float = 0.3
    seed: int = 0
    _active: list[float] = field(default_factory=list)
    _served: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def arrive(self, now: float, service_s: float) -> Refused | Taken:
        """Refuse, or begin when a place is free."""
        while self._active and self._active[0] <= now:
            heapq.heappop(self._active)
        if self._random.random() < self.random_refusals:
            return Refused(self.retry_after_s)
        begins = now
        if len(self._active) >= self.places(now):
            if not self.queues:
                return Refused(self.retry_after_s)
            begins = heapq.heappop(self._active)  # first come, first served
        heapq.heappush(self._active, begins + service_s)
        self._served.append((begins, begins + service_s))
        return Taken(begins + min(self.first_piece_s, service_s), begins + service_s)

    def share_used(self, since: float, until: float, ceiling: int, /) -> float:
        """Busy places against places."""
        busy = sum(overlap(begin, end, since, until) for begin, end in self._served)
        width = (until - since) / _STEPS
        moments = (since + (n + 0.5) * width for n in range(_STEPS))
        return busy / sum(min(self.places(at), ceiling) * width for at in moments)

    def ideal_s(self, services_s: list[float], ceiling: int, /) -> float:
        """Greedy list scheduling, with the places that there are at first."""
        return ideal_makespan_s(services_s, min(self.places(0.0), ceiling))


@dataclass
class RateServer:
    """A token bucket of requests: `rate` a second, at most `burst` saved up."""

    rate: float
    burst: float
    retry_after: bool = False
    _tokens: float | None = None
    _filled_at: float = 0.0
    _taken_at: list[float] = field(default_factory=list)

    def arrive(self, now: float, service_s: float) -> Refused | Taken:
        """Take a token or refuse."""
        before = self.burst if self._tokens is None else self._tokens
        tokens = min(self.burst, before + (now - self._filled_at) * self.rate)
        self._filled_at = now
        if tokens < 1:
            self._tokens = tokens
            return Refused((1 - tokens) / self.rate if self.retry_after else None)
        self._tokens = tokens - 1
        self._taken_at.append(now)
        return Taken(now + min(0.3, service_s), now + service_s)

    def share_used(self, since: float, until: float, _ceiling: int, /) -> float:
        """Accepted requests against the rate."""
        return sum(since <= at < until for at in self._taken_at) / (self.rate * (until - since))

    def ideal_s(self, services_s: list[float], _ceiling: int, /) -> float:
        """The burst at once, the rest at the rate, and the last reply's time."""
        starts = ((n - self.burst) / self.rate for n in range(len(services_s)))
        return max(max(0.0, at) + service for at, service in zip(starts, services_s, strict=True))


@dataclass
class QuotaServer:
    """`quota` requests a window of `window_s`; all are refused for the rest of the window."""

    quota: int
    window_s: float = 60.0
    retry_after: bool = False
    _window: int = -1
    _used: int = 0
    _taken_at: list[float] = field(default_factory=list)

    def arrive(self, now: float, service_s: float) -> Refused | Taken:
        """Take it as long as the window's quota lasts."""
        window = int(now // self.window_s)
        if window != self._window:
            self._window, self._used = window, 0
        if self._used >= self.quota:
            rest_s = (window + 1) * self.window_s - now
            return Refused(rest_s if self.retry_after else None)
        self._used += 1
        self._taken_at.append(now)
        return Taken(now + min(0.3, service_s), now + service_s)

    def share_used(self, since: float, until: float, _ceiling: int, /) -> float:
        """Accepted requests against the quota of the whole windows in between."""
        first, end = int(-(-since // self.window_s)), int(until // self.window_s)
        if end <= first:
            first, end = 0, end + 1
        used = sum(first <= at // self.window_s < end for at in self._taken_at)
        return used / (self.quota * (end - first))

    def ideal_s(self, services_s: list[float], _ceiling: int, /) -> float:
        """Whole windows, then what is left at once."""
        starts = (n // self.quota * self.window_s for n in range(len(services_s)))
        return max(at + service for at, service in zip(starts, services_s, strict=True))
