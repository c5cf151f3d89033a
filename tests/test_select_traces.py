"""Selection: one passing trace a question, and the share of its samples that were verified."""

from __future__ import annotations

import pytest

from builders.judged import CheckedTrace
from builders.recipe import SelectionConfig
from builders.select_traces import select_traces
from tests.outcomes import checked, rejected

QUESTION, OTHER = "What is 6 * 7?", "What is 40 + 2?"


def sample(number: int, thought: str, **changes: object) -> CheckedTrace:
    return checked(
        QUESTION, thought, "\\boxed{42}", **{"sample": number, "pass_rate": None} | changes
    )


def kept(traces: list[CheckedTrace], keep: str) -> list[int]:
    selected = select_traces(traces, SelectionConfig.model_validate({"keep": keep}))
    assert [one.trace for one in selected] == [one.trace for one in traces]
    return [one.trace.sample for one in selected if one.reason is None]


@pytest.mark.parametrize(
    ("keep", "expected"), [("shortest", [1]), ("first", [0]), ("all", [0, 1, 2])]
)
def test_the_setting_says_which_passing_traces_stay(keep: str, expected: list[int]) -> None:
    traces = [sample(0, "long thought"), sample(1, "short"), sample(2, "a longer thought")]
    assert kept(traces, keep) == expected


def test_among_equally_short_ones_the_earlier_sample_stays() -> None:
    assert kept([sample(0, "longest"), sample(1, "abc"), sample(2, "abc")], "shortest") == [1]


@pytest.mark.parametrize("keep", ["shortest", "first"])
def test_what_passes_by_rule_goes_before_what_a_judge_let_pass(keep: str) -> None:
    cleared = sample(0, "short", verdict="refuted", judge_verdict="correct", judge_reason="Yes.")
    assert kept([cleared, sample(1, "a far longer thought")], keep) == [1]
    assert kept([cleared, rejected(QUESTION, "refuted", sample=1)], keep) == [0]


def test_thought_and_answer_count_together() -> None:
    traces = [sample(0, "abc"), sample(1, "ab")]
    padded = traces[1].trace.model_copy(update={"content": "It is, as one can see, \\boxed{42}"})
    assert kept([traces[0], traces[1].model_copy(update={"trace": padded})], "shortest") == [0]


def test_rejected_traces_keep_their_reason_and_are_never_chosen() -> None:
    cut = rejected(QUESTION, "truncated", sample=1, pass_rate=None)
    selected = select_traces([sample(0, "a long thought"), cut], SelectionConfig())
    assert [one.reason for one in selected] == [None, "truncated"]


def test_losers_name_the_winner() -> None:
    selected = select_traces([sample(0, "longer"), sample(1, "abc")], SelectionConfig())
    assert selected[0].reason == "not_selected"
    assert selected[1].trace.trace_id in selected[0].detail


def test_questions_do_not_compete_with_each_other() -> None:
    other = checked(OTHER, "a far longer thought", "\\boxed{42}")
    selected = select_traces([sample(0, "abc"), other], SelectionConfig())
    assert [one.reason for one in selected] == [None, None]


def test_the_pass_rate_counts_verified_replies_and_leaves_failed_requests_out() -> None:
    wrong = rejected(QUESTION, "refuted", sample=1, verdict="refuted", pass_rate=None)
    failed = rejected(
        QUESTION,
        "teacher_error",
        sample=2,
        error="teacher_error",
        verdict="unverifiable",
        pass_rate=None,
    )
    selected = select_traces([sample(0, "abc"), wrong, failed], SelectionConfig())
    assert [one.pass_rate for one in selected] == [0.5] * 3


def test_a_verified_but_looping_trace_counts_in_the_pass_rate() -> None:
    looping = rejected(QUESTION, "looping", sample=1, verdict="verified", pass_rate=None)
    wrong = rejected(QUESTION, "refuted", sample=2, verdict="refuted", pass_rate=None)
    selected = select_traces([sample(0, "abc"), looping, wrong], SelectionConfig())
    assert selected[0].pass_rate == pytest.approx(2 / 3)


def test_no_gold_or_no_reply_has_no_pass_rate() -> None:
    open_trace = sample(0, "abc", answer=None, verdict="unverifiable")
    assert select_traces([open_trace], SelectionConfig())[0].pass_rate is None
    failed = rejected(QUESTION, "teacher_error", error="teacher_error", pass_rate=None)
    assert select_traces([failed], SelectionConfig())[0].pass_rate is None
