"""A document as the words that MinHash sees: English by white space, CJK by character.

    "The cat's 3 hats。" → b"the cat s 3 hats"        "第3章：猫" → "第 3 章 猫" in UTF-8

Normalised as datatrove's `simplify_text` does it (lower case, punctuation to spaces, no
diacritics), but numbers stay: datatrove makes 0 of each, and then two tables or sums of one
template are one document, whatever their numbers. No spaCy and no jieba: punctuation is gone by
then, and a CJK character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np
from datatrove.utils.text import PUNCTUATION_TRANS, TextNormConfig, simplify_text
from datatrove.utils.word_tokenizers import WordTokenizer
from numpy.typing import NDArray

from builders.text_keys import CJK

NORMALISATION = TextNormConfig(norm_numbers=False)

_WORD = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
_SPACE = 0x20
_PLANE = 0x10000
_SURROGATES = range(0xD800, 0xE000)
# Kinds of a lower-case character.
_GAP, _LETTER, _WORD_ALONE, _UNUSUAL = range(4)


class DocumentTokenizer(WordTokenizer):  # type: ignore[misc]  # datatrove is untyped for us
    """Words of a text that `simplify_text` has been through."""

    def word_tokenize(self, text: str) -> list[str]:
        """Words by white space, CJK by character."""
        return _WORD.findall(text)

    def sent_tokenize(self, text: str) -> list[str]:
        """Not needed by MinHash."""
        raise NotImplementedError

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """Not needed by MinHash."""
        raise NotImplementedError


# One instance: datatrove caches tokenizers by identity and never lets go of them.
TOKENIZER = DocumentTokenizer()


def join_words(text: str) -> tuple[bytes, int]:
    """The words of a text, joined by single spaces, in UTF-8, and how many they are.

    Equal to normalising by `simplify_text` and splitting by `TOKENIZER`, but tens of times faster
    on text without diacritics, emoji and the like. The text must have no lone surrogates.
    """
    if text.isascii():
        words = text.encode().translate(_ascii_table()).split()
        return b" ".join(words), len(words)
    codes = np.frombuffer(text.lower().encode("utf-32-le"), "<u4")
    if codes.max() < _PLANE:
        kinds = _tabulate_kinds()[codes]
        if kinds.max() < _UNUSUAL:
            return _join_codes(codes, kinds)
    usual = TOKENIZER.word_tokenize(simplify_text(text, NORMALISATION))
    return " ".join(usual).encode(), len(usual)


def _join_codes(codes: NDArray[np.uint32], kinds: NDArray[np.uint8]) -> tuple[bytes, int]:
    """Move each word one place further than the one before it, gaps left out."""
    begins = kinds == _LETTER
    begins[1:] &= kinds[:-1] != _LETTER
    begins |= kinds == _WORD_ALONE
    kept = np.flatnonzero(kinds != _GAP)
    words_before = np.cumsum(begins)[kept]
    if not len(kept):
        return b"", 0
    places = words_before + np.arange(-1, len(kept) - 1)
    joined = np.full(places[-1] + 1, _SPACE, "<u4")
    joined[places] = codes[kept]
    return joined.tobytes().decode("utf-32-le").encode(), int(words_before[-1])


@cache
def _ascii_table() -> bytes:
    """Lower case, punctuation to spaces; byte to byte."""
    lower = (ord(chr(code).lower()) if code < 0x80 else code for code in range(0x100))
    return bytes(_SPACE if code in PUNCTUATION_TRANS else code for code in lower)


@cache
def _tabulate_kinds() -> NDArray[np.uint8]:
    """Kind of each code point of the first plane; unusual is what `simplify_text` decomposes,
    removes or puts in another order."""
    kinds = np.full(_PLANE, _UNUSUAL, np.uint8)
    for code in range(_PLANE):
        character = chr(code)
        if code in PUNCTUATION_TRANS or character.isspace():
            kinds[code] = _GAP
        elif (
            code not in _SURROGATES
            and not unicodedata.combining(character)
            and unicodedata.category(character) != "Mn"
            and unicodedata.is_normalized("NFD", character)
        ):
            kinds[code] = _LETTER
    alone = [ord(match.group()) for match in re.finditer(f"[{CJK}]", _list_characters())]
    kinds[[code for code in alone if kinds[code] == _LETTER]] = _WORD_ALONE
    return kinds


def _list_characters() -> str:
    return "".join(chr(code) for code in range(_PLANE))
