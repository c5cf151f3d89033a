"""A cheap look at held-out accuracy during training, without generating text.

A trace is a function of its question, so greedy decoding writes it whole exactly when every
token of it is the most likely one under teacher forcing: one forward pass a batch. (A slip that
still reaches the right answer counts as wrong, so this is a lower bound of accuracy.)
Only training wordings are used; the held-out wordings are for `evaluate.py` alone. A passage is
drawn, not a function of its prompt, so of passages the loss is told, and how much of it comes back
when the prompt names another topic: near zero means that the topic is not looked at.
"""
# mypy: allow-untyped-decorators
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import random
from dataclasses import replace

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy

from .architecture import Qwen3
from .batches import collate, encode
from .dialogue import TEXT_END
from .families.model import LANGUAGES, Family, Language
from .families.registry import FAMILIES
from .passages.requests import draw_short_request_in
from .tokenizer import token_id
from .training_mix import Example, draw_question


def exact_shares(model: Qwen3, tokenizer: Tokenizer, questions: int) -> dict[str, float]:
    """Share of exact traces by family and language."""
    return {
        f"{family.name}/{language}": exact_share(model, tokenizer, family, language, questions)
        for family in FAMILIES
        for language in LANGUAGES
    }


@torch.no_grad()
def exact_share(
    model: Qwen3, tokenizer: Tokenizer, family: Family, language: Language, questions: int
) -> float:
    """Share of held-out questions whose every completion token is the most likely one."""
    rng = random.Random(f"probe-{family.name}-{language}")
    asked = (draw_question(family, language, "held_out", rng) for _ in range(questions))
    items = [Example(None, q.text, q.thought, q.content) for q in asked]
    batch = collate(encode(tokenizer, items), token_id(tokenizer, TEXT_END))
    device = model.model.norm.weight.device
    states = model.hidden(batch.ids.to(device)).flatten(0, 1)
    best = model.logits(states[batch.positions.to(device)]).argmax(-1).cpu()
    slips = set(batch.owners[best != batch.targets].tolist())
    return 1 - len(slips) / questions


@torch.no_grad()
def passage_losses(model: Qwen3, tokenizer: Tokenizer, passages: int) -> dict[str, float]:
    """Mean loss by language, and what a wrong topic adds to it."""
    losses: dict[str, float] = {}
    for language in LANGUAGES:
        rng = random.Random(f"probe-passages-{language}")
        items = [draw_short_request_in(language, rng) for _ in range(passages)]
        others = [replace(item, user=rng.choice(items).user) for item in items]
        right, wrong = (mean_loss(model, tokenizer, each) for each in (items, others))
        losses |= {language: right, f"{language}, wrong topic: +": wrong - right}
    return losses


def mean_loss(model: Qwen3, tokenizer: Tokenizer, items: list[Example]) -> float:
    """Over all tokens that carry loss."""
    batch = collate(encode(tokenizer, items), token_id(tokenizer, TEXT_END))
    device = model.model.norm.weight.device
    states = model.hidden(batch.ids.to(device)).flatten(0, 1)
    logits = model.logits(states[batch.positions.to(device)])
    return float(cross_entropy(logits, batch.targets.to(device)).item())
