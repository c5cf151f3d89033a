"""From the lengths of common subsequences to ROUGE-L F, the mean and the closest texts.

F is rouge-score's own double (`rouge_scorer._score_lcs(candidate, existing).fmeasure`): the same
operations in the same order, each correctly rounded. It matters at the threshold: 7 common tokens
of 10 and 10 are 0.7 exactly, of 8 and 12 they are 0.7000000000000001.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from builders.novelty.verdict import Closest

Counts = NDArray[np.int64]
Scores = NDArray[np.float64]


def rouge_l(common: int, candidate_length: int, existing_length: int) -> float:
    """F of two texts of so many tokens whose longest common subsequence has `common`."""
    if common == 0:
        return 0.0
    precision = common / existing_length
    recall = common / candidate_length
    return 2 * precision * recall / (precision + recall)


def score_pool(common: Counts, candidate_length: int, existing_lengths: Counts) -> Scores:
    """`rouge_l` of one candidate with each text: (texts,) → (texts,)."""
    precision = common / np.maximum(existing_lengths, 1)
    recall = common / max(candidate_length, 1)
    both = precision + recall
    return np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)


def find_closest(scores: Scores, count: int) -> Closest:
    """The `count` highest with their places, descending, of equal ones the earliest first."""
    places = np.arange(len(scores))
    if len(scores) > count:
        least = np.partition(scores, -count)[-count]
        places = np.flatnonzero(scores >= least)
    order = places[np.argsort(-scores[places], kind="stable")[:count]]
    return list(zip(order.tolist(), scores[order].tolist(), strict=True))


def average_scores(
    sums: Counts, candidate_lengths: Counts, lengths: Counts, texts: Counts
) -> Scores:
    """Mean F of each candidate over the `texts` there were, within 1e-15 of the exact one.

    `sums` (lengths, candidates) adds up the common tokens with all texts of one length, `lengths`
    ascends. F is 2·common/(m + n), so whole numbers are summed first, and then one float a length
    in a fixed order: the mean does not depend on the engine or on how candidates were batched.
    """
    tokens = np.maximum(candidate_lengths[None, :] + lengths[:, None], 1)
    totals: Scores = np.cumsum(2 * sums / tokens, axis=0)[-1]  # cumsum adds one after the other
    return totals / np.maximum(texts, 1)
