"""The distilabel task and pipeline that write texts for prompts (à la Cosmopedia).

Importing this module imports distilabel, which takes seconds: only the pipeline's own process
does (`pipeline_process`).
"""

from __future__ import annotations

from typing import Any

from distilabel.steps.tasks.base import Task

from distilabel_pipelines.continuations import (
    ContinuationDialect,
    join_replies,
    needs_continuation,
    write_continuation,
)
from distilabel_pipelines.one_step import build_pipeline, run_to_the_end
from distilabel_pipelines.pretraining import WritingJob
from distilabel_pipelines.teacher import Answer, TeacherLLM
from distilabel_pipelines.wire import Body, Reply


class WritingLLM(TeacherLLM):
    """A teacher whose cut texts are continued, up to `continuations` times.

    All parts of a row go under the row's own index, one after the other.
    """

    continuations: int = 0
    dialect: ContinuationDialect = "vllm"

    async def _answer(self, body: Body, index: int | None) -> Answer:
        """The parts as one reply; the failure of a part is the row's."""
        answer = await self._ask(body, index)
        parts: list[Reply] = []
        while answer.reply is not None:
            parts.append(answer.reply)
            if not needs_continuation(
                parts, self.continuations, opening_tag_in_prompt=self.opening_tag_in_prompt
            ):
                return Answer(join_replies(parts), None, answer.attempts, len(parts) - 1)
            answer = await self._ask(write_continuation(body, parts, self.dialect), index)
        return answer


class WriteText(Task):
    """One prompt in, one text out.

    Input columns: `prompt` (the user message as it is, or the whole text for a base model where
    `is_completion`), `index` and `seed` (the request's place and sampling seed). Output column:
    `content`; the LLM adds `llm_<step>_reasoning_content` and `llm_<step>_reply` (JSON).
    """

    @property
    def inputs(self) -> list[str]:
        """A property, since distilabel reads a plain attribute of a Task back as empty."""
        return ["prompt", "is_completion", "index", "seed"]

    @property
    def outputs(self) -> list[str]:
        """The columns that `format_output` makes."""
        return ["content"]

    def format_input(self, input: dict[str, Any]) -> Any:  # noqa: A002, ANN401  # distilabel's
        """The chat message or the prompt, with the row's own request options beside it."""
        options = {"index": input["index"], "seed": input["seed"]}
        if input["is_completion"]:
            return input["prompt"], options
        return [{"role": "user", "content": input["prompt"]}], options

    def format_output(
        self,
        output: str | None,
        input: dict[str, Any] | None = None,  # noqa: A002, ARG002  # distilabel's signature
    ) -> dict[str, Any]:
        """The text as it came."""
        return {"content": output or ""}


def run_pipeline(
    job: WritingJob, rows: list[dict[str, Any]], work_dir: str
) -> list[dict[str, Any]]:
    """Run to the end; returns one row `{index, content, reasoning_content, reply}` a request."""
    llm = WritingLLM(**job.describe_teacher(), continuations=job.continuations, dialect=job.dialect)
    return run_to_the_end(build_pipeline("pretraining", WriteText, llm, job, rows, work_dir))
