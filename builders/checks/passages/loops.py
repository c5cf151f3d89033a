"""Loops in passages: one at the end, or stretches that come again and again.

`builders.checks.repetition` counts words, for thoughts of many thousand characters; here grams of
characters do, which need no words to be found and cost a tenth. White space does not count. Of real
texts, 1% repeat more than 0.07 of themselves in Chinese (answers), 0.1% more than 0.05 in English
(OpenStax).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from distilabel_pipelines.rows import Language

# About eleven English words, ten Chinese ones: no idiom and no name is so long. Powers of two.
GRAM_CHARACTERS: dict[Language, int] = {"en": 64, "zh": 16}
FORMULA_CHARACTERS = 64  # \left(\begin{array}{lll}1 & 0 & 0 comes with every matrix
LEAST_CHARACTERS: dict[Language, int] = {"en": 400, "zh": 120}

_FACTOR = 0x9E3779B97F4A7C15
_ZERO, _NINE = ord("0"), ord("9")


def read_characters(text: str, *, mask_digits: bool) -> NDArray[np.uint64]:
    """The code points but white space; masked digits are all 0."""
    codes = np.frombuffer("".join(text.split()).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    codes = codes.astype(np.uint64)
    if mask_digits:
        codes[(codes >= _ZERO) & (codes <= _NINE)] = _ZERO
    return codes


def repeated_share(
    text: str, language: Language, *, mask_digits: bool, holds_formulas: bool = False
) -> float:
    """Share of the grams of characters that stood before in the text, 0 to 1.

    0 for a text that is too short to tell. With `mask_digits` numbers do not tell grams apart: a
    loop that counts is a loop, a table of products is none. `holds_formulas` asks for longer grams.
    """
    codes = read_characters(text, mask_digits=mask_digits)
    if len(codes) < LEAST_CHARACTERS[language]:
        return 0.0
    longest = FORMULA_CHARACTERS if holds_formulas else GRAM_CHARACTERS[language]
    length, factor = 1, _FACTOR
    grams = codes
    while length < longest:
        # A gram of 2k characters is one of k and the one behind it; all modulo 2**64.
        grams = grams[:-length] * np.uint64(factor) + grams[length:]
        length, factor = 2 * length, factor * factor % 2**64
    grams = np.sort(grams)  # a tenth of the time of `np.unique`
    return float(np.count_nonzero(grams[1:] == grams[:-1])) / len(grams)
