"""The quality filters judge a copy that is prose alone, and by the rules of the format's group."""

from __future__ import annotations

import pytest

from builders.checks.passages import PassageCheckConfig
from builders.checks.passages.quality import find_low_quality
from builders.checks.passages.rules import (
    ChineseProse,
    ChineseSteps,
    EnglishData,
    EnglishMathematics,
    EnglishProse,
    EnglishSteps,
    QualityRules,
)
from distilabel_pipelines.rows import Language
from tests.checks.passages.texts import (
    FAQ_EN,
    FAQ_ZH,
    GOOD,
    LIST_EN,
    MATH_EN,
    PROSE_EN,
    PROSE_ZH,
    STORY_EN,
    TABLE_EN,
    TABLE_ZH,
)

LATEX = r"$$\frac{a}{b} = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}$$" + "\n"
OFF = QualityRules(
    max_symbol_word_ratio=0,
    max_ellipsis_line_share=0,
    min_stop_words=0,
    max_duplicate_line_share=0,
    max_duplicate_line_character_share=0,
    max_duplicate_paragraph_share=0,
    max_duplicate_paragraph_character_share=0,
    reject_placeholders=False,
)


@pytest.mark.parametrize(("text_format", "language", "text"), GOOD)
def test_good_texts_of_every_form_are_kept(text_format: str, language: Language, text: str) -> None:
    rules = PassageCheckConfig().find_rules(text_format, language)
    if rules is not None:
        assert find_low_quality(text, language, rules) is None


@pytest.mark.parametrize("text", [MATH_EN, PROSE_EN + "\n" + LATEX, PROSE_EN + "\nIn {braces}."])
def test_braces_are_no_fault(text: str) -> None:
    assert find_low_quality(text, "en", EnglishProse()) is None


def test_dialogue_ends_its_lines_as_sentences() -> None:
    assert find_low_quality(STORY_EN, "en", EnglishProse()) is None


def test_forms_are_judged_by_the_rules_of_their_group() -> None:
    bullets = "\n".join(f"- The river number {n} is {n} miles long and deep." for n in range(9))
    assert "too_many_bullets" in (find_low_quality(bullets, "en", EnglishProse()) or "")
    assert find_low_quality(bullets, "en", EnglishData()) is None
    short = FAQ_EN + "\n" + "\n".join(f"Q: {word}?\nA: Yes." for word in "abcdefghijklmnopqrst")
    assert "FineWeb" in (find_low_quality(short, "en", EnglishProse()) or "")
    assert find_low_quality(LIST_EN, "en", EnglishData()) is None
    assert find_low_quality(TABLE_EN, "en", EnglishSteps()) is None


BAD_EN = [
    (
        "C4: too_few_sentences (threshold min_sentences = 2)",
        "the river and the sea that have been " * 9,
    ),
    ("C4: lorem_ipsum", "Lorem ipsum is the text. " + PROSE_EN),
    ("Gopher quality: gopher_enough_stop_words", "Rivers flow fast. Stones roll down. " * 8),
    ("Gopher quality: gopher_below_alpha_threshold", PROSE_EN + " 1 2 3 4 5 6 7" * 10),
    (
        "Gopher quality: gopher_too_many_hashes",
        PROSE_EN.replace(" a ", " #a # ").replace("the", "#t"),
    ),
    ("Gopher quality: gopher_too_many_end_ellipsis", PROSE_EN.replace("\n", "\nAnd then …\n")),
    ("Gopher quality: gopher_above_avg_threshold", PROSE_EN.replace("the", "the" + "e" * 60)),
    (
        "FineWeb: line_punct_ratio",
        PROSE_EN.split("\n")[0] + "\nAnother long line of text without" * 9,
    ),
    ("FineWeb: short_line_ratio", PROSE_EN + "\nShort line." * 20),
    ("FineWeb: char_dup_ratio", (PROSE_EN + "\n\n") * 2),
    ("Gopher repetition: duplicated_5_n_grams", PROSE_EN + " " + PROSE_EN[:300]),
    ("Gopher repetition: top_2_gram", PROSE_EN + " mighty river" * 30 + "."),
]


@pytest.mark.parametrize(("fault", "text"), BAD_EN)
def test_each_english_filter_names_itself_and_its_threshold(fault: str, text: str) -> None:
    found = find_low_quality(text, "en", EnglishProse()) or ""
    assert found.startswith(fault)
    assert "threshold" in found
    assert find_low_quality(text, "en", OFF) is None


