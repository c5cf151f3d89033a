"""LCS lengths of one candidate with all texts, 16 bits a cell in Python's whole numbers.

Hyyrö's bit-parallel recurrence (2004) advances one text by one token of the candidate in a few
operations on machine words: V ← (V + (V & M)) | (V & ~M), where bit i of M says that the text's
token i is this one; the zeros left in V count the LCS. Here one whole number holds hundreds of
texts side by side, so an operation of the interpreter serves them all: 20 to 40 million pairs a
second without a compiler, and nothing to wait in a build of a few hundred rows.

A text of n tokens takes n bits and a spare one, which stops the addition's carry at its border,
rounded up to cells of 16 bits, so that numpy can count the zeros cell by cell.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from builders.novelty.pool import Encoded, TokenPool
from builders.novelty.scores import Counts, average_scores, find_closest, score_pool
from builders.novelty.verdict import NoveltyRule, NoveltyVerdict

_Number = TypeVar("_Number", int, Counts)

CELL_BITS = 16
# 2 KB: one number fits the first cache, and the masks of rare tokens stay short.
CELLS_OF_A_BLOCK = 1024


def count_cells(tokens: _Number) -> _Number:
    """Cells of a text, or of each: its tokens and the spare bit."""
    return tokens // CELL_BITS + 1


class _Block:
    """Texts side by side: `ones` has a bit for each token, `masks` one number for each kind."""

    __slots__ = ("cells", "masks", "ones")

    def __init__(self) -> None:
        self.masks: dict[int, int] = {}
        self.ones = 0
        self.cells = 0

    def add(self, encoded: Encoded) -> None:
        masks, bit = self.masks, 1 << (CELL_BITS * self.cells)
        self.ones |= (bit << len(encoded)) - bit
        for token in encoded:
            masks[token] = masks.get(token, 0) | bit
            bit <<= 1
        self.cells += count_cells(len(encoded))

    def remove_last(self, encoded: Encoded) -> None:
        self.cells -= count_cells(len(encoded))
        below = (1 << (CELL_BITS * self.cells)) - 1
        self.ones &= below
        for token in encoded:
            self.masks[token] &= below

    def match(self, candidate: Encoded) -> bytes:
        """Cells whose set bits count the LCS lengths."""
        ones, masks = self.ones, self.masks
        state = ones
        for token in candidate:
            if mask := masks.get(token):
                hits = state & mask
                state = ((state + hits) | (state ^ hits)) & ones
        return (state ^ ones).to_bytes(self.cells * CELL_BITS // 8, "little")


class PackedEngine:
    """Judges candidates one after the other against the pool, which it extends."""

    def __init__(self, pool: TokenPool, rule: NoveltyRule) -> None:
        self._pool = pool
        self._rule = rule
        self._blocks: list[_Block] = []
        self._indexed = 0

    def judge(self, candidates: list[Encoded]) -> list[NoveltyVerdict]:
        """One verdict each, in order; the kept ones join the pool."""
        verdicts: list[NoveltyVerdict] = []
        for candidate in candidates:
            verdict = self._compare(candidate)
            verdicts.append(verdict)
            if verdict.is_novel:
                self._pool.extend([candidate])
        return verdicts

    def truncate(self, length: int) -> None:
        """Forget the texts from place `length` on; call it before the pool forgets them."""
        while self._indexed > length:
            self._indexed -= 1
            self._blocks[-1].remove_last(self._pool.read(self._indexed))
            if not self._blocks[-1].cells:
                self._blocks.pop()

    def _compare(self, candidate: Encoded) -> NoveltyVerdict:
        common, lengths = self.count_common(candidate), self._pool.lengths
        sums = np.bincount(lengths, weights=common, minlength=1).astype(np.int64)[:, None]
        of_each = np.arange(len(sums))
        (mean,) = average_scores(
            sums, np.array([len(candidate)]), of_each, np.array([len(lengths)])
        )
        scores = score_pool(common, len(candidate), lengths)
        closest = find_closest(scores, self._rule.closest)
        return self._rule.decide(closest, float(mean), len(lengths))

    def count_common(self, candidate: Encoded) -> Counts:
        """LCS length of the candidate with each text of the pool."""
        self._index_new_texts()
        if not len(self._pool):
            return np.zeros(0, np.int64)
        bits = np.frombuffer(b"".join([block.match(candidate) for block in self._blocks]), "<u2")
        cells = count_cells(self._pool.lengths)
        starts = np.cumsum(cells) - cells
        common: Counts = np.add.reduceat(np.bitwise_count(bits), starts, dtype=np.int64)
        return common

    def _index_new_texts(self) -> None:
        while self._indexed < len(self._pool):
            if not self._blocks or self._blocks[-1].cells >= CELLS_OF_A_BLOCK:
                self._blocks.append(_Block())
            self._blocks[-1].add(self._pool.read(self._indexed))
            self._indexed += 1
