"""Format and accuracy rewards."""

from __future__ import annotations

import pytest

from builders.checks.rewards import accuracy_reward, format_reward
from builders.judged import Verdict
from tests.checks.traces import make_trace

VERIFIED = Verdict(verdict="verified", method="identical", final_answer="42")
UNMARKED = Verdict(verdict="refuted", method="no_final_answer")
NO_GOLD = Verdict(verdict="unverifiable", method="no_gold")


@pytest.mark.parametrize("form", ["field", "tags", "missing_opening"])
def test_one_closed_thought_and_a_marked_answer_earn_the_format_reward(form: str) -> None:
    assert format_reward(make_trace(thought_form=form), VERIFIED) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"thought_form": "several"},
        {"thought_form": "unfinished"},
        {"thought_form": "none", "reasoning_content": ""},
        {"reasoning_content": " \n"},
        {"content": " "},
        {"error": "teacher_error"},
    ],
)
def test_a_broken_form_earns_nothing(changes: dict[str, object]) -> None:
    assert format_reward(make_trace(**changes), VERIFIED) == 0


def test_a_final_answer_is_due_only_with_a_gold_answer() -> None:
    assert format_reward(make_trace(), UNMARKED) == 0
    assert format_reward(make_trace(answer=None), NO_GOLD) == 1


@pytest.mark.parametrize(
    ("verdict", "reward"),
    [("verified", 1), ("refuted", 0), ("unverifiable", None), ("timeout", None)],
)
def test_accuracy_is_one_zero_or_unknown(verdict: str, reward: int | None) -> None:
    judged = Verdict.model_validate({"verdict": verdict, "method": "m"})
    assert accuracy_reward(judged) == reward
