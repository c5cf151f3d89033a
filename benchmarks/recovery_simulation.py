"""How soon the adaptive limit is back after a server's bad time, simulated.

    python -m benchmarks.recovery_simulation [--seeds 3]

The server refuses by chance, or has few places, a quota, or is out, for a while; then it takes as
many at once as it did before. Counted are the seconds until the limit is at 90% of that again.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass, field

from benchmarks.capacity_servers import Refused, Taken
from benchmarks.capacity_simulation import Simulation, lognormal_services_s
from distilabel_pipelines.gateway.pacing import AdaptiveLimit

BACK_SHARE = 0.9
_LOOK_S = 0.5
_LEAST_SERVICE_S = 0.05
_ROUND_TRIP_S = 0.1


@dataclass(frozen=True)
class Phase:
    """Some seconds of a server; the defaults are those of one that is well.

    `refused_share` by chance, at most `places` at once, `quota` requests every `window_s`; with
    `retry_after_s` in each refusal.
    """

    seconds: float
    refused_share: float = 0.0
    places: float = float("inf")
    quota: float = float("inf")
    window_s: float = 60.0
    retry_after_s: float | None = None


@dataclass
class PhasedServer:
    """Goes through its phases in turn, and stays in the last one; never more than `capacity`."""

    phases: tuple[Phase, ...]
    capacity: int
    seed: int = 0
    _ends_at: list[float] = field(default_factory=list)
    _window: int = -1
    _used: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def find_phase(self, now: float) -> Phase:
        """The phase at this time."""
        for phase in self.phases:
            now -= phase.seconds
            if now < 0:
                return phase
        return self.phases[-1]

    def arrive(self, now: float, service_s: float) -> Refused | Taken:
        """Refuse if any of the phase's reasons holds."""
        phase = self.find_phase(now)
        self._ends_at = [end for end in self._ends_at if end > now]
        if int(now // phase.window_s) != self._window:
            self._window, self._used = int(now // phase.window_s), 0
        if (
            self._random.random() < phase.refused_share
            or len(self._ends_at) >= min(self.capacity, phase.places)
            or self._used >= phase.quota
        ):
            return Refused(phase.retry_after_s)
        self._used += 1
        self._ends_at.append(now + service_s)
        return Taken(now + min(0.3, service_s), now + service_s)

    def share_used(self, _since: float, _until: float, _ceiling: int, /) -> float:
        """Not measured."""
        raise NotImplementedError

    def ideal_s(self, _services_s: list[float], _ceiling: int, /) -> float:
        """Not measured."""
        raise NotImplementedError


@dataclass(frozen=True)
class Recovery:
    """`back_s` after the last bad phase, None if not within the good one; the limit at its end."""

    back_s: float | None
    limit: int


def recover(
    phases: tuple[Phase, ...], *, ceiling: int, capacity: int, mean_s: float, seed: int
) -> Recovery:
    """Run through the phases, of which the last is a good one; the same seed, the same run."""
    random.seed(seed)  # the gateway's back-off draws from it
    total_s = sum(phase.seconds for phase in phases)
    well_from_s = total_s - phases[-1].seconds
    count = int(1.5 * min(ceiling, capacity) * total_s / mean_s) + 1_000
    services_s = lognormal_services_s(count, mean_s, 0.8, seed)
    simulation = Simulation(
        PhasedServer(phases, capacity, seed),
        [max(service_s, _LEAST_SERVICE_S) for service_s in services_s],
        lambda clock: AdaptiveLimit(ceiling, clock=clock),
        ceiling=ceiling,
        round_trip_s=_ROUND_TRIP_S,
    )
    simulation.advance(well_from_s)
    back_s = None
    for step in range(int(phases[-1].seconds / _LOOK_S) + 1):
        simulation.advance(well_from_s + step * _LOOK_S)
        simulation.now = well_from_s + step * _LOOK_S
        if back_s is None and simulation.limit.limit >= BACK_SHARE * min(ceiling, capacity):
            back_s = step * _LOOK_S
    return Recovery(back_s, simulation.limit.limit)


def list_troubles() -> dict[str, Phase]:
    """What a server may go through, by name."""
    troubles = {
        f"{share:.0%} refused for {seconds:.0f} s": Phase(seconds, refused_share=share)
        for seconds in (25.0, 60.0, 300.0)
        for share in (0.3, 0.5, 0.7, 0.9)
    }
    troubles["70% refused for 60 s, Retry-After 2"] = Phase(60, 0.7, retry_after_s=2.0)
    for seconds in (10.0, 60.0, 300.0):
        troubles[f"out for {seconds:.0f} s"] = Phase(seconds, refused_share=1.0)
    troubles["4 places for 120 s"] = Phase(120, places=4)
    troubles["60 a minute for 300 s"] = Phase(300, quota=60)
    troubles["5 in 10 s for 120 s"] = Phase(120, quota=5, window_s=10)
    return troubles


def main() -> None:
    """Print the table; each cell lists the seeds' seconds, of storms at once and after 2 min."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print("| trouble | 2 s replies | 10 s replies | 30 s replies |")
    print("|---|---|---|---|")
    for name, trouble in list_troubles().items():
        cells = []
        for mean_s in (2.0, 10.0, 30.0) if options.only in name else ():
            runs = [
                recover(phases, ceiling=64, capacity=64, mean_s=mean_s, seed=seed)
                for phases in ((trouble, Phase(600)), (Phase(120), trouble, Phase(600)))
                for seed in range(options.seeds)
            ]
            cells.append(" ".join("never" if r.back_s is None else f"{r.back_s:.0f}" for r in runs))
        if cells:
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
