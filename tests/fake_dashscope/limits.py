"""Rate limits that a client really meets: requests and tokens in a window, and growth.

From https://www.alibabacloud.com/help/en/model-studio/rate-limit (10 February 2026) and
…/rate-limiting-best-practices (17 April 2026): limits belong to account and model; requests a
minute and tokens a minute, each also by the second (a sixtieth of it); a sudden rise is refused
even below both. A refused caller is let in again within a minute. No `Retry-After` is documented.
`window_s` shrinks the minute so that a test meets several of them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

MINUTE_S = 60.0


@dataclass(frozen=True)
class RateLimits:
    """What an account may use; None is without limit.

    `requests` and `tokens` count within `window_s`, `requests_a_second` within a sixtieth of it.
    `growth` refuses a request when more than `growth` times as many arrived in the last sixth of
    the window as in the sixth before it, from `growth_floor` requests on.
    """

    requests: int | None = None
    tokens: int | None = None
    requests_a_second: int | None = None
    growth: float | None = None
    growth_floor: int = 8
    window_s: float = MINUTE_S


@dataclass
class Meter:
    """Sliding windows over one account and model; `now` is any clock in seconds."""

    limits: RateLimits
    arrivals: deque[float] = field(default_factory=deque)
    attempts: deque[float] = field(default_factory=deque)
    spent: deque[tuple[float, int]] = field(default_factory=deque)
    refused: int = 0

    def refusal(self, now: float) -> str | None:
        """The name of the error row that a request arriving now gets, or None and it is let in."""
        self._forget(now)
        self.attempts.append(now)
        name = self._reason(now)
        if name is None:
            self.arrivals.append(now)
        else:
            self.refused += 1
        return name

    def charge(self, now: float, tokens: int) -> None:
        """Book the tokens of an answer."""
        self.spent.append((now, tokens))

    def _reason(self, now: float) -> str | None:
        limits = self.limits
        if limits.requests is not None and len(self.arrivals) >= limits.requests:
            return "limit_requests"
        if limits.requests_a_second is not None:
            second = now - limits.window_s / 60
            if sum(moment > second for moment in self.arrivals) >= limits.requests_a_second:
                return "rate_quota"
        if limits.tokens is not None and sum(tokens for _, tokens in self.spent) >= limits.tokens:
            return "insufficient_quota"
        return "limit_burst_rate" if self._grows_too_fast(now) else None

    def _grows_too_fast(self, now: float) -> bool:
        if self.limits.growth is None:
            return False
        sixth = self.limits.window_s / 6
        last = sum(moment > now - sixth for moment in self.attempts)
        before = sum(now - 2 * sixth < moment <= now - sixth for moment in self.attempts)
        return last > max(self.limits.growth_floor, self.limits.growth * before)

    def _forget(self, now: float) -> None:
        start = now - self.limits.window_s
        for moments in (self.arrivals, self.attempts):
            while moments and moments[0] <= start:
                moments.popleft()
        while self.spent and self.spent[0][0] <= start:
            self.spent.popleft()
