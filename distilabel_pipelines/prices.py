"""Money and tokens as exact numbers: a model's price, a budget, and the bound of a request.

Prices are decimal numbers per million tokens, as providers print them; sums are exact. A worst case
holds whatever the reply will be: a byte-level tokenizer (GPT-2's and all its descendants') never
makes more tokens than the text has UTF-8 bytes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, Field

from distilabel_pipelines.wire import Body

TOKENS = "tokens"
# What a chat template adds of its own (roles, separators, a default system prompt), in tokens.
_TEMPLATE_TOKENS = 256
_MILLION = Decimal(1_000_000)


class Price(BaseModel):
    """What one model costs per million tokens, for prompts of up to `up_to_prompt_tokens`.

    `output` covers thought and answer. `cached_input` None: cached tokens cost as others. Batch
    prices None: no batch price is known. Frozen; equal content, equal price.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(pattern="^[A-Z]{3}$")
    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached_input: Decimal | None = Field(default=None, ge=0)
    batch_input: Decimal | None = Field(default=None, ge=0)
    batch_output: Decimal | None = Field(default=None, ge=0)
    up_to_prompt_tokens: int | None = Field(default=None, gt=0)


class Budget(BaseModel):
    """A hard cap; `unit` is "tokens" (prompt and completion together) or an ISO 4217 currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Decimal = Field(gt=0)
    unit: str


class TokenCount(NamedTuple):
    """Tokens of one request: exact, or upper bounds."""

    prompt: int
    completion: int
    cached: int = 0


def bound_tokens(body: Body, *, thought_tokens: int) -> TokenCount:
    """The most tokens that a request can take.

    `thought_tokens` is what the teacher may think beyond `max_tokens` (0 where that bounds both).
    A body without `max_tokens` has no bound: raises TypeError.
    """
    limit = body.get("max_tokens", body.get("max_completion_tokens"))
    if not isinstance(limit, int):
        raise TypeError(f"max_tokens is {limit!r}: a request without it has no worst case")
    prompt = orjson.dumps(
        [body.get(name) for name in ("messages", "prompt", "tools", "response_format")]
    )
    return TokenCount(len(prompt) + _TEMPLATE_TOKENS, limit + thought_tokens)


def choose_price(prices: tuple[Price, ...], prompt_tokens: int) -> Price:
    """The tier of a prompt's length; `prices` is not empty and in rising order of the tiers.

    A prompt beyond the last tier takes the last one.
    """
    for price in prices:
        if price.up_to_prompt_tokens is None or prompt_tokens <= price.up_to_prompt_tokens:
            return price
    return prices[-1]


def compute_cost(price: Price, tokens: TokenCount, *, batch: bool) -> Decimal:
    """What these tokens cost, exactly. Without a batch price a batch costs as anything else."""
    input_price, output_price = price.input, price.output
    cached_price = price.input if price.cached_input is None else price.cached_input
    if batch and price.batch_input is not None and price.batch_output is not None:
        # A batch's discount and the cache's are not added up by providers.
        input_price = cached_price = price.batch_input
        output_price = price.batch_output
    plain = tokens.prompt - tokens.cached
    total = plain * input_price + tokens.cached * cached_price + tokens.completion * output_price
    return total / _MILLION
