"""The novelty screen: a pool that grows by what is new.

Same texts in the same order give the same verdicts, to the last bit, however they are split into
calls and whichever engine counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Protocol

from builders.novelty.packed import PackedEngine
from builders.novelty.pool import Encoded, TokenPool
from builders.novelty.verdict import NoveltyRule, NoveltyVerdict

# What the packed engine does in two or three seconds, about what numba takes to start.
COMPILE_AFTER_PAIRS = 30_000_000


class _Engine(Protocol):
    def judge(self, candidates: list[Encoded]) -> list[NoveltyVerdict]: ...

    def truncate(self, length: int) -> None: ...


class NoveltyScreen:
    """Compares candidates with a pool that starts as `texts`; entries keep their place.

    A candidate is kept when its highest ROUGE-L F against the pool is at most `threshold`; each
    verdict tells the `closest` highest. Raises ValueError for a threshold outside 0…1 or for
    `closest` below 1. After `compile_after_pairs` comparisons the compiled engine takes over (0:
    from the start), which changes the speed alone. Not for use by several threads at once.
    """

    def __init__(
        self,
        texts: Iterable[str],
        *,
        threshold: float = 0.7,
        closest: int = 10,
        compile_after_pairs: int = COMPILE_AFTER_PAIRS,
    ) -> None:
        self._pool = TokenPool()
        self._rule = NoveltyRule(threshold, closest)
        self._engine: _Engine = PackedEngine(self._pool, self._rule)
        self._packed_pairs_left: float = compile_after_pairs if has_compiler() else math.inf
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
        if self._packed_pairs_left >= 0:
            self._packed_pairs_left -= (len(self._pool) + len(candidates)) * len(candidates)
            if self._packed_pairs_left < 0:
                self._engine = _start_compiled_engine(self._pool, self._rule)
        return self._engine.judge(candidates)

    def _forget(self, length: int) -> None:
        self._engine.truncate(length)
        self._pool.truncate(length)


def has_compiler() -> bool:
    """Whether numba is installed; it has no wheels for Intel Macs."""
    return find_spec("numba") is not None


def _start_compiled_engine(pool: TokenPool, rule: NoveltyRule) -> _Engine:
    from builders.novelty.lanes import LanesEngine  # noqa: PLC0415  # seconds

    return LanesEngine(pool, rule)
