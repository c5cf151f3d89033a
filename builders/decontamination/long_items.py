"""Items that say enough by themselves: n-grams find candidates, the share that matches decides.

Cosmopedia compares candidates by characters with `difflib.SequenceMatcher` and drops a text in
which more than half of the item's characters match, in blocks of more than five
(huggingface/cosmopedia, decontamination). Blocks are found here over tokens, which decides alike at
a fraction of the cost, and in the neighbourhood of the shared n-grams.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from builders.decontamination.config import DecontaminationConfig
from builders.decontamination.hashed_tokens import (
    Hashes,
    Places,
    TokenBatch,
    hash_n_grams,
    hash_tokens,
)
from builders.decontamination.span_index import SpanIndex

_CHANCE_CHARACTERS = 6  # a block of five letters and the space behind them is no match
_COMMON_IN_ALL = 2  # standing in two items is no template yet, however few there are


class LongWordings(NamedTuple):
    """Of one file, or of all: wording i has the tokens `bounds[i]:bounds[i + 1]`.

    `weights` are the characters of each token with one for a space, 0 where a template covers it;
    `n_grams` hash what begins at the token, where `is_indexed`.
    """

    owners: NDArray[np.int32]
    bounds: Places
    tokens: Hashes
    weights: NDArray[np.int32]
    n_grams: Hashes
    is_indexed: NDArray[np.bool_]


class LongMatch(NamedTuple):
    """Text `text` of a batch holds `share` of the item that `owner` numbers."""

    text: int
    owner: int
    share: float


def prepare_long(
    texts: Sequence[str], owners: Sequence[int], items: int, config: DecontaminationConfig
) -> LongWordings:
    """Wordings of one benchmark, whose template n-grams count for nothing.

    `owners` number the items; a wording that is all template has no indexed n-gram.
    """
    batch, n = hash_tokens(texts), config.n_grams
    size = len(batch.hashes)
    n_grams = np.zeros(size, np.uint64)
    n_grams[: max(0, size - n + 1)] = hash_n_grams(batch.hashes, n)
    wording = np.repeat(np.arange(len(texts)), np.diff(batch.bounds))
    is_whole = np.arange(size) + n <= batch.bounds[1:][wording]
    numbers = np.asarray(owners, np.int32)
    is_common = np.zeros(size, np.bool_)
    is_common[is_whole] = _find_common(
        n_grams[is_whole], numbers[wording[is_whole]], config.common_share * items
    )
    weights = _drop_template(_weigh(batch), is_common, batch.bounds, n)
    return LongWordings(
        numbers, batch.bounds, batch.hashes, weights, n_grams, is_whole & ~is_common
    )


def _weigh(batch: TokenBatch) -> NDArray[np.int32]:
    """Characters of each token, and one for what stands before the next token of its text."""
    has_space = np.zeros(len(batch.hashes), np.bool_)
    has_space[:-1] = batch.starts[1:] > batch.ends[:-1]
    has_space[batch.bounds[1:][np.diff(batch.bounds) > 0] - 1] = False
    return (batch.ends - batch.starts + has_space).astype(np.int32)


def _find_common(n_grams: Hashes, owners: NDArray[np.int32], most: float) -> NDArray[np.bool_]:
    """Which n-grams stand in more than `most` items."""
    most = max(most, _COMMON_IN_ALL)
    values, kinds, counts = np.unique(n_grams, return_inverse=True, return_counts=True)
    often = np.flatnonzero(counts[kinds] > most)  # twice in one item, perhaps
    pairs = np.unique(kinds[often].astype(np.int64) << 32 | owners[often])
    is_common: NDArray[np.bool_] = (np.bincount(pairs >> 32, minlength=len(values)) > most)[kinds]
    return is_common


def _drop_template(
    weights: NDArray[np.int32], is_common: NDArray[np.bool_], bounds: Places, n: int
) -> NDArray[np.int32]:
    """Nothing for tokens that a common n-gram covers, but where that leaves nothing at all."""
    begins = np.flatnonzero(is_common)
    change = np.zeros(len(weights) + 1, np.int32)
    np.add.at(change, begins, 1)
    np.add.at(change, begins + n, -1)
    own = np.where(np.cumsum(change[:-1]) > 0, 0, weights)
    totals = np.concatenate(([0], np.cumsum(own)))
    is_empty = np.repeat(totals[bounds[1:]] == totals[bounds[:-1]], np.diff(bounds))
    return np.where(is_empty, weights, own).astype(np.int32)


class _Shared(NamedTuple):
    """A text and a wording with n-grams in common: the share that they cover, and the first and
    last token of the text where one begins."""

    text: int
    wording: int
    share: float
    first_place: int
    last_place: int


class LongItems:
    """All long wordings of all benchmarks, found by their n-grams."""

    def __init__(self, parts: Sequence[LongWordings], config: DecontaminationConfig) -> None:
        self._n = config.n_grams
        self._min_share = config.min_share
        starts = np.cumsum([0, *(len(part.tokens) for part in parts)])
        self._owners = np.concatenate([part.owners for part in parts] or [np.zeros(0, np.int32)])
        self._bounds = np.concatenate(
            [part.bounds[:-1] + start for part, start in zip(parts, starts[:-1], strict=True)]
            + [starts[-1:]]
        )
        self._tokens = np.concatenate([part.tokens for part in parts] or [np.zeros(0, np.uint64)])
        self._weights = np.concatenate([part.weights for part in parts] or [np.zeros(0, np.int32)])
        self._sums = np.concatenate(([0], np.cumsum(self._weights, dtype=np.int64)))
        self._totals = np.diff(self._sums[self._bounds])
        self._wording_of = np.repeat(
            np.arange(len(self._owners), dtype=np.int32), np.diff(self._bounds)
        )
        places = np.flatnonzero(
            np.concatenate([part.is_indexed for part in parts] or [np.zeros(0, np.bool_)])
        )
        n_grams = np.concatenate([part.n_grams for part in parts] or [np.zeros(0, np.uint64)])
        self._index = SpanIndex(n_grams[places], places.astype(np.int32))

    @property
    def size_bytes(self) -> int:
        """Of index and wordings."""
        arrays = (
            self._owners,
            self._bounds,
            self._tokens,
            self._weights,
            self._sums,
            self._wording_of,
        )
        return self._index.size_bytes + sum(array.nbytes for array in arrays)

    def find(self, batch: TokenBatch) -> Iterator[LongMatch]:
        """For each text the wording that it holds most of, where that is enough."""
        places, found = self._index.find(hash_n_grams(batch.hashes, self._n))
        texts = np.searchsorted(batch.bounds, places, side="right") - 1
        is_inside = places + self._n <= batch.bounds[texts + 1]
        if not is_inside.any():
            return
        shared = self._group(places[is_inside], found[is_inside], texts[is_inside])
        for text, group in itertools.groupby(shared, key=lambda one: one.text):
            candidates = sorted(group, key=lambda one: (-one.share, one.wording))
            best = candidates[0]
            if best.share <= self._min_share:  # its n-grams alone are not enough
                best = self._compare(batch, text, candidates)
            elif best.share < 1:
                best = self._compare(batch, text, candidates[:1])
            if best.share > self._min_share:
                yield LongMatch(text, int(self._owners[best.wording]), best.share)

    def _group(self, places: Places, found: NDArray[np.int32], texts: Places) -> list[_Shared]:
        """Shared n-grams by text and wording; the share that they cover is a prefix sum away."""
        order = np.lexsort((found, self._wording_of[found], texts))
        places, texts, begins = places[order], texts[order], found[order].astype(np.int64)
        wordings = self._wording_of[begins]
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = (texts[1:] != texts[:-1]) | (wordings[1:] != wordings[:-1])
        reached = np.zeros(len(order), np.int64)
        reached[1:] = begins[:-1] + self._n
        uncovered = np.where(is_first, begins, np.maximum(begins, reached))
        gained = self._sums[begins + self._n] - self._sums[uncovered]
        first = np.flatnonzero(is_first)
        shares = np.add.reduceat(gained, first) / self._totals[wordings[first]]
        return [
            _Shared(*one)
            for one in zip(
                texts[first].tolist(),
                wordings[first].tolist(),
                shares.tolist(),
                np.minimum.reduceat(places, first).tolist(),
                np.maximum.reduceat(places, first).tolist(),
                strict=True,
            )
        ]

    def _compare(self, batch: TokenBatch, text: int, candidates: Sequence[_Shared]) -> _Shared:
        """The candidate with the largest share of matching blocks, near what it shares."""
        text_start, text_end = int(batch.bounds[text]), int(batch.bounds[text + 1])
        there = set(batch.hashes[text_start:text_end].tolist())
        best = candidates[0]
        for one in candidates:
            start, end = int(self._bounds[one.wording]), int(self._bounds[one.wording + 1])
            tokens, weights = self._tokens[start:end].tolist(), self._weights[start:end].tolist()
            total = float(self._totals[one.wording])
            at_most = sum(
                weight for token, weight in zip(tokens, weights, strict=True) if token in there
            )
            if at_most / total <= max(self._min_share, best.share):
                continue  # not even in any order
            first = max(text_start, one.first_place - len(tokens))
            last = min(text_end, one.last_place + self._n + len(tokens))
            share = match_blocks(tokens, weights, batch.hashes[first:last].tolist()) / total
            if share > best.share:
                best = one._replace(share=share)
        return best


def match_blocks(item: Sequence[int], weights: Sequence[int], text: Sequence[int]) -> int:
    """Characters of the item in blocks that stand in the text in the same order (Ratcliff and
    Obershelp's, as `difflib` finds them)."""
    matcher = difflib.SequenceMatcher(None, text, item, autojunk=False)
    blocks = matcher.get_matching_blocks()
    sizes = [sum(weights[block.b : block.b + block.size]) for block in blocks]
    return sum(size for size in sizes if size > _CHANCE_CHARACTERS)
