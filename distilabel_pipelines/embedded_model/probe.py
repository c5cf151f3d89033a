"""A cheap look at held-out accuracy during training, without generating text.

A trace is a function of its question, so greedy decoding writes it whole exactly when every
token of it is the most likely one under teacher forcing: one forward pass a batch. (A slip that
still reaches the right answer counts as wrong, so this is a lower bound of accuracy.)
Only training wordings are used; the held-out wordings are for `evaluate.py` alone.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch

from .batches import collate, encode
from .dialogue import TEXT_END
from .families.model import LANGUAGES, Family, Language
from .families.registry import FAMILIES
from .training_mix import Example, draw_question

if TYPE_CHECKING:
    from .train import Trainer


def exact_shares(trainer: Trainer, questions: int) -> dict[str, float]:
    """Share of exact traces by family and language."""
    return {
        f"{family.name}/{language}": exact_share(trainer, family, language, questions)
        for family in FAMILIES
        for language in LANGUAGES
    }


@torch.no_grad()
def exact_share(trainer: Trainer, family: Family, language: Language, questions: int) -> float:
    """Share of held-out questions whose every completion token is the most likely one."""
    rng = random.Random(f"probe-{family.name}-{language}")
    asked = (draw_question(family, language, "held_out", rng) for _ in range(questions))
    items = [Example(None, q.text, q.thought, q.content) for q in asked]
    batch = collate(encode(trainer.tokenizer, items), trainer.token_id(TEXT_END))
    states = trainer.model.hidden(batch.ids.to(trainer.device)).flatten(0, 1)
    best = trainer.model.logits(states[batch.positions.to(trainer.device)]).argmax(-1).cpu()
    slips = set(batch.owners[best != batch.targets].tolist())
    return 1 - len(slips) / questions
