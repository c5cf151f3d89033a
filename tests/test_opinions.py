"""Whom the judge looks at, and what its word changes."""

from __future__ import annotations

import pytest

from builders.judged import CheckedTrace, JudgeVerdict, RejectReason, VerdictName
from builders.opinions import (
    STOPPED,
    apply_opinion,
    describe_judge,
    mark_not_judged,
    needs_opinion,
    plan_judge,
)
from builders.teacher_config import JudgeConfig
from tests.outcomes import checked


def row(
    verdict: VerdictName, reason: RejectReason | None = None, answer: str | None = "42"
) -> CheckedTrace:
    reward = {"verified": 1, "refuted": 0}.get(verdict)
    return checked(
        "What is 6 * 7?",
        "Let me see.",
        "\\boxed{7}",
        verdict=verdict,
        reason=reason,
        answer=answer,
        accuracy_reward=reward,
        detail="as the rules say" if reason else "",
    )


OPEN = row("unverifiable", answer=None)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (row("verified"), False),
        (row("verified", "looping"), False),
        (row("refuted", "refuted"), True),
        (row("timeout", "timeout"), True),
        (row("unverifiable", "refuted"), True),  # a gold answer that no rule can read
        (OPEN, True),
        (row("refuted", "truncated"), False),
        (row("refuted", "no_final_answer"), False),
        (row("unverifiable", "empty_answer", answer=None), False),
        (row("unverifiable", "teacher_error"), False),
    ],
)
def test_looked_at_is_what_no_rule_cleared_and_no_other_gate_refused(
    one: CheckedTrace, expected: bool
) -> None:
    assert needs_opinion(one) is expected


@pytest.mark.parametrize("word", ["correct", "incorrect", "undecided", "not_judged"])
@pytest.mark.parametrize("one", [row("refuted", "refuted"), row("timeout", "timeout"), OPEN])
def test_a_word_that_does_not_count_fills_two_columns(
    one: CheckedTrace, word: JudgeVerdict
) -> None:
    judged = apply_opinion(one, word, "Because.", accepts=False)
    assert (judged.judge_verdict, judged.judge_reason) == (word, "Because.")
    assert judged.model_copy(update={"judge_verdict": None, "judge_reason": None}) == one


@pytest.mark.parametrize(
    ("one", "word", "reason"),
    [
        (row("refuted", "refuted"), "correct", None),
        (row("timeout", "timeout"), "correct", None),
        (row("unverifiable", "refuted"), "correct", None),
        (row("refuted", "refuted"), "incorrect", "refuted"),
        (row("refuted", "refuted"), "undecided", "refuted"),
        (row("timeout", "timeout"), "not_judged", "timeout"),
        (OPEN, "correct", None),
        (OPEN, "incorrect", "judged_incorrect"),
        (OPEN, "undecided", None),
        (OPEN, "not_judged", None),
    ],
)
def test_a_word_that_counts_clears_or_rejects(
    one: CheckedTrace, word: JudgeVerdict, reason: RejectReason | None
) -> None:
    judged = apply_opinion(one, word, "Because.", accepts=True)
    assert judged.reason == reason
    assert judged.detail == {None: "", "judged_incorrect": "Because."}.get(reason, one.detail)
    unchanged = ("verdict", "accuracy_reward", "format_reward", "pass_rate", "trace")
    assert all(getattr(judged, name) == getattr(one, name) for name in unchanged)


def test_only_a_row_that_fails_by_rule_owes_its_place_to_the_judge() -> None:
    cleared = apply_opinion(row("refuted", "refuted"), "correct", "Yes.", accepts=True)
    kept = apply_opinion(row("refuted", "refuted"), "correct", "Yes.", accepts=False)
    liked = apply_opinion(OPEN, "correct", "Yes.", accepts=True)
    owing = [one.accepted_by_judge for one in (cleared, kept, liked, row("verified"))]
    assert owing == [True, False, False, False]


def test_rows_that_were_missed_say_so_and_others_stay_as_they_are() -> None:
    seen = apply_opinion(row("refuted", "refuted"), "undecided", "Hm.", accepts=True)
    rows = [row("verified"), seen, OPEN]
    marked = mark_not_judged(rows)
    assert marked[:2] == rows[:2]
    assert (marked[2].judge_verdict, marked[2].judge_reason) == ("not_judged", STOPPED)
    assert marked[2].reason is None


@pytest.mark.parametrize(
    ("llm", "thinking", "style", "fields"),
    [
        ("vllm", False, "json_schema", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("vllm", True, "json_schema", {"chat_template_kwargs": {"enable_thinking": True}}),
        ("dashscope", False, "json_object", {"enable_thinking": False}),
        ("dashscope", True, "prompt_only", {"enable_thinking": True}),
    ],
)
def test_each_server_is_asked_for_json_in_its_dialect(
    llm: str, thinking: bool, style: str, fields: dict[str, object]
) -> None:
    config = JudgeConfig.model_validate({"enabled": True, "llm": llm, "thinking": thinking})
    job = plan_judge(config, "qwen-plus")
    assert (job.json_style, job.extra_body) == (style, fields)


def test_the_recipes_own_fields_win_and_are_described() -> None:
    extra = {"temperature": 0.2, "chat_template_kwargs": {"mode": "short"}}
    config = JudgeConfig.model_validate({"enabled": True, "llm": "vllm", "extra_body": extra})
    job = plan_judge(config, "m")
    assert job.extra_body == extra
    facts = describe_judge(config, job)
    assert facts.settings["temperature"] == pytest.approx(0.2)
    assert facts.settings["chat_template_kwargs"] == '{"mode": "short"}'
    assert set(facts.rubrics) == {"en", "zh"}
