"""Prices and bounds: exact sums, tiers, batches, and worst cases that nothing exceeds."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from pydantic import ValidationError

from distilabel_pipelines.prices import (
    Budget,
    Price,
    TokenCount,
    bound_cost,
    bound_prompt_tokens,
    bound_tokens,
    choose_price,
    compute_cost,
    format_amount,
)


def price(**changes: object) -> Price:
    return Price.model_validate({"currency": "USD", "input": "1.2", "output": "6", **changes})


TIERS = (
    price(up_to_prompt_tokens=32_000),
    price(input="2.4", output="12", up_to_prompt_tokens=128_000),
    price(input="3", output="15", up_to_prompt_tokens=252_000),
)


def test_a_cost_is_exact_to_the_last_digit() -> None:
    one = compute_cost(price(input="0.1", output="0.3"), TokenCount(1, 1), batch=False)
    assert one == Decimal("0.0000004")
    assert sum([one] * 1000, Decimal(0)) == Decimal("0.0004")


def test_cached_tokens_take_their_own_price_and_never_exceed_the_prompt() -> None:
    cached = price(cached_input="0.24")
    assert compute_cost(cached, TokenCount(1_000_000, 0, 500_000), batch=False) == Decimal("0.72")
    assert compute_cost(price(), TokenCount(1_000_000, 0, 500_000), batch=False) == Decimal("1.2")
    assert compute_cost(cached, TokenCount(1_000_000, 0, 9_000_000), batch=False) == Decimal("0.24")


def test_a_batch_takes_its_discount_and_not_the_caches_too() -> None:
    batch = price(cached_input="0.24", batch_input="0.6", batch_output="3")
    tokens = TokenCount(1_000_000, 1_000_000, 1_000_000)
    assert compute_cost(batch, tokens, batch=True) == Decimal("3.6")
    assert compute_cost(price(), tokens, batch=True) == Decimal("7.2")


@pytest.mark.parametrize(
    ("prompt_tokens", "expected"),
    [(0, "1.2"), (32_000, "1.2"), (32_001, "2.4"), (252_000, "3"), (9_999_999, "3")],
)
def test_a_prompts_length_chooses_the_tier(prompt_tokens: int, expected: str) -> None:
    assert choose_price(TIERS, prompt_tokens).input == Decimal(expected)


def test_no_real_usage_costs_more_than_its_bound() -> None:
    """Also where a longer prompt is cheaper, as no provider has it today."""
    draw = random.Random(7)  # noqa: S311  # no secret
    odd = (price(input="9", output="1", up_to_prompt_tokens=1000), price(cached_input="0"))
    for _ in range(2000):
        bound = TokenCount(draw.randrange(3000), draw.randrange(3000))
        real = TokenCount(
            draw.randint(0, bound.prompt),
            draw.randint(0, bound.completion),
            draw.randint(0, bound.prompt),
        )
        for prices in (TIERS, odd):
            for batch in (False, True):
                cost = compute_cost(choose_price(prices, real.prompt), real, batch=batch)
                assert cost <= bound_cost(prices, bound, batch=batch)


def test_a_prompt_is_bounded_by_its_utf8_bytes_and_the_reply_by_max_tokens() -> None:
    body = {"messages": [{"role": "user", "content": "鸡兔同笼" * 100}], "max_tokens": 900}
    bound = bound_tokens(body, thought_tokens=100)
    assert 1000 <= bound.completion <= 1020
    assert bound.prompt >= len(("鸡兔同笼" * 100).encode())
    assert bound_prompt_tokens({"prompt": "abc"}) < bound.prompt


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"max_tokens": None},
        {"max_tokens": "2000"},
        {"max_tokens": True},
        {"max_tokens": -1},
        {"max_tokens": 100, "max_completion_tokens": "100000"},
        {"max_tokens": 100, "n": "4"},
    ],
)
def test_a_request_without_a_whole_number_of_max_tokens_has_no_bound(
    fields: dict[str, object],
) -> None:
    with pytest.raises(TypeError, match=r"(tokens|n) is "):
        bound_tokens({"messages": [], **fields}, thought_tokens=0)


@pytest.mark.parametrize(
    ("fields", "least"),
    [
        ({"max_completion_tokens": 900}, 900),
        ({"max_tokens": 100, "max_completion_tokens": 900}, 900),
        ({"max_tokens": 900, "max_completion_tokens": 100}, 900),
        ({"max_tokens": 100, "n": 4}, 400),
        ({"max_tokens": 100, "n": 2, "best_of": 5}, 500),
        ({"max_tokens": 100, "n": 2, "prompt": ["a", "b", "c"]}, 600),
        ({"max_tokens": 100, "n": 1, "prompt": [7, 8, 9]}, 100),
    ],
)
def test_the_larger_limit_counts_and_every_reply_of_a_request(
    fields: dict[str, object], least: int
) -> None:
    bound = bound_tokens({"messages": [], **fields}, thought_tokens=0).completion
    assert least <= bound <= least * 1.2


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "usd"},
        {"input": "-1"},
        {"batch_input": "0.6"},
        {"cached_input": "1.3"},
        {"input": "nan"},
        {"output": "0.0000000001"},
        {"note": "x"},
    ],
)
def test_a_price_that_cannot_be_meant_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        price(**changes)


@pytest.mark.parametrize(
    ("amount", "unit", "shown"),
    [
        ("5", "USD", "5USD"),
        ("0.50", "CNY", "0.5CNY"),
        ("2000000", "tokens", "2Mtok"),
        ("2500", "tokens", "2500tok"),
        ("500000", "tokens", "500ktok"),
    ],
)
def test_a_budget_is_described_as_it_is_given(amount: str, unit: str, shown: str) -> None:
    assert Budget(amount=Decimal(amount), unit=unit).describe() == shown


@pytest.mark.parametrize(
    ("amount", "unit", "shown"),
    [
        ("12.3", "USD", "12.30 USD"),
        ("0.0123456", "USD", "0.01235 USD"),
        ("0.5", "CNY", "0.5000 CNY"),
        ("0", "USD", "0.00 USD"),
        ("0.00000123456", "USD", "0.000001235 USD"),
        ("1234567", "tokens", "1,234,567 tokens"),
    ],
)
def test_amounts_are_shown_to_people(amount: str, unit: str, shown: str) -> None:
    assert format_amount(Decimal(amount), unit) == shown
