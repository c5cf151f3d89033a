"""Thoughts that know a given answer."""

from __future__ import annotations

import pytest

from builders.checks.gates import GateConfig
from builders.checks.leaks import find_copied_span, find_given_answer
from tests.checks.real_data import read_rows

QUESTION = "How many eggs does Janet sell?"
SOLUTION = (
    "Janet eats three eggs for breakfast and bakes with four, so she is left with nine eggs,"
    " and she sells all of them at the market for two dollars each."
)


@pytest.mark.parametrize(
    "thought",
    [
        "But the given answer is 18, so I must have erred.",
        "The reference answer says 9.",
        "According to the provided solution, it is 9.",
        "The expected answer given is 9.",
        "Checking with the answer key: 9.",
        "标准答案是9，所以我应该算错了。",
        "参考答案给出9。",
        "与给定答案一致。",
    ],
)
def test_a_thought_that_speaks_of_a_given_answer_leaks(thought: str) -> None:
    assert find_given_answer(thought, QUESTION) is not None


@pytest.mark.parametrize(
    "thought",
    [
        "So the answer is 9, and 9 is the final answer.",
        "What is the expected answer here? Perhaps 9.",
        "The given numbers are 16 and 7; the solution is 9.",
        "所以答案是9。",
    ],
)
def test_a_right_thought_is_no_leak(thought: str) -> None:
    assert find_given_answer(thought, QUESTION) is None


def test_an_answer_in_the_question_may_be_discussed() -> None:
    question = "Is the given answer 12 right for 3 × 5?"
    assert find_given_answer("The given answer is wrong: 15.", question) is None


def test_a_copied_span_is_found_whole() -> None:
    thought = "Let me see.\n" + SOLUTION[:120].replace(" ", "\n", 1) + " That is it."
    span = find_copied_span(thought, SOLUTION, QUESTION, 80, 12)
    assert span is not None
    assert SOLUTION.startswith(span)
    assert len(span) >= 118


def test_short_overlaps_and_the_question_itself_are_no_leak() -> None:
    thought = "She is left with nine eggs, and sells nine. " + SOLUTION[:120]
    assert find_copied_span(thought[:100], SOLUTION, QUESTION, 80, 12) is None
    assert find_copied_span(thought, SOLUTION, QUESTION + SOLUTION, 80, 12) is None


def test_a_chinese_copy_is_found() -> None:
    solution = (
        "设甲的速度为每小时x千米，由题意可知乙比甲每小时多走三千米，"
        "两人相向而行，于是可以列出方程求解。"
    )
    thought = "好的。" + solution[:45] + "接着算。"
    assert find_copied_span(thought, solution, "两人相向而行。", 40, 12) is not None
    assert find_copied_span(thought[:30], solution, "两人相向而行。", 40, 12) is None


def test_very_long_texts_stay_cheap() -> None:
    assert find_copied_span("ab " * 40_000 + "x" * 90, "ab " * 40_000, "", 80, 12) is not None
    assert find_copied_span("ab" * 60_000, "cd" * 60_000, "", 80, 12) is None


@pytest.mark.real_data
def test_few_real_traces_are_called_leaks() -> None:
    gates = GateConfig()
    rows = read_rows("traces/misguided_attention_open_models.jsonl.gz")
    spoken = sum(find_given_answer(row["thinking"], row["prompt"]) is not None for row in rows)
    assert spoken / len(rows) <= 0.005
    rows = read_rows("verify/qwen_math_cot_100.jsonl.gz")
    copied = [
        find_copied_span(
            sample, row["solution"], row["question"], gates.leak_span_chars, gates.leak_span_words
        )
        for row in rows
        for sample in row["code"]
    ]
    assert copied == [None] * 800
