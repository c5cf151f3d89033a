"""Held-out wordings exist, are natural rewordings, and no training grammar can produce them."""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import random
import re

import pytest

from distilabel_pipelines.embedded_model import wording
from distilabel_pipelines.embedded_model.families.model import LANGUAGES, Family, Language
from distilabel_pipelines.embedded_model.families.registry import FAMILIES

TRAIN = wording.load(wording.TRAIN_FILE)
HELD_OUT = wording.load(wording.HELDOUT_FILE)
SECTIONS = sorted(section for family in FAMILIES for section in family.wordings)


def letters_only(text: str) -> str:
    """Compare wordings without case, spaces and punctuation; slots keep their names."""
    return re.sub(r"[^\w{}]", "", text).casefold()


def loose_pattern(grammar: str) -> re.Pattern[str]:
    """Everything a grammar can say, again without case, spaces and punctuation."""
    bare = "".join(mark if mark in "[|]" else letters_only(mark) for mark in grammar)
    return re.compile(wording.parse(bare).pattern())


def expansions(grammars: tuple[str, ...]) -> int:
    return sum(wording.parse(grammar).count() for grammar in grammars)


def test_every_section_has_both_kinds_of_wording() -> None:
    assert sorted(HELD_OUT) == SECTIONS
    assert set(TRAIN) - set(SECTIONS) == {"frame", "instruction", "generic_system"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_has_ten_training_wordings_and_three_held_out(
    family: Family, language: Language
) -> None:
    held_out = {text for section in family.wordings for text in HELD_OUT[section][language]}
    assert len(held_out) >= 3
    assert sum(expansions(TRAIN[section][language]) for section in family.wordings) >= 10


@pytest.mark.parametrize("section", SECTIONS)
def test_no_held_out_wording_can_be_produced_in_training(section: str) -> None:
    for language in LANGUAGES:
        patterns = [loose_pattern(grammar) for grammar in TRAIN[section][language]]
        for text in HELD_OUT[section][language]:
            bare = letters_only(text)
            assert not any(pattern.fullmatch(bare) for pattern in patterns), text


def test_the_pattern_matches_what_the_grammar_says() -> None:
    rng = random.Random(5)
    for section in SECTIONS:
        for language in LANGUAGES:
            for grammar in TRAIN[section][language]:
                text = wording.parse(grammar).expand(rng)
                assert loose_pattern(grammar).fullmatch(letters_only(text)), text


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_slots_fit_the_family(family: Family) -> None:
    rng = random.Random(6)
    slots: dict[str, dict[Language, set[str]]] = {}
    while set(slots) != set(family.wordings):
        problem = family.draw(rng)
        slots[problem.wording] = {lang: set(t.slots) for lang, t in problem.tellings.items()}
    for section, by_language in slots.items():
        for language, known in by_language.items():
            for text in (*TRAIN[section][language], *HELD_OUT[section][language]):
                assert set(wording.SLOT.findall(text)) <= known, text


def test_a_nested_grammar_counts_and_expands() -> None:
    choice = wording.parse("a[b|c[d|]]{x}")
    assert choice.count() == 3
    seen = {choice.expand(random.Random(seed)) for seed in range(40)}
    assert seen == {"ab{x}", "acd{x}", "ac{x}"}


@pytest.mark.parametrize("broken", ["a[b", "a]b"])
def test_an_unbalanced_grammar_is_an_error(broken: str) -> None:
    with pytest.raises(ValueError, match="unbalanced"):
        wording.parse(broken)
