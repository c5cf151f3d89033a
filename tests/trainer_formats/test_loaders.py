"""The entries in the trainers' own loaders: every row arrives, word for word.

The packages pin versions of datasets and transformers that exclude each other and ours, so each
needs an environment of its own, named by a variable:

    LLAMA_FACTORY_PYTHON, MS_SWIFT_PYTHON, AXOLOTL_PYTHON

Run last with LLaMA-Factory 0.9.5, ms-swift 4.6.0 and axolotl 0.19.0.
"""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builders.any_manifest import AnyManifest
from builders.package import (
    write_dataset,
    write_instruction_dataset,
    write_pretraining_dataset,
)
from builders.trainer_formats.render import render_trainer_formats
from tests import instruction_outcomes, outcomes
from tests.pretraining import outcomes as pretraining_outcomes

pytestmark = pytest.mark.train
HERE = Path(__file__).parent
MAKERS: dict[str, Callable[[Path], AnyManifest]] = {
    "reasoning": lambda folder: write_dataset(
        outcomes.small_outcome(), outcomes.small_facts(), folder
    ),
    "instruction": lambda folder: write_instruction_dataset(
        instruction_outcomes.small_alpaca(), instruction_outcomes.small_facts(), folder
    ),
    "pretraining": lambda folder: write_pretraining_dataset(
        pretraining_outcomes.small_outcome(), pretraining_outcomes.small_facts(), folder
    ),
}
Messages = list[list[str]]


@pytest.fixture(scope="module", params=MAKERS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    for path, text in render_trainer_formats(MAKERS[request.param](folder)).items():
        target = folder / "dataset" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder / "dataset"


def run_reader(trainer: str, dataset: Path, home: Path) -> dict[str, Any]:
    """What `read_with_<trainer>.py` prints, without a network and with caches of its own."""
    variable = f"{trainer.upper()}_PYTHON"
    python = os.environ.get(variable)
    if not python:
        pytest.skip(f"{variable} names no Python that has this trainer")
    own = {"HF_HOME": str(home), "MODELSCOPE_CACHE": str(home), "AXOLOTL_DO_NOT_TRACK": "1"}
    own |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "DISABLE_VERSION_CHECK": "1"}
    done = subprocess.run(
        [python, str(HERE / f"read_with_{trainer}.py"), str(dataset)],
        env=os.environ | own,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return rows


def load(dataset: Path, config: str, cache: Path) -> Any:  # noqa: ANN401  # datasets has no types
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    return load_dataset(str(dataset), config, cache_dir=str(cache), split="train")


def tell_chat(row: dict[str, Any]) -> Messages:
    """What a trainer that reads `role` and `content` alone is to make of a row."""
    if "conversations" in row:
        names = {"human": "user", "gpt": "assistant"}
        return [[names[turn["from"]], turn["value"]] for turn in row["conversations"]]
    if "messages" in row:
        return [[turn["role"], turn["content"]] for turn in row["messages"]]
    if "instruction" in row:
        asked = "\n".join(part for part in (row["instruction"], row["input"]) if part)
        return [["user", asked], ["assistant", row["output"]]]
    prompt = [["user", row["prompt"]]] if "prompt" in row else []
    return [*prompt, ["assistant", row["text"]]]


def find_config(dataset: Path, entry: str) -> str:
    return entry.removeprefix(f"{json.loads((dataset / 'manifest.json').read_text())['kind']}_")


@pytest.mark.parametrize("trainer", ["llama_factory", "ms_swift"])
def test_every_entry_gives_every_row(built: Path, tmp_path: Path, trainer: str) -> None:
    for entry, rows in run_reader(trainer, built, tmp_path).items():
        expected = [tell_chat(row) for row in load(built, find_config(built, entry), tmp_path)]
        if trainer == "llama_factory":  # a text alone is a prompt there, in stage `pt`
            expected = [[["user", row[0][1]]] if len(row) == 1 else row for row in expected]
        assert sorted(rows) == sorted(expected), entry


def test_axolotl_trains_on_every_answer_with_its_thought_and_on_nothing_else(
    built: Path, tmp_path: Path
) -> None:
    for config, rows in run_reader("axolotl", built, tmp_path).items():
        loaded = load(built, config, tmp_path)
        assert len(rows) == len(loaded)
        for (whole, trained), row in zip(rows, loaded, strict=True):
            asked, answer = ["", *(content for _, content in tell_chat(row))][-2:]
            thought = row["messages"][-1].get("reasoning_content") if "messages" in row else None
            expected = f"[{thought}]{answer}" if thought else answer
            assert trained.removesuffix("\n").removesuffix("<|im_end|>") == expected
            assert (row["instruction"] if config == "alpaca" else asked) in whole
