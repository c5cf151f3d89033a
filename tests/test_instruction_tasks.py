"""The steps of the instruction pipeline: what they ask, chat or base, and who is next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel_pipelines.instruction import InstructionJob, make_columns
from distilabel_pipelines.instruction_prompts import PromptName
from tests.quiet_imports import import_quietly

ALPACA: tuple[PromptName, ...] = ("tasks",)
SELF_INSTRUCT: tuple[PromptName, ...] = (
    "instructions",
    "classification",
    "output_first",
    "input_first",
)


@pytest.fixture(scope="module")
def module() -> Any:  # noqa: ANN401  # a module
    return import_quietly("distilabel_pipelines.instruction_tasks")


def job(steps: tuple[PromptName, ...], api: str = "chat") -> InstructionJob:
    return InstructionJob.model_validate(
        {
            "steps": steps,
            "model": "m",
            "base_url": "http://127.0.0.1:1/v1",
            "connections": 4,
            "opening_tag_in_prompt": False,
            "api": api,
            "instances_per_task": 2,
            "generation_kwargs": {step: {"temperature": 0.5} for step in steps},
            "wave_rows": 8,
            "replicas": 2,
        }
    )


def step_of(module: Any, tmp_path: Path, name: str, api: str = "chat") -> Any:  # noqa: ANN401  # distilabel's
    pipeline = module.build_pipeline(job(SELF_INSTRUCT, api), tmp_path)
    return pipeline.dag.get_step(name)["step"]


def row(**changes: object) -> dict[str, Any]:
    return {**make_columns(job(SELF_INSTRUCT)), "seed": 3, **changes}


@pytest.mark.parametrize(("steps", "joins"), [(ALPACA, 1), (SELF_INSTRUCT, 2)])
def test_each_method_has_its_graph(
    module: Any,  # noqa: ANN401  # a module
    tmp_path: Path,
    steps: tuple[PromptName, ...],
    joins: int,
) -> None:
    pipeline = module.build_pipeline(job(steps), tmp_path)
    assert set(pipeline.dag) == {"feed_waves", *steps, "return_waves"}
    before = list(pipeline.dag.get_step_predecessors("return_waves"))
    assert before == list(steps[-joins:])


def test_a_proposal_goes_out_as_it_is_with_its_place_and_seed(module: Any, tmp_path: Path) -> None:  # noqa: ANN401  # a module
    asked = row(prompt="4. Instruction:", index=9)
    chat = step_of(module, tmp_path, "instructions").format_input(asked)
    place = {"seed": 3, "index": module.LISTS_AFTER + 9}
    assert chat == ([{"role": "user", "content": "4. Instruction:"}], place)
    base = step_of(module, tmp_path, "instructions", "completions").format_input(asked)
    assert base == ("4. Instruction:", place)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("classification", "Task: Sort words\nIs it classification?"),
        ("output_first", "Task: Sort words\nClass label:"),
        ("input_first", "Task: Sort words\nExample 1"),
    ],
)
def test_what_follows_a_kept_task_goes_before_all_lists(
    module: Any,  # noqa: ANN401  # a module
    tmp_path: Path,
    name: str,
    end: str,
) -> None:
    asked = row(instruction="Sort words:", language="en", index=7)
    (message,), options = step_of(module, tmp_path, name).format_input(asked)
    assert message["content"].endswith(end)
    assert options == {"seed": 3, "index": 7}
    assert options["index"] < module.LISTS_AFTER
    assert ("up to 2" in message["content"]) == (name == "input_first")


@pytest.mark.parametrize(
    ("reply", "owner"),
    [("Yes", "output_first"), ("否", "input_first"), ("Perhaps.", "nobody"), ("", "nobody")],
)
def test_the_classification_says_who_is_next(
    module: Any,  # noqa: ANN401  # a module
    tmp_path: Path,
    reply: str,
    owner: str,
) -> None:
    assert step_of(module, tmp_path, "classification").read_text(reply) == {"owner": owner}
