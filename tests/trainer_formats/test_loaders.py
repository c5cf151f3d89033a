"""The entries in the trainers' own loaders: every row arrives, word for word.

The packages pin versions of datasets and transformers that exclude each other and ours, so each
needs an environment of its own, whose `bin/python` a variable names; without it the trainer's tests
are skipped. `TRAINER_DATASETS` names further `dataset/` folders, of your own builds, with `:`
between them. docs/trainers.md has the commands.

    LLAMA_FACTORY_PYTHON, MS_SWIFT_PYTHON, AXOLOTL_PYTHON, TRAINER_DATASETS
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
OWN = [one for one in os.environ.get("TRAINER_DATASETS", "").split(os.pathsep) if one]
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
Messages = list[list[str]]


@pytest.fixture(scope="module", params=[*MAKERS, *OWN])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param not in MAKERS:
        return Path(request.param).resolve()
    folder = tmp_path_factory.mktemp(request.param)
    MAKERS[request.param](folder)
    return folder / "dataset"


def find_python(trainer: str) -> str:
    """The Python that has the trainer; without one the test is skipped."""
    variable = f"{trainer.upper()}_PYTHON"
    python = os.environ.get(variable)
    if not python:
        pytest.skip(f"{variable} names no Python that has this trainer")
    return python


def run_reader(
    trainer: str, dataset: Path, home: Path, hub: dict[str, str] | None = None
) -> dict[str, Any]:
    """What `read_with_<trainer>.py` prints, with caches of its own.

    Without a network, or with the variables of `hub`, a Hub of this machine.
    """
    python = find_python(trainer)
    own = {"HF_HOME": str(home), "MODELSCOPE_CACHE": str(home), "AXOLOTL_DO_NOT_TRACK": "1"}
    own |= {"DISABLE_VERSION_CHECK": "1", **(OFFLINE if hub is None else hub)}
    done = subprocess.run(
        [str(Path(python).absolute()), str(HERE / f"read_with_{trainer}.py"), str(dataset)],
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
    """The config of an entry's name; names of entries of the Hub say more than that."""
    manifest = json.loads((dataset / "manifest.json").read_text(encoding="utf-8"))
    return entry.removesuffix("@hub").rpartition(":")[2].removeprefix(f"{manifest['kind']}_")


def check_every_row(
    dataset: Path, cache: Path, trainer: str, read: dict[str, list[Messages]]
) -> None:
    """Rows that the trainer read of each entry are those of the entry's config."""
    for entry, rows in read.items():
        expected = [tell_chat(row) for row in load(dataset, find_config(dataset, entry), cache)]
        if trainer == "llama_factory":  # a text alone is a prompt there, in stage `pt`
            expected = [[["user", row[0][1]]] if len(row) == 1 else row for row in expected]
        assert sorted(rows) == sorted(expected), entry


def check_every_answer(dataset: Path, cache: Path, read: dict[str, list[list[str]]]) -> None:
    """axolotl's whole texts and those with a loss: every answer with its thought, nothing else."""
    for config, rows in read.items():
        loaded = load(dataset, config, cache)
        assert len(rows) == len(loaded)
        for (whole, trained), row in zip(rows, loaded, strict=True):
            asked, answer = ["", *(content for _, content in tell_chat(row))][-2:]
            thought = row["messages"][-1].get("reasoning_content") if "messages" in row else None
            expected = f"[{thought}]{answer}" if thought else answer
            assert trained.removesuffix("\n").removesuffix("<|im_end|>") == expected
            assert (row["instruction"] if config == "alpaca" else asked) in whole


@pytest.mark.parametrize("trainer", ["llama_factory", "ms_swift"])
def test_every_entry_gives_every_row(built: Path, tmp_path: Path, trainer: str) -> None:
    check_every_row(built, tmp_path, trainer, run_reader(trainer, built, tmp_path))


def test_axolotl_trains_on_every_answer_with_its_thought_and_on_nothing_else(
    built: Path, tmp_path: Path
) -> None:
    check_every_answer(built, tmp_path, run_reader("axolotl", built, tmp_path))
