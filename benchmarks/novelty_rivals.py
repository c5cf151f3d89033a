"""The novelty screen as others write it: rouge-score on every pair, in a loop or a process pool."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from functools import partial

from rouge_score import rouge_scorer

from builders.novelty import tokenize

Tokens = list[str]
ScorePool = Callable[[Tokens, Sequence[Tokens]], list[float]]


def score_in_a_loop(candidate: Tokens, pool: Sequence[Tokens]) -> list[float]:
    """One core."""
    return [float(rouge_scorer._score_lcs(candidate, existing).fmeasure) for existing in pool]  # noqa: SLF001


def score_as_alpaca(candidate: Tokens, pool: Sequence[Tokens]) -> list[float]:
    """All cores; Alpaca's generate_instruction.py starts a process pool for every candidate."""
    compare = partial(rouge_scorer._score_lcs, candidate)  # noqa: SLF001
    with multiprocessing.Pool(os.cpu_count()) as workers:
        return [float(score.fmeasure) for score in workers.map(compare, pool)]


def measure_pairs_a_second(score: ScorePool, texts: Sequence[str], candidates: int) -> float:
    """Each of the last `candidates` texts against all before them."""
    tokens = [tokenize(text) for text in texts]
    pool, asked = tokens[:-candidates], tokens[-candidates:]
    start = time.perf_counter()
    for candidate in asked:
        score(candidate, pool)
    return len(pool) * candidates / (time.perf_counter() - start)
