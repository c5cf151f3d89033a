"""Texts as code points without case and width, and what each code point is.

Letters are folded and compatibility characters are the plain ones (Unicode Annex 15, NFKC): a table
does so for whole batches, and a text with something that no table can say (½, a letter with a
combining mark) is normalised by itself.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from builders.text_keys import CJK

WORD, CHARACTER = 1, 2
_BETWEEN = "\n"
_FURTHER_CJK = r"\u2e80-\u2fdf\u3021-\u3029\u3105-\u312f\u31a0-\u31bf\U00031350-\U0003fffd"
_CODE_POINTS = 0x110000
_PLANES_WITH_LETTERS = 0x40000
# Planes 2 and 3 hold ideographs, which stay what they are but for the compatibility ones.
_FOLDED = (range(0x20000), range(0x2F800, 0x2FA20))
_COMPOSING_JAMO = range(0x1100, 0x1200)
_BY_ITSELF = 0xFFFFFFFF

CodePoints = NDArray[np.uint32]


def fold_code_points(texts: Sequence[str]) -> tuple[Sequence[str], CodePoints]:
    """The texts joined by line ends; the texts come back as long as they stand there."""
    joined = _BETWEEN.join(texts)
    if joined.isascii():
        return texts, np.frombuffer(joined.lower().encode(), np.uint8).astype(np.uint32)
    points = _read_points(joined)
    folded = _read_folds()[points]
    if (folded == _BY_ITSELF).any():
        texts = [_normalise(text) for text in texts]
        points = _read_points(_BETWEEN.join(texts))
        folded = _read_folds()[points]
        folded = np.where(folded == _BY_ITSELF, points, folded)
    return texts, folded


def _read_points(text: str) -> CodePoints:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _normalise(text: str) -> str:
    """What the table cannot say: only where the text has such a character."""
    if text.isascii() or not (_read_folds()[_read_points(text)] == _BY_ITSELF).any():
        return text
    return unicodedata.normalize("NFKC", text).casefold()


@functools.cache
def read_kinds() -> NDArray[np.uint8]:
    """What each code point is: 0 between tokens, WORD (a letter or digit), or a CHARACTER that is
    a token alone."""
    kinds = np.zeros(_CODE_POINTS, np.uint8)
    characters = "".join(map(chr, range(_PLANES_WITH_LETTERS)))
    for kind, pattern in ((WORD, r"[^\W_]+"), (CHARACTER, f"[{CJK}{_FURTHER_CJK}]+")):
        for run in re.finditer(pattern, characters):
            kinds[run.start() : run.end()] = kind
    return kinds


@functools.cache
def _read_folds() -> CodePoints:
    """What each code point becomes; `_BY_ITSELF` where that takes the whole text."""
    kinds = read_kinds()
    folds = np.arange(_CODE_POINTS, dtype=np.uint32)
    for points in _FOLDED:
        for point in points:
            character = chr(point)
            folded = unicodedata.normalize("NFKC", character).casefold()
            if point in _COMPOSING_JAMO or unicodedata.combining(character):
                folds[point] = _BY_ITSELF
            elif len(folded) == 1:
                folds[point] = ord(folded)
            elif kinds[[ord(one) for one in folded]].any():
                folds[point] = _BY_ITSELF
            else:  # the dots of an ellipsis and the like part tokens, one or three
                folds[point] = ord(" ")
    return folds
