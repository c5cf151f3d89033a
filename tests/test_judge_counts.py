"""The judge in the manifest: rule verdict by judge's verdict, and counts that can be true."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from builders.judge_counts import JudgeRecord, count_opinions
from builders.judged import JudgeFacts, Outcome
from tests.outcomes import checked, judge_facts, judged_outcome


def test_every_row_that_was_looked_at_is_counted_once() -> None:
    record = count_opinions(judged_outcome(), judge_facts(accepts=True))
    assert record is not None
    assert record.replies["refuted"] == {
        "correct": 1,
        "incorrect": 1,
        "undecided": 0,
        "not_judged": 0,
    }
    assert record.replies["unverifiable"] == {
        "correct": 1,
        "incorrect": 1,
        "undecided": 0,
        "not_judged": 1,
    }
    assert sum(record.replies["timeout"].values()) == 1
    assert record.published["refuted"]["correct"] == 1
    assert sum(record.published["unverifiable"].values()) == 2
    assert record.cleared == 1


def test_without_a_judge_there_is_no_record_and_no_word() -> None:
    plain = Outcome(published=[checked("a?", "t", "r")], rejected=[])
    assert count_opinions(plain, None) is None
    with pytest.raises(ValueError, match="yet the build has no judge"):
        count_opinions(judged_outcome(), None)


def test_a_word_that_does_not_count_can_neither_clear_nor_reject() -> None:
    silent, outcome = judge_facts(accepts=False), judged_outcome()
    with pytest.raises(ValidationError, match="1 rows cleared by a judge whose word does not"):
        count_opinions(Outcome(published=outcome.published, rejected=[]), silent)
    with pytest.raises(ValueError, match="1 rows rejected by a judge whose word does not count"):
        count_opinions(Outcome(published=[], rejected=outcome.rejected), silent)


def test_more_rows_published_than_judged_are_refused() -> None:
    record = count_opinions(judged_outcome(), judge_facts(accepts=True))
    assert record is not None
    fields: dict[str, Any] = record.model_dump()
    fields["published"]["timeout"]["undecided"] = 7
    with pytest.raises(ValidationError, match="more rows published than judged"):
        JudgeRecord.model_validate(fields)


def test_a_judge_served_from_a_path_is_named_without_it() -> None:
    facts = judge_facts(accepts=True).model_dump() | {"model": "/home/bob/m/Qwen3-32B"}
    record = count_opinions(judged_outcome(), JudgeFacts.model_validate(facts))
    assert record is not None
    assert record.facts.model == "Qwen3-32B"
