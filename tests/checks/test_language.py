"""Languages of questions and of traces."""

from __future__ import annotations

import time

import pytest

from builders.checks.language import (
    count_letters,
    detect_language,
    language_consistency,
    share_of_letters,
    strip_notation,
)
from tests.checks.real_data import read_rows


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is 17 + 25?", "en"),
        ("计算 17 + 25", "zh"),
        (r"已知 $\frac{\sin x + \cos x}{\tan x} = \sqrt{2}$，求 $x$。", "zh"),
        ("用 Python 写一个 function，返回 list 的 length", "zh"),
        ("Translate 你好 into English, and explain how it is used in a formal letter", "en"),
        ("6 + 3 = ？", "zh"),
        ("6 + 3 = ?", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_question(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_notation_is_no_language() -> None:
    assert strip_notation(r"求 $\text{lim}$ 和 \(x+y\)，`print(x)` ").split() == ["求", "和", "，"]


@pytest.mark.parametrize(
    "thought",
    [
        "设 x = 3 km，则 AB = 5 cm，sin x 与 cos y 相等。",
        r"由 \frac{a}{b} 与 $\text{the area of the circle}$ 可知结论成立。",
        "先把 sqrt(2) 乘以 max(a, b)，再用 Python 验证。",
        "数一数：s、t、r、a、w。",
        "字母依次是 s t r a w b e r r y。",
        "万维网（World Wide Web）由蒂姆·伯纳斯-李（Tim Berners-Lee）发明。",
    ],
)
def test_units_names_and_variables_do_not_count_against_chinese(thought: str) -> None:
    assert language_consistency(thought, "", "zh") == 1.0


def test_words_of_the_question_never_count_against_it() -> None:
    question = "单词 grasshopper 中有几个 s？"
    assert language_consistency("数 grasshopper 中的 s。", "2个", "zh", question) == 1.0
    question = "How many strokes has 猫?"
    assert language_consistency("The character 猫 has 11.", "11", "en", question) == 1.0


def test_english_prose_counts_against_chinese() -> None:
    assert language_consistency("Let me think about it. 先算个位。", "答案是3", "zh") < 0.5
    assert language_consistency("我们 need 计算 total 数量", "", "zh") < 0.6


def test_any_chinese_counts_against_english() -> None:
    assert language_consistency("We add them 因为 they are parts", "", "en") < 1.0
    assert language_consistency("We add them", "So it is 12", "en") == 1.0


def test_a_text_without_letters_is_consistent() -> None:
    assert language_consistency("3 + 4 = 7", r"\boxed{7}", "zh") == 1.0


@pytest.mark.parametrize(
    "piece",
    [r"\begin{a}", r"\[", r"\(", "$$x", "```", "`", r"\text{", "（A", "a ", "$a\n", "中文 ab "],
)
def test_hostile_notation_is_read_in_linear_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    start = time.monotonic()
    count_letters(text, "zh")
    assert time.monotonic() - start < 2.0


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "field", "language", "least"),
    [
        ("instruct/alpaca_gpt4_zh_demo_1k.jsonl.gz", "instruction", "zh", 0.99),
        ("instruct/alpaca_zh_en_aligned_10k.jsonl.gz", "zh_instruction", "zh", 0.99),
        ("math/gaokao_math_qa.jsonl.gz", "question", "zh", 0.97),
        ("math/kaoyan_199.jsonl.gz", "problem", "zh", 0.99),
        ("benchmarks/ceval_val.jsonl.gz", "question", "zh", 0.99),
        ("math/gsm8k_test.jsonl.gz", "question", "en", 1.0),
        ("math/math500.jsonl.gz", "problem", "en", 1.0),
        ("instruct/seed_tasks.jsonl", "instruction", "en", 0.99),
    ],
)
def test_the_language_of_real_questions(name: str, field: str, language: str, least: float) -> None:
    rows = read_rows(name)[:3000]
    right = sum(detect_language(row[field]) == language for row in rows)
    assert right / len(rows) >= least


@pytest.mark.real_data
def test_real_traces_and_solutions_keep_to_their_language() -> None:
    for row in read_rows("traces/misguided_attention_open_models.jsonl.gz"):
        assert share_of_letters(*count_letters(row["output"], "en")) > 0.99
    for row in read_rows("math/kaoyan_199.jsonl.gz"):
        wanted, against = count_letters(row["solution"], "zh", row["problem"])
        assert share_of_letters(wanted, against) > 0.9 or against < 10
