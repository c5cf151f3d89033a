"""What the passages are about: the topic sheets, and sheets made for any other title or text.

`topics.*.toml` says what a sheet holds. A foreign sheet has the sentences of the text that the
prompt shows as facts, and general words for everything else.
"""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from distilabel_pipelines.embedded_model.families.model import Language
from distilabel_pipelines.embedded_model.wording import parse

HERE = Path(__file__).parent
SENTENCE = {"en": re.compile(r"[^.!?\n]+[.!?]"), "zh": re.compile(r"[^。！？\n]+[。！？]")}
WORD = re.compile(r"(?<!\. )\b[a-z]+\b")
LEAST, MOST = {"en": 30, "zh": 10}, {"en": 150, "zh": 50}  # characters of a usable sentence
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Topic:
    """One sheet; the fields are those of the file."""

    name: str
    area: str
    facts: tuple[str, ...]
    steps: tuple[str, ...]
    questions: Pairs
    terms: Pairs
    person: tuple[str, ...]
    place: tuple[str, ...]
    problem: str
    turn: str
    lesson: str
    numbers: dict[str, str]


@cache
def load_topics(language: Language) -> tuple[Topic, ...]:
    """The sheets of one language, in file order."""
    text = (HERE / f"topics.{language}.toml").read_text(encoding="utf-8")
    return tuple(_read_topic(sheet) for sheet in tomllib.loads(text)["topic"])


def _read_topic(sheet: dict[str, Any]) -> Topic:
    fields = {key: value for key, value in sheet.items() if key != "id"}
    for key in ("facts", "steps", "person", "place"):
        fields[key] = tuple(fields[key])
    for key in ("questions", "terms"):
        fields[key] = tuple((first, second) for first, second in fields[key])
    return Topic(**fields)


@cache
def load_phrases(language: Language) -> dict[str, dict[str, list[str]]]:
    """`phrases.*.toml`: section → key → templates."""
    text = (HERE / f"phrases.{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def load_inner_words() -> frozenset[str]:
    """English words that the sheets write small inside a sentence, so no names."""
    sheets = load_topics("en")
    inner = (fact[1:] for sheet in sheets for fact in (*sheet.facts, *sheet.steps, sheet.name))
    return frozenset(word for text in inner for word in WORD.findall(text))


def split_sentences(text: str, language: Language) -> list[str]:
    """The whole sentences of a text that are neither very short nor very long."""
    found = (sentence.strip() for sentence in SENTENCE[language].findall(text))
    low, high = LEAST[language], MOST[language]
    return [sentence for sentence in found if low <= len(sentence) <= high]


def make_foreign_topic(name: str, text: str, language: Language, rng: random.Random) -> Topic:
    """A sheet for a title or an extract that no sheet is about."""
    generic = load_phrases(language)["generic"]

    def draw(key: str, number: int) -> list[str]:
        chosen = rng.sample(generic[key], min(number, len(generic[key])))
        return [parse(each).expand(rng).replace("{topic}", name) for each in chosen]

    asked = rng.sample(load_phrases(language)["part"]["ask"], 4)
    questions = tuple(
        (parse(ask).expand(rng).replace("{topic}", name), answer)
        for ask, answer in zip(asked, draw("answers", 4), strict=True)
    )
    facts = [*split_sentences(text, language)[:8], *draw("facts", 5)]
    terms = tuple((first, second) for first, second in map(_halves, draw("terms", 4)))
    counted = [part.strip() for part in rng.choice(generic["numbers"]).split("=")]
    return Topic(
        name=name, area="", facts=tuple(dict.fromkeys(facts)), steps=tuple(draw("steps", 5)),
        questions=questions, terms=terms,
        person=tuple(draw("person", 2)), place=tuple(draw("place", 2)),
        problem=rng.choice(generic["problem"]), turn=rng.choice(generic["turn"]),
        lesson=rng.choice(generic["lesson"]),
        numbers=dict(zip(("thing", "unit", "each", "one"), counted, strict=True)),
    )  # fmt: skip


def _halves(entry: str) -> tuple[str, str]:
    first, second = entry.split(" = ")
    return first, second
