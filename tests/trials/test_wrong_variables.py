"""Wrong variables end a build with one message: what failed, the value seen, what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trials.build_command import run_build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seeds and recipes that cannot be used, in a folder with a space in its name."""
    here = tmp_path / "my files"
    here.mkdir()
    (here / "empty.jsonl").touch()
    (here / "broken.jsonl").write_text('{"question": "What is 1 + 1?"}\n{"question": \n')
    (here / "no question.csv").write_text("text,answer\nWhat is 1 + 1?,2\n")
    (here / "typo.toml").write_text("[sampling]\ntemprature = 0.7\n")
    (here / "a file").touch()
    return here


TOLD: list[tuple[dict[str, str], list[str]]] = [
    ({"rows": "abc"}, ["ROWS=abc", "integer"]),
    ({"config": "{here}/typo.toml"}, ["sampling.temprature = 0.7", "mean temperature"]),
    ({"seeds": "{here}/broken.jsonl"}, ["broken.jsonl, row 2", "not JSON"]),
    ({"api_key_env": "NOT_SET_HERE"}, ["NOT_SET_HERE is not set"]),
    ({"llm": "embedded"}, ["BASE_URL", "LLM=vllm"]),
]
TOLD_TOO: list[tuple[dict[str, str], list[str]]] = [
    ({"limit": "0"}, ["LIMIT=0", "greater than or equal to 1"]),
    ({"thinking": "yes"}, ["THINKING=yes", "0 or 1"]),
    ({"base_url": "127.0.0.1:8000"}, ["BASE_URL=127.0.0.1:8000", "http://"]),
    ({"config": "{here}/absent.toml"}, ["CONFIG={here}/absent.toml", "No such file"]),
    ({"seeds": "{here}/empty.jsonl"}, ["empty.jsonl", "at least one question"]),
    ({"seeds": "{here}/no question.csv"}, ["no question.csv, row 1", "SEED_COLUMNS"]),
    ({"seeds": "{here}/absent.jsonl"}, ["absent.jsonl", "bundled:reasoning"]),
    ({"seed_columns": "question"}, ["SEED_COLUMNS", "field=column"]),
    ({"llm": "gpt"}, ["LLM=gpt", "'embedded', 'vllm' or 'dashscope'"]),
]


@pytest.mark.parametrize(
    ("variables", "told"),
    [*TOLD, *(pytest.param(*one, marks=pytest.mark.slow) for one in TOLD_TOO)],  # a command each
)
def test_a_wrong_variable_is_told(folder: Path, variables: dict[str, str], told: list[str]) -> None:
    given = {name: value.replace("{here}", str(folder)) for name, value in variables.items()}
    usable = {"llm": "vllm", "base_url": "http://127.0.0.1:9", "rows": 3}
    ended = run_build(folder / "out", **{**usable, **given})
    assert ended.code == 1
    assert "Traceback" not in ended.said
    assert [text for text in told if text.replace("{here}", str(folder)) not in ended.said] == []


@pytest.mark.parametrize("out", ["a file", "a file/below"])
def test_an_out_that_cannot_be_a_folder_is_told(folder: Path, out: str) -> None:
    ended = run_build(folder / out, llm="vllm", base_url="http://127.0.0.1:9", rows=3)
    assert ended.code == 1
    assert f"OUT={folder / out} cannot be written" in ended.said
    assert "Traceback" not in ended.said
