"""What a pipeline of one generating step is told and gives back (`one_step`), without distilabel.

A kind adds to the job what its own task or prompts need.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, TypedDict

import orjson
from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.rows import Generation
from distilabel_pipelines.wire import Api


class OneStepJob(BaseModel):
    """What the pipeline's process is told, beside the rows.

    `connections` is how many requests a replica hands to the gateway at once; the window itself is
    the gateway's. `generation_kwargs` are those of `TeacherLLM.agenerate`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    base_url: str
    connections: int
    opening_tag_in_prompt: bool
    api: Api = "chat"
    generation_kwargs: dict[str, Any]
    batch_rows: int = 2000
    replicas: int = 2

    def describe_teacher(self) -> dict[str, Any]:
        """The fields of its `TeacherLLM`."""
        return self.model_dump(include=_TEACHER_FIELDS)


_TEACHER_FIELDS = {
    "model",
    "base_url",
    "connections",
    "opening_tag_in_prompt",
    "generation_kwargs",
}


class PipelineRun(TypedDict):
    """Where and with which key a pipeline runs; setting `stopped` ends it after a short grace."""

    access_token: str
    work_dir: Path
    log_path: Path
    stopped: threading.Event


def read_generation(result: dict[str, Any]) -> tuple[Generation, dict[str, Any]]:
    """A result row's generation, and the further fields that a kind's own LLM gave."""
    fields = orjson.loads(result["reply"])
    further = {name: fields.pop(name) for name in fields.keys() - Generation.model_fields.keys()}
    generation = Generation(
        content=result["content"], reasoning_content=result["reasoning_content"], **fields
    )
    return generation, further
