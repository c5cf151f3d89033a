"""Begin a run with trained weights under a tokenizer that has grown since.

Every row of the embedding goes to the token it belonged to; a new token begins as the mean of the
tokens that its text was cut into before.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from .architecture import Qwen3
from .export_checkpoint import FINAL_NORM

EMBEDDING = "model.embed_tokens.weight"


def load_grown(model: Qwen3, tokenizer: Tokenizer, folder: Path, sharpness: float = 1.0) -> None:
    """Load the weights of `folder`; only the embedding may have another number of rows.

    `sharpness` is what those weights were written with; it is taken out again, since training
    begins best where the logits fit the data.
    """
    weights = {n: w.float() for n, w in load_file(str(folder / "model.safetensors")).items()}
    before = Tokenizer.from_file(str(folder / "tokenizer.json"))
    rows = model.model.embed_tokens.weight.detach().cpu().clone()
    weights[EMBEDDING] = grow_embedding(weights[EMBEDDING], rows, before, tokenizer)
    weights[FINAL_NORM] = weights[FINAL_NORM] / sharpness
    model.load_state_dict(weights)


def grow_embedding(old: Tensor, rows: Tensor, before: Tokenizer, after: Tokenizer) -> Tensor:
    """`rows` (new size) with what the old rows say about each token."""
    known = before.get_vocab(with_added_tokens=True)
    for token, number in after.get_vocab(with_added_tokens=True).items():
        if token in known:
            rows[number] = old[known[token]]
        else:
            parts = [part.id for part in before.model.tokenize(token)]
            rows[number] = old[torch.tensor(parts)].mean(0)
    return rows
