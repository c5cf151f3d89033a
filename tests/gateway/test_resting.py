"""Rests grow until one request is taken, and a cycle's throughput shows the quota."""

from __future__ import annotations

import math

import pytest

from distilabel_pipelines.gateway.resting import Cycle, Rest


def test_rests_double_until_a_request_is_taken() -> None:
    rest, now, rests = Rest(), 0.0, []
    for _ in range(7):
        rest.begin(now, None)
        rests.append(rest.until - now)
        now = rest.until
        assert rest.look(now) is None
        gates = [rest.gate]
        rest.note_sent(now)
        assert [*gates, rest.gate] == ["one", "asking"]
    assert rests == [0.5, 1, 2, 4, 8, 16, 16]
    assert rest.look(rest.until) == pytest.approx(sum(rests), abs=1)
    assert rest.gate == "open"
    rest.begin(now, None)
    assert rest.until - now == 0.5


def test_the_servers_wish_is_followed_within_reason() -> None:
    rest = Rest()
    rest.begin(0.0, 30.0)
    assert rest.until == 30.0
    rest.begin(0.0, 1e6)
    assert rest.until == 600.0
    rest.begin(0.0, 0.0)
    assert rest.until == 0.5


def test_the_first_rest_of_a_row_may_be_longer() -> None:
    rest = Rest()
    rest.begin(0.0, None, first_s=2.0)
    assert rest.until == 2.0
    rest.begin(2.0, None, first_s=0.5)
    assert rest.until == 6.0


def test_slow_refusals_are_waited_for_longer() -> None:
    verdicts = []
    for refusal_s in (0.01, 0.5, 60.0):
        rest = Rest()
        for _ in range(30):
            rest.note_refusal_time(refusal_s)
        rest.begin(0.0, None)
        rest.look(1.0)
        rest.note_sent(1.0)
        verdicts.append(rest.until - 1.0)
    assert verdicts == pytest.approx([0.1, 1.5, 2.0], rel=0.01)


def run_cycle(
    cycle: Cycle, began: float, ended: float, *, taken: int, refused: int, mixed: bool = False
) -> float | None:
    """Sends spread over the first half, refused at the end or in between; then a long rest."""
    count, wait_s = taken + refused, (ended - began) / 2
    for number in range(count):
        now = began + wait_s * number / count
        cycle.note_sent(now)
        is_refused = number * refused // count != (number + 1) * refused // count
        if is_refused if mixed else number >= taken:
            cycle.note_refusal(now, now, is_resting=False)
        else:
            cycle.note_reply(10.0)
    cycle.note_sent(ended)
    cycle.note_refusal(ended, ended, is_resting=True)
    return cycle.end(ended, rested_s=wait_s)


def test_a_cycle_tells_the_level_that_its_quota_keeps_busy() -> None:
    cycle = Cycle()
    assert run_cycle(cycle, 0.0, 60.0, taken=120, refused=10) == pytest.approx(1.25 * 20)
    assert cycle.has_quota(60.0)
    assert run_cycle(cycle, 60.0, 120.0, taken=120, refused=10) == pytest.approx(1.2 * 20)
    assert cycle.end(130.0, rested_s=40.0) is None  # nothing is known of the new cycle


def test_refusals_by_chance_are_no_quota() -> None:
    for taken, refused in ((60, 140), (20, 10), (3, 7)):
        cycle = Cycle()
        level = run_cycle(cycle, 0.0, 60.0, taken=taken, refused=refused, mixed=True)
        assert (level, cycle.has_quota(60.0)) == (math.inf, False)


def test_an_outage_after_a_long_good_time_is_no_quota() -> None:
    assert run_cycle(Cycle(), 0.0, 300.0, taken=3_000, refused=10) == math.inf


def test_a_quota_is_forgotten_when_chance_contradicts_it_or_a_refusal_is_overdue() -> None:
    cycle = Cycle()
    run_cycle(cycle, 0.0, 60.0, taken=120, refused=10)
    assert (cycle.has_quota(125.0), cycle.has_quota(127.0)) == (True, False)
    assert run_cycle(cycle, 60.0, 80.0, taken=60, refused=60, mixed=True) == math.inf
    assert not cycle.has_quota(80.0)


def test_a_certain_quota_ends_at_its_first_refusal() -> None:
    cycle = Cycle()
    for began in (0.0, 60.0):
        run_cycle(cycle, began, began + 60.0, taken=120, refused=10)
        assert not cycle.is_used_up
    for _ in range(110):
        cycle.note_sent(130.0)
    assert cycle.is_used_up
    assert cycle.first_rest_s == pytest.approx(2.0)
    for _ in range(110):
        cycle.note_sent(140.0)
    assert not cycle.is_used_up  # so many were never taken: something else refuses


def test_a_short_rest_tells_nothing_unless_a_quota_is_known() -> None:
    cycle = Cycle()
    cycle.note_sent(0.0)
    cycle.note_reply(1.0)
    assert cycle.end(10.0, rested_s=2.0) == math.inf
    run_cycle(cycle, 0.0, 60.0, taken=120, refused=10)
    cycle.note_reply(1.0)
    assert cycle.end(70.0, rested_s=0.5) is None
    assert cycle.has_quota(70.0)
