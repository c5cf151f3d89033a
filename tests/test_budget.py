"""BUDGET: what a person may write, and caps that are refused because they cannot be kept."""

from __future__ import annotations

from decimal import Decimal

import pytest

from builders.budget import check_budget, parse_budget
from builders.errors import RecipeError
from distilabel_pipelines.gateway.settings import TeacherSettings
from distilabel_pipelines.prices import Price


def teacher(model: str = "m", *currencies: str) -> TeacherSettings:
    prices = tuple(Price(currency=one, input=Decimal(1), output=Decimal(2)) for one in currencies)
    return TeacherSettings(
        base_urls=("http://x",), model=model, concurrency=1, stream=False, prices=prices
    )


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("5USD", "5", "USD"),
        ("0.50 usd", "0.5", "USD"),
        ("30cny", "30", "CNY"),
        ("2Mtok", "2000000", "tokens"),
        ("1.5MTOK", "1500000", "tokens"),
        ("500ktok", "500000", "tokens"),
        ("1000tok", "1000", "tokens"),
    ],
)
def test_budgets_are_read_as_people_write_them(text: str, amount: str, unit: str) -> None:
    budget = parse_budget(text)
    assert (budget.amount, budget.unit) == (Decimal(amount), unit)


@pytest.mark.parametrize("text", ["5", "USD", "-5USD", "$5", "5,5USD", "1e3USD", "5 euros", ""])
def test_what_is_no_budget_is_told_with_an_example(text: str) -> None:
    with pytest.raises(RecipeError, match="BUDGET=5USD, BUDGET=30CNY or BUDGET=2Mtok"):
        parse_budget(text)


@pytest.mark.parametrize("text", ["0USD", "0.0tok", "1.5tok"])
def test_a_budget_of_nothing_or_half_a_token_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match=text):
        parse_budget(text)


def test_money_needs_a_known_price() -> None:
    money = parse_budget("5USD")
    check_budget(money, teacher("m", "USD"), None)
    with pytest.raises(RecipeError, match=r"MODEL=m is unknown.*PRICES="):
        check_budget(money, teacher(), None)
    with pytest.raises(RecipeError, match="empty, so its price is unknown"):
        check_budget(money, teacher(""), None)


def test_nothing_is_converted() -> None:
    with pytest.raises(RecipeError, match=r"MODEL=m is paid in CNY\. Write the cap in CNY"):
        check_budget(parse_budget("5USD"), teacher("m", "CNY"), None)


def test_the_judge_is_held_to_the_same_cap() -> None:
    with pytest.raises(RecipeError, match="JUDGE_MODEL=j is paid in CNY"):
        check_budget(parse_budget("5USD"), teacher("m", "USD"), teacher("j", "CNY"))


def test_tokens_need_no_price() -> None:
    check_budget(parse_budget("2Mtok"), teacher(), teacher())
