"""The compiled engine: batches of candidates, 64 at a time, against the whole pool.

A batch is laid behind the pool, compared with the pool and with itself, and settled in order:
each candidate against the pool and those of the batch that were kept before it. Then only the
kept ones stay. So the size of a batch changes nothing but the speed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from builders.novelty import kernels
from builders.novelty.pool import Encoded, TokenPool
from builders.novelty.scores import average_scores
from builders.novelty.verdict import NoveltyRule, NoveltyVerdict

BATCH = 1024  # fills the lanes of each width; `among` takes 4 MB

# Short candidates are lanes of 16 bits, as one vector register holds most of those. Above 128
# tokens the masks of 64 candidates would outgrow every cache, and each goes alone, 64 bits a word.
_LANE_TOKENS = (16, 32, 48, 64, 96, 128)

_Places = NDArray[np.int64]


class LanesEngine:
    """Judges candidates against the pool, which it extends."""

    def __init__(self, pool: TokenPool, rule: NoveltyRule) -> None:
        self._pool = pool
        self._rule = rule
        self._row_of = np.zeros(1 << 10, np.int32)

    def judge(self, candidates: list[Encoded]) -> list[NoveltyVerdict]:
        """One verdict each, in order; the kept ones join the pool."""
        verdicts: list[NoveltyVerdict] = []
        for start in range(0, len(candidates), BATCH):
            verdicts += self._judge_batch(candidates[start : start + BATCH])
        return verdicts

    def truncate(self, length: int) -> None:
        """Nothing is kept beside the pool."""

    def _judge_batch(self, candidates: list[Encoded]) -> list[NoveltyVerdict]:
        settled = len(self._pool)
        self._pool.extend(candidates)
        batch = _Batch(self._pool, settled, self._rule)
        for members in _split_by_words(batch.lengths):
            self._scan(batch, members)
        self._pool.truncate(settled)
        verdicts = batch.settle()
        kept = zip(candidates, verdicts, strict=True)
        self._pool.extend([encoded for encoded, verdict in kept if verdict.is_novel])
        return verdicts

    def _scan(self, batch: _Batch, members: _Places) -> None:
        """One group of candidates against the pool and the batch."""
        pool = self._pool
        if len(self._row_of) < len(pool.vocabulary):
            self._row_of = np.zeros(2 * len(pool.vocabulary), np.int32)
        lengths = batch.lengths[members]
        alone = lengths.max() > _LANE_TOKENS[-1]
        bits, lanes = (64, 1) if alone else (16, kernels.LANES)
        words = max(-(-int(lengths.max()) // bits), 1)
        rows = np.zeros((lengths.sum() + 1, words, lanes), f"u{bits // 8}")
        group = kernels.Lanes(self._row_of, rows, np.zeros(rows.shape[1:], rows.dtype), lengths)
        kernels.fill_rows(batch.everything, members + batch.settled, group)
        batch.scan(members, group)
        kernels.clear_rows(batch.everything, members + batch.settled, self._row_of)


class _Batch:
    """What is found of the candidates of one batch, which stand in the pool from `settled` on."""

    def __init__(self, pool: TokenPool, settled: int, rule: NoveltyRule) -> None:
        self._rule = rule
        self.settled = settled
        self.lengths = np.diff(pool.ends[settled : pool.size + 1])
        self._kind_lengths = np.array(sorted(pool.seen_lengths))
        kind_of_length = np.zeros(self._kind_lengths[-1] + 1, np.int32)
        kind_of_length[self._kind_lengths] = np.arange(len(self._kind_lengths))
        self.everything = kernels.Texts(pool.tokens, pool.ends, kind_of_length)
        self._found = self._prepare(len(self.lengths), len(self.lengths))

    def _prepare(self, lanes: int, candidates: int) -> kernels.Found:
        """Nothing found so far. A sum fits 32 bits: it cannot pass the tokens of the pool."""
        return kernels.Found(
            sums=np.zeros((len(self._kind_lengths), lanes), np.uint32),
            best=np.full((candidates, self._rule.closest), -1.0),
            places=np.zeros((candidates, self._rule.closest), np.int64),
            among=np.zeros((len(self.lengths), candidates), np.uint32),
        )

    def scan(self, members: _Places, group: kernels.Lanes) -> None:
        """Compare the members with the pool and the batch."""
        found = self._prepare(group.rows.shape[2], len(members))
        kernels.scan_texts(self.everything, self.settled, group, found)
        self._found.sums[:, members] = found.sums[:, : len(members)]
        self._found.best[members], self._found.places[members] = found.best, found.places
        self._found.among[:, members] = found.among

    def settle(self) -> list[NoveltyVerdict]:
        """The verdicts, in order."""
        found, kept = self._found, np.zeros(len(self.lengths), np.bool_)
        kinds = self.everything.kind_of_length[self.lengths]
        kernels.settle_batch(found, self.lengths, kinds, self.settled, self._rule.threshold, kept)
        texts = self.settled + np.cumsum(kept) - kept
        sums = found.sums.astype(np.int64)
        means = average_scores(sums, self.lengths, self._kind_lengths, texts)
        rows = zip(found.places.tolist(), found.best.tolist(), strict=True)
        closest = [list(zip(places, best, strict=True)) for places, best in rows]
        return [
            self._rule.decide(nearest[:place], mean, place)
            for nearest, mean, place in zip(closest, means.tolist(), texts.tolist(), strict=True)
        ]


def _split_by_words(lengths: NDArray[np.int64]) -> Iterator[_Places]:
    """Groups of at most 64 candidates of about one length; those longer than all limits alone."""
    above = -1
    for limit in _LANE_TOKENS:
        members = np.flatnonzero((lengths > above) & (lengths <= limit))
        for start in range(0, len(members), kernels.LANES):
            yield members[start : start + kernels.LANES]
        above = limit
    for member in np.flatnonzero(lengths > above):
        yield np.array([member])
