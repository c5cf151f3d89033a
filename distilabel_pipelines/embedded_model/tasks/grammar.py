"""Filling the templates of tasks: choices, word lists, and what must stay the same in one task.

`[a|b]` picks one, `{thing}` takes an entry of the word list `thing` and keeps it for the rest of
the task, `{thing.1}` its second field, `{thing:2}` another entry, `{Thing}` begins with a capital.
`{bullets_tip}` and `{joined_tip}` list entries: as many as the task asked for with `{few}`.
"""

from __future__ import annotations

import random
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from distilabel_pipelines.embedded_model.families.model import Language
from distilabel_pipelines.embedded_model.wording import parse

HERE = Path(__file__).parent
SLOT = re.compile(r"\{(\w+?)(?::(\d))?(?:\.(\d))?\}")
NUMBER = re.compile(r"n(\d+)")
ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])")  # "a open" where a slot began with a vowel
COUNTS = {"two": 2, "three": 3, "four": 4, "两": 2, "三": 3, "四": 4}
FIFTY = 50


def read_toml(kind: str, language: Language) -> dict[str, Any]:
    """One of the files `words`, `tasks`, `labels`."""
    return tomllib.loads((HERE / f"{kind}.{language}.toml").read_text(encoding="utf-8"))


@cache
def load_words(language: Language) -> dict[str, tuple[tuple[str, ...], ...]]:
    """The word lists: name → entries → fields."""
    return {
        name: tuple(
            tuple(field.strip() for field in entry.split("=")) for entry in split_entries(text)
        )
        for name, text in read_toml("words", language).items()
    }


def split_entries(text: str) -> list[str]:
    """The entries between semicolons."""
    return [entry.strip() for entry in text.split(";") if entry.strip()]


def capitalise(text: str) -> str:
    """The first letter as a capital; the rest as it is."""
    return text[:1].upper() + text[1:]


class Filling:
    """What one task has chosen so far."""

    def __init__(
        self,
        language: Language,
        rng: random.Random,
        bound: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.language, self.rng = language, rng
        self.bound = dict(bound or {})

    def branch(self) -> Filling:
        """The same choices, free to go on differently: the next instance of one instruction."""
        return Filling(self.language, self.rng, self.bound)

    def fill(self, template: str) -> str:
        """The template with its choices made and its slots filled."""
        text = parse(template).expand(self.rng) if "[" in template else template
        filled = SLOT.sub(lambda match: self._slot(match[1], match[2] or "", match[3]), text)
        return ARTICLE.sub(r"\1n ", filled) if self.language == "en" else filled

    def _slot(self, name: str, other: str, field: str | None) -> str:
        key = name[:1].lower() + name[1:]
        text = self._value(key, other, int(field or 0))
        return text if key == name else capitalise(text)

    def _value(self, key: str, other: str, field: int) -> str:
        """A list, a number or an entry of a word list."""
        if key.startswith(("bullets_", "joined_")):
            return self._listing(*key.split("_", 1))
        if key + other not in self.bound:
            self.bound[key + other] = self._draw(key)
        return self.bound[key + other][field]

    def _draw(self, key: str) -> tuple[str, ...]:
        """A number below its bound, or an entry that no other slot of the task has taken."""
        if key in ("even", "odd"):
            return (str(2 * self.rng.randrange(1, 500) + (key == "odd")),)
        if found := NUMBER.fullmatch(key):
            largest = int(found[1])
            smallest = FIFTY if largest > 2 * FIFTY - 2 else 2
            return (str(self.rng.randrange(smallest, largest + 1)),)
        taken = {fields[0] for fields in self.bound.values()}
        entries = load_words(self.language)[key]
        entry = self.rng.choice(entries)
        while entry[0] in taken and len(entries) > len(taken):
            entry = self.rng.choice(entries)
        return tuple(self.branch().fill(part) for part in entry)

    def _listing(self, form: str, key: str) -> str:
        """Several entries: lines with a dash, or one line."""
        asked = self.bound.get("few", (self.rng.choice(("two", "three")),))[0]
        entries = self.rng.sample(load_words(self.language)[key], COUNTS[asked])
        texts = [self.branch().fill(entry[0]) for entry in entries]
        if form == "bullets":
            return "\n".join(f"- {capitalise(text)}" for text in texts)
        return capitalise((", " if self.language == "en" else "、").join(texts))
