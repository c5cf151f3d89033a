"""Batches of tokenised examples: bucketed by length, loss on the completion only.

Rows of one batch have nearly one length, so little is padded; `positions` are the flat indices
whose next token is the model's own, so the vocabulary is only projected where there is loss.
"""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .dialogue import prompt_and_completion
from .training_mix import MIX, Example, Source, examples

POOL_EXAMPLES = 4096


@dataclass(frozen=True)
class Row:
    """One tokenised example and where its completion starts."""

    ids: list[int]
    completion_start: int


@dataclass(frozen=True)
class Batch:
    """Right-padded ids, flat loss positions, their targets, and the row each belongs to."""

    ids: Tensor
    positions: Tensor
    targets: Tensor
    owners: Tensor
    tokens: int


def encode(tokenizer: Tokenizer, items: Sequence[Example]) -> list[Row]:
    """Tokenise prompts and completions apart, so their border is a token border."""
    halves = [prompt_and_completion(item) for item in items]
    texts = [text for pair in halves for text in pair]
    encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
    rows = []
    for prompt, completion in zip(encoded[::2], encoded[1::2], strict=True):
        rows.append(Row(prompt.ids + completion.ids, len(prompt.ids)))
    return rows


def collate(rows: Sequence[Row], pad_id: int) -> Batch:
    """One batch of rows."""
    width = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), width), pad_id, dtype=torch.long)
    positions: list[int] = []
    targets: list[int] = []
    owners: list[int] = []
    for number, row in enumerate(rows):
        ids[number, : len(row.ids)] = torch.tensor(row.ids)
        first, last = row.completion_start - 1, len(row.ids) - 1
        positions.extend(range(number * width + first, number * width + last))
        targets.extend(row.ids[first + 1 :])
        owners.extend([number] * (last - first))
    index = [torch.tensor(values) for values in (positions, targets, owners)]
    return Batch(ids, index[0], index[1], index[2], sum(len(row.ids) for row in rows))


def group(rows: Sequence[Row], batch_tokens: int) -> Iterator[list[Row]]:
    """Rows of like length, so many that the padded batch holds about `batch_tokens`."""
    current: list[Row] = []
    for row in sorted(rows, key=lambda row: len(row.ids)):
        if current and (len(current) + 1) * len(row.ids) > batch_tokens:
            yield current
            current = []
        current.append(row)
    if current:
        yield current


def training_batches(
    tokenizer: Tokenizer, seed: str, batch_tokens: int, pad_id: int, mix: tuple[Source, ...] = MIX
) -> Iterator[Batch]:
    """An endless stream of fresh batches; no example list is ever repeated."""
    rng = random.Random(seed)
    stream = examples(rng, mix)
    while True:
        rows = encode(tokenizer, list(islice(stream, POOL_EXAMPLES)))
        groups = list(group(rows, batch_tokens))
        rng.shuffle(groups)
        for rows_of_batch in groups:
            yield collate(rows_of_batch, pad_id)
