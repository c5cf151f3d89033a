"""The adaptive limit: by hand where one move counts, and against simulated servers."""

from __future__ import annotations

import pytest

from benchmarks.capacity_simulation import SCENARIOS, Outcome, simulate
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
    assert ramp(limit, clock, 2.0) == pytest.approx(64, abs=2)
    assert ramp(limit, clock, 2.0) == pytest.approx(1024, abs=30)
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


def test_a_cap_on_requests_in_flight_is_found_and_held() -> None:
    outcome = run("cap 48, 429")
    assert outcome.share >= 0.95
    assert outcome.refused_share <= 0.03
    assert run("cap 48, 429", window="fixed at the ceiling").refused_share > 0.5
