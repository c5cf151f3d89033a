"""What a person is told before an instruction build is paid for."""

from __future__ import annotations

import re
from decimal import Decimal

from builders.estimate import JudgedSample
from builders.estimate_rounds import RoundsPlan, RoundsSample, estimate_rounds
from builders.estimate_rounds_report import describe_rounds
from distilabel_pipelines.accounts import Accounts
from distilabel_pipelines.prices import Budget, TokenCount
from tests.test_estimate_rounds import PRICES, alpaca_sample, instruct_sample, plan

ALPACA = alpaca_sample(13, 15, 12, 14)
INSTRUCT = instruct_sample(2, 1, 3, 1, 2, 2, 1, 0)


def describe(sample: RoundsSample, of: RoundsPlan, cap: str = "") -> str:
    budget = Budget(amount=Decimal(cap), unit="USD") if cap else None
    made = estimate_rounds(sample, of)
    return describe_rounds(made, sample, of, budget=budget, spend=Accounts().spent())


def read_line(text: str, name: str) -> str:
    found = re.search(rf"^  {name} +(.*)$", text, re.MULTILINE)
    assert found is not None, text
    return found[1]


def test_an_alpaca_build_is_told_in_lists() -> None:
    text = describe(ALPACA, plan(), "100")
    assert text.startswith("From a sample of 4 list requests (ranges hold 9 of 10 cases):\n")
    assert read_line(text, "published rows") == "200 of 200 wanted"
    assert read_line(text, "tasks a list").startswith("13.5 kept in the sample; likely")
    assert "4 of them answered now" in read_line(text, "list requests")
    assert " USD" in read_line(text, "cost")
    assert read_line(text, "end") == "at 200 rows"
    assert "BUDGET=100USD suffices" in read_line(text, "budget")
    assert "rows a task" not in text
    assert "tasks written" not in text


def test_novelty_beyond_the_sample_is_called_a_lower_bound() -> None:
    told = read_line(describe(ALPACA, plan()), "novelty")
    assert told.startswith("4 of 100 instructions resembled an earlier one")
    assert "lower bounds" in told


def test_a_budget_for_a_build_far_beyond_the_sample_is_called_enough_with_a_caution() -> None:
    near, far = describe(ALPACA, plan(), "100"), describe(ALPACA, plan(2000), "100")
    assert "may not" not in read_line(near, "budget")
    assert read_line(far, "budget").startswith("BUDGET=100USD suffices (")
    assert read_line(far, "budget").endswith("as novelty falls it may not")


def test_a_self_instruct_build_is_told_in_lists_and_tasks() -> None:
    text = describe(INSTRUCT, plan(writes=True), "0.0001")
    assert "8 list requests and the instances of 8 tasks, 24 requests" in text
    assert read_line(text, "rows a task").startswith("1.5 published in the sample")
    assert "8 of them answered now, in 16 requests" in read_line(text, "tasks written")
    assert "does not suffice" in read_line(text, "budget")


def test_nothing_is_said_of_what_was_never_written() -> None:
    barren = INSTRUCT._replace(lists=INSTRUCT.lists[:2], tasks=())
    text = describe(barren, plan(writes=True), "5")
    for name in ("tokens", "cost"):
        assert read_line(text, name).startswith("unknown: no task of the sample was kept")
    assert read_line(text, "time").startswith("unknown")
    assert "whether it suffices is unknown" in read_line(text, "budget")


def test_the_embedded_teacher_costs_nothing_and_a_judge_beside_it_its_price() -> None:
    free = (PRICES[0].model_copy(update={"input": Decimal(0), "output": Decimal(0)}),)
    here = plan(prices=free, runs_here=True)
    assert read_line(describe(ALPACA, here), "cost") == "nothing: the teacher runs on this machine"
    judged = ALPACA._replace(judged=JudgedSample(54, ((TokenCount(900, 100),),) * 54))
    judged = judged._replace(tasks=tuple(one._replace(shown=1) for one in judged.tasks))
    text = describe(judged, here._replace(judge_prices=PRICES))
    assert re.match(r"0\.3[5-9]\d* USD", read_line(text, "cost")), text
    assert "shown 54 rows of the sample" in read_line(text, "judge")


def test_an_end_before_the_rows_is_told_before_the_money_is_gone() -> None:
    poor = alpaca_sample(0, 0, 0, 0, 0, 0, 0, 0)
    assert re.match(
        r"(at 5,000 rows, or )?before (them|5,000 rows),? when the last 200 list requests",
        read_line(describe(poor, plan(5000)), "end"),
    )
