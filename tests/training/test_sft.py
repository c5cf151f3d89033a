"""TRL fine-tunes the embedded model on every config of every kind.

What it reads and what has a loss is compared, word for word, with the rows that were packaged.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training import run_sft, trained_sets
from tests.training.run_sft import Report, Run
from tests.training.trained_sets import END

pytestmark = [pytest.mark.train, pytest.mark.timeout(900)]

REPOSITORY = Path(__file__).parents[2]
# One thread: on a busy machine torch's threads spin for each other, 62 s of training became 14 s.
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
FORMATS = ("wikihow", "story", "faq")
TRAINED = [
    ("reasoning", "default"),
    ("reasoning", "inline_think"),
    ("instruction", "default"),
    ("pretraining", "default"),
    *(("pretraining", name) for name in FORMATS),
]
READ_WRONGLY = [
    ("instruction", "alpaca"),
    ("instruction", "sharegpt"),
    ("pretraining", "with_prompt"),
]
ANSWERS_ONLY = [
    ("reasoning", "default", "qwen3"),
    ("reasoning", "inline_think", "qwen3"),
    ("reasoning", "inline_think", "qwen2_5"),
    ("reasoning", "inline_think", "deepseek_r1_distill"),
    ("instruction", "default", "qwen3"),
]
Reports = dict[tuple[str, ...], Report]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Every run's report, by kind, config and template: one process for all of them."""
    folder = tmp_path_factory.mktemp("training")
    sets = {
        kind: str(write(folder / kind) / "dataset") for kind, write in trained_sets.WRITERS.items()
    }
    runs: dict[tuple[str, ...], Run] = {
        (kind, config): Run(sets[kind], config) for kind, config in TRAINED
    }
    for kind, config in READ_WRONGLY:
        runs[kind, config] = Run(sets[kind], config, epochs=0)
    for kind, config, template in ANSWERS_ONLY:
        runs[kind, config, template] = Run(sets[kind], config, template, True, 0)
    return dict(zip(runs, run_all(list(runs.values()), folder), strict=True))


def run_all(runs: list[Run], folder: Path) -> list[Report]:
    """Run `run_sft` offline, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", run_sft.__name__, str(folder), json.dumps(runs)],
        cwd=REPOSITORY,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=840,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return [Report(*report) for report in json.loads(done.stdout.splitlines()[-1])]


def expected_texts(kind: str, config: str) -> list[str]:
    """What the trainer must read, row by row, by the bundled template."""
    if kind == "reasoning":
        return trained_sets.reasoning_chats()
    if kind == "instruction":
        return trained_sets.instruction_chats()
    formats = () if config == "default" else (config,)
    return [row.passage.content + END for row in trained_sets.pretraining_texts(*formats)]


def expected_answers(kind: str) -> list[str]:
    """What the assistant says, row by row, thought and all."""
    if kind == "reasoning":
        return list(map(trained_sets.thought_and_answer, trained_sets.reasoning_rows()))
    return [row.output for row in trained_sets.instruction_rows()]


@pytest.mark.parametrize(("kind", "config"), TRAINED)
def test_the_trainer_reads_every_row_word_for_word_and_all_of_it_has_a_loss(
    reports: Reports, kind: str, config: str
) -> None:
    report = reports[kind, config]
    assert report.read == report.trained == expected_texts(kind, config)
    assert report.refused == ""


@pytest.mark.parametrize(("kind", "config"), TRAINED)
def test_the_loss_falls(reports: Reports, kind: str, config: str) -> None:
    losses = reports[kind, config].losses
    assert len(losses) == run_sft.EPOCHS
    assert all(map(math.isfinite, losses))
    assert losses[-1] < 0.9 * losses[0], losses


@pytest.mark.parametrize("config", ["default", "inline_think"])
def test_no_tag_of_a_thought_stands_twice(reports: Reports, config: str) -> None:
    for text in reports["reasoning", config].read:
        assert (text.count("<think>"), text.count("</think>")) == (1, 1)


def test_both_configs_of_a_reasoning_set_teach_the_very_same(reports: Reports) -> None:
    assert reports["reasoning", "default"].read == reports["reasoning", "inline_think"].read


@pytest.mark.parametrize("config", ["default", *FORMATS])
def test_a_text_ends_with_one_end_token(reports: Reports, config: str) -> None:
    for text in reports["pretraining", config].trained:
        assert text.endswith(END)
        assert text.count(END) == 1


@pytest.mark.parametrize(("kind", "config", "template"), ANSWERS_ONLY)
def test_with_a_loss_on_answers_alone_thought_answer_and_end_are_learnt(
    reports: Reports, kind: str, config: str, template: str
) -> None:
    # Where TRL's training templates begin and end the assistant's tokens.
    begin, end = {
        "deepseek_r1_distill": ("<｜Assistant｜>", "<｜end▁of▁sentence｜>"),
        "qwen2_5": ("\n", f"{END}\n"),
        "qwen3": ("", f"{END}\n"),
    }[template]
    answers = expected_answers(kind)
    # Qwen3's own template writes an empty thought before an answer without one, as the model does.
    empty = "<think>\n\n</think>\n\n" if (kind, template) == ("instruction", "qwen3") else ""
    report = reports[kind, config, template]
    assert report.trained == [f"{begin}{empty}{answer}{end}" for answer in answers]
    for whole, trained in zip(report.read, report.trained, strict=True):
        assert whole.endswith(trained)
        assert whole != trained


def test_trl_knows_no_alpaca(reports: Reports) -> None:
    assert reports["instruction", "alpaca"].refused == "KeyError('text')"


def test_trl_takes_the_names_of_sharegpt_for_roles(reports: Reports) -> None:
    """So the card sends it to `default`: no chat model knows the roles human and gpt."""
    report = reports["instruction", "sharegpt"]
    assert report.read == trained_sets.instruction_chats("human", "gpt")


def test_trl_does_not_take_a_text_beside_its_prompt(reports: Reports) -> None:
    """So `prompt` stands in `with_prompt` alone, and the card shows how to make pairs of it."""
    assert reports["pretraining", "with_prompt"].refused == "KeyError('completion')"
