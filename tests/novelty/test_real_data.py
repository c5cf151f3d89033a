"""Real instructions, English and Chinese, against rouge-score on samples."""

from __future__ import annotations

from typing import Any

import pytest

from builders.novelty import tokenize
from tests.checks.real_data import read_rows
from tests.novelty.conftest import StartScreen
from tests.novelty.reference import assert_same_verdicts, draw_from, judge_slowly, perturb

ALPACA = "instruct/alpaca_en_52k.jsonl.gz"
CHINESE = "instruct/alpaca_gpt4_zh_demo_1k.jsonl.gz"


def read_instructions(name: str) -> list[str]:
    rows: list[dict[str, Any]] = read_rows(name)
    return [row["instruction"] for row in rows]


@pytest.mark.real_data
def test_shuffled_and_perturbed_alpaca_is_judged_as_by_rouge_score(
    start_screen: StartScreen,
) -> None:
    draw = draw_from(1)
    texts = draw.sample(read_instructions(ALPACA), 150)
    texts += [perturb(text, draw) for text in texts[:70]]
    draw.shuffle(texts)
    expected = judge_slowly(texts[:50], texts[50:])
    assert sum(not verdict.is_novel for verdict in expected) > 20
    assert_same_verdicts(start_screen(texts[:50]).judge(texts[50:]), expected)


@pytest.mark.real_data
def test_alpacas_own_file_keeps_nearly_all_as_it_was_filtered_so(start_screen: StartScreen) -> None:
    texts = read_instructions(ALPACA)[:2000]
    verdicts = start_screen([]).judge(texts)
    sample = draw_from(2).sample(range(2000), 8)
    for index in sample:
        pool = [text for text, v in zip(texts[:index], verdicts, strict=False) if v.is_novel]
        assert_same_verdicts([verdicts[index]], judge_slowly(pool, [texts[index]]))
    assert sum(verdict.is_novel for verdict in verdicts) >= 1990


@pytest.mark.real_data
def test_chinese_instructions_are_judged_as_by_rouge_score_on_characters(
    start_screen: StartScreen,
) -> None:
    draw = draw_from(3)
    texts = read_instructions(CHINESE)
    assert all(tokenize(text) for text in texts)
    texts = draw.sample(texts, 100)
    texts += [text[: len(text) - draw.randint(0, 3)] for text in texts[:50]]
    expected = judge_slowly(texts[:20], texts[20:])
    assert sum(not verdict.is_novel for verdict in expected) > 20
    assert_same_verdicts(start_screen(texts[:20]).judge(texts[20:]), expected)
