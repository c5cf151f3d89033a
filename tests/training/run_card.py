"""Run the Python of a dataset's card as a reader would, top to bottom in one session.

A process of its own for the reason of `run_sft`. Replaced are the model, by the embedded one; the
device, since TRL's defaults ask for a GPU; three epochs by one; and in an unpublished card the
folder that it leaves to the reader. Prints one JSON list on the last line, a `Report` a card: what
was read and what had a loss, of the trainer that the card makes and of the pairs that it makes.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from distilabel_pipelines.embedded_model.weight_files import WEIGHTS
from tests.training.run_sft import CPU, tell_texts

QUICK: dict[str, Any] = {**CPU, "report_to": "none", "num_train_epochs": 1}
FOLDER = '"path/to/dataset"'
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MODEL = re.compile(r'model="Qwen/[\w.-]+"')


class Report(NamedTuple):
    """`pairs` are empty where the card makes none."""

    loss: float
    read: list[str]
    trained: list[str]
    pairs_read: list[str]
    pairs_trained: list[str]


def find_blocks(card: str) -> list[str]:
    """The Python of a card, block by block."""
    return _BLOCK.findall(card)


def replace_model(block: str) -> str:
    """The same block for a CPU and without a download; it must say which model and settings."""
    cpu = "".join(f"{name}={value!r}, " for name, value in QUICK.items())
    block, models = _MODEL.subn(lambda _: f"model={str(WEIGHTS)!r}", block)
    block, settings = re.subn(r"\bSFTConfig\(", f"SFTConfig({cpu}", block)
    if "SFTTrainer(" in block and (models, settings) != (1, 1):
        raise ValueError(f"{models} models and {settings} SFTConfig( in {block!r}, wanted one each")
    return block


def run_blocks(card: str, dataset: Path) -> dict[str, Any]:
    """The names that the card's Python leaves behind."""
    names: dict[str, Any] = {}
    for number, block in enumerate(find_blocks(card)):
        text = replace_model(block).replace(FOLDER, repr(str(dataset)))
        exec(compile(text, f"block {number} of the card", "exec"), names)  # noqa: S102  # our card
    return names


def train_pairs(pairs: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401  # datasets has no types
    """What TRL makes of the pairs, with its defaults."""
    from trl import SFTConfig, SFTTrainer  # noqa: PLC0415  # long to import

    settings = SFTConfig(max_length=None, **QUICK)
    trainer = SFTTrainer(model=str(WEIGHTS), args=settings, train_dataset=pairs)
    trainer.train()
    return tell_texts(trainer)


def run_card(dataset: Path, work: Path) -> Report:
    """Run the card of the dataset; what it writes goes into `work`."""
    work.mkdir()
    with contextlib.chdir(work):
        names = run_blocks((dataset / "README.md").read_text(encoding="utf-8"), dataset)
        pairs = train_pairs(names["pairs"]) if "pairs" in names else ([], [])
    trainer = names["trainer"]
    (loss,) = (one["train_loss"] for one in trainer.state.log_history if "train_loss" in one)
    return Report(loss, *tell_texts(trainer), *pairs)


def main() -> None:
    """Take a folder to work in and the `dataset/` folders, write the reports."""
    work, datasets = Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]]
    reports = [run_card(one, work / str(number)) for number, one in enumerate(datasets)]
    sys.stdout.write("\n" + json.dumps(reports) + "\n")


if __name__ == "__main__":
    main()
