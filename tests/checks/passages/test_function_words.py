"""The lists of function words share nothing, so that a word speaks for one side alone."""

from __future__ import annotations

from builders.checks.passages.function_words import ENGLISH, FOREIGN
from tests.checks.passages.texts import GOOD


def test_no_word_speaks_for_both() -> None:
    assert ENGLISH.isdisjoint(FOREIGN)
    assert all(word == word.lower() for word in ENGLISH | FOREIGN)


def test_english_texts_hold_no_foreign_word() -> None:
    for _, language, text in GOOD:
        if language == "en":
            assert FOREIGN.isdisjoint(text.split())
