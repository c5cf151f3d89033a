"""Texts that are none of ours: what a prompt may show, so that the list goes on whatever it shows.

Shuffled words, invented words, numbers, lines of code, Chinese characters at random, and the
bundled seed tasks of every second hash (the others are left for the evaluation).
"""

from __future__ import annotations

import hashlib
import json
import random
import tomllib
from functools import cache
from pathlib import Path

from distilabel_pipelines.embedded_model.families.model import Language
from distilabel_pipelines.instruction_prompts import ExampleTask

from .grammar import capitalise, load_words

PARTS = tomllib.loads(Path(__file__).with_name("foreign.toml").read_text(encoding="utf-8"))
COMMON: list[str] = PARTS["words"].split()
SYLLABLES: list[str] = PARTS["syllables"].split()
MARKS = (",", ".", ";", "\n", "\n", "")
SEED_FILE = Path(__file__).parents[3] / "builders" / "seeds" / "instruction.jsonl"


def is_for_evaluation(seed_id: str) -> bool:
    """Whether a bundled seed task is kept out of training."""
    return hashlib.blake2b(seed_id.encode(), digest_size=1).digest()[0] % 2 == 0


def seed_language(row: dict[str, object]) -> Language:
    """The language a bundled seed is written in."""
    return "zh" if any("一" <= mark <= "鿿" for mark in str(row["instruction"])) else "en"


@cache
def load_seeds(language: Language, *, for_evaluation: bool) -> tuple[dict[str, object], ...]:
    """The bundled seed tasks of one language: those to train with, or the others."""
    rows = [json.loads(line) for line in SEED_FILE.read_text(encoding="utf-8").splitlines()]
    return tuple(
        row
        for row in rows
        if seed_language(row) == language and is_for_evaluation(row["id"]) == for_evaluation
    )


def draw_seed(language: Language, rng: random.Random) -> dict[str, object]:
    """A bundled seed task to train with."""
    return rng.choice(load_seeds(language, for_evaluation=False))


def seed_example(row: dict[str, object], rng: random.Random) -> ExampleTask:
    """One of the seed's instances as a prompt shows it."""
    instances = row["instances"]
    assert isinstance(instances, list)  # noqa: S101 - our own file
    shown = rng.choice(instances)
    return ExampleTask(
        instruction=str(row["instruction"]), input=shown["input"], output=shown["output"]
    )


def draw_text(language: Language, rng: random.Random, longest: int) -> str:
    """Up to so many words of nonsense."""
    length = max(1, int(longest * rng.random() ** 2))
    pieces = [_draw_word(language, rng) for _ in range(length)]
    joint = " " if language == "en" or rng.random() < 0.1 else ""
    text = joint.join(pieces)
    if rng.random() < 0.5:
        text = capitalise(text) + rng.choice(
            (".", "?", ":", "!") if language == "en" else "。？：！"
        )
    return text


def _draw_word(language: Language, rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.04:
        return str(rng.choice(PARTS["code"])) + "\n"
    if roll < 0.08:
        return str(rng.randrange(10 ** rng.randrange(1, 5)))
    mark = rng.choice(MARKS) if rng.random() < 0.12 else ""
    if language == "zh":
        return _draw_chinese(rng, roll) + mark.replace(",", "，").replace(".", "。")
    if roll < 0.55:
        return rng.choice(COMMON) + mark
    if roll < 0.7:
        return "".join(rng.choice(SYLLABLES) for _ in range(rng.randrange(2, 5))) + mark
    return rng.choice(rng.choice(_lists("en")))[0] + mark


def _draw_chinese(rng: random.Random, roll: float) -> str:
    if roll < 0.5:
        return str(rng.choice(PARTS["hanzi"]))
    if roll < 0.6:
        return chr(rng.randrange(0x4E00, 0x9FA5))
    return rng.choice(rng.choice(_lists("zh")))[0]


@cache
def _lists(language: Language) -> tuple[tuple[tuple[str, ...], ...], ...]:
    return tuple(load_words(language).values())


def draw_example(language: Language, rng: random.Random, longest: int) -> ExampleTask:
    """An example task of foreign text."""
    told = draw_text(language, rng, longest) if rng.random() < 0.6 else ""
    return ExampleTask(
        instruction=draw_text(language, rng, 30),
        input=told,
        output=draw_text(language, rng, longest),
    )
