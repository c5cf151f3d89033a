"""The distilabel task and pipeline that distil reasoning traces (à la DeepSeek-R1).

Importing this module imports distilabel, which takes seconds: only the pipeline's own process
does (`pipeline_process`).
"""

from __future__ import annotations

from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks.base import Task

from distilabel_pipelines.reasoning import ReasoningJob
from distilabel_pipelines.teacher import TeacherLLM

STEP_NAME = "distill_reasoning"
_LLM_COLUMN = f"llm_{STEP_NAME}_"


class DistillReasoning(Task):
    """One question in, one thought and answer out.

    Input columns: `input` (the user message, as it is), `system_prompt` ("" for none), `prompt`
    (the whole text for a base model, "" for chat), `index` and `seed` (the request's place and
    sampling seed). Output column: `content`; the LLM adds
    `llm_distill_reasoning_reasoning_content` and `llm_distill_reasoning_reply` (JSON).
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


def build_pipeline(job: ReasoningJob, rows: list[dict[str, Any]], cache_dir: str) -> Pipeline:
    """Load all rows as one batch, then distil them in overlapping batches.

    distilabel waits for the slowest row of each batch a step works on. Batches large beside the
    window, and a second replica that works on the next one meanwhile, keep the window full.
    """
    with Pipeline(name="reasoning", cache_dir=cache_dir, enable_metadata=False) as pipeline:
        load = LoadDataFromDicts(name="load_questions", data=rows, batch_size=max(1, len(rows)))
        distill = DistillReasoning(
            name=STEP_NAME,
            llm=TeacherLLM(
                model=job.model,
                base_url=job.base_url,
                connections=job.connections,
                opening_tag_in_prompt=job.opening_tag_in_prompt,
                generation_kwargs=job.generation_kwargs,
            ),
            input_batch_size=job.batch_rows,
            resources={"replicas": 1 if len(rows) <= job.batch_rows else job.replicas},
            add_raw_input=False,
            add_raw_output=False,
            use_cache=False,
        )
        load >> distill
    return pipeline


def run_pipeline(
    job: ReasoningJob, rows: list[dict[str, Any]], work_dir: str
) -> list[dict[str, Any]]:
    """Run to the end; returns one row `{index, content, reasoning_content, reply}` a request.

    The pipeline never uses distilabel's cache: a stale `pipeline.yaml` would override the settings,
    and the gateway's journal already resumes request by request.
    """
    pipeline = build_pipeline(job, rows, work_dir)
    distiset = pipeline.run(use_cache=False)
    dataset = distiset["default"]["train"]
    return [
        {
            "index": row["index"],
            "content": row["content"],
            "reasoning_content": row[f"{_LLM_COLUMN}reasoning_content"],
            "reply": row[f"{_LLM_COLUMN}reply"],
        }
        for row in dataset
    ]
