"""Fine-tune the embedded model on configs of built datasets, on a CPU.

A process of its own, because torch, transformers and TRL bring warnings of their own making that
the test suite would turn into errors; one for all runs, because they take long to import. Prints
one JSON list on the last line of its output, a `Report` a run.

TRL's part is its defaults (https://huggingface.co/docs/trl/sft_trainer): the columns are found and
rendered through the chat template, nothing is mapped or renamed by hand.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from distilabel_pipelines.embedded_model.weight_files import WEIGHTS

if TYPE_CHECKING:
    from datasets import Dataset
    from trl import SFTTrainer

EPOCHS = 3
BATCH_ROWS = 4
NOT_TRAINED = -100  # the label by which torch's cross entropy skips a token
CPU = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False}
"""What TRL's defaults, made for a GPU, need on a CPU."""


class Run(NamedTuple):
    """One config to train on: `dataset` is the `dataset/` folder of a build.

    `template` names a chat template that TRL brings; empty: the model's own. Then `assistant_only`
    is not possible, as its template marks no assistant's tokens. Without `epochs` nothing is
    trained and the texts alone are told.
    """

    dataset: str
    config: str
    template: str = ""
    assistant_only: bool = False
    epochs: int = EPOCHS


class Report(NamedTuple):
    """What was seen: mean loss by epoch; by row the text the model reads, and its part in the loss.

    `refused` is TRL's error where it cannot read the config.
    """

    losses: list[float]
    read: list[str]
    trained: list[str]
    refused: str = ""


def build_trainer(dataset: Dataset, run: Run, folder: Path) -> SFTTrainer:
    """A trainer of the committed weights in float32; what it writes goes into `folder`."""
    import torch  # noqa: PLC0415  # 2 s that the tests' import need not pay
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415  # the same
    from trl import SFTConfig, SFTTrainer  # noqa: PLC0415  # the same

    settings: dict[str, Any] = {
        "output_dir": str(folder),
        "num_train_epochs": run.epochs,
        "per_device_train_batch_size": BATCH_ROWS,
        "learning_rate": 5e-4,
        "max_length": None,
        "assistant_only_loss": run.assistant_only,
        "logging_strategy": "epoch",
        "report_to": "none",
        "save_strategy": "no",
        "dataloader_pin_memory": False,
        "disable_tqdm": True,
        "seed": 0,
    }
    if run.template:
        settings["chat_template_path"] = str(find_templates() / f"{run.template}.jinja")
    return SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(WEIGHTS, dtype=torch.float32),
        args=SFTConfig(**settings, **CPU),
        train_dataset=dataset,
        processing_class=AutoTokenizer.from_pretrained(WEIGHTS),
    )


def find_templates() -> Path:
    """The chat templates of many models that TRL brings."""
    import trl  # noqa: PLC0415  # as above

    return Path(trl.__file__).parent / "chat_templates"


def tell_texts(trainer: SFTTrainer) -> tuple[list[str], list[str]]:
    """By row of the trainer's own dataset, decoded: all tokens, and those that have a loss."""
    decode = trainer.processing_class.decode
    rows = trainer.train_dataset
    trained = [[label for label in row if label != NOT_TRAINED] for row in rows["labels"]]
    return list(map(decode, rows["input_ids"])), list(map(decode, trained))


def train(run: Run, folder: Path) -> Report:
    """Load the config as a user does, train and say what was seen."""
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, as above

    cache = str(folder / "cache")
    dataset = load_dataset(run.dataset, run.config, split="train", cache_dir=cache)
    try:
        trainer = build_trainer(dataset, run, folder / "trainer")
    except KeyError as error:  # how TRL says that a column is missing
        return Report([], [], [], repr(error))
    if run.epochs:
        trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return Report(losses, *tell_texts(trainer))


def main() -> None:
    """Take the folder for caches and a JSON list of runs, write the reports to standard output."""
    folder, runs = Path(sys.argv[1]), [Run(*run) for run in json.loads(sys.argv[2])]
    reports = [train(run, folder / str(number)) for number, run in enumerate(runs)]
    sys.stdout.write("\n" + json.dumps(reports) + "\n")


if __name__ == "__main__":
    main()
