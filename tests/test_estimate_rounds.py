"""The estimate of rounds: it brackets what simulated builds really took, and what they cost."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from builders.estimate import JudgedSample, SampledRequest
from builders.estimate_draws import Resemblances
from builders.estimate_rounds import (
    RoundsPlan,
    RoundsSample,
    SampledList,
    SampledTask,
    estimate_rounds,
)
from distilabel_pipelines.prices import Price, TokenCount

PRICES = (
    Price(
        currency="USD",
        input=Decimal(1),
        output=Decimal(10),
        batch_input=Decimal("0.5"),
        batch_output=Decimal(5),
    ),
)
LIST = SampledRequest(TokenCount(500, 1000), 20.0)
STEPS = (SampledRequest(TokenCount(200, 5), 1.0), SampledRequest(TokenCount(200, 100), 4.0))
FEW = Resemblances(screened=100, dropped=4, pools=(40,))


def alpaca_sample(*kept: int) -> RoundsSample:
    lists = tuple(SampledList(LIST, count) for count in kept)
    return RoundsSample(lists, (SampledTask((), 1, 0),) * sum(kept), FEW, None, len(kept), 5.0)


def instruct_sample(*rows: int) -> RoundsSample:
    lists = (SampledList(LIST, 7), SampledList(LIST, 6)) * 4
    tasks = tuple(SampledTask(STEPS, count, count) for count in rows)
    return RoundsSample(lists, tasks, FEW, None, 8, 5.0)


def plan(rows: int = 200, *, writes: bool = False, **changes: object) -> RoundsPlan:
    usual = RoundsPlan(
        rows=rows,
        tasks_a_list=8 if writes else 17,
        rows_a_task=3 if writes else 1,
        writes_tasks=writes,
        fruitless_requests=200,
        round_requests=32 if writes else None,
        concurrency=16,
        scales=True,
        prices=PRICES,
        batch=False,
    )
    return usual._replace(**changes)  # type: ignore[arg-type]


def test_the_same_sample_gives_the_same_estimate() -> None:
    of = alpaca_sample(13, 15, 12, 14)
    assert estimate_rounds(of, plan()) == estimate_rounds(of, plan())


def test_ranges_hold_the_plain_extrapolation() -> None:
    made = estimate_rounds(alpaca_sample(*(13, 15, 12, 16) * 2), plan())
    assert made.lists.low <= 200 / 14 <= made.lists.high
    assert made.published.expected == 200
    assert made.whole.tokens is not None
    assert made.whole.tokens.low <= Decimal(1500) * 200 / 14 <= made.whole.tokens.high
    assert made.whole.cost is not None
    assert made.whole.cost_left is not None
    paid = made.whole.cost.expected - made.whole.cost_left.expected
    assert float(paid) == pytest.approx(8 * 0.0105)
    assert made.certainty == 1


def test_most_simulated_builds_fall_into_the_range() -> None:
    """Builds of all yields, every second one with a novelty that falls as the pool grows."""
    rng = random.Random(7)  # noqa: S311  # no secret
    held = 0
    for number in range(20):
        share, slope = rng.uniform(0.2, 0.95), 0.003 * (number % 2)
        kept, seen = _simulate(share, slope, rng, lists=8)
        sample = alpaca_sample(*kept)._replace(resemblances=seen)
        made = estimate_rounds(sample, plan(600, concurrency=1), seed=number)
        asked = len(_simulate(share, slope, rng, tasks=600)[0])
        held += made.lists.low <= asked <= made.lists.high
    assert held >= 0.8 * 20


def _simulate(
    share: float,
    slope: float,
    rng: random.Random,
    *,
    lists: int | None = None,
    tasks: int | None = None,
) -> tuple[list[int], Resemblances]:
    """Lists of 17 until so many lists or tasks are there; each earlier task adds to the odds that
    a new one is dropped."""
    kept: list[int] = []
    screened = pool = 0
    drops: list[int] = []
    while len(kept) < lists if lists is not None else pool < (tasks or 0):
        kept.append(0)
        for _ in range(17):
            if rng.random() < share:
                screened += 1
                is_new = rng.random() * (1 + slope * pool) < 1
                drops += [] if is_new else [pool]
                pool, kept[-1] = pool + is_new, kept[-1] + is_new
    return kept, Resemblances(screened, len(drops), tuple(drops))


def test_each_step_is_paid_at_its_own_length() -> None:
    made = estimate_rounds(instruct_sample(2, 1, 3, 1, 2, 2, 1, 0), plan(writes=True))
    assert made.tasks.low <= 200 / 1.5 <= made.tasks.high
    assert made.lists.low <= 200 / 1.5 / 6.5 <= made.lists.high
    assert made.teacher.tokens is not None
    likely = 1500 * made.lists.expected + 505 * made.tasks.expected
    assert made.teacher.tokens.low <= likely <= made.teacher.tokens.high


def test_a_batch_takes_its_prices_and_has_no_time() -> None:
    live = estimate_rounds(alpaca_sample(13, 15), plan())
    batch = estimate_rounds(alpaca_sample(13, 15), plan(batch=True))
    assert live.whole.cost is not None
    assert batch.whole.cost is not None
    assert float(batch.whole.cost.expected) == pytest.approx(float(live.whole.cost.expected) / 2)
    assert batch.time_left_s is None


def test_a_judge_is_shown_every_row_that_came() -> None:
    look = (TokenCount(900, 100),)
    rows = (2, 1, 3, 1, 2, 2, 1, 0)
    judged = JudgedSample(sum(rows), (look,) * sum(rows))
    of = instruct_sample(*rows)._replace(judged=judged)
    made = estimate_rounds(of, plan(writes=True, judge_prices=PRICES))
    assert made.shown is not None
    assert made.shown.low <= 200 <= made.shown.high
    assert made.judge is not None
    assert made.judge.tokens is not None
    assert float(made.judge.tokens.expected) == pytest.approx(1000 * float(made.shown.expected))
    assert made.whole.tokens is not None
    assert made.teacher.tokens is not None
    assert made.whole.tokens.expected > made.teacher.tokens.expected
    nothing_left = estimate_rounds(of, plan(rows=3, writes=True, judge_prices=PRICES))
    assert nothing_left.judge is not None
    assert nothing_left.judge.cost_left is not None
    assert nothing_left.judge.cost_left.low == 0


def test_lists_without_a_new_task_may_end_fruitless() -> None:
    barren = RoundsSample((SampledList(LIST, 0),) * 8, (), Resemblances(60, 60, ()), None, 8, 0.0)
    made = estimate_rounds(barren, plan(1000))
    assert made.certainty < 0.95
    assert made.published.low == 0
    assert made.lists.high > 1000
    unwritten = estimate_rounds(barren, plan(1000, writes=True))
    assert unwritten.teacher.tokens is None, "nothing says what instances take"
    assert unwritten.time_left_s is None


def test_rounds_that_wait_for_the_pool_take_longer() -> None:
    of = instruct_sample(2, 1, 3, 1, 2, 2, 1, 0)
    wide = estimate_rounds(of, plan(2000, writes=True, concurrency=64, round_requests=None))
    rounds = estimate_rounds(of, plan(2000, writes=True, concurrency=64, round_requests=8))
    assert wide.time_left_s is not None
    assert rounds.time_left_s is not None
    assert rounds.time_left_s.expected > 1.5 * float(wide.time_left_s.expected)
    assert wide.time_left_s.low <= wide.time_left_s.expected <= wide.time_left_s.high
