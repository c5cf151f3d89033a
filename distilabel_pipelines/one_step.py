"""A distilabel pipeline of one generating step: all rows in, one reply a row out.

distilabel waits for the slowest row of each batch a step works on. Batches large beside the window,
and a second replica that works on the next one meanwhile, keep the window full. Importing this
module imports distilabel, which takes seconds: only the pipeline's own process does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distilabel.models.llms.base import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks.base import Task

from distilabel_pipelines.one_step_job import OneStepJob


def build_pipeline(
    name: str,
    make_task: Callable[..., Task],
    llm: LLM,
    job: OneStepJob,
    rows: list[dict[str, Any]],
    cache_dir: str,
) -> Pipeline:
    """Load all rows as one batch, then generate in overlapping batches."""
    with Pipeline(name=name, cache_dir=cache_dir, enable_metadata=False) as pipeline:
        load = LoadDataFromDicts(name="load_rows", data=rows, batch_size=max(1, len(rows)))
        generate = make_task(
            name="generate",
            llm=llm,
            input_batch_size=job.batch_rows,
            resources={"replicas": 1 if len(rows) <= job.batch_rows else job.replicas},
            add_raw_input=False,
            add_raw_output=False,
            use_cache=False,
        )
        load >> generate
    return pipeline


def run_to_the_end(pipeline: Pipeline) -> list[dict[str, Any]]:
    """One row `{index, content, reasoning_content, reply}` a request.

    The pipeline never uses distilabel's cache: a stale `pipeline.yaml` would override the settings,
    and the gateway's journal already resumes request by request.
    """
    distiset = pipeline.run(use_cache=False)
    return [
        {
            "index": row["index"],
            "content": row["content"],
            "reasoning_content": row["llm_generate_reasoning_content"],
            "reply": row["llm_generate_reply"],
        }
        for row in distiset["default"]["train"]
    ]
