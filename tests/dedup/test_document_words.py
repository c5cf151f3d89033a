"""Words of a document, held against datatrove's own normalisation."""

from __future__ import annotations

import random

import pytest
from datatrove.utils.text import simplify_text

from builders.dedup.document_words import NORMALISATION, TOKENIZER, join_words

CHARACTERS = {
    "ASCII": [chr(code) for code in range(0x80)],
    "Latin, diacritics": [*map(chr, range(0x20, 0x370)), "ẞ", "ﬁ", "Ω", "İ", "ς", "Σ"],
    "marks": [*map(chr, range(0x2000, 0x2070)), *"ab \n"],
    "Chinese": [*map(chr, range(0x4E00, 0x4E20)), *"，。“”《》！％０ab 1\u3000"],
    "Japanese, Korean": [*map(chr, range(0x3040, 0x3100)), *map(chr, range(0xAC00, 0xAC20)), " "],
    "first plane": [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000],
    "beyond it": [*map(chr, range(0x1F600, 0x1F620)), *map(chr, range(0x20000, 0x20010)), "a", " "],
}


def _join_slowly(text: str) -> tuple[bytes, int]:
    words = TOKENIZER.word_tokenize(simplify_text(text, NORMALISATION))
    return " ".join(words).encode(), len(words)


@pytest.mark.parametrize("characters", CHARACTERS.values(), ids=CHARACTERS)
def test_words_are_those_of_datatrove_and_the_tokenizer(characters: list[str]) -> None:
    draw = random.Random(1)  # noqa: S311  # reproducible texts
    for _ in range(1500):
        text = "".join(draw.choices(characters, k=draw.randint(0, 12)))
        assert join_words(text) == _join_slowly(text), ascii(text)


def test_every_character_of_the_first_plane_is_read_as_datatrove_reads_it() -> None:
    """In a text of its neighbours; the few hundred that differ from theirs show by themselves."""
    for start in range(0, 0x10000, 16):
        if 0xD800 <= start < 0xE000:
            continue
        text = "".join(f"a{chr(code)}b 中{chr(code)}" for code in range(start, start + 16))
        assert join_words(text) == _join_slowly(text), hex(start)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat's 3 hats。", "the cat s 3 hats"),
        ("Café, 1,234.5 €", "cafe 1 234 5 €"),
        ("第3章：猫 sat", "第 3 章 猫 sat"),
        ("  \n", ""),
    ],
)
def test_numbers_stay_and_chinese_is_split_by_character(text: str, words: str) -> None:
    assert join_words(text) == (words.encode(), len(words.split()))
