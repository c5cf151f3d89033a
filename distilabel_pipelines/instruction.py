"""The instruction kind's generation: proposals and tasks in, replies out, in waves.

One distilabel pipeline (`instruction_tasks`) serves a whole build, in a process of its own: a round
does not pay its start. What a row asks is fixed before it is sent; what it brought is read by
`instruction_replies`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import orjson
from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.child_processes import read_last_lines
from distilabel_pipelines.instruction_prompts import PromptName
from distilabel_pipelines.pipeline_process import PipelineError, PipelineProcess
from distilabel_pipelines.rows import Generation, Language
from distilabel_pipelines.waves import Row, WaveFolder
from distilabel_pipelines.wire import Api

_COLUMNS: dict[str, Any] = {
    "owner": "",
    "index": -1,
    "seed": 0,
    "language": "en",
    "prompt": "",
    "instruction": "",
}
_LOOK_EVERY_S = 0.02
_NEWS_S = 2.0


class InstructionJob(BaseModel):
    """What the pipeline's process is told.

    `steps` are the method's, the proposing one first: (tasks) for Alpaca; (instructions,
    classification, output_first, input_first) for Self-Instruct. `generation_kwargs` are those of
    `TeacherLLM.agenerate`, by step. `wave_rows` is the size of every wave, `connections` how many
    requests a step hands to the gateway at once, `replicas` how many waves of proposals are worked
    on at once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: tuple[PromptName, ...]
    model: str
    base_url: str
    connections: int
    opening_tag_in_prompt: bool
    api: Api = "chat"
    instances_per_task: int
    generation_kwargs: dict[PromptName, dict[str, Any]]
    wave_rows: int
    replicas: int = 1


class StepReply(BaseModel):
    """What one step brought for one row: None for a generation that was never sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: PromptName
    generation: Generation | None


class Proposal(BaseModel):
    """A request for new tasks; `index` is its place in the build, which the gateway keeps to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int
    seed: int
    language: Language
    prompt: str


class TaskToWrite(BaseModel):
    """A kept instruction whose instances are to be written; `index` is its place among them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int
    seed: int
    language: Language
    instruction: str


def make_columns(job: InstructionJob) -> dict[str, Any]:
    """The columns of a wave's rows with their empty values."""
    texts = {f"{step}_{part}": "" for step in job.steps for part in ("text", "reply")}
    return {**_COLUMNS, **texts}


class InstructionPipeline:
    """A running pipeline; a context manager whose end stops it.

    `ask` returns a wave's number at once; `wait` returns the replies of that wave's rows, in their
    order. Waves come back in the order in which they were asked for.
    """

    def __init__(
        self, job: InstructionJob, *, access_token: str, work_dir: Path, log_path: Path
    ) -> None:
        self._job = job
        self._columns = make_columns(job)
        self._work_dir = work_dir
        self._log_path = log_path
        self._process = PipelineProcess(
            "instruction", job, access_token=access_token, work_dir=work_dir, log_path=log_path
        )
        self._next = 0

    def __enter__(self) -> Self:
        self._process.__enter__()
        self._waves = WaveFolder(self._work_dir / "waves")
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.__exit__(*exc_info)

    @property
    def wave_rows(self) -> int:
        """The most rows of one wave."""
        return self._job.wave_rows

    def ask(self, rows: Sequence[Proposal | TaskToWrite]) -> int:
        """Send one wave of at most `wave_rows` rows."""
        if len(rows) > self._job.wave_rows:
            raise ValueError(f"{len(rows)} rows in a wave of at most {self._job.wave_rows}")
        number, self._next = self._next, self._next + 1
        self._waves.ask(number, [self._make_row(row) for row in rows])
        return number

    def wait(self, number: int, stopped: threading.Event) -> list[list[StepReply]]:
        """The replies of each row of a wave, step by step. Raises PipelineError.

        Once `stopped` is set the process is left a minute for the replies in flight.
        """
        while (rows := self._waves.take_answer(number)) is None:
            if failure := self._waves.read_failure():
                raise PipelineError(f"the pipeline's last step failed:\n{failure}")
            self._process.look(stopped, _LOOK_EVERY_S)
        self._check_steps(rows, stopped)
        return [list(self._read_replies(row).values()) for row in rows]

    def _check_steps(self, rows: Sequence[Row], stopped: threading.Event) -> None:
        """distilabel goes on after a step that failed: its columns come back as null."""
        for step in self._job.steps:
            if any(row[f"{step}_text"] is None for row in rows):
                stopped.wait(_NEWS_S)  # the gateway's death breaks steps, and is told elsewhere
                raise PipelineError(
                    f"the step {step} failed; the end of logs/{self._log_path.name}:\n"
                    f"{read_last_lines(self._log_path, 12)}"
                )

    def _make_row(self, row: Proposal | TaskToWrite) -> dict[str, Any]:
        first, *rest = self._job.steps
        own: Mapping[str, Any] = row.model_dump()
        return {**self._columns, **own, "owner": first if isinstance(row, Proposal) else rest[0]}

    def _read_replies(self, row: dict[str, Any]) -> dict[PromptName, StepReply]:
        """The steps that took the row, whether or not its request was sent in the end."""
        return {
            step: StepReply(step=step, generation=_read_generation(row, step))
            for step in self._job.steps
            if row[f"{step}_reply"] or row["owner"] == step
        }


def _read_generation(row: dict[str, Any], step: PromptName) -> Generation | None:
    if not row[f"{step}_reply"]:
        return None
    fields = orjson.loads(row[f"{step}_reply"])
    return Generation(content=row[f"{step}_text"], reasoning_content="", **fields)
