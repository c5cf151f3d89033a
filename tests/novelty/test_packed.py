"""Whole numbers that hold many texts: borders of cells and of blocks."""

from __future__ import annotations

from rouge_score import rouge_scorer

from builders.novelty.packed import CELLS_OF_A_BLOCK, PackedEngine
from builders.novelty.pool import TokenPool
from builders.novelty.verdict import NoveltyRule
from tests.novelty.reference import invent_texts


def test_common_tokens_are_counted_across_blocks_and_after_cutting_them() -> None:
    pool = TokenPool()
    engine = PackedEngine(pool, NoveltyRule(0.7, 10))
    texts = invent_texts(1, CELLS_OF_A_BLOCK + 200, [0, 1, 15, 16, 17, 31, 32, 33], 5)
    encoded = [pool.encode(text) for text in texts]
    pool.extend(encoded)
    candidate = pool.encode("w0 w1 w2 w3 w4 " * 4)
    for length in (len(texts), CELLS_OF_A_BLOCK - 100, 10, 0):
        engine.truncate(length)
        pool.truncate(length)
        common = engine.count_common(candidate)
        assert len(common) == length
        for place in range(0, length, 23):
            table = rouge_scorer._lcs_table(candidate, encoded[place])
            assert common[place] == table[-1][-1]
    pool.extend(encoded[:50])
    assert len(engine.count_common(candidate)) == 50
