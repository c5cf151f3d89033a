"""Probes: soon after one that got on, ever more seldom while they fail, faster as they get on."""

from __future__ import annotations

import pytest

from distilabel_pipelines.gateway.probing import FIRST_PATIENCE_S, Probe


def test_patience_doubles_while_probes_fail_up_to_the_time_of_sixty_replies() -> None:
    quick, slow = Probe(), Probe()
    for _ in range(10):
        quick.end(0.0, 49, 48, mean_reply_s=2.0)
        slow.end(0.0, 5, 4, mean_reply_s=30.0)
    assert quick.patience_s == 16.0
    assert slow.patience_s == 360.0
    quick.forget_failures()
    assert quick.patience_s == FIRST_PATIENCE_S


def test_a_climb_that_fails_makes_no_long_wait() -> None:
    probe = Probe()
    for _ in range(10):
        probe.end(0.0, 4, 8, mean_reply_s=30.0)
    assert probe.patience_s == 16.0
    probe.end(0.0, 9, 8, mean_reply_s=30.0)
    probe.end(0.0, 4, 8, mean_reply_s=30.0)
    assert probe.patience_s == 32.0


def test_a_probe_that_got_on_is_followed_soon() -> None:
    probe = Probe()
    probe.end(0.0, 49, 48, mean_reply_s=2.0)
    probe.begin(100.0)
    probe.end(100.1, 49, 48, mean_reply_s=2.0)
    assert probe.patience_s == 4 * FIRST_PATIENCE_S
    probe.begin(200.0)
    probe.end(201.0, 60, 48, mean_reply_s=2.0)
    assert probe.patience_s == FIRST_PATIENCE_S


def test_a_probe_begins_slowly_and_gathers_speed() -> None:
    probe = Probe()
    times = [probe.doubling_s(level, 48, has_quota=False) for level in (48, 54, 60, 96)]
    assert times == [16.0, 8.0, 4.0, 2.0]
    assert probe.doubling_s(4, 4, has_quota=False) == 2.0  # one more is a large step there
    assert probe.doubling_s(96, 48, has_quota=True) == pytest.approx(120.0)
