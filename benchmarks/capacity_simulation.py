"""The adaptive limit against servers with a hidden capacity, simulated: seconds, no real time.

    python -m benchmarks.capacity_simulation [--seeds 3]

One endpoint, requests in order from a queue that is full from the start, refused ones back in it
after the gateway's own back-off. Beside the adaptive limit: a fixed window at the ceiling, and one
at the capacity, which nobody is told.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.capacity_servers import (
    CappedServer,
    QuotaServer,
    RateServer,
    Refused,
    Server,
    Taken,
    constant,
)
from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import choose_wait_s
from distilabel_pipelines.gateway.pacing import AdaptiveLimit

RAMP_S = 5.0


@dataclass(frozen=True)
class Outcome:
    """One simulated run; `share` is of the capacity from the ramp's end until the queue is dry."""

    requests: int
    refused: int
    seconds: float
    share: float
    ideal_s: float

    @property
    def refused_share(self) -> float:
        """Of all requests sent."""
        return self.refused / (self.requests + self.refused)

    @property
    def cost(self) -> float:
        """Time beyond the ideal schedule's, as a share of that."""
        return self.seconds / self.ideal_s - 1


class Simulation:
    """Sends `services_s` (seconds a request needs) through `limit_of(clock)` to the server."""

    def __init__(
        self,
        server: Server,
        services_s: list[float],
        limit_of: Callable[[Callable[[], float]], AdaptiveLimit],
        *,
        ceiling: int,
        round_trip_s: float,
    ) -> None:
        self.now = 0.0
        self._server = server
        self._ceiling = ceiling
        self._services_s = services_s
        self.limit = limit_of(lambda: self.now)
        self._way_s = round_trip_s / 2
        self._waiting = list(range(len(services_s)))
        self._failures = [0] * len(services_s)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._next_look_at = math.inf
        self._pausing = 0
        self.in_flight = 0
        self.refused = 0
        self.dry_at = 0.0
        self._ended_at = 0.0

    def advance(self, until_s: float) -> None:
        """Up to this time, or to the last reply."""
        self._fill()
        while self._events and self._events[0][0] <= until_s:
            self.now, _, act = heapq.heappop(self._events)
            act()
            self._fill()

    def run(self) -> Outcome:
        """Until the last reply."""
        self.advance(math.inf)
        if self._waiting or self.in_flight:
            raise RuntimeError(f"{len(self._waiting)} requests wait for a look that nobody takes")
        services_s = [service_s + 2 * self._way_s for service_s in self._services_s]
        return Outcome(
            requests=len(self._services_s),
            refused=self.refused,
            seconds=self._ended_at,
            share=self._server.share_used(min(RAMP_S, self.dry_at / 2), self.dry_at, self._ceiling),
            ideal_s=self._server.ideal_s(services_s, self._ceiling),
        )

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), act))

    def _fill(self) -> None:
        while self._waiting and self.in_flight < self.limit.limit:
            number = heapq.heappop(self._waiting)
            self.in_flight += 1
            self.limit.note_sent(self.in_flight)
            self._after(self._way_s, partial(self._arrive, number, self.now))
        if self._waiting or self._pausing:
            self.dry_at = self.now
        if self._waiting and self._next_look_at <= self.now + 1e-9:
            self._next_look_at = math.inf
        rise_s = self.limit.seconds_to_next_rise() if self._waiting else None
        if rise_s is not None and self.now + rise_s < self._next_look_at:
            self._next_look_at = self.now + rise_s
            self._after(rise_s, lambda: None)

    def _arrive(self, number: int, sent_at: float) -> None:
        answer = self._server.arrive(self.now, self._services_s[number])
        if isinstance(answer, Refused):
            self._after(self._way_s, lambda: self._refuse(number, sent_at, answer))
        else:
            ends_s = answer.ends_at - self.now + self._way_s
            self._after(ends_s, lambda: self._succeed(sent_at, answer))

    def _refuse(self, number: int, sent_at: float, answer: Refused) -> None:
        self.in_flight -= 1
        self.refused += 1
        self._failures[number] += 1
        self.limit.note_refusal(
            sent_at=sent_at, in_flight=self.in_flight, retry_after_s=answer.retry_after_s
        )
        fault = TeacherFaultError("throttled", "", retry_after_s=answer.retry_after_s)
        self._pausing += 1
        self._after(choose_wait_s(fault, self._failures[number]), lambda: self._return(number))

    def _return(self, number: int) -> None:
        self._pausing -= 1
        heapq.heappush(self._waiting, number)

    def _succeed(self, sent_at: float, answer: Taken) -> None:
        self._ended_at = self.now
        self.in_flight -= 1
        first_piece_s = answer.first_piece_at + self._way_s - sent_at
        self.limit.note_success(sent_at=sent_at, first_piece_s=first_piece_s)


def lognormal_services_s(count: int, mean_s: float, sigma: float, seed: int) -> list[float]:
    """Independent log-normal times, cut at 30 times the mean."""
    chance = random.Random(seed)
    mu = math.log(mean_s) - sigma * sigma / 2
    return [min(chance.lognormvariate(mu, sigma), 30 * mean_s) for _ in range(count)]


