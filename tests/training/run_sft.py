"""Fine-tune the embedded model on one config of a built reasoning dataset, on a CPU.

A process of its own, because torch, transformers and TRL bring warnings of their own making that
the test suite would turn into errors. Prints one JSON object on the last line of its output: the
mean loss of every epoch (`losses`, the same on every run of one machine) and the `texts` that were
trained on, decoded from the labels of the trainer's own dataset, in the dataset's order (tokens
that the loss leaves out are left out here too).

TRL's part is its defaults (https://huggingface.co/docs/trl/sft_trainer): the column `messages` is
found and rendered through the model's own chat template, nothing is mapped or renamed by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from distilabel_pipelines.embedded_model.weight_files import WEIGHTS

if TYPE_CHECKING:
    from datasets import Dataset
    from trl import SFTTrainer

EPOCHS = 4
BATCH_ROWS = 8
MAX_TOKENS = 512  # the longest row of the trial has fewer, so no text is cut
NOT_TRAINED = -100  # the label by which torch's cross entropy skips a token


def build_trainer(dataset: Dataset, folder: Path) -> SFTTrainer:
    """A trainer of the committed weights in float32; what it writes goes into `folder`."""
    import torch  # noqa: PLC0415  # 2 s that --help need not pay
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415  # the same
    from trl import SFTConfig, SFTTrainer  # noqa: PLC0415  # the same

    settings = SFTConfig(
        output_dir=str(folder),
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH_ROWS,
        learning_rate=5e-4,
        max_length=MAX_TOKENS,
        logging_strategy="epoch",
        report_to="none",
        save_strategy="no",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
        disable_tqdm=True,
        seed=0,
    )
    return SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(WEIGHTS, dtype=torch.float32),
        args=settings,
        train_dataset=dataset,
        processing_class=AutoTokenizer.from_pretrained(WEIGHTS),
    )


def train(dataset_folder: Path, config: str, folder: Path) -> dict[str, object]:
    """Load config `config` of the dataset, train and say what was seen."""
    from datasets import load_dataset  # noqa: PLC0415  # 1 s that --help need not pay

    cache = str(folder / "cache")
    dataset = load_dataset(str(dataset_folder), config, split="train", cache_dir=cache)
    trainer = build_trainer(dataset, folder / "trainer")
    labels = trainer.train_dataset["labels"]
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    trained = [[label for label in row if label != NOT_TRAINED] for row in labels]
    texts = [trainer.processing_class.decode(row) for row in trained]
    return {"losses": losses, "texts": texts}


def main() -> None:
    """Train on the dataset and write what was seen to standard output."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("dataset", type=Path, help="the dataset/ folder of a build")
    parser.add_argument("config", choices=["default", "inline_think"])
    parser.add_argument("folder", type=Path, help="where cache and trainer may write")
    given = parser.parse_args()
    report = train(given.dataset, given.config, given.folder)
    sys.stdout.write("\n" + json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
