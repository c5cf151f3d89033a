"""The pretraining kind's generation: prompts and samples in, long texts out.

`write_passages` runs the distilabel pipeline (`pretraining_task`) in a process of its own, as the
other kinds do.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.continuations import ContinuationDialect
from distilabel_pipelines.passages import Passage, TextPrompt
from distilabel_pipelines.pipeline_process import run_in_own_process
from distilabel_pipelines.pretraining_prompts import render_completion_prompt
from distilabel_pipelines.rows import Generation
from distilabel_pipelines.wire import Api


class WritingJob(BaseModel):
    """What the pipeline's process is told, beside the rows.

    `connections` is how many requests a replica hands to the gateway at once. A text that was cut
    by its length is continued up to `continuations` times, as `dialect` has it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    base_url: str
    connections: int
    opening_tag_in_prompt: bool
    api: Api = "chat"
    generation_kwargs: dict[str, Any]
    continuations: int = 0
    dialect: ContinuationDialect = "vllm"
    batch_rows: int = 2000
    replicas: int = 2


class TextRequest(BaseModel):
    """One sample of one prompt; its place in the list is its index in the build."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: TextPrompt
    sample: int
    seed: int


def expand_prompts(prompts: Sequence[TextPrompt], *, samples: int, seed: int) -> list[TextRequest]:
    """All samples of the first prompt, then of the second; sample j has the seed `seed + j`."""
    return [
        TextRequest(prompt=prompt, sample=sample, seed=seed + sample)
        for prompt in prompts
        for sample in range(samples)
    ]


def write_passages(
    requests: Sequence[TextRequest],
    job: WritingJob,
    *,
    access_token: str,
    work_dir: Path,
    log_path: Path,
    stopped: threading.Event,
) -> Iterator[Passage]:
    """Yield the text of each request that was sent, in the order of the requests.

    Setting `stopped` ends the process after a short grace. Raises PipelineError when the pipeline's
    process fails or rows are missing at its end.
    """
    results = run_in_own_process(
        "pretraining",
        job,
        make_rows(requests, job),
        access_token=access_token,
        work_dir=work_dir,
        log_path=log_path,
        stopped=stopped,
    )
    for request, result in zip(requests, results, strict=True):
        if result["reply"]:
            yield _read_passage(request, result, job)


def make_passage(
    request: TextRequest, generation: Generation, *, model: str, continuations: int = 0
) -> Passage:
    """Prompt and generation as one row."""
    return Passage(
        prompt=request.prompt,
        sample=request.sample,
        model=model,
        continuations=continuations,
        **generation.model_dump(),
    )


def make_rows(requests: Sequence[TextRequest], job: WritingJob) -> list[dict[str, Any]]:
    """The pipeline's rows."""
    is_completion = job.api == "completions"
    return [
        {
            "index": index,
            "seed": request.seed,
            "prompt": render_completion_prompt(request.prompt)
            if is_completion
            else request.prompt.prompt,
            "is_completion": is_completion,
        }
        for index, request in enumerate(requests)
    ]


def _read_passage(request: TextRequest, result: dict[str, Any], job: WritingJob) -> Passage:
    fields = orjson.loads(result["reply"])
    continuations = fields.pop("continuations", 0)
    generation = Generation(
        content=result["content"], reasoning_content=result["reasoning_content"], **fields
    )
    return make_passage(request, generation, model=job.model, continuations=continuations)
