"""The generate stage: requests in, traces out, from whichever teacher the recipe names.

It opens the gateway, runs the distilabel pipeline through it, and lets the refill decide how many
of the requests are sent. Whatever ends it early (Ctrl-C, the teacher, the account) is told as a
BuildStoppedError: every finished response is in the journal and the same command goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from builders.checks import AnswerVerifier, GateConfig, check_traces
from builders.errors import BuildError, BuildStoppedError, TeacherError
from builders.judged import CheckedTrace
from builders.output_folder import OutputFolder
from builders.progress import Progress
from builders.recipe import Recipe
from builders.refill import Refill
from builders.teachers import choose_generation_kwargs, plan_gateway
from distilabel_pipelines.gateway.handle import GatewayError, GatewayHandle
from distilabel_pipelines.gateway.settings import Event, Finished
from distilabel_pipelines.pipeline_process import PipelineError
from distilabel_pipelines.reasoning import ReasoningJob, Request, generate_traces
from distilabel_pipelines.rows import Trace

_RESUME = "Every finished response is kept; run the same command again to go on."


class Generated(NamedTuple):
    """The traces in seed order, those already judged while they came in, and the model's name."""

    traces: list[Trace]
    judged: dict[str, CheckedTrace]
    model: str


def generate_reasoning(
    requests: Sequence[Request], recipe: Recipe, folder: OutputFolder, verifier: AnswerVerifier
) -> Generated:
    """Ask the teacher until `recipe.rows` rows are certain or the requests end.

    Raises TeacherError where the teacher cannot be used, BuildStoppedError where the run was
    stopped in the middle, BuildError where the pipeline broke.
    """
    refill = Refill(requests, recipe, verifier, responses=folder.responses, work_dir=folder.work)
    with (
        Progress(recipe.rows) as progress,
        _open_teacher(recipe, folder, progress, refill) as gateway,
    ):
        job = plan_job(recipe, gateway)
        refill.start(lambda limit, final: gateway.admit(limit, final=final), gateway.model)
        progress.follow(refill)
        try:
            traces = list(
                generate_traces(
                    requests,
                    job,
                    access_token=gateway.access_token,
                    work_dir=folder.work / "pipeline",
                    log_path=folder.logs / "distilabel.log",
                    stopped=progress.has_stopped,
                )
            )
        except KeyboardInterrupt:
            progress.say("stopping: replies in flight have some seconds to come in")
            raise
        finally:
            refill.stop()
    if progress.stopped is not None:
        raise BuildStoppedError(_tell_how_to_resume(progress.stopped.message))
    return Generated(traces, refill.checked, gateway.model)


@contextmanager
def _open_teacher(
    recipe: Recipe, folder: OutputFolder, progress: Progress, refill: Refill
) -> Iterator[GatewayHandle]:
    """The gateway, with its failures told in the build's own terms."""

    def note(event: Event) -> None:
        progress.note(event)
        if isinstance(event, Finished):
            refill.note(event)

    try:
        with GatewayHandle(plan_gateway(recipe, folder.responses), note) as gateway:
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


def _tell_how_to_resume(message: str) -> str:
    """The message and what to do next, unless it says so itself; logs end on lines of their own."""
    if "same command" in message:
        return message
    separator = "\n" if "\n" in message else " "
    return f"{message.rstrip()}{separator}{_RESUME}"


def plan_job(recipe: Recipe, gateway: GatewayHandle) -> ReasoningJob:
    """What the distilabel pipeline is told. It hands the gateway more than one window's worth."""
    return ReasoningJob(
        model=gateway.model,
        base_url=gateway.base_url,
        connections=2 * gateway.concurrency + 64,
        opening_tag_in_prompt=recipe.teacher.opening_tag_in_prompt,
        generation_kwargs=choose_generation_kwargs(recipe),
    )


def check_generated(
    generated: Generated, gates: GateConfig, verifier: AnswerVerifier
) -> list[CheckedTrace]:
    """Check every trace; one that was judged as it came in and is the same is not judged twice."""
    known = {
        trace.trace_id: generated.judged[trace.trace_id]
        for trace in generated.traces
        if trace.trace_id in generated.judged and generated.judged[trace.trace_id].trace == trace
    }
    unknown = [trace for trace in generated.traces if trace.trace_id not in known]
    fresh = iter(check_traces(unknown, gates, verifier))
    return [
        known[trace.trace_id] if trace.trace_id in known else next(fresh)
        for trace in generated.traces
    ]
