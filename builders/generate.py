"""The generate stage: requests in, traces out, from whichever teacher the recipe names.

It runs the distilabel pipeline through the gateway and lets the refill decide how many of the
requests are sent. How a run ends early stands in `teacher_session`; with `package_partial` what is
there goes on to the next stage instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from builders.checks import AnswerVerifier, GateConfig, check_traces
from builders.judge import Judge
from builders.judged import CheckedTrace, JudgeFacts
from builders.opinions import describe_judge, mark_not_judged
from builders.output_folder import OutputFolder
from builders.progress import Progress
from builders.recipe import Recipe
from builders.refill import Refill
from builders.teacher_requests import choose_generation_kwargs
from builders.teacher_session import (
    end_stopped_run,
    leave_run_in_order,
    open_judge,
    open_teacher,
)
from builders.teachers import plan_gateway
from distilabel_pipelines.gateway.handle import GatewayHandle
from distilabel_pipelines.gateway.settings import BatchSettings, Stopped
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
    with (
        Progress(len(requests) if is_sample else recipe.rows, is_sample=is_sample) as progress,
        open_teacher(plan_gateway(recipe, folder.responses), progress, refill.note) as gateway,
        open_judge(recipe.judge, gateway) as judge,
    ):
        refill.start(
            lambda limit, final, heard: gateway.admit(limit, final=final, heard=heard),
            gateway.model,
            judge=judge,
        )
        progress.follow(refill)
        traces = _run_to_the_end(requests, recipe, gateway, folder, progress, refill, judge)
    end_stopped_run(progress, package_partial=recipe.budget.package_partial)
    facts = describe_judge(recipe.judge, judge.job) if judge is not None else None
    return Generated(traces, refill.checked, gateway.model, facts, progress.stopped)


def _run_to_the_end(
    requests: Sequence[Request],
    recipe: Recipe,
    gateway: GatewayHandle,
    folder: OutputFolder,
    progress: Progress,
    refill: Refill,
    judge: Judge | None,
) -> list[Trace]:
    """The traces; those that came in, where a stopped run is packaged all the same."""
    traces: list[Trace] | None = None
    try:
        with leave_run_in_order(progress, judge, lambda: recipe.budget.package_partial):
            traces = _run_pipeline(requests, recipe, gateway, folder, progress)
    finally:
        refill.stop()
    if traces is None:  # the pipeline did not end in time; the journal has what came in
        return [one.trace for one in refill.checked.values()]
    return traces


def _run_pipeline(
    requests: Sequence[Request],
    recipe: Recipe,
    gateway: GatewayHandle,
    folder: OutputFolder,
    progress: Progress,
) -> list[Trace]:
    return list(
        generate_traces(
            requests,
            plan_job(recipe, gateway, len(requests)),
            access_token=gateway.access_token,
            work_dir=folder.work / "pipeline",
            log_path=folder.logs / "distilabel.log",
            stopped=progress.has_stopped,
        )
    )


def plan_job(recipe: Recipe, gateway: GatewayHandle, requests: int) -> ReasoningJob:
    """What the distilabel pipeline is told. It hands the gateway more than one window's worth.

    A batch is made of what the gateway has in hand: there it is given everything at once.
    """
    job = ReasoningJob(
        model=gateway.model,
        base_url=gateway.base_url,
        connections=2 * gateway.concurrency + 64,
        opening_tag_in_prompt=recipe.teacher.opening_tag_in_prompt,
        api=recipe.teacher.api,
        thinking=recipe.sampling.thinking,
        generation_kwargs=choose_generation_kwargs(recipe),
    )
    if not recipe.teacher.batch:
        return job
    at_once = min(requests, BatchSettings.model_fields["max_lines"].default)
    return job.model_copy(update={"connections": at_once, "batch_rows": at_once})


def check_generated(
    generated: Generated, gates: GateConfig, verifier: AnswerVerifier
) -> list[CheckedTrace]:
    """Check every trace that was not checked, just as it is now, when it came in."""
    known = {
        trace.trace_id: generated.checked[trace.trace_id]
        for trace in generated.traces
        if trace.trace_id in generated.checked and generated.checked[trace.trace_id].trace == trace
    }
    unknown = [trace for trace in generated.traces if trace.trace_id not in known]
    fresh = check_traces(unknown, gates, verifier)
    if generated.judge is not None:
        fresh = mark_not_judged(fresh)
    rest = iter(fresh)
    return [
        known[trace.trace_id] if trace.trace_id in known else next(rest)
        for trace in generated.traces
    ]
