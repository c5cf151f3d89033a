"""What a build hands to its pipeline and reads back, without the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel_pipelines.instruction import (
    InstructionPipeline,
    Proposal,
    make_columns,
)
from tests.gateway.serving import TOKEN
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
