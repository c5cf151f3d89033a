"""What a build has paid for so far, as plain data: exact where the teacher said it, else bounds.

Money is kept by currency, in decimal numbers. An unknown price makes a cost None, never 0.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer

# In JSON as text without an exponent: exact, and read by people.
_Amount = Annotated[
    Decimal, PlainSerializer(lambda amount: f"{amount:f}", return_type=str, when_used="json")
]
Cost = dict[str, _Amount]
JUDGE_MARK = " (judge)"  # behind the name of a model that judged


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelSpend(_Facts):
    """One model's answers. Tokens and cost are exact, those of `unreported` answers left out.

    `answered` counts replies, `refused` requests that moderation turned down (nothing is charged
    for them), `batched` replies at the price of a batch, `unreported` replies without a complete
    `usage`. `cached_tokens` are among the prompt's, as far as they were reported. `waited_ms` adds
    up how long each reply outside batches took, from the sending of its last attempt to its end;
    None where nobody counted.
    """

    answered: int
    refused: int
    batched: int
    unreported: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: Cost | None
    waited_ms: int | None = None


class BoundedSpend(_Facts):
    """Requests whose real usage nobody knows, with the most they can have taken."""

    count: int
    prompt_tokens: int
    completion_tokens: int
    cost: Cost | None


class Spend(_Facts):
    """Everything that the journal of one OUT says was paid.

    `unreported`: answered without `usage`. `lost`: broke after text had come in. `reserved`: sent,
    or about to be, and not answered yet; after a kill they stay until asked again. `interrupted`:
    in flight at a kill and asked again later; the provider may have billed the first time too.
    `tokens` and `cost` are all that counts as spent: answers, `unreported` and `lost`. `models` is
    by name; what a judge asked stands under `name (judge)`, beside the teacher's own.
    """

    models: dict[str, ModelSpend]
    unreported: BoundedSpend
    lost: BoundedSpend
    reserved: BoundedSpend
    interrupted: BoundedSpend
    tokens: int
    cost: Cost | None
