"""After a bad time the adaptive limit is soon back, whatever that was: simulated."""

from __future__ import annotations

import math
import random

import pytest

from benchmarks.recovery_simulation import BACK_SHARE, Phase, list_troubles, recover

WELL_S = 120.0


def draw_trouble(chance: random.Random) -> Phase:
    seconds = chance.uniform(5, 200)
    retry_after_s = chance.choice([None, None, 1.0, 5.0])
    kind = chance.choice(["chance", "cap", "quota", "outage", "well"])
    return Phase(
        seconds,
        refused_share={"chance": chance.uniform(0.05, 0.95), "outage": 1.0}.get(kind, 0.0),
        places=chance.randint(4, 40) if kind == "cap" else math.inf,
        quota=chance.randint(5, 1_500) if kind == "quota" else math.inf,
        window_s=chance.choice([1.0, 10.0, 60.0]),
        retry_after_s=retry_after_s,
    )


@pytest.mark.parametrize(
    "seed", [*range(30), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(30, 60))]
)
def test_two_good_minutes_bring_the_limit_back_after_anything(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeats itself, guards nothing
    troubles = tuple(draw_trouble(chance) for _ in range(chance.randint(1, 4)))
    ceiling, capacity = chance.choice([8, 64, 256]), chance.choice([4, 32, 64, 300])
    recovery = recover(
        (*troubles, Phase(WELL_S)),
        ceiling=ceiling,
        capacity=capacity,
        mean_s=chance.choice([1.0, 3.0, 6.0]),
        seed=seed,
    )
    assert recovery.limit >= BACK_SHARE * min(ceiling, capacity), troubles


@pytest.mark.parametrize(("good_s", "back_s"), [(0.5, 90.0), (8.0, 90.0), (120.0, 60.0)])
@pytest.mark.parametrize("mean_s", [2.0, 10.0, 30.0])
@pytest.mark.parametrize("name", [name for name in list_troubles() if "refused" in name])
def test_a_storm_is_soon_forgotten(name: str, mean_s: float, good_s: float, back_s: float) -> None:
    # One in the first minute may look like a quota: that is waited for once.
    phases = (Phase(good_s), list_troubles()[name], Phase(back_s))
    recovery = recover(phases, ceiling=64, capacity=64, mean_s=mean_s, seed=5)
    assert recovery.back_s is not None
