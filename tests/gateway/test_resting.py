"""Rests grow until one request is taken, and a cycle's throughput shows the quota."""

from __future__ import annotations

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


def test_a_cycle_tells_the_level_that_its_quota_keeps_busy() -> None:
    cycle = Cycle()
    for _ in range(130):
        cycle.note_sent(0.0)
    for _ in range(10):
        cycle.note_refusal()
    for _ in range(120):
        cycle.note_reply(10.0)
    assert cycle.end(60.0, rested_s=40.0) == pytest.approx(1.1 * 20)
    assert cycle.has_quota
    assert cycle.end(70.0, rested_s=40.0) is None  # nothing is known of the new cycle


def test_a_short_rest_tells_nothing_unless_a_quota_is_known() -> None:
    cycle = Cycle()
    cycle.note_sent(0.0)
    cycle.note_reply(1.0)
    assert cycle.end(10.0, rested_s=2.0) is None
    assert cycle.end(10.0, rested_s=6.0) == 1.0
    cycle.note_sent(11.0)
    cycle.note_reply(1.0)
    assert cycle.end(20.0, rested_s=2.0) == 1.0
