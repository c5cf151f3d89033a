"""Texts whose spaces were lost, or set between all signs, are found in every format."""

from __future__ import annotations

import pytest

from builders.checks.passages.spacing import find_wrong_spacing
from tests.checks.passages.texts import GOOD, PROSE_EN, PROSE_ZH, STEPS_EN, TABLE_EN


@pytest.mark.parametrize("text", [text for _, language, text in GOOD if language == "en"])
def test_words_that_lost_their_spaces_are_found(text: str) -> None:
    glued = text.replace(" ", "")
    assert find_wrong_spacing(glued)
    assert find_wrong_spacing(f"{text}\n\n{glued}")


@pytest.mark.parametrize("text", [PROSE_EN, STEPS_EN])
def test_single_letters_are_found(text: str) -> None:
    assert find_wrong_spacing(" ".join(text))


def test_characters_with_spaces_between_are_found() -> None:
    assert find_wrong_spacing(" ".join(PROSE_ZH))
    assert find_wrong_spacing(" ".join(PROSE_ZH[:40]) + PROSE_ZH) == ""


@pytest.mark.parametrize(
    "text",
    [
        *[text for _, _, text in GOOD],
        f"{PROSE_EN} It has acetylmethyltransferasenzymes and ACGTACGTACGTACGTACGTACGTACGTACGT.",
        f"{PROSE_EN} See https://example.org/averyverylongpathwithoutanyhyphensorslashesatall.",
        f"{PROSE_EN}\n\n`{'x' * 400}`",
        f"{PROSE_EN} Spell it: r i v e r s a n d s e a.",
        f"{TABLE_EN}\n\nLet a b c d e f be the sides of the figure, in this order.",
        "小 猫 和 小 狗 在 玩。" + PROSE_ZH,
        "",
    ],
)
def test_long_names_and_spelled_words_do_no_harm(text: str) -> None:
    assert find_wrong_spacing(text) == ""
