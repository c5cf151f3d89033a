"""What the deduplication benchmark works on: invented documents, a tenth of them near-copies.

English has about 1,945 characters a document, the length of a cosmopedia-100k text; Chinese about
600, which say as much. Sentences are drawn from a vocabulary by Zipf's law; only the copies repeat
more than a few words of another document.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]

_CONSONANTS = ["b", "br", "c", "ch", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "st"]
_VOWELS = ["a", "ai", "e", "ea", "i", "o", "ou", "u"]
_FRAME = ["the", "of", "and", "to", "in", "a", "is", "that", "with", "for", "as", "was", "on"]
_WORDS = 20_000
_CHARACTERS = 3_000
_ENGLISH_TOKENS = 306
_CHINESE_TOKENS = 545
COPY_SHARE = 0.1
MOST_EDITS = 0.015


class PlantedDocuments(NamedTuple):
    """`texts`, and of each near-copy its place → the place of what it copies (earlier)."""

    texts: list[str]
    planted: dict[int, int]


def generate_documents(
    count: int, language: Language, seed: int, copy_share: float = COPY_SHARE
) -> PlantedDocuments:
    """Reproducible. Copies have up to 1.5% of their words (Chinese: characters) replaced, removed
    or added, and some another case or other punctuation."""
    draw = random.Random(f"{language} {seed}")
    write = write_english(draw) if language == "en" else write_chinese(draw)
    texts: list[str] = []
    planted: dict[int, int] = {}
    originals: list[int] = []
    for place in range(count):
        if originals and draw.random() < copy_share:
            planted[place] = draw.choice(originals)
            texts.append(copy_with_edits(texts[planted[place]], language, draw))
        else:
            originals.append(place)
            texts.append(write())
    return PlantedDocuments(texts, planted)


def write_english(draw: random.Random) -> Callable[[], str]:
    """Draws one document a call."""
    syllables = ["".join(pair) for pair in itertools.product(_CONSONANTS, _VOWELS)]
    words = sorted({"".join(draw.choices(syllables, k=2 + rank % 2)) for rank in range(_WORDS)})
    draw.shuffle(words)
    weights = list(itertools.accumulate(1 / rank for rank in range(20, 20 + len(words))))

    def write() -> str:
        tokens = draw.choices(words, cum_weights=weights, k=_ENGLISH_TOKENS)
        for at in draw.sample(range(len(tokens)), len(tokens) // 3):
            tokens[at] = draw.choice(_FRAME)
        sentences = _cut(tokens, draw, 8, 20)
        return " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)

    return write


def write_chinese(draw: random.Random) -> Callable[[], str]:
    """Draws one document a call."""
    characters = [chr(code) for code in range(0x4E00, 0x4E00 + 5 * _CHARACTERS, 5)]
    draw.shuffle(characters)
    weights = list(itertools.accumulate(1 / rank for rank in range(20, 20 + len(characters))))

    def write() -> str:
        tokens = draw.choices(characters, cum_weights=weights, k=_CHINESE_TOKENS)
        clauses = _cut(tokens, draw, 6, 14)
        return "".join("".join(clause) + draw.choice("，，。") for clause in clauses)

    return write


def _cut(tokens: list[str], draw: random.Random, least: int, most: int) -> list[list[str]]:
    parts, start = [], 0
    while start < len(tokens):
        end = start + draw.randint(least, most)
        parts.append(tokens[start:end])
        start = end
    return parts


def copy_with_edits(text: str, language: Language, draw: random.Random) -> str:
    """The text with a few words (characters) changed."""
    joint = " " if language == "en" else ""
    tokens = text.split() if language == "en" else list(text)
    for _ in range(draw.randint(0, int(len(tokens) * MOST_EDITS))):
        at = draw.randrange(len(tokens))
        change = draw.choice([[], [draw.choice(tokens)], [tokens[at], draw.choice(tokens)]])
        tokens[at : at + 1] = change
    copy = joint.join(tokens)
    return draw.choice([copy, copy, copy.upper(), copy.replace(".", " ;").replace("，", ",")])


def generate_tables(count: int, seed: int) -> PlantedDocuments:
    """Tables of one template with numbers of their own: none copies another."""
    draw = random.Random(f"tables {seed}")
    texts = []
    for number in range(count):
        rows = "\n".join(
            f"| {1990 + year} | {draw.randrange(1000)} | {draw.randrange(1000)} |"
            for year in range(30)
        )
        head = f"The harvest of farm {number} in tonnes, year by year.\n\n| year | wheat | rye |"
        texts.append(f"{head}\n|---|---|---|\n{rows}\n")
    return PlantedDocuments(texts, {})
