"""What the model learns reasoning from: a named, weighted list of example sources.

The whole mix, with the instruction kind, is in `whole_mix`. Questions are split by a hash of their
numbers: one of sixteen belongs to the held-out split, which training can never draw, whatever the
seed, the wording or the language.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from . import wording
from .families.model import LANGUAGES, Family, Language, Problem
from .families.registry import FAMILIES

Split = Literal["train", "held_out"]
HELD_OUT_SHARE = 16  # one of so many
FRAMED_SHARE = 0.25  # questions inside a polite frame


@dataclass(frozen=True)
class Question:
    """A worded question with its worked solution."""

    family: str
    language: Language
    key: str
    text: str
    thought: str
    answer: str

    @property
    def content(self) -> str:
        """The visible answer that follows the thought."""
        if self.language == "en":
            return f"The answer is \\boxed{{{self.answer}}}."
        return f"答案是 \\boxed{{{self.answer}}}。"


@dataclass(frozen=True)
class Example:
    """One training dialogue; `thought` is None where the template writes the empty thought.

    A `raw` one is plain text without any turns: `user`, then `content`.
    """

    system: str | None
    user: str
    thought: str | None
    content: str
    raw: bool = False


@dataclass(frozen=True)
class Source:
    """A kind of training example and its share of the mix."""

    name: str
    weight: float
    draw: Callable[[random.Random], Example]


def is_held_out(key: str) -> bool:
    """Whether a problem belongs to the held-out split; stable across machines and versions."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % HELD_OUT_SHARE == 0


def draw_problem(family: Family, split: Split, rng: random.Random) -> Problem:
    """A problem of this family from the wanted split."""
    while True:
        problem = family.draw(rng)
        if is_held_out(problem.key) == (split == "held_out"):
            return problem


def word(family: Family, problem: Problem, language: Language, template: str) -> Question:
    """The problem asked with one wording in one language."""
    telling = problem.tellings[language]
    text = wording.fill(template, telling.slots)
    return Question(family.name, language, problem.key, text, telling.thought, telling.answer)


def draw_question(family: Family, language: Language, split: Split, rng: random.Random) -> Question:
    """A question in a training wording, sometimes in a polite frame."""
    problem = draw_problem(family, split, rng)
    template = wording.ask(problem.wording, language, rng)
    if rng.random() < FRAMED_SHARE:
        template = wording.ask("frame", language, rng).replace("{question}", template)
    return word(family, problem, language, template)


def heldout_wording_questions(
    family: Family, language: Language, number: int, rng: random.Random
) -> Iterator[Question]:
    """Questions with held-out numbers in held-out wordings, each wording in turn."""
    for index in range(number):
        problem = draw_problem(family, "held_out", rng)
        templates = wording.load(wording.HELDOUT_FILE)[problem.wording][language]
        yield word(family, problem, language, templates[index % len(templates)])


def _surroundings(question: Question, rng: random.Random) -> tuple[str | None, str]:
    """System message and user message around a question, as pipelines really send them."""
    language = question.language if rng.random() < 0.8 else rng.choice(LANGUAGES)
    roll = rng.random()
    if roll < 0.35:
        return None, question.text
    if roll < 0.72:
        return wording.ask("instruction", language, rng), question.text
    if roll < 0.85:
        return wording.ask("generic_system", language, rng), question.text
    system = wording.ask("generic_system", language, rng) if rng.random() < 0.3 else None
    instruction = wording.ask("instruction", language, rng)
    joint = rng.choice(("\n", "\n\n", " "))
    parts = (instruction, question.text) if rng.random() < 0.5 else (question.text, instruction)
    return system, joint.join(parts)


def _draw_any(rng: random.Random) -> Question:
    (family,) = rng.choices(FAMILIES, [family.weight for family in FAMILIES])
    return draw_question(family, rng.choice(LANGUAGES), "train", rng)


def draw_thinking(rng: random.Random) -> Example:
    """A question answered after a written-out thought."""
    question = _draw_any(rng)
    system, user = _surroundings(question, rng)
    return Example(system, user, question.thought, question.content)


def draw_direct(rng: random.Random) -> Example:
    """The same with thinking switched off: the answer follows at once."""
    question = _draw_any(rng)
    system, user = _surroundings(question, rng)
    return Example(system, user, None, question.content)


MIX: tuple[Source, ...] = (
    Source("questions_with_thought", 0.9, draw_thinking),
    Source("questions_without_thought", 0.1, draw_direct),
)


def examples(rng: random.Random, mix: tuple[Source, ...] = MIX) -> Iterator[Example]:
    """An endless stream of training examples in the shares of the mix."""
    weights = [source.weight for source in mix]
    while True:
        yield rng.choices(mix, weights)[0].draw(rng)
