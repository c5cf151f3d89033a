"""How far the journal has answered, and when it is quiet."""

from __future__ import annotations

from builders.journal_replay import JournalReplay
from distilabel_pipelines.gateway.settings import Finished


def ended(index: int | None, *, from_journal: bool = True) -> Finished:
    return Finished(index=index, offset=0, from_journal=from_journal, attempts=1)


def test_a_run_without_an_answer_of_the_journal_waits_for_nothing() -> None:
    replay = JournalReplay()
    replay.note([ended(7, from_journal=False)])
    assert (replay.is_under_way, replay.rest_s, replay.reach) == (False, None, 0)


def test_it_is_under_way_until_it_was_quiet_for_a_while() -> None:
    now_s = 100.0
    replay = JournalReplay(quiet_s=2.0, read_clock=lambda: now_s)
    replay.note([ended(4), ended(2), ended(9, from_journal=False)])
    assert (replay.is_under_way, replay.rest_s, replay.reach) == (True, 2.0, 5)
    now_s = 101.5
    assert replay.rest_s == 0.5
    replay.note([ended(3)])
    assert (replay.rest_s, replay.reach) == (2.0, 5)
    now_s = 103.5
    assert not replay.is_under_way


def test_an_answer_without_a_place_reaches_nowhere() -> None:
    replay = JournalReplay()
    replay.note([ended(None)])
    assert replay.is_under_way
    assert replay.reach == 0
