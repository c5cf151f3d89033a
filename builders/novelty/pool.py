"""The texts of the screen as flat arrays of token numbers, in the order they came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from builders.novelty.tokens import tokenize

Encoded = list[int]
_Number = TypeVar("_Number", bound=np.generic)


class TokenPool:
    """Text i has the tokens `tokens[ends[i]:ends[i + 1]]`.

    The arrays hold more than is used; `size` says how many texts there are. A token's number is
    that of its first appearance, so the frequent ones are low and lie close together.
    """

    def __init__(self) -> None:
        self.vocabulary: dict[str, int] = {}
        self.tokens: NDArray[np.int32] = np.zeros(1 << 10, np.int32)
        self.ends: NDArray[np.int64] = np.zeros(1 << 6, np.int64)
        self.size = 0
        self.seen_lengths: set[int] = set()  # of forgotten texts too

    def __len__(self) -> int:
        return self.size

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text."""
        return np.diff(self.ends[: self.size + 1])

    def encode(self, text: str) -> Encoded:
        """Token numbers of a text; new tokens are numbered."""
        vocabulary = self.vocabulary
        return [vocabulary.setdefault(token, len(vocabulary)) for token in tokenize(text)]

    def extend(self, texts: Sequence[Encoded]) -> None:
        """Append the texts."""
        lengths = [len(encoded) for encoded in texts]
        self.seen_lengths.update(lengths)
        start = int(self.ends[self.size])
        self.tokens = _make_room(self.tokens, start + sum(lengths))
        self.ends = _make_room(self.ends, self.size + len(texts) + 1)
        ends = start + np.cumsum(lengths, dtype=np.int64)
        self.ends[self.size + 1 : self.size + 1 + len(texts)] = ends
        for encoded, end in zip(texts, ends.tolist(), strict=True):
            self.tokens[end - len(encoded) : end] = encoded
        self.size += len(texts)

    def truncate(self, length: int) -> None:
        """Forget the texts from place `length` on; the numbers of their tokens stay given."""
        self.size = min(self.size, length)

    def read(self, place: int) -> Encoded:
        """Token numbers of the text at a place."""
        encoded: Encoded = self.tokens[self.ends[place] : self.ends[place + 1]].tolist()
        return encoded


def _make_room(array: NDArray[_Number], size: int) -> NDArray[_Number]:
    """The array, or a longer copy: doubling keeps the cost of an append constant."""
    if size <= len(array):
        return array
    longer = np.zeros(max(size, 2 * len(array)), array.dtype)
    longer[: len(array)] = array
    return longer
