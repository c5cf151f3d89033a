"""Wordings: small grammars that multiply to hundreds of ways to ask one question.

A grammar is plain text with choices, `[What is|Find] {a} + {b}[?|.]`; choices nest and may be
empty, `{name}` is a slot. The same parse tree gives random expansions for training, their
number, and a regular expression of everything a grammar can say, by which a test proves that no
held-out wording can be produced in training.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path

from .families.model import Language

HERE = Path(__file__).parent
TRAIN_FILE = HERE / "train_wordings.toml"
HELDOUT_FILE = HERE / "heldout_wordings.toml"
SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Choice:
    """Alternatives, each a sequence of literal text and nested choices."""

    options: tuple[tuple[str | Choice, ...], ...]

    def expand(self, rng: random.Random) -> str:
        """One random expansion."""
        parts = rng.choice(self.options)
        return "".join(part if isinstance(part, str) else part.expand(rng) for part in parts)

    def count(self) -> int:
        """How many expansions there are (equal texts by different choices count twice)."""
        return sum(
            prod(1 if isinstance(part, str) else part.count() for part in parts)
            for parts in self.options
        )

    def pattern(self) -> str:
        """A regular expression for exactly the texts this can expand to."""
        options = (
            "".join(re.escape(p) if isinstance(p, str) else p.pattern() for p in parts)
            for parts in self.options
        )
        return f"(?:{'|'.join(options)})"


@cache
def parse(grammar: str) -> Choice:
    """Parse one grammar line; unbalanced brackets are an error."""
    tree, end = _parse_options(grammar, 0)
    if end != len(grammar):
        raise ValueError(f"unbalanced ] in wording {grammar!r}")
    return tree


def _parse_options(grammar: str, position: int) -> tuple[Choice, int]:
    """Alternatives from `position` up to the closing bracket (or the end, at the top)."""
    options: list[tuple[str | Choice, ...]] = []
    parts: list[str | Choice] = []
    nested = position > 0
    while position < len(grammar) and grammar[position] != "]":
        mark = grammar[position]
        if mark == "[":
            choice, position = _parse_options(grammar, position + 1)
            if position == len(grammar):
                raise ValueError(f"unbalanced [ in wording {grammar!r}")
            parts.append(choice)
        elif mark == "|" and nested:
            options.append(tuple(parts))
            parts = []
        else:
            parts.append(mark)
        position += 1
    options.append(tuple(parts))
    return Choice(tuple(options)), position


@cache
def load(path: Path) -> dict[str, dict[Language, tuple[str, ...]]]:
    """The sections of a wording file: section → language → grammar lines."""
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: {"en": tuple(by_language["en"]), "zh": tuple(by_language["zh"])}
        for name, by_language in sections.items()
    }


def fill(text: str, slots: Mapping[str, str]) -> str:
    """Put the words into the slots; `{}` of \\boxed{} is no slot and stays."""
    return SLOT.sub(lambda match: slots[match.group(1)], text)


def ask(section: str, language: Language, rng: random.Random) -> str:
    """A random training wording of a section, slots still open."""
    lines = load(TRAIN_FILE)[section][language]
    return parse(rng.choice(lines)).expand(rng)
