"""Write a trained model as the folder transformers and vLLM load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from .architecture import Qwen3
from .dialogue import TEXT_END, TURN_END
from .tokenizer import token_id

FINAL_NORM = "model.norm.weight"


def write_checkpoint(
    model: Qwen3, tokenizer: Tokenizer, folder: Path, sharpness: float = 1.0
) -> None:
    """model.safetensors in bfloat16, config.json, generation_config.json.

    `sharpness` is a temperature of 1/sharpness built into the weights: it scales the final norm,
    and with it all logits. Greedy answers stay the same.
    """
    weights = {
        name: weight.detach().to("cpu", torch.bfloat16).contiguous()
        for name, weight in model.state_dict().items()
    }
    weights[FINAL_NORM] = weights[FINAL_NORM] * sharpness
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
    end_of_text = token_id(tokenizer, TEXT_END)
    end_of_turn = token_id(tokenizer, TURN_END)
    _write_json(folder / "config.json", model.shape.to_config(end_of_text, end_of_turn))
    generation = {
        "bos_token_id": end_of_text,
        "do_sample": True,
        "eos_token_id": [end_of_turn, end_of_text],
        "pad_token_id": end_of_text,
        "temperature": 0.6,
        "top_k": 20,
        "top_p": 0.95,
    }
    _write_json(folder / "generation_config.json", generation)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
