"""What a family of questions is: plain data types, shared by all generators.

A family draws numbers, never words. One drawn `Problem` is the same in every language, so a
question is held out by its numbers: no wording and no translation of it is then trained on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
Slots = Mapping[str, object]
Writer = Callable[[Language], str]


@dataclass(frozen=True)
class Telling:
    """A problem in one language: words for the wording's slots, the thought, the answer."""

    slots: dict[str, str]
    thought: str
    answer: str


@dataclass(frozen=True)
class Problem:
    """One drawn question before it is worded. `key` names its numbers, for the held-out split."""

    wording: str
    key: str
    tellings: dict[Language, Telling] = field(repr=False)


@dataclass(frozen=True)
class Family:
    """A named generator. `wordings` are the sections of the wording files it may ask for.

    `weight` is its share of the training questions: families learnt late in the run get more.
    """

    name: str
    wordings: tuple[str, ...]
    draw: Callable[[random.Random], Problem]
    weight: float = 1.0


def problem(
    wording: str,
    key: tuple[object, ...],
    slots: Slots | Callable[[Language], Slots],
    thought: Writer,
    answer: object,
) -> Problem:
    """Tell one problem in both languages; `answer` is a value or a writer of one per language."""
    tellings: dict[Language, Telling] = {}
    for language in LANGUAGES:
        words = slots(language) if callable(slots) else slots
        text = answer(language) if callable(answer) else answer
        filled = {name: str(value) for name, value in words.items()}
        tellings[language] = Telling(filled, thought(language), str(text))
    return Problem(wording, "|".join(map(str, (wording, *key))), tellings)
