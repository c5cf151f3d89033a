"""The generate stage: requests in, traces out, from whichever teacher the recipe names.

The refill decides how many of the requests are sent; what one run is stands in `generation_run`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from builders.checks import AnswerVerifier, GateConfig, check_traces
from builders.generation_run import (
    check_missing,
    count_connections,
    describe_run,
    fit_batches,
    run_generation,
)
from builders.judged import CheckedTrace, JudgeFacts
from builders.opinions import mark_not_judged
from builders.output_folder import OutputFolder
from builders.progress import Progress
from builders.recipe import Recipe
from builders.refill import Refill
from builders.teacher_requests import choose_generation_kwargs
from distilabel_pipelines.gateway.handle import GatewayHandle
from distilabel_pipelines.gateway.settings import Stopped
from distilabel_pipelines.reasoning import ReasoningJob, Request, generate_traces
from distilabel_pipelines.rows import Trace


class Generated(NamedTuple):
    """The traces in seed order, and those already checked while they came in.

    `model` and `judge` name who answered and who gave a second opinion (None without one);
    `stopped` is what ended the run before its end, None where nothing did.
    """

    traces: list[Trace]
    checked: dict[str, CheckedTrace]
    model: str
    judge: JudgeFacts | None = None
    stopped: Stopped | None = None


def generate_reasoning(
    requests: Sequence[Request],
    recipe: Recipe,
    folder: OutputFolder,
    verifier: AnswerVerifier,
    *,
    is_sample: bool = False,
) -> Generated:
    """Ask the teacher until `recipe.rows` rows are certain or the requests end.

    `is_sample`: all of the requests are wanted, not rows; the progress line counts replies.

    Raises TeacherError where the teacher cannot be used, BuildStoppedError where the run was
    stopped in the middle, BuildError where the pipeline broke.
    """
    refill = Refill(requests, recipe, verifier, responses=folder.responses, work_dir=folder.work)

    def run_pipeline(gateway: GatewayHandle, progress: Progress) -> Iterator[Trace]:
        return generate_traces(
            requests,
            plan_job(recipe, gateway, len(requests)),
            **describe_run(gateway, folder, progress),
        )

    sample = len(requests) if is_sample else None
    ran = run_generation(refill, recipe, folder, run_pipeline, sample=sample)
    traces = ran.replies
    if traces is None:
        traces = [one.trace for one in refill.checked.values()]
    return Generated(traces, refill.checked, ran.model, ran.judge, ran.stopped)


def plan_job(recipe: Recipe, gateway: GatewayHandle, requests: int) -> ReasoningJob:
    """What the distilabel pipeline is told."""
    job = ReasoningJob(
        model=gateway.model,
        base_url=gateway.base_url,
        connections=count_connections(gateway),
        opening_tag_in_prompt=recipe.teacher.opening_tag_in_prompt,
        api=recipe.teacher.api,
        thinking=recipe.sampling.thinking,
        generation_kwargs=choose_generation_kwargs(recipe),
    )
    return fit_batches(job, recipe, requests)


def check_generated(
    generated: Generated, gates: GateConfig, verifier: AnswerVerifier
) -> list[CheckedTrace]:
    """Check every trace that was not checked, just as it is now, when it came in."""

    def check(traces: list[Trace]) -> list[CheckedTrace]:
        fresh = check_traces(traces, gates, verifier)
        return fresh if generated.judge is None else mark_not_judged(fresh)

    return check_missing(
        generated.traces,
        generated.checked,
        lambda one: one.trace,
        lambda trace: trace.trace_id,
        check,
    )