@dataclass(frozen=True)
class Scenario:
    """A server, the work, the ceiling, and the window that a seer would choose."""

    name: str
    server: Callable[[], Server]
    requests: int
    mean_s: float
    ceiling: int
    capacity: int
    sigma: float = 0.8
    round_trip_s: float = 0.05


def quarter_in_the_middle(now: float) -> int:
    """64 places; 16 from 40 s to 80 s."""
    return 16 if 40 <= now < 80 else 64


SCENARIOS = (
    Scenario("never refuses", partial(CappedServer, constant(64)), 2_000, 2, 64, 64),
    Scenario(
        "never refuses, whole replies",
        partial(CappedServer, constant(10**6), first_piece_s=60),
        2_000,
        2,
        64,
        64,
    ),
    Scenario("cap 48", partial(CappedServer, constant(48)), 2_000, 2, 1_024, 48),
    Scenario(
        "cap 48, Retry-After 2",
        partial(CappedServer, constant(48), retry_after_s=2.0),
        2_000,
        2,
        1_024,
        48,
    ),
    Scenario(
        "cap 48, 0.3 s away",
        partial(CappedServer, constant(48)),
        2_000,
        2,
        1_024,
        48,
        round_trip_s=0.3,
    ),
    Scenario("cap 48, 30 s replies", partial(CappedServer, constant(48)), 2_000, 30, 1_024, 48),
    Scenario("cap 4, 30 s replies", partial(CappedServer, constant(4)), 400, 30, 64, 4),
    Scenario(
        "cap 500, 10 s replies", partial(CappedServer, constant(500)), 10_000, 10, 10_000, 500
    ),
    Scenario("24 a second", lambda: RateServer(24, 24), 4_000, 2, 1_024, 48),
    Scenario("24 a second, Retry-After", lambda: RateServer(24, 24, True), 4_000, 2, 1_024, 48),
    Scenario("5 a second, 20 s replies", lambda: RateServer(5, 10), 2_000, 20, 1_024, 100),
    Scenario("10 a second, 60 s replies", lambda: RateServer(10, 20), 6_000, 60, 1_024, 600),
    Scenario("1,000 a minute", lambda: QuotaServer(1_000), 6_000, 3, 256, 50),
    Scenario(
        "1,000 a minute, Retry-After", lambda: QuotaServer(1_000, 60, True), 6_000, 3, 256, 50
    ),
    Scenario("120 a minute", lambda: QuotaServer(120), 1_200, 10, 256, 20),
    Scenario(
        "queues beyond 48", partial(CappedServer, constant(48), queues=True), 4_000, 10, 512, 48
    ),
    Scenario("cap 64, 16, 64", lambda: CappedServer(quarter_in_the_middle), 4_000, 2, 256, 64),
    Scenario("cap 48, ceiling 16", partial(CappedServer, constant(48)), 1_000, 2, 16, 16),
    Scenario("cap 48, ceiling 1", partial(CappedServer, constant(48)), 100, 2, 1, 1),
    Scenario(
        "10% by chance",
        partial(CappedServer, constant(64), retry_after_s=1.0, random_refusals=0.1),
        2_000,
        2,
        64,
        64,
    ),
)
WINDOWS: dict[str, Callable[[Scenario, Callable[[], float]], AdaptiveLimit]] = {
    "adaptive": lambda of, clock: AdaptiveLimit(of.ceiling, clock=clock),
    "fixed at the ceiling": lambda of, clock: AdaptiveLimit(
        of.ceiling, ramp_from=None, clock=clock
    ),
    "fixed at the capacity": lambda of, clock: AdaptiveLimit(
        of.capacity, ramp_from=None, clock=clock
    ),
}


def simulate(scenario: Scenario, window: str, seed: int) -> Outcome:
    """One run; the same seed gives the same run."""
    random.seed(seed)  # the gateway's back-off draws from it
    services_s = lognormal_services_s(scenario.requests, scenario.mean_s, scenario.sigma, seed)
    build = WINDOWS[window]
    simulation = Simulation(
        scenario.server(),
        services_s,
        lambda clock: build(scenario, clock),
        ceiling=scenario.ceiling,
        round_trip_s=scenario.round_trip_s,
    )
    return simulation.run()


def main() -> None:
    """Print the table; each cell is the mean over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--windows", nargs="*", choices=WINDOWS, default=list(WINDOWS))
    options = parser.parse_args()
    print("| server | window | share of capacity after the ramp | refused | cost against ideal |")
    print("|---|---|---|---|---|")
    for scenario in SCENARIOS:
        for window in options.windows if options.only in scenario.name else ():
            runs = [simulate(scenario, window, seed) for seed in range(options.seeds)]
            share = sum(run.share for run in runs) / len(runs)
            refused = sum(run.refused_share for run in runs) / len(runs)
            cost = sum(run.cost for run in runs) / len(runs)
            print(f"| {scenario.name} | {window} | {share:.3f} | {refused:.1%} | {cost:+.1%} |")


if __name__ == "__main__":
    main()
