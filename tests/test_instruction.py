"""What a build hands to its pipeline and reads back, without the pipeline."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from distilabel_pipelines.instruction import (
    InstructionPipeline,
    Proposal,
    StepReply,
    make_columns,
)
from distilabel_pipelines.pipeline_process import PipelineError
from distilabel_pipelines.waves import WaveFolder
from tests.gateway.serving import TOKEN
from tests.rounds.in_memory import make_generation
from tests.test_instruction_tasks import ALPACA, SELF_INSTRUCT, job


def test_every_step_has_a_column_for_its_text_and_its_reply() -> None:
    assert set(make_columns(job(ALPACA))) == {
        "owner", "index", "seed", "language", "prompt", "instruction", "tasks_text", "tasks_reply",
    }  # fmt: skip
    columns = make_columns(job(SELF_INSTRUCT))
    assert {f"{step}_{part}" for step in SELF_INSTRUCT for part in ("text", "reply")} < set(columns)
    assert None not in columns.values()  # a column of nulls ends a distilabel run


def test_a_wave_beyond_its_size_is_a_fault_of_ours(tmp_path: Path) -> None:
    pipeline = InstructionPipeline(
        job(ALPACA), access_token=TOKEN, work_dir=tmp_path / "w", log_path=tmp_path / "log"
    )
    assert pipeline.wave_rows == 8
    proposal = Proposal(index=0, seed=0, language="en", prompt="4. Instruction:")
    with pytest.raises(ValueError, match="9 rows in a wave of at most 8"):
        pipeline.ask([proposal] * 9)


def answered(tmp_path: Path, **changes: object) -> list[list[StepReply]]:
    """What a build reads where its pipeline answered wave 0 with one row."""
    pipeline = InstructionPipeline(
        job(SELF_INSTRUCT), access_token=TOKEN, work_dir=tmp_path / "w", log_path=tmp_path / "log"
    )
    (tmp_path / "log").write_text("RuntimeError: no room\n")
    pipeline._waves = WaveFolder(tmp_path / "waves")
    stopped = threading.Event()
    stopped.set()
    pipeline._waves.answer(0, [{**make_columns(job(SELF_INSTRUCT)), **changes}])
    return pipeline.wait(0, stopped)


REPLY = make_generation("").model_dump_json(exclude={"content", "reasoning_content"})


def test_the_replies_of_the_steps_that_took_a_row_come_back_in_order(tmp_path: Path) -> None:
    ((first, second),) = answered(
        tmp_path,
        owner="input_first",
        classification_text="No",
        classification_reply=REPLY,
        input_first_text="\nOutput: x",
        input_first_reply=REPLY,
    )
    assert (first.step, second.step) == ("classification", "input_first")
    assert first.generation is not None
    assert first.generation.content == "No"


def test_a_request_that_was_never_sent_is_none(tmp_path: Path) -> None:
    ((one,),) = answered(tmp_path, owner="instructions")
    assert (one.step, one.generation) == ("instructions", None)


def test_a_step_that_failed_ends_the_build_with_the_logs_end(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"step classification failed.*\nRuntimeError: no room"):
        answered(tmp_path, owner="classification", classification_text=None)
