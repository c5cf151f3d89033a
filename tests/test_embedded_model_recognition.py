"""Telling whether a passage keeps to its topic, from the word groups of the topic sheets."""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import random

import pytest

from distilabel_pipelines.embedded_model.families.model import LANGUAGES, Language
from distilabel_pipelines.embedded_model.passages.materials import draw_sheet_material
from distilabel_pipelines.embedded_model.passages.recognition import find_topics, keeps_to_topic
from distilabel_pipelines.embedded_model.passages.requests import write_passage
from distilabel_pipelines.embedded_model.passages.topics import load_topics
from distilabel_pipelines.passages import AUDIENCES, FORMATS


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_grammar_writes_keeps_to_its_topic(language: Language) -> None:
    rng = random.Random(1)
    kept = []
    for _ in range(100):
        shown = draw_sheet_material(language, rng)
        text = write_passage(shown, rng.choice(FORMATS), rng.choice(AUDIENCES), language, rng)
        kept.append(keeps_to_topic(text, shown.topic.name, language))
    assert sum(kept) >= 95


@pytest.mark.parametrize("language", LANGUAGES)
def test_facts_of_many_topics_under_one_name_do_not(language: Language) -> None:
    rng = random.Random(2)
    topics = load_topics(language)
    for _ in range(20):
        first, *others = rng.sample(topics, 5)
        strung = "\n".join((first.name, first.facts[0], *(other.facts[0] for other in others)))
        assert len(find_topics(strung, language)) == 5
        assert not keeps_to_topic(strung, first.name, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_never_names_its_topic_does_not(language: Language) -> None:
    sheet = load_topics(language)[0]
    silent = "\n".join(sheet.facts).lower().replace(sheet.name, "...")
    assert find_topics(silent, language)[sheet.name] > 10
    assert not keeps_to_topic(silent, sheet.name, language)


def test_a_topic_without_a_sheet_is_kept_to_where_no_sheet_is_told() -> None:
    assert keeps_to_topic("The lighthouse keeper was fond of lighthouses.", "lighthouses", "en")
    told = " ".join(load_topics("en")[0].facts)
    assert not keeps_to_topic(f"About lighthouses. {told}", "lighthouses", "en")
