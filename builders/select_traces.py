"""Selection: which of a question's passing traces are published.

The shortest verified trace by default: among correct thoughts of one question the shorter ones
teach as much for fewer tokens ("overthinking", arXiv:2412.21187). Every sample's verdict enters
the question's pass rate, published or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from builders.judged import CheckedTrace
from builders.recipe import SelectionConfig


def select_traces(checked: Sequence[CheckedTrace], config: SelectionConfig) -> list[CheckedTrace]:
    """The same traces in the same order, with `pass_rate`; losers get `not_selected`.

    `checked` holds the samples of a question next to each other, in seed order. Pure.
    """
    selected: list[CheckedTrace] = []
    for _, samples in groupby(checked, key=lambda one: one.trace.seed_id):
        selected.extend(_select_of_question(list(samples), config))
    return selected


def _select_of_question(samples: list[CheckedTrace], config: SelectionConfig) -> list[CheckedTrace]:
    rate = _compute_pass_rate(samples)
    samples = [one.model_copy(update={"pass_rate": rate}) for one in samples]
    passing = [one for one in samples if one.reason is None]
    if config.keep == "all" or not passing:
        return samples
    best = min(passing, key=_rank if config.keep == "first" else _length)
    update = {"reason": "not_selected", "detail": f"{best.trace.trace_id} is kept ({config.keep})"}
    return [
        one if one.reason is not None or one is best else one.model_copy(update=update)
        for one in samples
    ]


def _rank(one: CheckedTrace) -> tuple[bool, int]:
    """What passes by rule before what a judge let pass, the earlier sample among equals."""
    return one.accepted_by_judge, one.trace.sample


def _length(one: CheckedTrace) -> tuple[bool, int, int]:
    """Shortest first, in the same order of ranks."""
    accepted, sample = _rank(one)
    return accepted, len(one.trace.reasoning_content) + len(one.trace.content), sample


def _compute_pass_rate(samples: list[CheckedTrace]) -> float | None:
    """Verified share of the samples that came back, None without a gold answer."""
    judged = [one for one in samples if one.trace.answer is not None and one.trace.error is None]
    if not judged:
        return None
    return sum(one.verdict == "verified" for one in judged) / len(judged)
