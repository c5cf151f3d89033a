"""The gateway and the judge of one build, and how a run that ends early is told.

Whatever ends it (Ctrl-C, the teacher, the account, the budget) is a BuildStoppedError: every
finished response is in the journal and the same command goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from builders.errors import BuildError, BuildStoppedError, TeacherError
from builders.judge import Judge
from builders.opinions import plan_judge
from builders.progress import Progress
from builders.teacher_config import JudgeConfig
from distilabel_pipelines.gateway.handle import GatewayError, GatewayHandle
from distilabel_pipelines.gateway.settings import Event, Finished, GatewaySettings
from distilabel_pipelines.pipeline_process import PipelineError

_RESUME = "Every finished response is kept; run the same command again to go on."


@contextmanager
def open_teacher(
    settings: GatewaySettings, progress: Progress, on_finished: Callable[[Finished], None]
) -> Iterator[GatewayHandle]:
    """The gateway, with its failures told in the build's own terms.

    `on_finished` is told of every request's end, in a thread of the gateway's handle. Raises
    TeacherError where the teacher cannot be used, BuildStoppedError where the run was stopped in
    the middle, BuildError where the pipeline broke.
    """

    def note(event: Event) -> None:
        progress.note(event)
        if isinstance(event, Finished):
            on_finished(event)

    try:
        with GatewayHandle(settings, note) as gateway:
            yield gateway
    except GatewayError as error:
        raise TeacherError(str(error)) from error
    except KeyboardInterrupt as error:
        raise BuildStoppedError(_tell_how_to_resume("stopped by Ctrl-C.")) from error
    except PipelineError as error:
        if progress.stopped is not None:
            message = _tell_how_to_resume(progress.stopped.message)
            raise BuildStoppedError(message) from error
        raise BuildError(_tell_how_to_resume(f"the generation broke: {error}")) from error


@contextmanager
def open_judge(config: JudgeConfig, gateway: GatewayHandle) -> Iterator[Judge | None]:
    """The second opinion, where the recipe wants one."""
    if not config.enabled:
        yield None
        return
    job = plan_judge(config, gateway.judge_model)
    with Judge(gateway.base_url, gateway.access_token, job) as judge:
        yield judge


@contextmanager
def leave_run_in_order(
    progress: Progress, judge: Judge | None, goes_on: Callable[[], bool]
) -> Iterator[None]:
    """Around the run itself: Ctrl-C waits for no word of the judge, and where a stopped run
    `goes_on`, the end of its pipeline is none of its own."""
    try:
        yield
    except KeyboardInterrupt:
        progress.say("stopping: replies in flight have some seconds to come in")
        if judge is not None:
            judge.give_up()
        raise
    except PipelineError:
        if progress.stopped is None or not goes_on():
            raise


def end_stopped_run(progress: Progress, *, package_partial: bool) -> None:
    """Nothing for a run that went to its end; a stopped one raises BuildStoppedError, or, where
    its rows are packaged all the same, says what stopped it."""
    if progress.stopped is None:
        return
    if not package_partial:
        raise BuildStoppedError(_tell_how_to_resume(progress.stopped.message))
    progress.say(progress.stopped.message)


def _tell_how_to_resume(message: str) -> str:
    """The message and what to do next, unless it says so itself; logs end on lines of their own."""
    if "same command" in message:
        return message
    separator = "\n" if "\n" in message else " "
    return f"{message.rstrip()}{separator}{_RESUME}"
