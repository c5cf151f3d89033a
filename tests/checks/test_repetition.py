"""Loops, and orderly work that is none."""

from __future__ import annotations

import random

import pytest

from builders.checks.gates import GateConfig
from builders.checks.repetition import duplicate_share, find_tail_loop, z_function
from tests.checks.real_data import read_rows

GATES = GateConfig()
VOCABULARY = [f"word{letter}{other}" for letter in "abcdefghij" for other in "klmnopqrst"]


def prose(words: int, seed: int) -> str:
    rng = random.Random(seed)  # noqa: S311  # a test text
    return " ".join(rng.choice(VOCABULARY) for _ in range(words))


def loops(text: str) -> bool:
    loop = find_tail_loop(text, GATES.loop_min_chars, GATES.loop_min_repeats)
    share = duplicate_share(text, GATES.loop_min_tokens)
    return loop is not None or share > GATES.loop_max_duplicate_share


def test_z_function() -> None:
    assert z_function("aabaab") == [0, 1, 0, 3, 1, 0]
    assert z_function("") == []


@pytest.mark.parametrize("period", [1, 7, 40, 300, 1200])
@pytest.mark.parametrize("cut", [0, 3])
def test_an_exact_loop_at_the_end_is_found(period: int, cut: int) -> None:
    passage = prose(400, period)[:period]
    text = prose(300, 1) + passage * (6 + 600 // period) + passage[:cut]
    loop = find_tail_loop(text, GATES.loop_min_chars, GATES.loop_min_repeats)
    assert loop is not None
    assert loop.repeats >= 4
    assert loop.period <= period


def test_a_drifting_loop_is_found_with_its_digits_masked() -> None:
    text = prose(300, 2) + "".join(
        f" Then I add {n} to {n * 7} which gives {n * 8}, so the next step has to add {n + 1}."
        for n in range(120)
    )
    assert find_tail_loop(text, 400, 4) is None
    assert loops(text)


def test_a_chinese_loop_is_found() -> None:
    drifting = "".join(f"再算一遍，第{n}次得到{n * 3}，这好像不对，再来。" for n in range(60))
    assert loops("先看题目的条件。" + "所以答案应该是三。" * 80)
    assert loops("先看题目的条件。" + drifting)


def test_short_orderly_work_is_no_loop() -> None:
    columns = " ".join(
        f"Column {n}: {n} + 5 = {n + 5}, write {(n + 5) % 10} carry {(n + 5) // 10}."
        for n in range(12)
    )
    letters = "\n".join(f"{n}. The letter is s, count is {n}." for n in range(1, 16))
    zh = "".join(f"第{n}个字母是s，是，计数{n}。" for n in range(1, 16))
    assert 200 < len(columns) < 800
    for text in (columns, letters, zh, "=" * 300, "-" * 3000 + "\nDone"):
        assert not loops(text)


def test_a_ruler_is_no_loop() -> None:
    assert find_tail_loop("Done\n" + "-" * 3000, 400, 4) is None


@pytest.mark.real_data
def test_few_real_traces_are_called_loops() -> None:
    rows = read_rows("traces/misguided_attention_open_models.jsonl.gz")
    tails = sum(find_tail_loop(row["thinking"], 400, 4) is not None for row in rows)
    drifting = sum(
        duplicate_share(row["thinking"], GATES.loop_min_tokens) > GATES.loop_max_duplicate_share
        for row in rows
    )
    assert tails / len(rows) <= 0.002
    assert drifting / len(rows) <= 0.005
