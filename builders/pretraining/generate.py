"""The generate stage of a pretraining build: prompts in, texts out, from the recipe's teacher.

The refill decides how many of the requests are sent; what one run is stands in `generation_run`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from builders.checks.passages import PassageCheckConfig
from builders.decontamination import Benchmarks
from builders.generation_run import (
    check_missing,
    count_connections,
    describe_run,
    fit_batches,
    run_generation,
)
from builders.output_folder import OutputFolder
from builders.pretraining.check import check_texts
from builders.pretraining.outcome import CheckedPassage
from builders.pretraining.recipe import PretrainingRecipe
from builders.pretraining.refill import PassageRefill
from builders.pretraining.requests import choose_writing_kwargs
from builders.progress import Progress
from distilabel_pipelines.gateway.handle import GatewayHandle
from distilabel_pipelines.gateway.settings import Stopped
from distilabel_pipelines.passages import Passage
from distilabel_pipelines.pretraining import TextRequest, WritingJob, write_passages


class WrittenPassages(NamedTuple):
    """The texts in the order of their requests, and those already checked while they came in.

    `model` names who answered; `stopped` is what ended the run before its end, None where nothing
    did.
    """

    passages: list[Passage]
    checked: dict[str, CheckedPassage]
    model: str
    stopped: Stopped | None = None


def generate_passages(
    requests: Sequence[TextRequest],
    recipe: PretrainingRecipe,
    folder: OutputFolder,
    benchmarks: Benchmarks,
    *,
    is_sample: bool = False,
) -> WrittenPassages:
    """Ask the teacher until `recipe.rows` rows are certain or the requests end.

    `is_sample`: all of the requests are wanted, not rows; the progress line counts replies.

    Raises TeacherError where the teacher cannot be used, BuildStoppedError where the run was
    stopped in the middle, BuildError where the pipeline broke.
    """
    refill = PassageRefill(
        requests, recipe, benchmarks, responses=folder.responses, work_dir=folder.work
    )

    def run_pipeline(gateway: GatewayHandle, progress: Progress) -> Iterator[Passage]:
        return write_passages(
            requests,
            plan_writing_job(recipe, gateway, len(requests)),
            **describe_run(gateway, folder, progress),
        )

    sample = len(requests) if is_sample else None
    ran = run_generation(refill, recipe, folder, run_pipeline, sample=sample)
    passages = ran.replies
    if passages is None:
        passages = [one.passage for one in refill.checked.values()]
    return WrittenPassages(passages, refill.checked, ran.model, ran.stopped)


def plan_writing_job(
    recipe: PretrainingRecipe, gateway: GatewayHandle, requests: int
) -> WritingJob:
    """What the distilabel pipeline is told."""
    job = WritingJob(
        model=gateway.model,
        base_url=gateway.base_url,
        connections=count_connections(gateway),
        opening_tag_in_prompt=recipe.teacher.opening_tag_in_prompt,
        api=recipe.teacher.api,
        generation_kwargs=choose_writing_kwargs(recipe),
        continuations=recipe.sampling.continuations,
        dialect=recipe.teacher.llm,
    )
    return fit_batches(job, recipe, requests)


def check_written(written: WrittenPassages, config: PassageCheckConfig) -> list[CheckedPassage]:
    """Check every text that was not checked, just as it is now, when it came in."""
    return check_missing(
        written.passages,
        written.checked,
        lambda one: one.passage,
        lambda passage: passage.passage_id,
        lambda passages: check_texts(passages, config),
    )
