"""Render a reasoning dataset through the chat templates of other models, which TRL brings.

A process of its own for the reason of `run_sft`. Prints one JSON object on the last line:
template → config → the text of each row, as transformers' `apply_chat_template` gives it.
"""

from __future__ import annotations

import json
import sys

from distilabel_pipelines.embedded_model.weight_files import WEIGHTS
from tests.training.run_sft import find_templates

CONFIGS = ("default", "inline_think")


def render(dataset: str, cache: str) -> dict[str, dict[str, list[str]]]:
    """Every template of a text model; those that want pictures read another form of content."""
    from datasets import load_dataset  # noqa: PLC0415  # 1 s that the tests' import need not pay
    from transformers import AutoTokenizer  # noqa: PLC0415  # the same

    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS)
    rows = {
        config: load_dataset(dataset, config, split="train", cache_dir=cache)["messages"]
        for config in CONFIGS
    }
    rendered: dict[str, dict[str, list[str]]] = {}
    for path in sorted(find_templates().glob("*.jinja")):
        if path.stem.startswith(("idefics", "llava", "smolvlm")):
            continue
        given = {"chat_template": path.read_text(encoding="utf-8"), "bos_token": ""}
        rendered[path.stem] = {
            config: [
                tokenizer.apply_chat_template(messages, tokenize=False, **given)
                for messages in rows[config]
            ]
            for config in CONFIGS
        }
    return rendered


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(render(sys.argv[1], sys.argv[2])) + "\n")
