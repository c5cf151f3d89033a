"""The novelty screen: a pool that grows by what is new.

Same texts in the same order give the same verdicts, to the last bit, however they are split into
calls and whichever engine counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from builders.novelty.packed import PackedEngine
from builders.novelty.pool import Encoded, TokenPool
from builders.novelty.verdict import NoveltyRule, NoveltyVerdict


class NoveltyScreen:
    """Compares candidates with a pool that starts as `texts`; entries keep their place.

    A candidate is kept when its highest ROUGE-L F against the pool is at most `threshold`; each
    verdict tells the `closest` highest. Raises ValueError for a threshold outside 0…1 or for
    `closest` below 1. Not for use by several threads at once.
    """

    def __init__(self, texts: Iterable[str], *, threshold: float = 0.7, closest: int = 10) -> None:
        self._pool = TokenPool()
        self._engine = PackedEngine(self._pool, NoveltyRule(threshold, closest))
        self._texts: list[str] = []
        for text in texts:
            self.add(text)

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def texts(self) -> Sequence[str]:
        """The pool, seeds first; not to be changed."""
        return self._texts

    def judge(self, candidates: Sequence[str]) -> list[NoveltyVerdict]:
        """One verdict a candidate, in order; each is compared with those kept before it too."""
        verdicts = self._judge([self._pool.encode(text) for text in candidates])
        kept = zip(candidates, verdicts, strict=True)
        self._texts += [text for text, verdict in kept if verdict.is_novel]
        return verdicts

    def compare(self, candidate: str) -> NoveltyVerdict:
        """The verdict on a text that does not join the pool."""
        (verdict,) = self._judge([self._pool.encode(candidate)])
        self._forget(len(self._texts))
        return verdict._replace(place=None)

    def add(self, text: str) -> None:
        """Append a text to the pool, however close it is to another."""
        self._pool.extend([self._pool.encode(text)])
        self._texts.append(text)

    def truncate(self, length: int) -> None:
        """Forget the texts from place `length` on: back to what the pool was at that size."""
        if not 0 <= length <= len(self._texts):
            msg = f"cannot truncate to {length}: the pool has {len(self._texts)} texts"
            raise ValueError(msg)
        self._forget(length)
        del self._texts[length:]

    def _judge(self, candidates: list[Encoded]) -> list[NoveltyVerdict]:
        return self._engine.judge(candidates)

    def _forget(self, length: int) -> None:
        self._engine.truncate(length)
        self._pool.truncate(length)
