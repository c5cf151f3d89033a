"""From a small sample to the whole build: rows, requests, tokens, time and cost, each with a range.

The pass rate is drawn from its posterior under Jeffreys' prior (Brown, Cai & DasGupta, "Interval
Estimation for a Binomial Proportion", Statistical Science 2001), token counts and costs by the
Bayesian bootstrap (Rubin, Annals of Statistics 1981), times by list scheduling (Graham, 1966).
Ranges hold 90% of the draws. The seed is fixed: the same sample gives the same estimate.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from distilabel_pipelines.prices import Price, TokenCount, choose_price, compute_cost

_DRAWS = 2000
_SCHEDULES = 40
_MOST_SCHEDULED = 5000
_LOW, _HIGH = 0.05, 0.95


class SampledRequest(NamedTuple):
    """What one answered request took; None where the teacher did not say or the row failed."""

    tokens: TokenCount | None
    latency_s: float | None


class Sample(NamedTuple):
    """A sample's outcome. A unit is a question, or a request where all samples are kept.

    `start_s`: everything but the requests themselves, from starting the teacher to the pipeline's
    end. `in_flight`: how many requests were under way at once.
    """

    requests: tuple[SampledRequest, ...]
    units: int
    passed: int
    in_flight: int
    start_s: float


class Plan(NamedTuple):
    """The build that is estimated. `units` are those that the seeds can give.

    `scales`: the teacher answers as fast with `concurrency` requests as with the sample's few;
    either way the range holds both cases. `batch`: paid at a batch's prices, and no time is known.
    """

    rows: int
    units: int
    requests_a_unit: int
    concurrency: int
    scales: bool
    prices: tuple[Price, ...]
    batch: bool


class Span(NamedTuple):
    """An expected value (the median) and the bounds of its range."""

    expected: Decimal
    low: Decimal
    high: Decimal

    def scale(self, factor: Decimal) -> Span:
        """All three times `factor`."""
        return Span(self.expected * factor, self.low * factor, self.high * factor)


class Estimate(NamedTuple):
    """The whole build; `*_left` is what is still to be paid for. None: it cannot be known.

    `certainty` is the share of the draws in which the seeds give all wanted rows.
    """

    pass_rate: Span
    published: Span
    requests: Span
    tokens: Span | None
    tokens_left: Span | None
    cost: Span | None
    cost_left: Span | None
    currency: str
    time_left_s: Span | None
    certainty: float


class _Draw(NamedTuple):
    rate: float
    published: int
    requests: int


def estimate_build(sample: Sample, plan: Plan, *, seed: int = 0) -> Estimate:
    """Extrapolate; the sample holds at least one unit."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    draws = [_draw_build(sample, plan, rng) for _ in range(_DRAWS)]
    counted = [one.tokens for one in sample.requests if one.tokens is not None]
    costs = _price_requests(counted, plan)
    shares = [_draw_shares(len(counted), rng) for _ in draws] if counted else []
    done = len(sample.requests)
    tokens = [Decimal(one.total) for one in counted]
    return Estimate(
        pass_rate=_span([Decimal(draw.rate) for draw in draws]),
        published=_span([Decimal(draw.published) for draw in draws]),
        requests=_span([Decimal(draw.requests) for draw in draws]),
        tokens=_spread(tokens, shares, draws, done=0),
        tokens_left=_spread(tokens, shares, draws, done=done),
        cost=_spread(costs, shares, draws, done=0),
        cost_left=_spread(costs, shares, draws, done=done),
        currency=plan.prices[0].currency if plan.prices else "",
        time_left_s=None if plan.batch else _estimate_time(sample, plan, draws, rng),
        certainty=sum(draw.published >= plan.rows for draw in draws) / len(draws),
    )


def _draw_build(sample: Sample, plan: Plan, rng: random.Random) -> _Draw:
    """One possible build: how many requests until the rows are there, or the seeds end."""
    rate = rng.betavariate(sample.passed + 0.5, sample.units - sample.passed + 0.5)
    rate = max(rate, 1e-9)
    needed = plan.rows / rate + rng.gauss(0, 1) * math.sqrt(plan.rows * (1 - rate)) / rate
    # The refill asks for one standard deviation more than what is in flight is likely to give.
    last = min(plan.rows, plan.concurrency * rate)
    asked = max(plan.rows, needed) + math.sqrt(last * (1 - rate)) / rate
    units = min(plan.units, math.ceil(min(asked, plan.units)))
    published = plan.rows
    if needed > plan.units or plan.rows > plan.units:
        spread = math.sqrt(plan.units * rate * (1 - rate))
        most = min(plan.rows, plan.units)
        published = min(most, max(0, round(plan.units * rate + rng.gauss(0, 1) * spread)))
    # What the sample sent is part of any build.
    requests = max(units * plan.requests_a_unit, len(sample.requests))
    return _Draw(rate, published, requests)


def _price_requests(counted: Sequence[TokenCount], plan: Plan) -> list[Decimal]:
    if not plan.prices:
        return []
    return [
        compute_cost(choose_price(plan.prices, one.prompt), one, batch=plan.batch)
        for one in counted
    ]


def _draw_shares(count: int, rng: random.Random) -> list[Decimal]:
    """Weights that sum to one: the Bayesian bootstrap's."""
    weights = [rng.expovariate(1.0) for _ in range(count)]
    total = sum(weights)
    return [Decimal(weight / total) for weight in weights]


def _spread(
    values: Sequence[Decimal],
    shares: Sequence[Sequence[Decimal]],
    draws: Sequence[_Draw],
    *,
    done: int,
) -> Span | None:
    """A sum over the requests of each draw, but for those already `done`; None without values."""
    if not values:
        return None
    sums = []
    for weights, draw in zip(shares, draws, strict=True):
        mean = sum((w * value for w, value in zip(weights, values, strict=True)), Decimal(0))
        sums.append(mean * max(0, draw.requests - done))
    return _span(sums)


def _estimate_time(
    sample: Sample, plan: Plan, draws: Sequence[_Draw], rng: random.Random
) -> Span | None:
    """Seconds from the command to the last reply; checking and packaging after it not counted.

    As fast at full concurrency at best, no faster than in the sample at worst.
    """
    latencies = [one.latency_s for one in sample.requests if one.latency_s is not None]
    if not latencies:
        return None
    best: list[Decimal] = []
    worst: list[Decimal] = []
    for draw in rng.sample(draws, _SCHEDULES):
        left = max(0, draw.requests - len(sample.requests))
        times = rng.choices(latencies, k=min(left, _MOST_SCHEDULED))
        repeats = left / len(times) if times else 0.0
        for found, width in (
            (best, plan.concurrency),
            (worst, min(plan.concurrency, sample.in_flight)),
        ):
            seconds = schedule(times, width) * repeats + sample.start_s
            found.append(Decimal(round(seconds, 3)))
    usual = best if plan.scales else worst
    return Span(_span(usual).expected, _span(best).low, _span(worst).high)


def schedule(times: Sequence[float], concurrency: int) -> float:
    """When the last of the requests ends, each started in turn as soon as a place is free."""
    ends = [0.0] * concurrency
    for seconds in times:
        heapq.heapreplace(ends, ends[0] + seconds)
    return max(ends)


def _span(values: Sequence[Decimal]) -> Span:
    ordered = sorted(values)
    last = len(ordered) - 1
    return Span(
        ordered[round(0.5 * last)], ordered[round(_LOW * last)], ordered[round(_HIGH * last)]
    )
