"""One run of a build whose requests are all known before it starts: gateway, judge, pipeline.

The admission decides how many of the requests are sent (`admission`). How a run ends early stands
in `teacher_session`; with `package_partial` what is there goes on to the next stage instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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

ReplyT = TypeVar("ReplyT")
CheckedT = TypeVar("CheckedT", bound=CheckedRow)
NewsT = TypeVar("NewsT")


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


def count_batch_rows(requests: int) -> int:
    """Requests to hand over at once where they are asked in batches: one is made of what the
    gateway has in hand."""
    return min(requests, int(BatchSettings.model_fields["max_lines"].default))
