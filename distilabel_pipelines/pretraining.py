"""The pretraining kind's generation: prompts and samples in, long texts out.

`write_passages` runs the distilabel pipeline (`pretraining_task`) in a process of its own, as the
other kinds do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Unpack

from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.continuations import ContinuationDialect
from distilabel_pipelines.one_step_job import OneStepJob, PipelineRun, read_generation
from distilabel_pipelines.passages import Passage, TextPrompt
from distilabel_pipelines.pipeline_process import run_in_own_process
from distilabel_pipelines.pretraining_prompts import render_completion_prompt
from distilabel_pipelines.rows import Generation


class WritingJob(OneStepJob):
    """A text that was cut by its length is continued up to `continuations` times, as `dialect` has
    it."""

    continuations: int = 0
    dialect: ContinuationDialect = "vllm"


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
    **run: Unpack[PipelineRun],
) -> Iterator[Passage]:
    """Yield the text of each request that was sent, in the order of the requests.

    Setting `stopped` ends the process after a short grace. Raises PipelineError when the pipeline's
    process fails or rows are missing at its end.
    """
    results = run_in_own_process("pretraining", job, make_rows(requests, job), **run)
    for request, result in zip(requests, results, strict=True):
        if result["reply"]:
            generation, further = read_generation(result)
            yield make_passage(request, generation, model=job.model, **further)


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
