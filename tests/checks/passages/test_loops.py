"""Loops inside a text are measured; orderly repetition is told apart by its numbers."""

from __future__ import annotations

import pytest

from builders.checks.passages.loops import repeated_share
from distilabel_pipelines.rows import Language
from tests.checks.passages.texts import GOOD, PROSE_EN, PROSE_ZH


@pytest.mark.parametrize(("text_format", "language", "text"), GOOD)
def test_good_texts_repeat_next_to_nothing(text_format: str, language: Language, text: str) -> None:
    share = repeated_share(text, language, mask_digits=False, holds_formulas=text_format == "math")
    assert share < 0.05


@pytest.mark.parametrize(("language", "text"), [("en", PROSE_EN), ("zh", PROSE_ZH)])
def test_a_text_that_stands_twice_is_half_repeated(language: Language, text: str) -> None:
    twice = text + "\n\n" + text.replace(" ", "  ")
    assert repeated_share(twice, language, mask_digits=True) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Step {n} of the long way down the river is to look at the water and to wait. "),
        ("zh", "沿着河流往下走的第{n}步，是先看看水面，然后安静地等待。"),
    ],
)
def test_a_loop_that_counts_is_a_loop_where_digits_are_masked(
    language: Language, line: str
) -> None:
    text = "".join(line.format(n=n) for n in range(10, 40))
    assert repeated_share(text, language, mask_digits=True) > 0.9
    # In English only the grams that hold the number differ: most of them, at 64 characters.
    assert repeated_share(text, language, mask_digits=False) < 0.6


def test_a_short_text_does_not_tell() -> None:
    assert repeated_share("The river flows. " * 20, "en", mask_digits=True) == 0
    assert repeated_share("", "zh", mask_digits=True) == 0
    assert repeated_share("\ud800" * 500, "zh", mask_digits=True) > 0.9
