"""From a small sample to the whole build: rows, requests, tokens, time and cost, each with a range.

The pass rate is drawn from its posterior under Jeffreys' prior (Brown, Cai & DasGupta, "Interval
Estimation for a Binomial Proportion", Statistical Science 2001), token counts and costs as
`estimate_bill` says, times by list scheduling (Graham, 1966). The seed is fixed: the same sample
gives the same estimate. A judge is estimated beside the teacher: how many replies it is shown, and
what it takes for one.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from builders.estimate_bill import (
    Bill,
    Counts,
    Span,
    join_streams,
    make_bill,
    make_span,
    sum_stream,
)
from distilabel_pipelines.prices import Price, TokenCount

_DRAWS = 2000
_SCHEDULES = 40
_MOST_SCHEDULED = 5000


class SampledRequest(NamedTuple):
    """What one answered request took; None where the teacher did not say or the row failed.

    Of a text that was continued it is what all its `parts` took, one after the other.
    """

    tokens: TokenCount | None
    latency_s: float | None
    parts: int = 1


class JudgedSample(NamedTuple):
    """What a judge took: replies of the sample that it was `shown`, and its `looks` at replies.

    A look is the requests for one reply, repairs included. Looks at replies beyond the sample count
    too; those without a token count are left out.
    """

    shown: int
    looks: tuple[tuple[TokenCount, ...], ...]


class Sample(NamedTuple):
    """A sample's outcome. A unit is a question, or a request where all samples are kept.

    `start_s`: everything but the requests themselves, from starting the teacher to the pipeline's
    end. `in_flight`: how many requests were under way at once. `judged` is None without a judge.
    """

    requests: tuple[SampledRequest, ...]
    units: int
    passed: int
    in_flight: int
    start_s: float
    judged: JudgedSample | None = None


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
    judge_prices: tuple[Price, ...] = ()


class Estimate(NamedTuple):
    """The whole build. `whole` is the bill of teacher and judge together.

    `shown`: replies that the judge is shown; it and `judge` are None without one. `certainty` is
    the share of the draws in which the seeds give all wanted rows.
    """

    pass_rate: Span
    published: Span
    requests: Span
    teacher: Bill
    judge: Bill | None
    shown: Span | None
    whole: Bill
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
    done = len(sample.requests)
    counts = [(draw.requests, max(0, draw.requests - done)) for draw in draws]
    asked = [(one.tokens,) for one in sample.requests if one.tokens is not None]
    teacher = whole = sum_stream(asked, counts, plan.prices, rng, batch=plan.batch)
    judge = shown = None
    if sample.judged is not None:
        looks, shows = sample.judged.looks, _draw_shown(sample.judged.shown, done, counts, rng)
        # A judge that was shown nothing yet may still be shown something: nothing says how dear.
        judge = sum_stream(looks, shows, plan.judge_prices, rng, batch=False)
        whole = join_streams(teacher, judge)
        shown = make_span([Decimal(count) for count, _ in shows])
    return Estimate(
        pass_rate=make_span([Decimal(draw.rate) for draw in draws]),
        published=make_span([Decimal(draw.published) for draw in draws]),
        requests=make_span([Decimal(draw.requests) for draw in draws]),
        teacher=make_bill(teacher),
        judge=None if judge is None else make_bill(judge),
        shown=shown,
        whole=make_bill(whole),
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


def _draw_shown(shown: int, done: int, counts: Counts, rng: random.Random) -> Counts:
    """How many replies the judge is shown in each draw, those of the sample among them."""
    drawn = []
    for _, left in counts:
        share = rng.betavariate(shown + 0.5, done - shown + 0.5)
        more = left * share + rng.gauss(0, 1) * math.sqrt(left * share * (1 - share))
        more = min(left, max(0, round(more)))
        drawn.append((shown + more, more))
    return drawn


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
    return Span(make_span(usual).expected, make_span(best).low, make_span(worst).high)


def schedule(times: Sequence[float], concurrency: int) -> float:
    """When the last of the requests ends, each started in turn as soon as a place is free."""
    ends = [0.0] * concurrency
    for seconds in times:
        heapq.heapreplace(ends, ends[0] + seconds)
    return max(ends)
