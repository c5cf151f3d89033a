"""Extracts end with a sentence, in English and Chinese, and never inside a word."""

from __future__ import annotations

import pytest

from builders.pretraining.excerpts import cut_at_sentence

ENGLISH = "Dr. J. Smith weighed 3.14 grams of salt, e.g. for soup. Was it enough? Nobody knew! "
CHINESE = "水在一百度沸腾，这是常识。山上呢？气压较低！所以沸点也低；饭不容易熟……"


def test_a_text_a_little_longer_than_asked_stays_whole() -> None:
    text = "word " * 210
    assert cut_at_sentence(text, 1000) == text.strip()


def test_the_cut_is_at_the_sentence_end_nearest_to_the_length() -> None:
    cut = cut_at_sentence(ENGLISH * 40, 1000)
    assert cut.endswith(("soup.", "enough?", "knew!"))
    assert 940 <= len(cut) <= 1060
    assert (ENGLISH * 40).startswith(cut)


def test_a_chinese_cut_is_at_a_chinese_sentence_end() -> None:
    cut = cut_at_sentence(CHINESE * 60, 1000)
    assert cut[-1] in "。？！；…"
    assert 980 <= len(cut) <= 1020


@pytest.mark.parametrize("abbreviation", ["Mr.", "Mt.", "Prof.", "No.", "e.g.", "J."])
def test_an_abbreviation_ends_no_sentence(abbreviation: str) -> None:
    text = f"{'a' * 90}. {'b' * 30} {abbreviation} Wu {'c' * 200}."
    assert cut_at_sentence(text, 130) == "a" * 90 + "."


def test_glued_sentences_are_told_apart() -> None:
    text = "Many people live by others.Humans lived long in groups and " * 30
    assert cut_at_sentence(text, 600).endswith("by others.")


def test_a_quotation_mark_stays_with_its_sentence() -> None:
    text = ("x" * 50 + ' he said "no." ') * 5
    assert cut_at_sentence(text, 100).endswith('"no."')
    assert cut_at_sentence(("风" * 30 + "他说：“不行。”") * 9, 100).endswith("。”")


def test_without_a_sentence_the_cut_is_after_a_clause_or_a_whole_word() -> None:
    assert cut_at_sentence("alpha beta gamma, " * 100, 500).endswith("gamma,")
    assert cut_at_sentence("alphabet " * 100, 500).endswith("alphabet")
    assert cut_at_sentence("x" * 3000 + " tail", 500) == "x" * 3000
    assert len(cut_at_sentence("字" * 3000, 500)) == 500
