"""What a model costs: the bundled price table, and a user's own over it.

The bundled `prices.toml` says for each price which copy of the provider's pages it was read from; a
model that is not in it has no known price. Alibaba Cloud Model Studio's reference of its chat API,
as mirrored in public repositories, says that `max_tokens` bounds the reply and not the thought (of
QwQ, and of Qwen3 in thinking mode), and that `thinking_budget` defaults to the model's longest
thought. (A notice of 2026-04-20 announces `max_completion_tokens`, which bounds both.) So a worst
case is `max_tokens` and the longest thought together.
"""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from builders.errors import RecipeError
from distilabel_pipelines.prices import Price

_BUNDLED = Path(__file__).parent / "prices.toml"
# For a model whose longest thought nobody wrote down: the longest found of any.
LONGEST_THOUGHT = 262_144

_Amount = Annotated[Decimal, Field(ge=0)]
_Names = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    AfterValidator(lambda names: tuple(name.lower() for name in names)),
]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    models: _Names
    source: str = ""
    date: dt.date | None = None


class _Tier(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    input: _Amount
    output: _Amount
    cached_input: _Amount | None = None
    batch_input: _Amount | None = None
    batch_output: _Amount | None = None
    up_to_prompt_tokens: int | None = None


class _PriceEntry(_Section):
    """Prices of some models; without a region or a mode they hold for all."""

    region: str | None = None
    thinking: bool | None = None
    currency: str
    tiers: tuple[_Tier, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _tiers_rise(self) -> Self:
        bounds = [tier.up_to_prompt_tokens for tier in self.tiers]
        known = [bound for bound in bounds if bound is not None]
        if None in bounds[:-1] or known != sorted(set(known)):
            raise ValueError(
                f"up_to_prompt_tokens is {bounds}: tiers stand in rising order, and only the last "
                "may be without"
            )
        _ = self.prices  # a bad price is told now
        return self

    @property
    def prices(self) -> tuple[Price, ...]:
        """The tiers as prices."""
        return tuple(Price(currency=self.currency, **tier.model_dump()) for tier in self.tiers)

    def holds_for(self, model: str, region: str, *, thinking: bool) -> bool:
        """Whether this entry prices such a request."""
        return (
            model.lower() in self.models
            and self.region in (None, region)
            and self.thinking in (None, thinking)
        )


class _ThoughtEntry(_Section):
    max_tokens: int = Field(ge=0)


class PriceTable(BaseModel):
    """One table: `prices`, and `thoughts`, the longest of each model in tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prices: tuple[_PriceEntry, ...] = ()
    thoughts: tuple[_ThoughtEntry, ...] = ()

    def find(self, model: str, region: str, *, thinking: bool) -> tuple[Price, ...]:
        """The one entry's prices, empty where there is none; RecipeError where there are two."""
        found = [one for one in self.prices if one.holds_for(model, region, thinking=thinking)]
        if len(found) > 1:
            raise RecipeError(
                f"the price table has {len(found)} entries for {model} (region {region}, thinking "
                f"{'on' if thinking else 'off'}); keep one of them"
            )
        return found[0].prices if found else ()


def find_prices(
    model: str, *, region: str, thinking: bool, extra_table: Path | None, bundled: bool = True
) -> tuple[Price, ...]:
    """The model's prices in rising order of the tiers; empty where none is known.

    `extra_table` is the user's own (PRICES=) and wins. The bundled table holds for DashScope only:
    `bundled` False leaves it out, or a model of the same name on one's own server would seem to
    cost money. Raises RecipeError for a table that cannot be used.
    """
    if extra_table is not None:
        own = load_price_table(extra_table).find(model, region, thinking=thinking)
        if own:
            return own
    return _load_bundled().find(model, region, thinking=thinking) if bundled else ()


def bound_thought_tokens(model: str, *, thinking: bool, thinking_budget: int | None) -> int:
    """The most that a DashScope model may think beyond `max_tokens`.

    Without a THINKING_BUDGET that is the model's longest thought, or the longest of any model
    where its own is not known: a worst case may not be guessed too small.
    """
    if not thinking:
        return 0
    if thinking_budget is not None:
        return thinking_budget
    for entry in _load_bundled().thoughts:
        if model.lower() in entry.models:
            return entry.max_tokens
    return LONGEST_THOUGHT


def load_price_table(path: Path) -> PriceTable:
    """A price table (TOML); raises RecipeError that names the entry and the value seen."""
    try:
        text = path.expanduser().read_text(encoding="utf-8")
        return PriceTable.model_validate(_read_decimals(text))
    except (OSError, RuntimeError) as error:  # RuntimeError: a ~user that is not there
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise RecipeError(
            f"PRICES={path} cannot be read: {why}. Give the path of a price table (TOML)."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"PRICES={path} is no TOML: {error}. builders/prices.toml shows the form."
        ) from error
    except ValidationError as error:
        raise RecipeError(f"PRICES={path}: {_explain(error)}") from error


def _read_decimals(text: str) -> dict[str, Any]:
    """Prices as they are written: a float would not be the number that stands there."""
    return tomllib.loads(text, parse_float=Decimal)


@functools.cache
def _load_bundled() -> PriceTable:
    return load_price_table(_BUNDLED)


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message}. builders/prices.toml shows the form."
