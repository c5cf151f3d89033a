"""What is to be paid in each possible build, and the ranges that people are told.

Token counts and costs are spread by the Bayesian bootstrap (Rubin, Annals of Statistics 1981).
Ranges hold 90% of the draws.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from distilabel_pipelines.prices import Price, TokenCount, choose_price, compute_cost

_MOST_PRICED = 200
_LOW, _HIGH = 0.05, 0.95
Counts = Sequence[tuple[int, int]]  # of each draw: in the whole build, and left of it


class Span(NamedTuple):
    """An expected value (the median) and the bounds of its range."""

    expected: Decimal
    low: Decimal
    high: Decimal

    def scale(self, factor: Decimal) -> Span:
        """All three times `factor`."""
        return Span(self.expected * factor, self.low * factor, self.high * factor)


class Bill(NamedTuple):
    """What is to be paid; `*_left`: for what the sample has not sent. None: it cannot be known."""

    tokens: Span | None
    tokens_left: Span | None
    cost: Span | None
    cost_left: Span | None
    currency: str


class _Sums(NamedTuple):
    """An amount in each draw: of the whole build, and of what is left of it."""

    whole: list[Decimal]
    left: list[Decimal]


class Stream(NamedTuple):
    """What one of the two who are paid takes; None: it cannot be known."""

    tokens: _Sums | None
    cost: _Sums | None
    currency: str


def sum_stream(
    parts: Sequence[Sequence[TokenCount]],
    counts: Counts,
    prices: tuple[Price, ...],
    rng: random.Random,
    *,
    batch: bool,
) -> Stream:
    """Tokens and cost in each draw; `parts` are the requests of each sampled thing."""
    if len(parts) > _MOST_PRICED:
        parts = rng.sample(parts, _MOST_PRICED)
    shares = [_draw_shares(len(parts), rng) for _ in counts] if parts else []
    tokens = [Decimal(sum(one.total for one in part)) for part in parts]
    costs = [_price_requests(part, prices, batch=batch) for part in parts] if prices else []
    return Stream(
        _sum_draws(tokens, shares, counts),
        _sum_draws(costs, shares, counts),
        prices[0].currency if prices else "",
    )


def _price_requests(
    part: Sequence[TokenCount], prices: tuple[Price, ...], *, batch: bool
) -> Decimal:
    return sum(
        (compute_cost(choose_price(prices, one.prompt), one, batch=batch) for one in part),
        Decimal(0),
    )


def _draw_shares(count: int, rng: random.Random) -> list[Decimal]:
    """Weights that sum to one: the Bayesian bootstrap's."""
    weights = [rng.expovariate(1.0) for _ in range(count)]
    total = sum(weights)
    return [Decimal(weight / total) for weight in weights]


def _sum_draws(
    values: Sequence[Decimal], shares: Sequence[Sequence[Decimal]], counts: Counts
) -> _Sums | None:
    """The draw's mean times its counts; None without values."""
    if not values:
        return None
    sums = _Sums([], [])
    for weights, (whole, left) in zip(shares, counts, strict=True):
        mean = sum((w * value for w, value in zip(weights, values, strict=True)), Decimal(0))
        sums.whole.append(mean * whole)
        sums.left.append(mean * left)
    return sums


def join_streams(one: Stream, other: Stream) -> Stream:
    """Both together, draw by draw; costs in two currencies have no sum."""
    same = one.currency == other.currency
    return Stream(
        _add_sums(one.tokens, other.tokens),
        _add_sums(one.cost, other.cost) if same else None,
        one.currency if same else "",
    )


def _add_sums(one: _Sums | None, other: _Sums | None) -> _Sums | None:
    if one is None or other is None:
        return None
    return _Sums(
        [a + b for a, b in zip(one.whole, other.whole, strict=True)],
        [a + b for a, b in zip(one.left, other.left, strict=True)],
    )


def make_bill(stream: Stream) -> Bill:
    """The stream as ranges."""
    tokens, cost = stream.tokens, stream.cost
    return Bill(
        tokens=None if tokens is None else make_span(tokens.whole),
        tokens_left=None if tokens is None else make_span(tokens.left),
        cost=None if cost is None else make_span(cost.whole),
        cost_left=None if cost is None else make_span(cost.left),
        currency=stream.currency,
    )


def make_span(values: Sequence[Decimal]) -> Span:
    """Median and range of the draws; there is at least one."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return Span(
        ordered[round(0.5 * last)], ordered[round(_LOW * last)], ordered[round(_HIGH * last)]
    )
