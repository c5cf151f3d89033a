"""Many texts at once as numbers: 64-bit hashes of their tokens, and of any run of tokens.

A token is a run of letters and digits, or one CJK character; case, width and punctuation carry
nothing. A run's hash is a polynomial over what stands in it (Karp and Rabin 1987), taken from
prefix sums, so that one subtraction and one product give the hash of any span: code points make
tokens, tokens make n-grams. Arithmetic is modulo 2^64 with an odd base, which has an inverse there;
what is found by hash is compared token by token before it counts.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from builders.decontamination.code_points import (
    CHARACTER,
    WORD,
    fold_code_points,
    read_kinds,
)

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_BATCH_CHARACTERS = 1 << 17


class TokenBatch(NamedTuple):
    """Texts of a batch: text i has the tokens `bounds[i]:bounds[i + 1]`.

    `points` are the code points of the normalised texts, `starts` and `ends` those of each token.
    """

    points: NDArray[np.uint32]
    hashes: Hashes
    starts: Places
    ends: Places
    bounds: Places

    def read(self, first: int, last: int) -> str:
        """The normalised text from token `first` to the one before `last`; "" for no token."""
        if first >= last:
            return ""
        points = self.points[self.starts[first] : self.ends[last - 1]]
        return points.tobytes().decode("utf-32-le", "surrogatepass")

    def read_text(self, number: int) -> str:
        """Text `number` from its first token to its last."""
        return self.read(int(self.bounds[number]), int(self.bounds[number + 1]))


def split_batches(
    texts: Sequence[str], characters: int = _BATCH_CHARACTERS
) -> Iterator[Sequence[str]]:
    """Neighbouring texts of about so many characters: what a processor's cache still holds."""
    start = size = 0
    for place, text in enumerate(texts):
        size += len(text)
        if size >= characters:
            yield texts[start : place + 1]
            start, size = place + 1, 0
    if start < len(texts):
        yield texts[start:]


def hash_tokens(texts: Sequence[str]) -> TokenBatch:
    """All tokens of the texts, in order; pure."""
    texts, points = fold_code_points(texts)
    starts, ends = _find_tokens(read_kinds()[points])
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    text_starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(lengths + 1, out=text_starts[1:])
    bounds = np.searchsorted(starts, text_starts)
    hashes = stir(hash_spans(points.astype(np.uint64), starts, ends))
    return TokenBatch(points, hashes, starts, ends, bounds)


def _find_tokens(kinds: NDArray[np.uint8]) -> tuple[Places, Places]:
    """First characters of the tokens, and those after their last."""
    inside = kinds == WORD
    alone = kinds == CHARACTER
    begins, closes = inside.copy(), inside.copy()
    begins[1:] &= ~inside[:-1]
    closes[:-1] &= ~inside[1:]
    return np.flatnonzero(begins | alone), np.flatnonzero(closes | alone) + 1


def hash_spans(values: Hashes, starts: Places, ends: Places) -> Hashes:
    """The polynomial hash of `values[start:end]` for each span; the same wherever it stands."""
    powers, inverses = _raise_base(len(values))
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * powers, out=sums[1:])
    hashes: Hashes = (sums[ends] - sums[starts]) * inverses[starts]
    return hashes


def hash_n_grams(hashes: Hashes, n: int) -> Hashes:
    """Of every n tokens in a row, whatever text they stand in; none where there are fewer."""
    starts = np.arange(max(0, len(hashes) - n + 1))
    return stir(hash_spans(hashes, starts, starts + n))


def _raise_base(size: int) -> tuple[Hashes, Hashes]:
    powers, inverses = _raise_to(1 << max(_BATCH_CHARACTERS.bit_length(), size.bit_length()))
    return powers[:size], inverses


@functools.lru_cache(maxsize=2)
def _raise_to(size: int) -> tuple[Hashes, Hashes]:
    """The powers of base and inverse, 0 to `size`."""
    tables = []
    for base in (_BASE, _INVERSE):
        table = np.full(size + 1, base, np.uint64)
        table[0] = 1
        tables.append(np.cumprod(table))
    return tables[0], tables[1]


def stir(hashes: Hashes) -> Hashes:
    """Spread over all bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    stirred: Hashes = hashes ^ (hashes >> np.uint64(31))
    return stirred
