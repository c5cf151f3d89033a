"""The adaptive limit: by hand where one move counts, and against simulated servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.capacity_simulation import (
    SCENARIOS,
    Outcome,
    Simulation,
    lognormal_services_s,
    simulate,
)
from distilabel_pipelines.gateway.pacing import AdaptiveLimit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def fill(limit: AdaptiveLimit, in_flight: int = 0) -> int:
    while in_flight < limit.limit:
        in_flight += 1
        limit.note_sent(in_flight)
    return in_flight


def ramp(limit: AdaptiveLimit, clock: Clock, seconds: float) -> int:
    in_flight = fill(limit)
    end = clock.now + seconds
    while (rise_s := limit.seconds_to_next_rise()) is not None and clock.now + rise_s <= end:
        clock.now += rise_s
        in_flight = fill(limit, in_flight)
    clock.now = end
    return fill(limit, in_flight)


def run(name: str, *, seed: int = 0, window: str = "adaptive") -> Outcome:
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == name)
    return simulate(scenario, window, seed)


def test_the_ramp_doubles_every_half_second_from_its_first_send() -> None:
    clock = Clock()
    limit = AdaptiveLimit(1024, clock=clock)
    clock.now += 300  # the teacher loads
    assert (limit.limit, limit.seconds_to_next_rise()) == (4, None)
    assert ramp(limit, clock, 1.7) == pytest.approx(64, abs=4)
    assert ramp(limit, clock, 0.5) == pytest.approx(128, abs=8)
    assert ramp(limit, clock, 1.0) == pytest.approx(512, abs=30)
    assert ramp(limit, clock, 1.0) == 1024
    assert limit.seconds_to_next_rise() is None


def test_a_limit_that_nobody_uses_does_not_ramp() -> None:
    clock = Clock()
    limit = AdaptiveLimit(1024, clock=clock)
    limit.note_sent(1)
    clock.now += 60
    limit.note_sent(2)
    assert limit.limit == 4


def test_the_first_refusal_shows_what_was_accepted() -> None:
    clock = Clock()
    limit = AdaptiveLimit(1024, clock=clock)
    ramp(limit, clock, 2.0)
    sent_at, clock.now = clock.now, clock.now + 0.05
    limit.note_refusal(sent_at=sent_at, in_flight=50)
    assert limit.limit == 50
    limit.note_refusal(sent_at=sent_at, in_flight=49)  # of the same burst
    limit.note_refusal(sent_at=sent_at, in_flight=48)
    assert limit.limit == 48


def test_a_time_out_decreases_harder_than_a_refusal() -> None:
    limits = []
    for is_time_out in (True, False):
        clock = Clock()
        limit = AdaptiveLimit(64, clock=clock)
        in_flight = ramp(limit, clock, 3.0)
        note = limit.note_time_out if is_time_out else limit.note_refusal
        note(sent_at=clock.now, in_flight=in_flight - 1)
        note(sent_at=clock.now - 1, in_flight=in_flight - 2)
        limits.append(limit.limit)
    assert limits == [32, 62]


def test_refusals_in_a_row_are_waited_out_and_one_request_asks() -> None:
    clock = Clock()
    limit = AdaptiveLimit(64, clock=clock)
    in_flight = ramp(limit, clock, 3.0)
    while limit.limit:
        in_flight = min(in_flight, limit.limit) - 1
        limit.note_sent(in_flight + 1)
        sent_at, clock.now = clock.now, clock.now + 0.05
        limit.note_refusal(sent_at=sent_at, in_flight=in_flight, retry_after_s=7.0)
    clock.now += 6.9
    assert limit.limit == 0
    clock.now += limit.seconds_to_next_rise() or 0.0
    assert limit.limit > in_flight
    limit.note_sent(in_flight + 1)
    assert limit.limit == 0  # until it is known not to have been refused
    clock.now += limit.seconds_to_next_rise() or 0.0
    assert 0 < limit.limit < 64


def test_a_window_of_one_rests_and_comes_back() -> None:
    clock = Clock()
    limit = AdaptiveLimit(1, clock=clock)
    for _ in range(4):
        limit.note_sent(1)
        sent_at, clock.now = clock.now, clock.now + 0.05
        limit.note_refusal(sent_at=sent_at, in_flight=0)
    assert limit.limit == 0
    waited = 0.0
    while not limit.limit:
        clock.now += limit.seconds_to_next_rise() or 0.0
        waited += limit.seconds_to_next_rise() or 0.0
        assert waited < 5
    limit.note_sent(1)
    clock.now += 2
    assert limit.limit == 1


def send_cohort(limit: AdaptiveLimit, clock: Clock, first_piece_s: float) -> None:
    sent_at = clock.now
    for _ in range(64):
        limit.note_sent(30)
    clock.now += first_piece_s
    for _ in range(64):
        limit.note_success(sent_at=sent_at, first_piece_s=first_piece_s)


def test_a_wait_that_is_not_of_our_making_costs_one_dip() -> None:
    clock = Clock()
    limit = AdaptiveLimit(32, clock=clock)
    ramp(limit, clock, 3.0)
    clock.now += 1.0
    send_cohort(limit, clock, 1.0)
    send_cohort(limit, clock, 1.0)
    assert limit.limit == 32
    send_cohort(limit, clock, 20.0)
    assert limit.limit == 21
    send_cohort(limit, clock, 20.0)
    assert limit.limit == 32
    assert limit.seconds_to_next_rise() is None


def test_a_restart_ramps_anew() -> None:
    clock = Clock()
    limit = AdaptiveLimit(64, clock=clock)
    ramp(limit, clock, 3.0)
    limit.restart()
    assert limit.limit == 4


def test_a_fixed_window_never_adapts() -> None:
    clock = Clock()
    limit = AdaptiveLimit(7, ramp_from=None, clock=clock)
    limit.note_sent(1)
    limit.note_refusal(sent_at=clock.now, in_flight=3)
    limit.note_time_out(sent_at=clock.now, in_flight=3)
    limit.note_success(sent_at=clock.now, first_piece_s=1.0)
    limit.restart()
    assert (limit.limit, limit.seconds_to_next_rise()) == (7, None)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="ceiling 0"):
        AdaptiveLimit(0)
    with pytest.raises(ValueError, match="ramp from 0"):
        AdaptiveLimit(4, ramp_from=0)


@pytest.mark.parametrize(
    ("name", "share", "refused"),
    [
        ("cap 48", 0.95, 0.03),
        ("cap 48, Retry-After 2", 0.95, 0.03),
        ("cap 48, 0.3 s away", 0.85, 0.04),  # the way itself costs 0.13
        ("cap 4, 30 s replies", 0.95, 0.05),
        ("24 a second", 0.93, 0.03),
        ("5 a second, 20 s replies", 0.9, 0.05),
        ("1,000 a minute", 0.9, 0.03),
        ("1,000 a minute, Retry-After", 0.95, 0.03),
        ("120 a minute", 0.85, 0.05),
        ("queues beyond 48", 0.97, 0.0),
        ("cap 64, 16, 64", 0.85, 0.04),
        ("cap 48, ceiling 16", 0.95, 0.0),
        ("cap 48, ceiling 1", 0.95, 0.0),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_hidden_capacity_is_used_with_few_refusals(
    name: str, share: float, refused: float, seed: int
) -> None:
    outcome = run(name, seed=seed)
    assert outcome.share >= share
    assert outcome.refused_share <= refused


@pytest.mark.parametrize("name", ["never refuses", "never refuses, whole replies"])
@pytest.mark.parametrize("seed", range(5))
def test_caution_is_free_where_nothing_is_refused(name: str, seed: int) -> None:
    assert run(name, seed=seed).cost <= 0.03


def test_a_fixed_window_above_the_capacity_is_mostly_refused() -> None:
    outcome = run("cap 48", window="fixed at the ceiling")
    assert outcome.refused_share > 0.5
    assert outcome.seconds > run("cap 48").seconds


def test_refusals_by_chance_do_not_slow_a_build_down() -> None:
    assert run("10% by chance").share >= 0.8


def test_a_queue_is_shortened_and_the_server_kept_busy() -> None:
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == "queues beyond 48")
    limits: list[AdaptiveLimit] = []

    def build(clock: Callable[[], float]) -> AdaptiveLimit:
        limits.append(AdaptiveLimit(scenario.ceiling, clock=clock))
        return limits[0]

    services_s = lognormal_services_s(2_000, scenario.mean_s, scenario.sigma, 0)
    simulation = Simulation(
        scenario.server(), services_s, build, ceiling=scenario.ceiling, round_trip_s=0.05
    )
    assert simulation.run().share >= 0.97
    assert limits[0].limit < 150


def test_the_same_seed_gives_the_same_run() -> None:
    assert run("24 a second", seed=3) == run("24 a second", seed=3)
