"""Columns and messages that trainers would take for something else are in no config.

The traps are measured ones: TRL asks `prompt`, `completion`, `chosen` and `rejected` before `text`
and, of several chat columns, takes any; templates break on null `tool_calls`. Needs no trainer.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tests.training.trained_sets import ROWS, WRITERS

TAKEN_FIRST = {"prompt", "completion", "chosen", "rejected"}
READ_AS_MORE = {"tools", "tool_calls", "chat_template_kwargs", "image", "images", "input_ids"}
READ_AS_TEXT = ({"messages"}, {"text"}, {"conversations"}, {"instruction", "input", "output"})
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sets")
    return {kind: write(folder / kind) / "dataset" for kind, write in WRITERS.items()}


@pytest.fixture(scope="module")
def configs(folders: dict[str, Path]) -> dict[tuple[str, str], Rows]:
    """Kind and config → its rows with the columns that the card shows."""
    found: dict[tuple[str, str], Rows] = {}
    for kind, folder in folders.items():
        card = (folder / "README.md").read_text(encoding="utf-8")
        for config in yaml.safe_load(card.split("---\n")[1])["configs"]:
            globs = config["data_files"][0]["path"]
            paths = [
                path
                for glob in ([globs] if isinstance(globs, str) else globs)
                for path in sorted(folder.glob(glob))
            ]
            found[kind, config["config_name"]] = [
                row
                for path in paths
                for row in pq.read_table(path, columns=config.get("columns")).to_pylist()
            ]
    return found


def chats(configs: dict[tuple[str, str], Rows]) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    return [(name, row) for name, rows in configs.items() for row in rows if "messages" in row]


def test_all_configs_of_all_kinds_are_looked_at(configs: dict[tuple[str, str], Rows]) -> None:
    assert Counter(kind for kind, _ in configs) == {
        "reasoning": 2,
        "instruction": 3,
        "pretraining": 5,
    }
    assert {len(rows) for (kind, _), rows in configs.items() if kind != "pretraining"} == {ROWS}


def test_only_one_text_is_there_to_train_on(configs: dict[tuple[str, str], Rows]) -> None:
    for (kind, config), rows in configs.items():
        columns = set(rows[0])
        assert not columns & READ_AS_MORE, (kind, config)
        asked_first = columns & TAKEN_FIRST
        assert asked_first == ({"prompt"} if config == "with_prompt" else set()), (kind, config)
        whole = [one for one in READ_AS_TEXT[:3] if one <= columns]
        assert len(whole) == (0 if config == "alpaca" else 1), (kind, config)


def test_a_chat_is_one_question_and_one_answer_without_a_system_prompt(
    configs: dict[tuple[str, str], Rows],
) -> None:
    found = chats(configs)
    assert {name for name, _ in found} == {
        ("reasoning", "default"),
        ("reasoning", "inline_think"),
        ("instruction", "default"),
    }
    for name, row in found:
        assert [turn["role"] for turn in row["messages"]] == ["user", "assistant"], name
        for turn in row["messages"]:
            assert turn["content"].strip(), name


def test_a_message_has_no_key_that_templates_do_not_expect(
    configs: dict[tuple[str, str], Rows],
) -> None:
    for name, row in chats(configs):
        thought = {"reasoning_content"} if name == ("reasoning", "default") else set()
        for turn in row["messages"]:
            assert set(turn) == {"role", "content"} | thought, name
        asked, answered = row["messages"]
        if thought:
            assert asked["reasoning_content"] is None
            assert answered["reasoning_content"].strip()
            assert "<think>" not in answered["content"] + answered["reasoning_content"]
        elif name[0] == "reasoning":
            assert answered["content"].count("<think>") == 1
            assert answered["content"].startswith("<think>\n")


def test_the_card_says_which_configs_trl_does_not_read(folders: dict[str, Path]) -> None:
    card = (folders["instruction"] / "README.md").read_text(encoding="utf-8")
    told = " ".join(card.split())
    assert "| TRL, axolotl (`chat_template`), ms-swift | `default`, its column `messages` |" in told
    assert "TRL finds no text in `alpaca`, and of `sharegpt` it takes `human` and `gpt`" in told
    card = (folders["pretraining"] / "README.md").read_text(encoding="utf-8")
    assert "TRL takes a row that has one for half of a prompt–completion pair" in " ".join(
        card.split()
    )
