"""What the passages' prompts show: extracts, outlines, titles and ideas, with a topic to write on.

Half of them are composed from a topic sheet, the others are the bundled sources of the build (three
of four, by a hash; the fourth is left for the evaluation) and text that is no sense at all, so that
a passage comes whatever the prompt shows. Composed extracts carry loss.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from distilabel_pipelines.embedded_model.dialogue import MARK_END, MARK_START
from distilabel_pipelines.embedded_model.families.model import Language
from distilabel_pipelines.embedded_model.tasks.foreign import draw_text
from distilabel_pipelines.embedded_model.tasks.grammar import load_words
from distilabel_pipelines.embedded_model.wording import parse
from distilabel_pipelines.pretraining_prompts import Material

from .topics import Topic, load_phrases, load_topics, make_foreign_topic, split_sentences
from .writer import Writer, capitalise

SOURCE_FILE = Path(__file__).parents[3] / "builders" / "seeds" / "pretraining.jsonl"
HELD_OUT_SHARE = 4  # one bundled source of so many
NAMED_SHARE = 0.6  # of the composed extracts say their topic
MOST_CHARACTERS = 1000
SHEET_KINDS = {"web": 0.5, "title": 0.16, "textbook": 0.14, "outline": 0.1, "story": 0.1}
THINGS = ("topic", "hobby", "food")  # word lists of the tasks
Row = dict[str, str]


@dataclass(frozen=True)
class Shown:
    """The material of a prompt, and the sheet that its passage is written from."""

    material: Material
    topic: Topic


def is_held_out(row: Row) -> bool:
    """Whether a bundled source is kept out of training; a function of its words."""
    key = json.dumps(row, ensure_ascii=False, sort_keys=True)
    digest = hashlib.blake2b(key.encode(), digest_size=2).digest()
    return int.from_bytes(digest, "big") % HELD_OUT_SHARE == 0


@cache
def load_sources(language: Language, *, held_out: bool) -> tuple[Row, ...]:
    """The bundled sources of one language: those to train with, or the others."""
    rows = [json.loads(line) for line in SOURCE_FILE.read_text(encoding="utf-8").splitlines()]
    return tuple(
        row for row in rows if row["language"] == language and is_held_out(row) == held_out
    )


def mark(text: str) -> str:
    """The text as a span that carries loss."""
    return f"{MARK_START}{text}{MARK_END}"


def draw_sheet_material(language: Language, rng: random.Random) -> Shown:
    """Material composed from a topic sheet."""
    topic = rng.choice(load_topics(language))
    (kind,) = rng.choices(list(SHEET_KINDS), list(SHEET_KINDS.values()))
    shown = rng.sample(topic.facts, rng.randrange(2, 8))
    text = mark(Writer(topic, language, "general", rng).joint.join(shown))
    named = topic.name if rng.random() < NAMED_SHARE else ""
    title = _draw_shown("title", language, rng, topic=topic.name)
    work = _draw_shown("course", language, rng, area=topic.area)
    if kind == "title":
        return Shown(Material(source_kind="title", title=title, topic=named), topic)
    if kind == "outline":
        unit = _draw_shown("unit", language, rng)
        material = Material(source_kind="outline", work=work, unit=unit, title=title, topic=named)
        return Shown(material, topic)
    if kind == "story":
        text = _draw_idea(topic, language, rng)
        return Shown(Material(source_kind="story", text=mark(text), topic=named), topic)
    told_less = replace(topic, facts=_without_half(topic.facts, shown, rng))
    if kind == "textbook":
        material = Material(source_kind="textbook", work=work, title=title, text=text, topic=named)
        return Shown(material, told_less)
    return Shown(Material(source_kind="web", text=text, topic=named), told_less)


def _without_half(facts: tuple[str, ...], shown: list[str], rng: random.Random) -> tuple[str, ...]:
    """The facts without half of those that the prompt shows: a passage that repeats its material
    whole is an echo."""
    left_out = set(rng.sample(shown, (len(shown) + 1) // 2))
    return tuple(fact for fact in facts if fact not in left_out)


def _draw_shown(key: str, language: Language, rng: random.Random, **slots: str) -> str:
    """A title, a course or a unit."""
    template = parse(rng.choice(load_phrases(language)["shown"][key])).expand(rng)
    return capitalise(template.format(**slots))


def _draw_idea(topic: Topic, language: Language, rng: random.Random) -> str:
    """The seed of a story."""
    person, place = rng.choice(topic.person), rng.choice(topic.place)
    if language == "zh":
        return f"{person}{place}，{topic.problem}。" + rng.choice(("", f"后来{topic.turn}。"))
    first = f"{capitalise(person)} {place}: {topic.problem}."
    return first + rng.choice(("", f" Then {topic.turn}."))


def draw_bundled_material(language: Language, rng: random.Random) -> Shown:
    """A bundled source that training may see."""
    return show_source(rng.choice(load_sources(language, held_out=False)), language, rng)


def show_source(row: Row, language: Language, rng: random.Random) -> Shown:
    """The source's fields as the build shows them, and the sheet of its topic.

    A topic that no sheet is about gets one with every other sentence of the source's text.
    """
    topic, text = row.get("topic", ""), row.get("text", "")
    if "course" in row:
        fields = {"work": row["course"], "unit": row["unit"], "title": row["section"]}
        material = Material(source_kind="outline", **fields, topic=topic)
    elif "book" in row:
        fields = {"work": row["book"], "title": row["section"], "text": text}
        material = Material(source_kind="textbook", **fields, topic=topic)
    elif "story" in row:
        material = Material(source_kind="story", text=row["story"], topic=topic)
    elif "title" in row:
        material = Material(source_kind="title", title=row["title"], topic=topic)
    else:
        material = Material(source_kind="web", text=text, topic=topic)
    known = [sheet for sheet in load_topics(language) if sheet.name == topic]
    if known:
        return Shown(material, known[0])
    joint = " " if language == "en" else ""
    kept = joint.join(split_sentences(text, language)[::2])
    return Shown(material, make_foreign_topic(topic or material.title, kept, language, rng))


def draw_foreign_material(language: Language, rng: random.Random) -> Shown:
    """A title or a text without sense, on a thing of the tasks' word lists; where no topic is
    named, the text names it several times."""
    topic = draw_foreign_topic(language, rng)
    name = topic.name
    if rng.random() < 0.3:
        title = _draw_shown("title", language, rng, topic=name)
        return Shown(Material(source_kind="title", title=title), topic)
    named = rng.random() < NAMED_SHARE
    pieces = [draw_text(language, rng, 60).strip() for _ in range(rng.randrange(3, 6))]
    joint = " " if named else f" {name} " if language == "en" else name
    text = joint.join(pieces)[:MOST_CHARACTERS]
    return Shown(Material(source_kind="web", text=text, topic=name if named else ""), topic)


def draw_foreign_topic(language: Language, rng: random.Random) -> Topic:
    """A thing to write about that no sheet knows, with general words on it."""
    name = rng.choice(load_words(language)[rng.choice(THINGS)])[0]
    return make_foreign_topic(name, "", language, rng)


DRAWS: tuple[tuple[float, Callable[[Language, random.Random], Shown]], ...] = (
    (0.55, draw_sheet_material),
    (0.35, draw_bundled_material),
    (0.10, draw_foreign_material),
)


def draw_material(language: Language, rng: random.Random) -> Shown:
    """Material of any kind."""
    (draw,) = rng.choices([draw for _, draw in DRAWS], [weight for weight, _ in DRAWS])
    return draw(language, rng)
