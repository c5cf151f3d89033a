"""Batches of tokenised examples: bucketed by length, loss on the completion and on marked spans.

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

from .dialogue import find_marked, prompt_and_completion, remove_marks
from .training_mix import Example, Source, examples

POOL_EXAMPLES = 1024
LONGEST_ROW = 3072  # tokens; rare longer rows are left out, for the time they take


@dataclass(frozen=True)
class Row:
    """One tokenised example and the places of the tokens that carry loss."""

    ids: list[int]
    learnt: list[int]


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
    texts = [remove_marks(text) for pair in halves for text in pair]
    encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
    rows = []
    for half, prompt, completion in zip(halves, encoded[::2], encoded[1::2], strict=True):
        ids = prompt.ids + completion.ids
        marked = _places_within(prompt.offsets, find_marked(half[0]))
        rows.append(Row(ids, [*marked, *range(len(prompt.ids), len(ids))]))
    return rows


def _places_within(offsets: list[tuple[int, int]], spans: list[tuple[int, int]]) -> Iterator[int]:
    """Tokens that begin within one of the (rising) spans."""
    remaining = iter(spans)
    span = next(remaining, None)
    for place, (start, _) in enumerate(offsets):
        while span is not None and start >= span[1]:
            span = next(remaining, None)
        if span is not None and start >= span[0] and place > 0:
            yield place


def collate(rows: Sequence[Row], pad_id: int) -> Batch:
    """One batch of rows."""
    width = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), width), pad_id, dtype=torch.long)
    positions: list[int] = []
    targets: list[int] = []
    owners: list[int] = []
    for number, row in enumerate(rows):
        ids[number, : len(row.ids)] = torch.tensor(row.ids)
        positions.extend(number * width + place - 1 for place in row.learnt)
        targets.extend(row.ids[place] for place in row.learnt)
        owners.extend([number] * len(row.learnt))
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
    tokenizer: Tokenizer,
    seed: str,
    batch_tokens: int,
    pad_id: int,
    mix: tuple[Source, ...],
) -> Iterator[Batch]:
    """An endless stream of fresh batches; no example list is ever repeated."""
    rng = random.Random(seed)
    stream = examples(rng, mix)
    while True:
        rows = encode(tokenizer, list(islice(stream, POOL_EXAMPLES)))
        short = [row for row in rows if len(row.ids) <= LONGEST_ROW]
        groups = list(group(short, batch_tokens))
        rng.shuffle(groups)
        for rows_of_batch in groups:
            yield collate(rows_of_batch, pad_id)
