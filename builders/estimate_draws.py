"""What a sample leaves open, drawn at random: means of small counts, and how novelty falls.

A mean is drawn from a Dirichlet process around the sample (Ferguson, Annals of Statistics 1973)
whose base is half an observation of nothing and half of the most that can be: for a yes or no that
is Jeffreys' prior, as in `estimate`.

A pool's growth: the odds that a new task is dropped because it resembles an earlier generated one
are a constant (a teacher repeats what it has just written or been shown) and a part in proportion
to the number of those. In the end the pool then grows with the root of the requests, as
vocabularies do (Heaps' law with its usual exponent). While the pool holds n tasks, as many are
dropped as the odds at n say: a Poisson process over n, whose rate has a Gamma posterior (Jeffreys'
prior) and whose growing part is drawn by how the drops of the sample lie along n.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_SHARES = tuple(place / 20 for place in range(21))


class Resemblances(NamedTuple):
    """Of `screened` instructions `dropped` were not novel; `pools` says how many generated tasks
    were in the pool at each drop that was because of one of those."""

    screened: int
    dropped: int
    pools: tuple[int, ...]

    @property
    def kept(self) -> int:
        """The pool's size in the end, without the seeds."""
        return self.screened - self.dropped

    @property
    def pairs(self) -> int:
        """How often a kept task was compared with one kept before it."""
        return self.kept * (self.kept - 1) // 2


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


class GrowingShare:
    """How much of the odds of a drop grows with the pool: a posterior over any share of it."""

    def __init__(self, seen: Resemblances) -> None:
        mean = (seen.kept - 1) / 2
        logs = [
            sum(math.log1p(share * (max(1, pool) / mean - 1)) for pool in seen.pools)
            if mean > 0
            else 0.0
            for share in _SHARES
        ]
        self._weights = [math.exp(one - max(logs)) for one in logs]

    def draw(self, rng: random.Random) -> float:
        """A share between 0 and 1."""
        return rng.choices(_SHARES, self._weights)[0]


def draw_pool(
    tasks_a_list: float, seen: Resemblances, growing: GrowingShare, rng: random.Random
) -> Pool:
    """A possible pool; `tasks_a_list` is the mean over the sample's lists."""
    share = growing.draw(rng)
    slope = share * rng.gammavariate(len(seen.pools) + 0.5, 1.0) / max(1, seen.pairs)
    constant = (seen.dropped - share * len(seen.pools)) / max(1, seen.kept)
    slope /= 1 + constant
    return Pool(tasks_a_list * (1 + slope * seen.kept / 2), slope)