BAD_ZH = [
    ("Chinese: max_symbol_word_ratio", PROSE_ZH.replace("，", "……")),
    ("Chinese: max_bullet_line_share", "\n".join(f"- {line}" for line in PROSE_ZH.split("\n\n"))),
    ("Chinese: max_ellipsis_line_share", PROSE_ZH.replace("。\n", "……\n")),
    ("Chinese: min_alphabetic_word_share", PROSE_ZH + "3.1415 + 2.7182 = 5.8597；" * 20),
    ("Chinese: min_stop_words", "河流、泥土、石头、洪水、平原。田地、堤坝、山谷。" * 4),
    ("Chinese: min_sentences", PROSE_ZH.replace("。", "，").replace("：", "，")),
    ("Chinese: reject_placeholders", PROSE_ZH + "Lorem ipsum"),
    ("FineWeb: short_line_ratio", PROSE_ZH + "\n河水流向大海。" * 20),
    ("FineWeb: line_punct_ratio", PROSE_ZH[:80] + "\n另外一行没有标点的文字还在继续往下写着" * 9),
    ("FineWeb: char_dup_ratio", (PROSE_ZH + "\n\n") * 2),
]


@pytest.mark.parametrize(("fault", "text"), BAD_ZH)
def test_each_chinese_rule_names_itself_and_its_threshold(fault: str, text: str) -> None:
    found = find_low_quality(text, "zh", ChineseProse()) or ""
    assert found.startswith(fault)
    assert find_low_quality(text, "zh", OFF) is None


@pytest.mark.parametrize(
    ("rules", "language", "text"),
    [
        (EnglishSteps(), "en", FAQ_EN),
        (EnglishData(), "en", LIST_EN),
        (ChineseSteps(), "zh", FAQ_ZH),
    ],
)
def test_repeated_paragraphs_fall_in_structured_formats_too(
    rules: QualityRules, language: Language, text: str
) -> None:
    found = find_low_quality(f"{text}\n\n" * 2, language, rules) or ""
    assert found.startswith("Gopher repetition: dup_para_frac")


def test_a_text_that_leaves_no_prose_is_not_judged() -> None:
    assert find_low_quality(LATEX * 5, "en", EnglishProse()) is None
    assert find_low_quality(TABLE_ZH.split("\n\n")[1], "zh", ChineseProse()) is None


@pytest.mark.parametrize(
    ("rules", "share"), [(EnglishProse(), 0.7), (EnglishData(), 0.7), (EnglishSteps(), 0.85)]
)
def test_code_is_no_more_than_a_share_of_the_text(rules: QualityRules, share: float) -> None:
    lines = "".join(f"depth[{n}] = level - {n} * step;\n" for n in range(200))
    signs = len("".join(PROSE_EN.split()))
    for part, fault in ((share - 0.05, False), (share + 0.05, True)):
        code = lines[: int(1.4 * signs * part / (1 - part))]
        found = find_low_quality(f"{PROSE_EN}\n\n```c\n{code}\n```", "en", rules)
        assert (found is not None and found.startswith("code: ")) is fault


def test_lines_that_differ_in_their_formulas_are_not_repeated() -> None:
    steps = [f"So that \\[\nx_{n} = {n} + {n * n}\n\\] holds." for n in range(12)]
    text = MATH_EN + "\n\n" + "\n\n".join(steps)
    rules = EnglishMathematics()
    assert find_low_quality(text, "en", rules) is None
    again = MATH_EN + "\n\n" + "\n\n".join(steps[:1] * 12)
    assert "Gopher repetition: dup" in (find_low_quality(again, "en", rules) or "")


@pytest.mark.parametrize("rules", [EnglishSteps(), EnglishData()])
def test_marks_of_headings_are_no_hashes(rules: QualityRules) -> None:
    questions = FAQ_EN.replace("Q: ", "#### ").replace("A: ", "\n")
    short = "\n\n".join(f"#### {n}. Is it so?\n\nYes, that is what they say." for n in range(9))
    assert find_low_quality(f"{questions}\n\n{short[:200]}", "en", rules) is None
    spam = questions.replace(" the ", " #the # ").replace(" it ", " #it ").replace("#### ", "")
    assert "too_many_hashes" in (find_low_quality(spam, "en", rules) or "")
