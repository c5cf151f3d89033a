"""The price table: prices as written, a user's own first, and nothing guessed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from builders.errors import RecipeError
from builders.price_table import (
    LONGEST_THOUGHT,
    bound_thought_tokens,
    find_prices,
    load_price_table,
)

BUNDLED = Path(__file__).resolve().parents[1] / "builders" / "prices.toml"
OWN = """
[[prices]]
models = ["My-Model"]
currency = "EUR"
tiers = [{ input = 0.1, output = 0.30 }]

[[prices]]
models = ["qwen-plus"]
currency = "USD"
tiers = [{ input = 1, output = 2 }]
"""

UNORDERED = """
[[prices]]
models = ["m"]
currency = "EUR"
tiers = [{ input = 1, output = 1 }, { input = 1, output = 1, up_to_prompt_tokens = 5 }]
"""


def find(model: str, region: str = "cn", *, thinking: bool = True, own: Path | None = None) -> str:
    prices = find_prices(model, region=region, thinking=thinking, extra_table=own)
    return " ".join(f"{price.output.normalize():f}{price.currency}" for price in prices)


def write(folder: Path, text: str) -> Path:
    path = folder / "my prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_region_and_thinking_choose_the_price() -> None:
    assert find("qwen-plus") == "8CNY 24CNY 64CNY"
    assert find("qwen-plus", thinking=False) == "2CNY 20CNY 48CNY"
    assert find("qwen-plus", "intl") == "4USD 12USD"


@pytest.mark.parametrize(
    ("model", "region"),
    [("no-such-model", "cn"), ("qwen-plus", "us"), ("qwen3.7-max", "intl"), ("", "cn")],
)
def test_a_model_without_a_known_price_has_none(model: str, region: str) -> None:
    assert find(model, region) == ""


def test_each_bundled_price_says_where_it_was_read_and_when() -> None:
    table = load_price_table(BUNDLED)
    for entry in (*table.prices, *table.thoughts):
        assert entry.source, entry.models
        assert entry.date is not None, entry.models


def test_no_bundled_model_is_priced_twice() -> None:
    table = load_price_table(BUNDLED)
    for model in {model for entry in table.prices for model in entry.models}:
        for region in ("cn", "intl", "us"):
            for thinking in (True, False):
                table.find(model, region, thinking=thinking)


def test_a_batch_never_costs_more_and_regions_have_their_currency() -> None:
    for entry in load_price_table(BUNDLED).prices:
        assert entry.currency == {"cn": "CNY", "intl": "USD"}[entry.region or ""]
        for price in entry.prices:
            assert price.batch_input is None or price.batch_input * 2 == price.input
            assert price.batch_output is None or price.batch_output * 2 == price.output


def test_a_users_table_wins_and_is_read_to_the_last_digit(tmp_path: Path) -> None:
    own = write(tmp_path, OWN)
    assert find("qwen-plus", own=own) == "2USD"
    assert find("qwen3-max", own=own) == find("qwen3-max")
    [price] = find_prices("my-model", region="us", thinking=True, extra_table=own)
    assert (price.currency, price.input) == ("EUR", Decimal("0.1"))


def test_a_server_of_ones_own_takes_no_price_of_dashscope() -> None:
    table = {"region": "cn", "thinking": True, "extra_table": None}
    assert find_prices("qwen3-8b", **table) != ()  # type: ignore[arg-type]
    assert find_prices("qwen3-8b", **table, bundled=False) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[prices]\n", "no TOML"),
        ('[[prices]]\nmodels=["m"]\ncurrency="EUR"\ntiers=[{input=-1,output=1}]', "input"),
        ('[[prices]]\nmodels=["m"]\ncurrency="euro"\ntiers=[{input=1,output=1}]', "currency"),
        ('[[prices]]\nmodels=[]\ncurrency="EUR"\ntiers=[{input=1,output=1}]', "models"),
        ('[[prices]]\nmodels=["m"]\ncurrency="EUR"\ntiers=[]', "tiers"),
        ('[[prices]]\nmodels=["m"]\ncurrency="EUR"\ntiers=[{input=1,output=1,x=2}]', "tiers.0.x"),
        (UNORDERED, "rising order"),
    ],
)
def test_a_table_that_cannot_be_used_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(RecipeError, match=r"my prices\.toml") as caught:
        load_price_table(write(tmp_path, text))
    assert told in str(caught.value)


def test_two_prices_for_one_model_are_told(tmp_path: Path) -> None:
    own = write(tmp_path, OWN.replace("My-Model", "qwen-plus"))
    with pytest.raises(RecipeError, match="2 entries for qwen-plus"):
        find("qwen-plus", own=own)


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        load_price_table(tmp_path / "none.toml")


def test_a_thought_is_bounded_by_its_budget_or_the_models_longest() -> None:
    def bound(model: str, *, thinking: bool = True, budget: int | None = None) -> int:
        return bound_thought_tokens(model, thinking=thinking, thinking_budget=budget)

    assert bound("qwen-plus") == 81_920
    assert bound("qwen-plus", budget=500) == 500
    assert bound("qwen-plus", thinking=False) == 0
    assert bound("qwen3-235b-a22b-instruct-2507") == 0
    assert bound("a-model-of-tomorrow") == LONGEST_THOUGHT
