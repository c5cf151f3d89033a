"""TRL fine-tunes the embedded model on a built dataset: thoughts are trained on, the loss falls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from builders.judged import CheckedTrace, Outcome
from builders.package import write_dataset
from builders.reasoning_rows import CONFIGS, ConfigName
from tests.outcomes import checked, small_facts, small_outcome
from tests.training import run_sft

pytestmark = pytest.mark.train

REPOSITORY = Path(__file__).parents[2]
ROWS = 32
# One thread: on a busy machine torch's threads spin for each other, 62 s of training became 14 s.
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}


class SFTReport(NamedTuple):
    """What `run_sft` prints: mean loss by epoch, text by row."""

    losses: list[float]
    texts: list[str]


def sum_row(number: int) -> CheckedTrace:
    """A verified row about two numbers; every row has another question and another thought."""
    left, right = 11 + 3 * number, 97 - 2 * number
    return checked(
        f"A crate holds {left} pears and a basket {right}. How many pears is that?",
        f"The crate gives {left}, the basket {right}.\n{left} + {right} = {left + right}",
        f"Together that is {left + right} pears: \\boxed{{{left + right}}}",
        answer=str(left + right),
    )


def published_rows() -> list[CheckedTrace]:
    """`ROWS` rows, Chinese and open ones among them."""
    known = small_outcome().published
    return [*known, *map(sum_row, range(ROWS - len(known)))]


def rendered(row: CheckedTrace) -> str:
    """The dialogue as the model's chat template writes it, thought and all."""
    trace = row.trace
    return (
        f"<|im_start|>user\n{trace.input}<|im_end|>\n<|im_start|>assistant\n"
        f"<think>\n{trace.reasoning_content}\n</think>\n\n{trace.content}<|im_end|>\n"
    )


@pytest.fixture(scope="module")
def dataset_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    staging = tmp_path_factory.mktemp("staging")
    outcome = Outcome(published=published_rows(), rejected=small_outcome().rejected)
    write_dataset(outcome, small_facts(rows_wanted=ROWS), staging)
    return staging / "dataset"


@cache
def fine_tune(dataset_folder: Path, config: ConfigName) -> SFTReport:
    """Run `run_sft` once for each config, offline, in a process of its own."""
    command = [sys.executable, "-m", run_sft.__name__]
    command += [str(dataset_folder), config, str(dataset_folder.parent / f"sft-{config}")]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return SFTReport(**json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("config", CONFIGS)
def test_the_trained_text_holds_every_thought_and_answer(
    dataset_folder: Path, config: ConfigName
) -> None:
    assert fine_tune(dataset_folder, config).texts == list(map(rendered, published_rows()))


@pytest.mark.parametrize("config", CONFIGS)
def test_the_loss_falls(dataset_folder: Path, config: ConfigName) -> None:
    losses = fine_tune(dataset_folder, config).losses
    assert len(losses) == run_sft.EPOCHS
    assert losses[-1] < 0.9 * losses[0], losses
