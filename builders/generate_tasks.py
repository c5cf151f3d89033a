"""The generate stage of an instruction build: seed tasks in, screened and filtered rows out.

It opens the gateway, keeps one distilabel pipeline for all rounds and steps, and runs the rounds
until the rows suffice, nothing new comes, or the run is stopped (see `teacher_session`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from builders.decontamination import Benchmarks
from builders.fresh_tokens import FreshTokens
from builders.instruction_dedup import reject_duplicates, settle_instructions
from builders.instruction_outcome import (
    ContaminatedTask,
    InstructionEndedBy,
    InstructionOutcome,
    InstructionRow,
    RequestCounts,
)
from builders.instruction_recipe import InstructionRecipe
from builders.instruction_requests import choose_step_kwargs
from builders.judge import Judge
from builders.judged import JudgeFacts
from builders.novelty import NoveltyScreen
from builders.opinions import describe_judge
from builders.output_folder import OutputFolder
from builders.progress import Progress
from builders.rounds.board import Board
from builders.rounds.lists import ListReader
from builders.rounds.plan import RoundPlanner
from builders.rounds.run import RoundsRun
from builders.rounds.sample import Sampled, SampleRun, count_sample_replies
from builders.tally import Tally
from builders.task_seeds import SeedTask
from builders.teacher_session import (
    end_stopped_run,
    leave_run_in_order,
    open_judge,
    open_teacher,
)
from builders.teachers import plan_gateway
from distilabel_pipelines.gateway.handle import GatewayHandle
from distilabel_pipelines.gateway.settings import Stopped
from distilabel_pipelines.instruction import InstructionJob, InstructionPipeline

_BATCH_ROWS = 4096


class GeneratedTasks(NamedTuple):
    """All rows in order, not yet deduplicated, and what was asked for them.

    `model` and `judge` name who answered and who gave a second opinion; `stopped` is what ended
    the run before its end, None where nothing did. `sampled` holds the replies of a sample.
    """

    rows: list[InstructionRow]
    requests: list[RequestCounts]
    rounds: int
    ended_by: InstructionEndedBy
    model: str
    judge: JudgeFacts | None
    stopped: Stopped | None
    sampled: Sampled | None = None


class _Watch:
    """The build as the progress line sees it."""

    def __init__(self, run: RoundsRun, fresh: FreshTokens) -> None:
        self._run = run
        self._fresh = fresh
        self.at_the_judge = 0

    @property
    def tally(self) -> Tally:
        return Tally(
            replies=self._fresh.replies,
            tokens=self._fresh.count(),
            rejects={str(reason): count for reason, count in self._run.board.rejects.items()},
            notes=(f"round {self._run.rounds}",),
        )

    @property
    def accepted(self) -> int:
        return self._run.board.counts.rows


def generate_tasks(
    seeds: Sequence[SeedTask],
    recipe: InstructionRecipe,
    folder: OutputFolder,
    benchmarks: Benchmarks,
    *,
    sample_requests: int | None = None,
) -> GeneratedTasks:
    """Ask the teacher until `recipe.rows` rows are certain, or nothing new comes.

    What holds an item of `benchmarks` is rejected as it comes in. With `sample_requests` it ends
    after that many list requests, and tasks (see `rounds.sample`). Every error is a BuildError:
    TeacherError where the teacher cannot be used, BuildStoppedError where the run was
    stopped in the middle, BuildError where the pipeline broke.
    """
    fresh = FreshTokens(folder.responses)
    settings = plan_gateway(recipe, folder.responses, admission_limit=None)
    make_run, most = _choose_run(recipe, sample_requests)
    with (
        Progress(most or recipe.rows, is_sample=most is not None) as progress,
        open_teacher(settings, progress, fresh.note) as gateway,
        open_judge(recipe.judge, gateway) as judge,
        _open_pipeline(recipe, gateway, folder) as pipeline,
    ):
        run = make_run(
            _plan_rounds(seeds, recipe, progress),
            _open_screen(seeds, recipe, gateway.model, benchmarks),
            _make_board(recipe, folder),
            pipeline,
            recipe,
            judge,
            progress.has_stopped,
        )
        progress.follow(_Watch(run, fresh))
        _run_to_the_end(run, recipe, gateway, progress, judge)
        facts = describe_judge(recipe.judge, judge.job, "task") if judge is not None else None
    is_whole = run.board.has_ended and sample_requests is None  # the stop came after the end
    if not is_whole:
        end_stopped_run(progress, package_partial=recipe.budget.package_partial)
    return _collect(run, gateway.model, facts, None if is_whole else progress.stopped)


def _choose_run(
    recipe: InstructionRecipe, sample_requests: int | None
) -> tuple[Callable[..., RoundsRun], int | None]:
    """The whole build, or its beginning and the most replies that one takes."""
    if sample_requests is None:
        return RoundsRun, None
    most = count_sample_replies(recipe, sample_requests)
    return partial(SampleRun, wanted=sample_requests), most


def _collect(
    run: RoundsRun, model: str, judge: JudgeFacts | None, stopped: Stopped | None
) -> GeneratedTasks:
    return GeneratedTasks(
        rows=run.board.list_rows(),
        requests=run.replies.list(),
        rounds=run.rounds,
        ended_by=_tell_end(run.board),
        model=model,
        judge=judge,
        stopped=stopped,
        sampled=run.sampled if isinstance(run, SampleRun) else None,
    )


def _tell_end(board: Board) -> InstructionEndedBy:
    if board.is_enough:
        return "rows"
    return "fruitless" if board.ended_fruitless else "stopped"


def _run_to_the_end(
    run: RoundsRun,
    recipe: InstructionRecipe,
    gateway: GatewayHandle,
    progress: Progress,
    judge: Judge | None,
) -> None:
    """The rounds, and then what is under way; a stopped run may be packaged all the same."""

    def goes_on() -> bool:
        return recipe.budget.package_partial or run.board.has_ended

    with leave_run_in_order(progress, judge, goes_on):
        run.run()
        gateway.admit(0, final=True)  # what waits for its turn is not needed any more
        run.finish()


def _plan_rounds(
    seeds: Sequence[SeedTask], recipe: InstructionRecipe, progress: Progress
) -> RoundPlanner:
    planner = RoundPlanner(seeds, recipe)
    if planner.too_long:
        progress.say(
            f"{planner.too_long} of {len(seeds)} seed tasks are longer than "
            f"generation.shown_words = {recipe.generation.shown_words} and are not shown to the "
            "teacher; new instructions are compared with them all the same"
        )
    return planner


def _open_screen(
    seeds: Sequence[SeedTask], recipe: InstructionRecipe, model: str, benchmarks: Benchmarks
) -> ListReader:
    novelty = recipe.novelty
    screen = NoveltyScreen(
        [seed.instruction for seed in seeds], threshold=novelty.threshold, closest=novelty.closest
    )
    return ListReader(screen, recipe, model, benchmarks)


def _make_board(recipe: InstructionRecipe, folder: OutputFolder) -> Board:
    def find_staying(rows: Sequence[InstructionRow]) -> list[bool]:
        settled = reject_duplicates(rows, recipe.dedup, folder.work)
        return [row.reason is None for row in settled]

    return Board(recipe.rows, recipe.generation.fruitless_requests, find_staying)


def _open_pipeline(
    recipe: InstructionRecipe, gateway: GatewayHandle, folder: OutputFolder
) -> InstructionPipeline:
    return InstructionPipeline(
        plan_instruction_job(recipe, gateway),
        access_token=gateway.access_token,
        work_dir=folder.work / "pipeline",
        log_path=folder.logs / "distilabel.log",
    )


def plan_instruction_job(recipe: InstructionRecipe, gateway: GatewayHandle) -> InstructionJob:
    """What the distilabel pipeline is told; a wave holds the gateway's window, or a batch."""
    batch = recipe.teacher.batch
    at_once = gateway.concurrency + 16
    return InstructionJob(
        steps=recipe.steps,
        model=gateway.model,
        base_url=gateway.base_url,
        connections=_BATCH_ROWS if batch else at_once,
        opening_tag_in_prompt=recipe.teacher.opening_tag_in_prompt,
        api=recipe.teacher.api,
        instances_per_task=recipe.generation.instances_per_task,
        generation_kwargs={step: choose_step_kwargs(recipe, step) for step in recipe.steps},
        wave_rows=_BATCH_ROWS if batch else at_once,
        replicas=1 if batch else 2,
    )


def settle_generated(
    generated: GeneratedTasks,
    recipe: InstructionRecipe,
    work_dir: Path,
    contaminated: Sequence[ContaminatedTask] = (),
) -> InstructionOutcome:
    """Deduplicate, and publish the first `recipe.rows`; raises DedupError.

    A stopped run may have enough rows all the same, beyond a reply that never came. `contaminated`
    are the seed tasks that were not shown.
    """
    published, rejected = settle_instructions(generated.rows, recipe.dedup, recipe.rows, work_dir)
    ended_by = "rows" if len(published) == recipe.rows else generated.ended_by
    return InstructionOutcome(
        published, rejected, generated.requests, generated.rounds, ended_by, contaminated
    )
