"""The order of reasons and what passes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from builders.checks.gates import GateConfig, check_trace
from builders.judged import Verdict
from tests.checks.traces import make_trace

GATES = GateConfig()
VERIFIED = Verdict(verdict="verified", method="identical", final_answer="42")
REFUTED = Verdict(verdict="refuted", method="rational", final_answer="41")
UNMARKED = Verdict(verdict="refuted", method="no_final_answer")
TIMEOUT = Verdict(verdict="timeout", method="math_verify", final_answer="x", detail="5 s")
NO_GOLD = Verdict(verdict="unverifiable", method="no_gold")
LOOP = "So it must be seven. " * 60
SOLUTION = (
    "Add the ones of both numbers first, carry the one, and then add up the tens and the carry."
)


def test_a_verified_trace_passes() -> None:
    checked = check_trace(make_trace(), VERIFIED, GATES)
    assert checked.reason is None
    assert (checked.verdict, checked.accuracy_reward, checked.format_reward) == ("verified", 1, 1)
    assert checked.language_consistency == 1.0


def test_a_trace_without_gold_passes_as_unverifiable() -> None:
    checked = check_trace(make_trace(answer=None, content="Plain prose."), NO_GOLD, GATES)
    assert checked.reason is None
    assert (checked.verdict, checked.verdict_method) == ("unverifiable", "no_gold")
    assert checked.accuracy_reward is None


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"error": "refused_by_provider", "error_message": "no"}, NO_GOLD, "refused_by_provider"),
        ({"error": "teacher_error", "error_message": "500"}, NO_GOLD, "teacher_error"),
        ({"finish_reason": "content_filter"}, VERIFIED, "refused_by_provider"),
        ({"finish_reason": "length"}, VERIFIED, "truncated"),
        ({"reasoning_content": " "}, VERIFIED, "empty_thought"),
        ({"content": "\n"}, UNMARKED, "empty_answer"),
        ({"reasoning_content": LOOP}, VERIFIED, "looping"),
        ({"content": LOOP}, VERIFIED, "looping"),
        ({"reasoning_content": "先算个位，七加五等于十二，写二进一。"}, VERIFIED, "mixed_language"),
        ({"language": "zh", "content": "The answer is 42."}, VERIFIED, "mixed_language"),
        ({"reasoning_content": "The reference answer is 42."}, VERIFIED, "leaked_answer"),
        ({"reasoning_content": SOLUTION, "solution": SOLUTION}, VERIFIED, "leaked_answer"),
        ({}, UNMARKED, "no_final_answer"),
        ({}, TIMEOUT, "timeout"),
        ({}, REFUTED, "refuted"),
    ],
)
def test_each_gate_names_its_reason(
    changes: dict[str, object], verdict: Verdict, reason: str
) -> None:
    assert check_trace(make_trace(**changes), verdict, GATES).reason == reason


def test_the_first_failed_gate_names_the_reason() -> None:
    everything = {
        "finish_reason": "length",
        "reasoning_content": "",
        "content": "",
        "thought_form": "unfinished",
    }
    assert check_trace(make_trace(**everything), UNMARKED, GATES).reason == "truncated"
    looping = make_trace(reasoning_content="标准答案是四十二。" * 100)
    assert check_trace(looping, REFUTED, GATES).reason == "looping"


def test_a_trace_with_an_error_has_no_rewards() -> None:
    failed = make_trace(
        error="teacher_error",
        error_message="bad request",
        reasoning_content="",
        content="",
        thought_form="none",
    )
    verdict = Verdict(verdict="unverifiable", method="no_response")
    checked = check_trace(failed, verdict, GATES)
    assert (checked.format_reward, checked.accuracy_reward) == (0, None)
    assert (checked.verdict, checked.detail) == ("unverifiable", "bad request")


def test_a_gold_answer_that_cannot_be_checked_never_passes() -> None:
    verdict = Verdict(
        verdict="unverifiable", method="too_long", final_answer="x", detail="gold answer: too long"
    )
    checked = check_trace(make_trace(), verdict, GATES)
    assert checked.reason == "refuted"
    assert "gold answer: too long" in checked.detail
    assert checked.accuracy_reward is None


def test_a_thought_is_not_required_where_the_teacher_does_not_think() -> None:
    plain = make_trace(reasoning_content="", thought_form="none")
    assert check_trace(plain, VERIFIED, GateConfig(require_thought=False)).reason is None


def test_one_foreign_word_is_no_mixing() -> None:
    trace = make_trace(content=r"It is 猫, that is \boxed{42}")
    assert check_trace(trace, VERIFIED, GATES).reason is None


def test_unknown_or_impossible_thresholds_are_refused() -> None:
    with pytest.raises(ValidationError):
        GateConfig.model_validate({"min_though_language": 0.5})
    with pytest.raises(ValidationError):
        GateConfig(min_answer_language=1.5)


@pytest.mark.parametrize("reason", ["length", "max_tokens", "model_length"])
def test_every_servers_word_for_a_cut_reply_is_known(reason: str) -> None:
    trace = make_trace(finish_reason=reason)
    assert check_trace(trace, VERIFIED, GATES).reason == "truncated"
