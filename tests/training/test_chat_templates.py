"""What the card's table says of trainers' chat templates, tried with the templates themselves.

They are those of TRL 1.16 (`trl/chat_templates/`), rendered by transformers.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training import render_templates
from tests.training.test_sft import ENVIRONMENT, REPOSITORY
from tests.training.trained_sets import reasoning_rows, write_reasoning

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]

Rendered = dict[str, dict[str, list[str]]]
# Words of the card's table → the templates that they mean.
READ_THE_KEY = {
    "Qwen3,": ["qwen3"],
    "3.5": ["qwen3_5_think", "qwen3_5_nothink"],
    "3.6": ["qwen3_6"],
    "3.8": ["qwen3_8"],
    "GLM-4-MoE": ["glm4moe"],
    "Nemotron-3": ["nemotron_3_nano", "nemotron_3_super", "nemotron_3_ultra"],
    "gpt-oss": ["gptoss"],
}
IGNORE_THE_KEY = {
    "Qwen2.5": ["qwen2_5"],
    "Qwen3 Instruct 2507": ["qwen3_instruct_2507"],
    "Llama 3.x": ["llama3", "llama3_1", "llama3_2"],
    "Gemma up to 3": ["gemma", "gemma3"],
}
DISTILLATES = "DeepSeek-R1 distillates"
# They put an empty thought before a thought that stands in `content`, or leave it in the answer.
SPOIL_INLINE = ["qwen3_8", "gptoss"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reasoning(tmp_path_factory.mktemp("reasoning") / "out") / "dataset"


@pytest.fixture(scope="module")
def rendered(dataset: Path) -> Rendered:
    done = subprocess.run(
        [sys.executable, "-m", render_templates.__name__, str(dataset), f"{dataset.parent}/cache"],
        cwd=REPOSITORY,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    texts: Rendered = json.loads(done.stdout.splitlines()[-1])
    return texts


@pytest.fixture(scope="module")
def advised(dataset: Path) -> dict[str, str]:
    """First cell → config, of the table in the dataset's own card."""
    card = (dataset / "README.md").read_text(encoding="utf-8")
    table = card.split("| trainer or template | config |")[1].split("\n\n")[0]
    return dict(re.findall(r"^\| (.+?) \| `(\w+)` \|$", table, re.MULTILINE))


def cut_answers(texts: list[str]) -> list[str]:
    """Each text from the end of its question on."""
    rows = reasoning_rows()
    assert len(texts) == len(rows)
    return [text.rpartition(row.trace.input)[2] for text, row in zip(texts, rows, strict=True)]


def count_thoughts(texts: list[str]) -> set[int]:
    """How often the thought stands before the answer, over all rows."""
    return {
        answer.rpartition(row.trace.content.strip())[0].count(row.trace.reasoning_content.strip())
        for answer, row in zip(cut_answers(texts), reasoning_rows(), strict=True)
    }


def find_advice(advised: dict[str, str], words: str) -> str:
    (config,) = (config for cell, config in advised.items() if words in cell)
    return config


@pytest.mark.parametrize("words", READ_THE_KEY)
def test_templates_that_read_the_key_show_the_thought_of_default_once(
    rendered: Rendered, advised: dict[str, str], words: str
) -> None:
    assert find_advice(advised, words) == "default"
    for name in READ_THE_KEY[words]:
        texts = rendered[name]["default"]
        assert count_thoughts(texts) == {1}, name
        assert max(answer.count("<think>") for answer in cut_answers(texts)) <= 1, name


@pytest.mark.parametrize("words", IGNORE_THE_KEY)
def test_templates_that_ignore_the_key_show_the_thought_of_inline_think_alone(
    rendered: Rendered, advised: dict[str, str], words: str
) -> None:
    assert find_advice(advised, words) == "inline_think"
    for name in IGNORE_THE_KEY[words]:
        assert count_thoughts(rendered[name]["default"]) == {0}, name
        texts = rendered[name]["inline_think"]
        assert count_thoughts(texts) == {1}, name
        assert {answer.count("<think>") for answer in cut_answers(texts)} == {1}, name


def test_the_distillates_keep_the_thought_by_the_training_template_alone(
    rendered: Rendered, advised: dict[str, str]
) -> None:
    assert find_advice(advised, DISTILLATES) == "inline_think"
    (cell,) = (cell for cell in advised if DISTILLATES in cell)
    assert "`assistant_only_loss=True`" in cell  # it makes TRL take that template: test_sft
    for config in render_templates.CONFIGS:
        assert count_thoughts(rendered["deepseek_r1_distill"][config]) == {0}
    assert count_thoughts(rendered["deepseek_r1_distill_training"]["inline_think"]) == {1}
    assert count_thoughts(rendered["deepseek_r1_distill_training"]["default"]) == {0}


@pytest.mark.parametrize("name", SPOIL_INLINE)
def test_inline_think_is_wrong_where_the_card_does_not_advise_it(
    rendered: Rendered, name: str
) -> None:
    for answer in cut_answers(rendered[name]["inline_think"]):
        if name == "gptoss":
            assert "<|channel|>final<|message|><think>" in answer
        else:
            assert answer.count("<think>") == 2


def test_no_template_shows_the_word_none_for_a_key_without_a_value(rendered: Rendered) -> None:
    """`reasoning_content` of the user's turn is null in the Parquet file."""
    for name, configs in rendered.items():
        for texts in configs.values():
            assert not any("None" in text or "null" in text for text in texts), name
