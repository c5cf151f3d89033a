"""Folding by table is what Python's own normalisation gives."""

from __future__ import annotations

import unicodedata

import pytest

from builders.decontamination.code_points import CHARACTER, WORD, fold_code_points, read_kinds

TEXTS = [
    "Plain ASCII, Upper and lower.",
    "ＦＵＬＬ　ｗｉｄｔｈ １２３，。！",
    "Straße, naïve, İstanbul, cafe\u0301",
    "½ cup, 10², ﬁne, ℃, ㎡, ①",
    "繁體字與简体字，标点：（）",
    "한국어 \u1112\u1161\u11ab",
    "\u4e30\U00020000\U0002f800",
    "emoji 😀 and a lone surrogate \ud800",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_folded_as_nfkc_and_casefold_do(text: str) -> None:
    kept, points = fold_code_points([text])
    expected = unicodedata.normalize("NFKC", text).casefold()
    kinds = read_kinds()
    parts = [ord(one) for one in expected if kinds[ord(one)]]
    assert [point for point in points.tolist() if kinds[point]] == parts
    assert len(kept[0]) == len(points)


def test_an_ellipsis_and_other_marks_part_words_and_carry_nothing() -> None:
    _, points = fold_code_points(["so…what"])
    assert [bool(read_kinds()[point]) for point in points] == [True] * 2 + [False] + [True] * 4


def test_letters_and_digits_make_words_and_a_cjk_character_stands_alone() -> None:
    kinds = read_kinds()
    assert [kinds[ord(one)] for one in "aé7_- 字カ한"] == [WORD] * 3 + [0] * 3 + [CHARACTER] * 3
