"""The compiled engine: batches of candidates, up to 256 at a time, against the whole pool.

A batch is laid behind the pool, compared with the pool and with itself, and settled in order:
each candidate against the pool and those of the batch that were kept before it. Then only the
kept ones stay. So the size of a batch changes nothing but the speed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from builders.novelty import kernels
from builders.novelty.pool import Encoded, TokenPool
from builders.novelty.scores import average_scores
from builders.novelty.verdict import NoveltyRule, NoveltyVerdict

BATCH = 1024  # fills the lanes of each width; `among` takes 4 MB

# One word a candidate, as narrow as it can be: a vector register holds most of those.
_WORD_BITS = (16, 32, 64)
_LONGEST_WORD = _WORD_BITS[-1]
# A row is the lanes of one token. Wide ones share the work on a text among more candidates, until
# the rows outgrow the second cache; all are whole vector registers, for loops without a rest.
_ROW_BYTES = 512
_ROW_STEP_BYTES = 128

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
        for group in _split_by_length(batch.lengths):
            self._scan(batch, group)
        self._pool.truncate(settled)
        verdicts = batch.settle()
        kept = zip(candidates, verdicts, strict=True)
        self._pool.extend([encoded for encoded, verdict in kept if verdict.is_novel])
        return verdicts

    def _scan(self, batch: _Batch, group: _Group) -> None:
        """One group of candidates against the pool and the batch."""
        if len(self._row_of) < len(self._pool.vocabulary):
            self._row_of = np.zeros(2 * len(self._pool.vocabulary), np.int32)
        lengths = batch.lengths[group.members]
        rows = np.zeros((lengths.sum() + 1, group.words, group.lanes), f"u{group.bits // 8}")
        lanes = kernels.Lanes(self._row_of, rows, np.zeros(rows.shape[1:], rows.dtype), lengths)
        places = group.members + batch.settled
        kernels.fill_rows(batch.everything, places, lanes)
        batch.scan(group.members, lanes)
        kernels.clear_rows(batch.everything, places, self._row_of)


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
            among=np.zeros((candidates, len(self.lengths)), np.uint32),
        )

    def scan(self, members: _Places, lanes: kernels.Lanes) -> None:
        """Compare the members with the pool and the batch."""
        found = self._prepare(lanes.rows.shape[2], len(members))
        scratch = kernels.prepare_scratch(self.everything, lanes, found)
        kernels.scan_texts(self.everything, self.settled, lanes, found, scratch)
        self._found.sums[:, members] = found.sums[:, : len(members)]
        self._found.best[members], self._found.places[members] = found.best, found.places
        self._found.among[members] = found.among

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


class _Group(NamedTuple):
    """Candidates (indices in the batch) that go together, and the form of their lanes."""

    members: _Places
    bits: int
    words: int
    lanes: int


def _split_by_length(lengths: NDArray[np.int64]) -> Iterator[_Group]:
    """Groups of about one length: one word each, or, for long texts, as many as it takes."""
    above = -1
    for bits in _WORD_BITS:
        members = np.flatnonzero((lengths > above) & (lengths <= bits))
        most, step = 8 * _ROW_BYTES // bits, 8 * _ROW_STEP_BYTES // bits
        for start in range(0, len(members), most):
            group = members[start : start + most]
            yield _Group(group, bits, 1, -(-len(group) // step) * step)
        above = bits
    members = np.flatnonzero(lengths > above)
    members = members[np.argsort(-lengths[members], kind="stable")]
    while len(members):
        words = -(-int(lengths[members[0]]) // _LONGEST_WORD)
        lanes = max(_LONGEST_WORD // words, 1)  # so that the rows, lanes² · words², stay in cache
        yield _Group(members[:lanes], _LONGEST_WORD, words, lanes)
        members = members[lanes:]
