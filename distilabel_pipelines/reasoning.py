"""The reasoning kind's generation: questions and samples in, traces out.

`generate_traces` runs the distilabel pipeline (`reasoning_task`) in a process of its own:
distilabel takes seconds to import, installs signal handlers, and leaves its children alive when it
dies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Unpack

import jinja2
from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.one_step_job import OneStepJob, PipelineRun, read_generation
from distilabel_pipelines.pipeline_process import run_in_own_process
from distilabel_pipelines.rows import Generation, Language, Question, Trace

_PROMPTS = Path(__file__).parent / "prompts" / "reasoning"
COMPLETION_STOPS: dict[Language, str] = {"en": "\nQuestion:", "zh": "\n问题："}


class ReasoningJob(OneStepJob):
    """Whether a base model's prompt opens a thought."""

    thinking: bool = True


class Request(BaseModel):
    """One sample of one question; its place in the list is its index in the build."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: Question
    sample: int
    seed: int


def _read_template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  # a prompt is no HTML
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string((_PROMPTS / name).read_text(encoding="utf-8"))


def read_system_prompts() -> dict[Language, str]:
    """The instruction for questions with a gold answer, in each language."""
    return {
        "en": _read_template("system.en.jinja").render(),
        "zh": _read_template("system.zh.jinja").render(),
    }


def render_completion_prompt(question: Question, *, thinking: bool) -> str:
    """A question as a base model continues it: a worked example, then the question.

    With `thinking` it ends with an open `<think>`.
    """
    template = _read_template(f"completion.{question.language}.jinja")
    with_answer = question.answer is not None
    return template.render(
        question=question.question, thinking=thinking, with_answer=with_answer
    ).rstrip("\n")


def read_completion_prompts(*, thinking: bool) -> dict[str, str]:
    """The completion prompts with a place-holder for the question, by what they are used for."""
    prompts: dict[str, str] = {}
    for language in COMPLETION_STOPS:
        for answer, use in (("", "questions with a gold answer"), (None, "open questions")):
            blank = Question(seed_id="", question="{question}", answer=answer, language=language)
            prompts[f"{use}, {language}"] = render_completion_prompt(blank, thinking=thinking)
    return prompts


def read_completion_stops() -> list[str]:
    """Where a completion ends: before the next question that a base model would make up."""
    return list(COMPLETION_STOPS.values())


def expand_samples(questions: Sequence[Question], *, samples: int, seed: int) -> list[Request]:
    """All samples of the first question, then of the second; sample j has the seed `seed + j`."""
    return [
        Request(question=question, sample=sample, seed=seed + sample)
        for question in questions
        for sample in range(samples)
    ]


def generate_traces(
    requests: Sequence[Request],
    job: ReasoningJob,
    **run: Unpack[PipelineRun],
) -> Iterator[Trace]:
    """Yield the trace of each request that was sent, in the order of the requests.

    Setting `stopped` ends the process after a short grace. Raises PipelineError when the pipeline's
    process fails or rows are missing at its end.
    """
    rows = make_rows(requests, job)
    results = run_in_own_process("reasoning", job, rows, **run)
    for request, result in zip(requests, results, strict=True):
        if result["reply"]:
            generation, further = read_generation(result)
            yield make_trace(request, generation, model=job.model, **further)


def make_trace(request: Request, generation: Generation, *, model: str) -> Trace:
    """Question and generation as one row."""
    return Trace(
        seed_id=request.question.seed_id,
        sample=request.sample,
        input=request.question.question,
        answer=request.question.answer,
        solution=request.question.solution,
        language=request.question.language,
        model=model,
        **generation.model_dump(),
    )


def make_rows(requests: Sequence[Request], job: ReasoningJob) -> list[dict[str, Any]]:
    """The pipeline's rows; `prompt` is "" where chat messages are sent."""
    system_prompts = read_system_prompts()
    return [
        {
            "index": index,
            "seed": request.seed,
            "input": request.question.question,
            "system_prompt": _choose_system_prompt(request.question, system_prompts),
            "prompt": (
                render_completion_prompt(request.question, thinking=job.thinking)
                if job.api == "completions"
                else ""
            ),
        }
        for index, request in enumerate(requests)
    ]


def _choose_system_prompt(question: Question, prompts: dict[Language, str]) -> str:
    return prompts[question.language] if question.answer is not None else ""
