"""What a sample leaves open, drawn at random: means of small counts, and how novelty falls.

A mean is drawn from a Dirichlet process around the sample (Ferguson, Annals of Statistics 1973)
whose base is half an observation of nothing and half of the most that can be: for a yes or no that
is Jeffreys' prior, as in `estimate`.

The odds that a new task resembles an earlier generated one are taken to grow in proportion to the
number of those: in the end the pool grows with the root of the requests, as vocabularies do (Heaps'
law with its usual exponent). The slope has a Gamma posterior, from the resemblances and the
compared pairs of the sample (Jeffreys' prior of a rate). A teacher also repeats what it has just
written or been shown, which does not grow with the pool: how much of what was seen does, a sample
cannot tell, so any share of it is as likely as any other.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Resemblances(NamedTuple):
    """Of `screened` instructions `dropped` were not novel, `by_generated` of them because of a task
    generated before; `pairs` counts the comparisons with those."""

    screened: int
    dropped: int
    by_generated: int
    pairs: int


class DrawnMean(NamedTuple):
    """The means of counts that were observed together; `spread` is the standard deviation of the
    first of them in one observation."""

    values: tuple[float, ...]
    spread: float


def draw_mean(
    observed: Counter[tuple[int, ...]], most: Sequence[int], rng: random.Random
) -> DrawnMean:
    """A possible mean behind the observations; never 0. `most` bounds each count."""
    highest = tuple(max(column) for column in zip(tuple(most), *observed, strict=True))
    weights = {seen: rng.gammavariate(times, 1.0) for seen, times in observed.items()}
    for extreme in ((0,) * len(most), highest):
        weights[extreme] = weights.get(extreme, 0.0) + rng.gammavariate(0.5, 1.0)
    total = sum(weights.values())
    means = tuple(
        max(sum(weight * seen[place] for seen, weight in weights.items()) / total, 1e-9)
        for place in range(len(most))
    )
    variance = sum(w * (seen[0] - means[0]) ** 2 for seen, w in weights.items()) / total
    return DrawnMean(means, math.sqrt(variance))


class Pool(NamedTuple):
    """How the pool of generated tasks grows: what a list brings while it is empty, and by how much
    each task in it adds to the odds that a new one is dropped."""

    tasks_a_list: float
    slope: float

    def count_lists(self, tasks: float) -> float:
        """List requests that bring so many tasks."""
        return tasks * (1 + self.slope * tasks / 2) / self.tasks_a_list

    def count_tasks_until(self, fruitless_requests: int, rows_a_task: float) -> float:
        """Tasks in the pool when as many list requests as `fruitless_requests` bring one row."""
        rows = self.tasks_a_list * rows_a_task * fruitless_requests
        return max(0.0, rows - 1) / max(self.slope, 1e-12)


def draw_pool(
    tasks_a_list: float, kept: int, resemblances: Resemblances, rng: random.Random
) -> Pool:
    """A possible pool; `tasks_a_list` is the mean while the sample's `kept` tasks came."""
    slope = rng.gammavariate(resemblances.by_generated + 0.5, 1.0) / max(1, resemblances.pairs)
    slope *= rng.random()
    return Pool(tasks_a_list * (1 + slope * kept / 2), slope)
