"""Money and tokens as exact numbers: a model's price, a budget, and the bound of a request.

Prices are decimal numbers per million tokens, as providers print them; sums are exact. A worst case
holds whatever the reply will be: a byte-level tokenizer (GPT-2's and all its descendants') never
makes more tokens than the text has UTF-8 bytes.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

from distilabel_pipelines.wire import Body

TOKENS = "tokens"
# What a chat template adds of its own (roles, separators, a default system prompt), in tokens.
_TEMPLATE_TOKENS = 256
# Servers may end a reply a few tokens late.
_OVERRUN_TOKENS = 16
_MILLION = Decimal(1_000_000)
_SHOWN_DIGITS = 4
_CENTS = Decimal("0.01")


class Price(BaseModel):
    """What one model costs per million tokens, for prompts of up to `up_to_prompt_tokens`.

    `output` covers thought and answer. `cached_input` None: cached tokens cost as others. Batch
    prices None: no batch price is known. Frozen; equal content, equal price.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(pattern="^[A-Z]{3}$")
    # Few digits, so that sums of any number of requests stay exact in decimal's 28.
    input: Decimal = Field(ge=0, max_digits=12, decimal_places=6)
    output: Decimal = Field(ge=0, max_digits=12, decimal_places=6)
    cached_input: Decimal | None = Field(default=None, ge=0, max_digits=12, decimal_places=6)
    batch_input: Decimal | None = Field(default=None, ge=0, max_digits=12, decimal_places=6)
    batch_output: Decimal | None = Field(default=None, ge=0, max_digits=12, decimal_places=6)
    up_to_prompt_tokens: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.batch_input is None) != (self.batch_output is None):
            raise ValueError("batch_input and batch_output belong together: give both or neither")
        if self.cached_input is not None and self.cached_input > self.input:
            raise ValueError(
                f"cached_input = {self.cached_input} is above input = {self.input}: a worst case "
                "counts no token as cached, so this could break a budget"
            )
        return self


class Budget(BaseModel):
    """A hard cap; `unit` is "tokens" (prompt and completion together) or an ISO 4217 currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Decimal = Field(gt=0)
    unit: str = Field(pattern="^(tokens|[A-Z]{3})$")

    @property
    def is_money(self) -> bool:
        """False for a cap on tokens."""
        return self.unit != TOKENS

    def describe(self) -> str:
        """The form that BUDGET takes: `5USD`, `2Mtok`, `1500tok`."""
        if self.is_money:
            return f"{_shorten(self.amount)}{self.unit}"
        for name, size in (("Mtok", 1_000_000), ("ktok", 1000)):
            if self.amount % size == 0:
                return f"{_shorten(self.amount / size)}{name}"
        return f"{_shorten(self.amount)}tok"


class TokenCount(NamedTuple):
    """Tokens of one request: exact, or upper bounds."""

    prompt: int
    completion: int
    cached: int = 0

    @property
    def total(self) -> int:
        """Prompt and completion together: what a budget in tokens counts."""
        return self.prompt + self.completion


def bound_prompt_tokens(body: Body) -> int:
    """The most tokens that a request's prompt can take."""
    prompt = orjson.dumps(
        [body.get(name) for name in ("messages", "prompt", "tools", "response_format")]
    )
    return len(prompt) + _TEMPLATE_TOKENS


def bound_tokens(body: Body, *, thought_tokens: int) -> TokenCount:
    """The most tokens that a request can take.

    `thought_tokens` is what the teacher may think beyond `max_tokens` (0 where that bounds both).
    A body without `max_tokens`, or with one that is no whole number, has no bound: raises
    TypeError. Servers differ in which of two limits they obey: the larger one counts.
    """
    limits = [_read_count(body, name) for name in ("max_tokens", "max_completion_tokens")]
    limit = max((one for one in limits if one is not None), default=None)
    if limit is None:
        raise TypeError("max_tokens is None: a request without it has no worst case")
    completion = _count_replies(body) * (limit + thought_tokens + _OVERRUN_TOKENS)
    return TokenCount(bound_prompt_tokens(body), completion)


def _count_replies(body: Body) -> int:
    """How many replies one request is billed for; a completion may ask for several prompts."""
    prompt = body.get("prompt")
    replies = max(1, *(_read_count(body, name) or 1 for name in ("n", "best_of")))
    if isinstance(prompt, list) and not all(type(token) is int for token in prompt):
        replies *= len(prompt)
    return replies


def _read_count(body: Body, name: str) -> int | None:
    """A whole number of the request; a text would mean to one server what another refuses."""
    value = body.get(name)
    if value is not None and (type(value) is not int or value < 0):
        raise TypeError(f"{name} is {value!r}, no whole number: the request has no worst case")
    return value


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
    cached = min(tokens.cached, tokens.prompt)
    plain = tokens.prompt - cached
    total = plain * input_price + cached * cached_price + tokens.completion * output_price
    return total / _MILLION


def bound_cost(prices: tuple[Price, ...], bound: TokenCount, *, batch: bool) -> Decimal:
    """The most that a request within `bound` can cost, whichever tier its real length falls into.

    `prices` as for `choose_price`.
    """
    reachable = prices[: prices.index(choose_price(prices, bound.prompt)) + 1]
    worst = TokenCount(bound.prompt, bound.completion)
    return max(compute_cost(price, worst, batch=batch) for price in reachable)


def format_amount(amount: Decimal, unit: str) -> str:
    """`0.0123 USD`, `12.30 USD`, `1,234,567 tokens`: cents, or four digits of less than one."""
    if unit == TOKENS:
        return f"{amount:,.0f} tokens"
    step = _CENTS
    if amount and abs(amount) < 1:
        step = min(_CENTS, Decimal((0, (1,), amount.adjusted() - _SHOWN_DIGITS + 1)))
    return f"{amount.quantize(step, ROUND_HALF_UP):,f} {unit}"


def _shorten(amount: Decimal) -> str:
    """Without an exponent and without zeros at its end."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
