"""F from the length of a common subsequence, against rouge-score's own double."""

from __future__ import annotations

import numpy as np

from builders.novelty.scores import average_scores, find_closest, rouge_l, score_pool
from tests.novelty.reference import score_pair


def make_pair(common: int, candidate: int, existing: int) -> tuple[list[str], list[str]]:
    shared = ["s"] * common
    return (
        shared + [f"c{i}" for i in range(candidate - common)],
        shared + [f"e{i}" for i in range(existing - common)],
    )


def test_scores_are_rouge_scores_doubles_for_all_short_lengths() -> None:
    for candidate in range(18):
        for existing in range(18):
            for common in range(min(candidate, existing) + 1):
                expected = score_pair(*make_pair(common, candidate, existing))
                assert rouge_l(common, candidate, existing).hex() == expected.hex()
                array = score_pool(np.array([common]), candidate, np.array([existing]))
                assert array.tolist() == [expected]


def test_the_score_is_the_same_double_either_way_round() -> None:
    for candidate in range(1, 60):
        for existing in range(candidate + 1, 60):
            for common in range(1, candidate + 1, 3):
                here, there = (candidate, existing), (existing, candidate)
                assert rouge_l(common, *here) == rouge_l(common, *there)


def test_many_scores_of_seven_tenths_lie_above_it() -> None:
    exact = [
        (14 * (m + n) // 40, m, n)
        for m in range(1, 41)
        for n in range(1, 41)
        if 7 * (m + n) % 20 == 0 and 7 * (m + n) // 20 <= min(m, n)
    ]
    above = [entry for entry in exact if rouge_l(*entry) > 0.7]
    assert rouge_l(7, 8, 12) > 0.7
    assert rouge_l(7, 10, 10) == 0.7
    assert 0 < len(above) < len(exact)


def test_closest_are_descending_and_of_equals_the_earliest_first() -> None:
    scores = np.array([0.5, 0.9, 0.5, 0.0, 0.9, 0.5])
    assert find_closest(scores, 4) == [(1, 0.9), (4, 0.9), (0, 0.5), (2, 0.5)]
    assert find_closest(scores[:2], 4) == [(1, 0.9), (0, 0.5)]
    assert find_closest(np.zeros(5), 2) == [(0, 0.0), (1, 0.0)]
    assert find_closest(np.zeros(0), 2) == []


def test_the_mean_does_not_change_with_lengths_that_no_text_has() -> None:
    sums, texts = np.array([[7], [11], [3]]), np.array([6])
    (mean,) = average_scores(sums, np.array([9]), np.array([3, 8, 21]), texts)
    wide = np.zeros((30, 1), np.int64)
    wide[[3, 8, 21]] = sums
    assert average_scores(wide, np.array([9]), np.arange(30), texts).tolist() == [mean]
