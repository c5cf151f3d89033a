"""The estimate: it brackets what simulated builds really took, and never knows what it cannot."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from builders.estimate import (
    Estimate,
    JudgedSample,
    Plan,
    Sample,
    SampledRequest,
    estimate_build,
    schedule,
)
from builders.estimate_report import describe_estimate, judge_budget
from distilabel_pipelines.accounts import Accounts
from distilabel_pipelines.prices import Budget, Price, TokenCount
from distilabel_pipelines.spend import ModelSpend

PRICES = (Price(currency="USD", input=Decimal(1), output=Decimal(10)),)


def sample(passed: int = 7, units: int = 8, *, tokens: bool = True, timed: bool = True) -> Sample:
    requests = tuple(
        SampledRequest(
            TokenCount(100, 900 + 50 * number) if tokens else None,
            10.0 + number if timed else None,
        )
        for number in range(units)
    )
    return Sample(requests, units, passed, in_flight=units, start_s=5.0)


def plan(rows: int = 100, units: int = 1000, **changes: object) -> Plan:
    usual = Plan(rows, units, 1, concurrency=16, scales=True, prices=PRICES, batch=False)
    return usual._replace(**changes)  # type: ignore[arg-type]


def budget(amount: str, unit: str = "USD") -> Budget:
    return Budget(amount=Decimal(amount), unit=unit)


def describe(estimate: Estimate, of: Plan, cap: Budget | None = None) -> str:
    return describe_estimate(estimate, sample(), of, budget=cap, spend=Accounts().spent())


def test_the_same_sample_gives_the_same_estimate() -> None:
    assert estimate_build(sample(), plan()) == estimate_build(sample(), plan())


def test_ranges_are_in_order_and_hold_the_plain_extrapolation() -> None:
    made = estimate_build(sample(), plan())
    for span in (made.requests, made.whole.tokens, made.whole.cost, made.time_left_s):
        assert span is not None
        assert span.low <= span.expected <= span.high
    assert made.requests.low <= round(100 / (7 / 8)) <= made.requests.high
    assert made.published.expected == 100
    assert made.whole.tokens is not None
    assert made.whole.tokens.low <= Decimal(114 * 1175) <= made.whole.tokens.high


def test_what_the_sample_paid_is_not_paid_again() -> None:
    made = estimate_build(sample(), plan())
    assert made.whole.cost is not None
    assert made.whole.cost_left is not None
    assert made.whole.cost_left.expected < made.whole.cost.expected
    small = estimate_build(sample(8), plan(rows=4, units=8))
    assert small.whole.cost_left is not None
    assert small.whole.cost_left.high == 0


def test_nine_of_ten_simulated_builds_fall_into_the_range() -> None:
    """True pass rates drawn evenly, a fresh sample of eight each, then the number really asked."""
    rng = random.Random(3)  # noqa: S311  # no secret
    held = 0
    for number in range(40):
        rate = rng.uniform(0.2, 1.0)
        passed = sum(rng.random() < rate for _ in range(8))
        made = estimate_build(sample(passed), plan(rows=50, units=4000, concurrency=1), seed=number)
        asked = rows = 0
        while rows < 50:
            asked += 1
            rows += rng.random() < rate
        held += made.requests.low <= asked <= made.requests.high
    assert held >= 0.8 * 40


@pytest.mark.parametrize(
    ("passed", "units", "told"),
    [(8, 5000, "suffice for"), (0, 150, "do not suffice"), (6, 130, "may not suffice")],
)
def test_seeds_that_run_out_are_told_before_the_money_is_gone(
    passed: int, units: int, told: str
) -> None:
    made = estimate_build(sample(passed), plan(units=units))
    assert f"  {told}" in describe(made, plan(units=units))
    assert made.requests.high <= units


def test_samples_of_a_question_are_asked_together() -> None:
    made = estimate_build(sample(), plan(requests_a_unit=3))
    assert all(value % 3 == 0 for value in made.requests)


def test_what_cannot_be_known_is_unknown_and_never_nothing() -> None:
    unpriced = plan(prices=())
    text = describe(estimate_build(sample(), unpriced), unpriced, budget("5"))
    assert "cost            unknown: no price is known" in text
    assert "whether it suffices is unknown" in text
    silent = estimate_build(sample(tokens=False, timed=False), plan())
    assert (silent.whole.tokens, silent.whole.cost, silent.time_left_s) == (None, None, None)
    batch = plan(batch=True)
    assert "24 hours" in describe(estimate_build(sample(), batch), batch)


def test_time_is_as_fast_at_full_width_at_best_and_as_now_at_worst() -> None:
    wide = estimate_build(sample(), plan(concurrency=64)).time_left_s
    narrow = estimate_build(sample(), plan(concurrency=8)).time_left_s
    local = estimate_build(sample(), plan(concurrency=64, scales=False)).time_left_s
    assert wide is not None
    assert narrow is not None
    assert local is not None
    assert wide.low < narrow.low
    assert wide.expected < local.expected
    assert local.high == wide.high


def test_a_schedule_starts_each_request_when_a_place_is_free() -> None:
    assert schedule([3, 1, 1, 1], 2) == 3
    assert schedule([1, 1, 3], 2) == 4
    assert schedule([], 5) == 0


@pytest.mark.parametrize(
    ("cap", "told"),
    [
        (budget("100"), "suffices (likely"),
        (budget("0.05"), "does not suffice"),
        (budget("1.2"), "may not suffice"),
        (budget("5", "CNY"), "unknown"),
        (budget("9000000", "tokens"), "suffices (likely"),
    ],
)
def test_a_budget_is_weighed_against_the_whole_build(cap: Budget, told: str) -> None:
    made = estimate_build(sample(), plan())
    assert told in judge_budget(cap, made, Accounts().spent())


LOOK = (TokenCount(1000, 100), TokenCount(1300, 100))  # an opinion and its repair
JUDGE_PRICES = (Price(currency="USD", input=Decimal(1000), output=Decimal(1000)),)


def judged(shown: int, looks: int) -> Sample:
    return sample()._replace(judged=JudgedSample(shown, (LOOK,) * looks))


def test_a_dear_judge_is_part_of_the_bill() -> None:
    of = plan(judge_prices=JUDGE_PRICES)
    alone, made = estimate_build(sample(), of), estimate_build(judged(4, 4), of)
    assert alone.judge is None
    assert made.judge is not None
    assert made.judge.cost is not None
    assert made.shown is not None
    assert made.whole.cost is not None
    assert made.whole.tokens is not None
    assert made.teacher.tokens is not None
    assert made.shown.low < 57 < made.shown.high
    assert made.judge.cost.low < Decimal(57) * Decimal("2.5") < made.judge.cost.high
    assert made.whole.cost.expected > made.judge.cost.expected
    assert made.whole.tokens.expected > made.teacher.tokens.expected
    nothing = Accounts().spent()
    assert "BUDGET=20USD suffices" in judge_budget(budget("20"), alone, nothing)
    assert "BUDGET=20USD does not suffice" in judge_budget(budget("20"), made, nothing)
    text = describe_estimate(made, judged(4, 4), of, budget=None, spend=nothing)
    assert "shown 4 of the sample's 8 replies; likely" in text
    assert "teacher's last reply" in text


@pytest.mark.parametrize(
    ("shown", "looks", "told"),
    [(0, 0, "a larger SAMPLE_REQUESTS may tell"), (3, 0, "no answer with a token count")],
)
def test_a_judge_that_took_nothing_yet_makes_the_whole_unknown(
    shown: int, looks: int, told: str
) -> None:
    of, one = plan(judge_prices=JUDGE_PRICES), judged(shown, looks)
    made, nothing = estimate_build(one, of), Accounts().spent()
    assert (made.whole.cost, made.whole.tokens) == (None, None)
    text = describe_estimate(made, one, of, budget=budget("100"), spend=nothing)
    assert told in text
    assert "without the judge; still to pay" in text
    assert "BUDGET=100USD: whether it suffices is unknown" in text
    small = judge_budget(budget("0.05"), made, nothing)
    assert "does not suffice (likely" in small
    assert "without the judge" in small


def test_a_judge_without_a_price_or_in_another_currency_has_no_sum() -> None:
    yuan = (Price(currency="CNY", input=Decimal(1), output=Decimal(1)),)
    for prices, told in (((), "no price is known for its model"), (yuan, " CNY")):
        of = plan(judge_prices=prices)
        made = estimate_build(judged(4, 4), of)
        assert made.whole.cost is None
        assert made.whole.tokens is not None
        text = describe_estimate(
            made, judged(4, 4), of, budget=budget("9"), spend=Accounts().spent()
        )
        assert told in text
        assert "whether it suffices is unknown" in text


def test_answers_that_are_there_already_are_mentioned() -> None:
    """The build does not pay for them again, which the extrapolation cannot know."""
    answered = ModelSpend(
        answered=30,
        refused=0,
        batched=0,
        unreported=0,
        prompt_tokens=0,
        cached_tokens=0,
        completion_tokens=0,
        cost={},
    )
    models = {"m": answered, "m (judge)": answered}
    spend = Accounts().spent().model_copy(update={"models": models})
    made = estimate_build(sample(), plan())
    text = describe_estimate(made, sample(), plan(), budget=None, spend=spend)
    assert "OUT holds 22 further answers" in text
    assert "further answers" not in describe(made, plan())
