"""The topic sheets have one form, both languages the same topics, and no sentence stands twice."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders.checks.language import detect_language
from builders.text_keys import normalise_text

FOLDER = Path(__file__).parents[1] / "distilabel_pipelines" / "embedded_model" / "passages"
Topic = dict[str, Any]


def read_topics(language: str) -> list[Topic]:
    sheet = tomllib.loads((FOLDER / f"topics.{language}.toml").read_text(encoding="utf-8"))
    assert set(sheet) == {"topic"}
    topics: list[Topic] = sheet["topic"]
    return topics


TOPICS = {language: read_topics(language) for language in ("en", "zh")}
LANGUAGES = sorted(TOPICS)
KEYS = [
    *("id", "name", "area", "facts", "steps", "questions", "terms", "person", "place"),
    *("problem", "turn", "lesson", "numbers"),
]
COUNTS = {"facts": 10, "steps": 5, "questions": 4, "terms": 4, "person": 2, "place": 2}
# Words in English, characters in Chinese: the shortest and the longest.
LENGTHS = {
    "en": {"facts": (7, 22), "steps": (5, 18), "questions": (3, 22), "terms": (1, 16)},
    "zh": {"facts": (13, 45), "steps": (7, 30), "questions": (5, 40), "terms": (1, 24)},
}
ENDS = {"en": (".", "?"), "zh": ("。", "？")}
PRONOUNS = re.compile(r"(They|It|This|These|Those|He|She|We)\b|[它他她]们?|这|那|我们")


def flatten(value: object) -> Iterator[str]:
    """Every text under a key, pairs and tables opened."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from flatten(part)
    elif isinstance(value, list):
        for part in value:
            yield from flatten(part)


def count_units(text: str, language: str) -> int:
    return len(text.split()) if language == "en" else len(text)


def test_both_languages_have_the_same_topics_of_many_areas() -> None:
    names = {language: [topic["id"] for topic in TOPICS[language]] for language in LANGUAGES}
    assert names["en"] == names["zh"]
    assert len(set(names["en"])) == len(names["en"]) >= 48
    for language in LANGUAGES:
        areas = Counter(topic["area"] for topic in TOPICS[language])
        assert len(areas) >= 15
        assert max(areas.values()) <= 6
        assert len({topic["name"] for topic in TOPICS[language]}) == len(names["en"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sheet_has_every_key_in_order_and_full_lists(language: str) -> None:
    for topic in TOPICS[language]:
        assert list(topic) == KEYS, topic["id"]
        assert {key: len(topic[key]) for key in COUNTS} == COUNTS, topic["id"]
        assert list(topic["numbers"]) == ["thing", "unit", "each", "one"], topic["id"]
        assert all(len(pair) == 2 for pair in topic["questions"] + topic["terms"]), topic["id"]
        for key in KEYS:
            assert all(text == text.strip() != "" for text in flatten(topic[key])), topic["id"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", sorted(LENGTHS["en"]))
def test_texts_keep_their_lengths(language: str, key: str) -> None:
    shortest, longest = LENGTHS[language][key]
    for topic in TOPICS[language]:
        for text in flatten(topic[key]):
            assert shortest <= count_units(text, language) <= longest, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_end_as_sentences_and_clauses_do_not(language: str) -> None:
    full_stop, question_mark = ENDS[language]
    for topic in TOPICS[language]:
        answers = [answer for _, answer in topic["questions"]]
        for sentence in [*topic["facts"], *topic["steps"], *answers]:
            assert sentence.endswith(full_stop), sentence
            assert sentence.count(full_stop) == 1, sentence
        assert all(question.endswith(question_mark) for question, _ in topic["questions"])
        for key in ("terms", "person", "place", "problem", "turn", "lesson", "numbers"):
            assert not any(text.endswith(ENDS[language]) for text in flatten(topic[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_facts_name_their_subject(language: str) -> None:
    for topic in TOPICS[language]:
        for fact in topic["facts"]:
            assert not PRONOUNS.match(fact), fact


def test_english_clauses_and_phrases_fit_inside_a_sentence() -> None:
    for topic in TOPICS["en"]:
        for text in flatten(
            [topic[key] for key in ("terms", "person", "place", "problem", "turn")]
        ):
            assert text[0].islower(), text
        assert topic["lesson"][0].islower(), topic["lesson"]
        assert all(re.match(r"(an?|the) ", person) for person in topic["person"]), topic["id"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_stands_twice(language: str) -> None:
    for key in ("facts", "steps", "questions", "problem", "turn", "lesson"):
        texts = [normalise_text(text) for topic in TOPICS[language] for text in flatten(topic[key])]
        assert [text for text, times in Counter(texts).items() if times > 1] == [], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_are_written_in_their_language(language: str) -> None:
    for topic in TOPICS[language]:
        for key in ("facts", "steps", "questions"):
            assert detect_language(" ".join(flatten(topic[key]))) == language, topic["id"]
        latin = re.findall(r"[A-Za-z]+", " ".join(flatten([topic[key] for key in KEYS[1:]])))
        assert language == "en" or latin == [], topic["id"]


def test_stories_suit_a_person_of_any_gender() -> None:
    for topic in TOPICS["en"]:
        assert not re.search(r"\b(he|she|him|his|hers?)\b", topic["problem"] + " " + topic["turn"])
    for topic in TOPICS["zh"]:
        assert not re.search("[他她]", topic["problem"] + topic["turn"]), topic["id"]
