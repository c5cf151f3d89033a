"""The screen as Self-Instruct and Alpaca write it: rouge-score on every pair, one by one."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rouge_score import rouge_scorer

from builders.novelty import NoveltyVerdict, tokenize


def score_pair(candidate: Sequence[str], existing: Sequence[str]) -> float:
    return float(rouge_scorer._score_lcs(candidate, existing).fmeasure)


def judge_slowly(
    seeds: Sequence[str], candidates: Sequence[str], threshold: float = 0.7, closest: int = 10
) -> list[NoveltyVerdict]:
    pool = [tokenize(text) for text in seeds]
    verdicts: list[NoveltyVerdict] = []
    for candidate in map(tokenize, candidates):
        scores = [score_pair(candidate, existing) for existing in pool]
        ranked = sorted(enumerate(scores), key=lambda entry: (-entry[1], entry[0]))
        highest, mean = max(scores, default=0.0), sum(scores) / max(len(scores), 1)
        place = len(pool) if highest <= threshold else None
        verdicts.append(NoveltyVerdict(place is not None, highest, mean, ranked[:closest], place))
        if place is not None:
            pool.append(candidate)
    return verdicts


def assert_same_verdicts(
    found: Sequence[NoveltyVerdict], expected: Sequence[NoveltyVerdict]
) -> None:
    """Decisions, scores, places and ties bit for bit; means to 1e-12."""
    assert [verdict._replace(mean=0.0) for verdict in found] == [
        verdict._replace(mean=0.0) for verdict in expected
    ]
    for ours, theirs in zip(found, expected, strict=True):
        assert abs(ours.mean - theirs.mean) <= 1e-12


def draw_from(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # the same texts each time


def invent_texts(seed: int, count: int, lengths: Sequence[int], words: int) -> list[str]:
    """Texts of random words; a small vocabulary makes close ones frequent."""
    draw = draw_from(seed)
    vocabulary = [f"w{index}" for index in range(words)]
    return [" ".join(draw.choices(vocabulary, k=draw.choice(lengths))) for _ in range(count)]


def perturb(text: str, draw: random.Random) -> str:
    """The text with zero to three words changed, gone or new."""
    words = text.split()
    for _ in range(draw.randint(0, 3)):
        at = draw.randrange(len(words) + 1)
        words[at : at + draw.randint(0, 1)] = draw.choice([[], ["another"], ["one", "more"]])
    return " ".join(words)
