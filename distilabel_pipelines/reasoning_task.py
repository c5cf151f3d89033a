"""The distilabel task and pipeline that distil reasoning traces (à la DeepSeek-R1).

Importing this module imports distilabel, which takes seconds: only the pipeline's own process
does (`pipeline_process`).
"""

from __future__ import annotations

from typing import Any

from distilabel.steps.tasks.base import Task

from distilabel_pipelines.one_step import build_pipeline, run_to_the_end
from distilabel_pipelines.reasoning import ReasoningJob
from distilabel_pipelines.teacher import TeacherLLM


class DistillReasoning(Task):
    """One question in, one thought and answer out.

    Input columns: `input` (the user message, as it is), `system_prompt` ("" for none), `prompt`
    (the whole text for a base model, "" for chat), `index` and `seed` (the request's place and
    sampling seed). Output column: `content`; the LLM adds
    `llm_<step>_reasoning_content` and `llm_<step>_reply` (JSON).
    """

    @property
    def inputs(self) -> list[str]:
        """A property, since distilabel reads a plain attribute of a Task back as empty."""
        return ["input", "system_prompt", "prompt", "index", "seed"]

    @property
    def outputs(self) -> list[str]:
        """The columns that `format_output` makes."""
        return ["content"]

    def format_input(self, input: dict[str, Any]) -> Any:  # noqa: A002, ANN401  # distilabel's
        """The chat messages or the prompt, with the row's own request options beside them."""
        options = {"index": input["index"], "seed": input["seed"]}
        if input["prompt"]:
            return input["prompt"], options
        messages = [{"role": "user", "content": input["input"]}]
        if input["system_prompt"]:
            messages.insert(0, {"role": "system", "content": input["system_prompt"]})
        return messages, options

    def format_output(
        self,
        output: str | None,
        input: dict[str, Any] | None = None,  # noqa: A002, ARG002  # distilabel's signature
    ) -> dict[str, Any]:
        """The answer as it came."""
        return {"content": output or ""}


def run_pipeline(
    job: ReasoningJob, rows: list[dict[str, Any]], work_dir: str
) -> list[dict[str, Any]]:
    """Run to the end; returns one row `{index, content, reasoning_content, reply}` a request."""
    llm = TeacherLLM(**job.describe_teacher())
    return run_to_the_end(build_pipeline("reasoning", DistillReasoning, llm, job, rows, work_dir))
