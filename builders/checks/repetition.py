"""Looping text at the end of a long trace.

A model that loops repeats the same passage to the end (an exact tail loop), or the same passage
with other numbers (a drifting loop). Both are measured on the last part of the text:

- tail loop: the Z-function of the reversed text gives, for every period, how far back it holds;
- drifting loop: the share of 12-grams that repeat an earlier one, digits masked, where a word, a
  CJK character, a masked number or a sign is one token.

datatrove's GopherRepetition would drop 75% of real reasoning traces: reasoning does repeat itself.
Short orderly work (adding in columns, counting letters one by one) repeats its wording too, so
both measures ask for a minimum length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WINDOW_CHARS = 6000
NGRAM_TOKENS = 12

_TOKEN = re.compile(r"[一-鿿]|[A-Za-z]+|([^\sA-Za-z一-鿿])\1*")  # a ruler of dashes is one token
_DIGITS = re.compile(r"\d+")


class TailLoop(NamedTuple):
    """A passage of `period` characters that fills the last `length` characters of a text."""

    period: int
    length: int

    @property
    def repeats(self) -> float:
        """How often the passage stands at the end."""
        return self.length / self.period if self.period else 0.0


def z_function(text: str) -> list[int]:
    """For each position, how many characters from there equal the text's beginning; linear."""
    n = len(text)
    z = [0] * n
    left = right = 0
    for i in range(1, n):
        k = min(right - i, z[i - left]) if i < right else 0
        while i + k < n and text[k] == text[i + k]:
            k += 1
        z[i] = k
        if i + k > right:
            left, right = i, i + k
    return z


def find_tail_loop(text: str, min_chars: int, min_repeats: int) -> TailLoop | None:
    """The exact loop with the shortest period that fills at least `min_chars` of the text's end.

    Periods of white space or punctuation alone (a ruler of dashes) do not count. At most
    `WINDOW_CHARS` characters are looked at.
    """
    tail = text.rstrip()[-WINDOW_CHARS:]
    # A loop of that length and number of repeats has its last part standing earlier as well:
    # one search in C spares nearly every text the Z-function.
    block = max(1, min_chars * (min_repeats - 1) // min_repeats)
    if len(tail) < min_chars or tail.rfind(tail[-block:], 0, len(tail) - 1) < 0:
        return None
    backward = tail[::-1]
    for period, matched in enumerate(z_function(backward)):
        length = period + matched
        if period and length >= max(min_chars, min_repeats * period):
            if any(character.isalnum() for character in backward[:period]):
                return TailLoop(period, length)
            return None
    return None


def duplicate_share(text: str, min_tokens: int) -> float:
    """Share of the 12-grams (digits masked) of the text's end that stood before in it, 0 to 1.

    0 for a text of fewer than `min_tokens` tokens: too short to tell.
    """
    tokens = [found[0] for found in _TOKEN.finditer(_DIGITS.sub("#", text[-WINDOW_CHARS:]))]
    count = len(tokens) - NGRAM_TOKENS + 1
    if len(tokens) < max(min_tokens, NGRAM_TOKENS):
        return 0.0
    return 1.0 - len(np.unique(hash_grams(number_tokens(tokens), NGRAM_TOKENS))) / count


def number_tokens(tokens: Sequence[str]) -> NDArray[np.uint64]:
    """A number for each token, equal for equal ones, shape (len(tokens),)."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(token, len(numbers)) for token in tokens], dtype=np.uint64)


def hash_grams(numbers: NDArray[np.uint64], n: int) -> NDArray[np.uint64]:
    """A number for each n-gram of n or more numbered tokens, shape (len(numbers) - n + 1,).

    A polynomial hash modulo 2**64: collisions among some thousand n-grams do not matter.
    """
    count = len(numbers) - n + 1
    grams = np.zeros(count, dtype=np.uint64)
    for offset in range(n):
        grams = grams * np.uint64(0x9E3779B97F4A7C15) + numbers[offset : offset + count]
    return grams
