"""One run of a build whose requests are all known before it starts: gateway, judge, pipeline.

The admission decides how many of the requests are sent (`admission`). How a run ends early stands
in `teacher_session`; with `package_partial` what is there goes on to the next stage instead.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from builders.admission import Admission, CheckedRow
from builders.judge import Judge
from builders.judged import JudgeFacts
from builders.opinions import describe_judge
from builders.output_folder import OutputFolder
from builders.progress import Progress
from builders.recipe_sections import BuildRecipe
from builders.teacher_session import (
    end_stopped_run,
    leave_run_in_order,
    open_judge,
    open_teacher,
)
from builders.teachers import plan_gateway
from distilabel_pipelines.gateway.handle import GatewayHandle
from distilabel_pipelines.gateway.settings import BatchSettings, Stopped
from distilabel_pipelines.one_step_job import OneStepJob, PipelineRun

ReplyT = TypeVar("ReplyT")
CheckedT = TypeVar("CheckedT", bound=CheckedRow)
NewsT = TypeVar("NewsT")
JobT = TypeVar("JobT", bound=OneStepJob)


class Ran(NamedTuple, Generic[ReplyT]):
    """The pipeline's rows in the order of the requests, and who made them.

    `replies` is None where a stopped run is packaged and its pipeline did not end in time: the
    admission has what came in. `stopped` is what ended the run before its end, None where nothing
    did.
    """

    replies: list[ReplyT] | None
    model: str
    judge: JudgeFacts | None
    stopped: Stopped | None


def run_generation(
    admission: Admission[CheckedT, NewsT],
    recipe: BuildRecipe,
    folder: OutputFolder,
    run_pipeline: Callable[[GatewayHandle, Progress], Iterable[ReplyT]],
    *,
    sample: int | None = None,
) -> Ran[ReplyT]:
    """Ask the teacher until `recipe.rows` rows are certain or the requests end.

    With `sample`, a number of requests, all of them are wanted, not rows; the progress line counts
    replies.

    Raises TeacherError where the teacher cannot be used, BuildStoppedError where the run was
    stopped in the middle, BuildError where the pipeline broke.
    """
    settings = plan_gateway(recipe, folder.responses)
    with (
        Progress(sample or recipe.rows, is_sample=sample is not None) as progress,
        open_teacher(settings, progress, admission.note) as gateway,
        open_judge(recipe.judge, gateway) as judge,
    ):
        admission.start(
            lambda limit, final, heard: gateway.admit(limit, final=final, heard=heard),
            gateway.model,
            judge=judge,
        )
        progress.follow(admission)
        replies = _run_to_the_end(
            admission, lambda: run_pipeline(gateway, progress), recipe, progress, judge
        )
    end_stopped_run(progress, package_partial=recipe.budget.package_partial)
    facts = describe_judge(recipe.judge, judge.job) if judge is not None else None
    return Ran(replies, gateway.model, facts, progress.stopped)


def _run_to_the_end(
    admission: Admission[CheckedT, NewsT],
    run_pipeline: Callable[[], Iterable[ReplyT]],
    recipe: BuildRecipe,
    progress: Progress,
    judge: Judge | None,
) -> list[ReplyT] | None:
    replies: list[ReplyT] | None = None
    try:
        with leave_run_in_order(progress, judge, lambda: recipe.budget.package_partial):
            replies = list(run_pipeline())
    finally:
        admission.stop()
    return replies


def describe_run(gateway: GatewayHandle, folder: OutputFolder, progress: Progress) -> PipelineRun:
    """Where the build's distilabel pipeline runs, and what stops it."""
    return PipelineRun(
        access_token=gateway.access_token,
        work_dir=folder.work / "pipeline",
        log_path=folder.logs / "distilabel.log",
        stopped=progress.has_stopped,
    )


def count_connections(gateway: GatewayHandle) -> int:
    """Requests that a replica hands to the gateway at once: more than one window's worth."""
    return 2 * gateway.concurrency + 64


def fit_batches(job: JobT, recipe: BuildRecipe, requests: int) -> JobT:
    """The job as it is, or, where requests are asked in batches, with all of them handed over at
    once: a batch is made of what the gateway has in hand."""
    if not recipe.teacher.batch:
        return job
    at_once = min(requests, int(BatchSettings.model_fields["max_lines"].default))
    return job.model_copy(update={"connections": at_once, "batch_rows": at_once})


def count_unanswered(requests: Iterable[str], answered: Container[str], last: str | None) -> int:
    """Requests before the one of the row `last` that have no row: what a stopped run left open.

    All are named by their rows' ids; 0 without a last row. Where there are any, the same command
    run to its end puts their rows in the place of later ones.
    """
    if last is None:
        return 0
    before = itertools.takewhile(lambda name: name != last, requests)
    return sum(name not in answered for name in before)


def check_missing(
    replies: Sequence[ReplyT],
    checked: Mapping[str, CheckedT],
    read_reply: Callable[[CheckedT], ReplyT],
    name_row: Callable[[ReplyT], str],
    check: Callable[[list[ReplyT]], list[CheckedT]],
) -> list[CheckedT]:
    """Every reply checked, in order: as it was when it came in, where it is just the same now."""
    known = {
        name: one
        for reply in replies
        if (one := checked.get(name := name_row(reply))) is not None and read_reply(one) == reply
    }
    rest = iter(check([reply for reply in replies if name_row(reply) not in known]))
    return [known[name] if (name := name_row(reply)) in known else next(rest) for reply in replies]
