"""The distilabel pipeline of the instruction kind, one graph a method.

    alpaca          feed_waves → tasks → return_waves
    self-instruct   feed_waves → instructions → classification
                        → output_first, input_first (side by side) → return_waves

Sources: Self-Instruct (arXiv:2212.10560), Alpaca. A wave holds proposals or kept tasks: between the
two the build screens the instructions, so that nothing is paid for the instances of a dropped one.
Importing this module imports distilabel, which takes seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel_pipelines.instruction import InstructionJob, make_columns
from distilabel_pipelines.instruction_prompts import (
    PromptName,
    render_classification_prompt,
    render_input_first_prompt,
    render_output_first_prompt,
)
from distilabel_pipelines.instruction_replies import UnreadableReplyError, parse_classification
from distilabel_pipelines.teacher import TeacherLLM
from distilabel_pipelines.wave_steps import FeedWaves, OwnRowsTask, ReturnWaves, WavePipeline

NOBODY = "nobody"
LISTS_AFTER = 2**40  # lists wait behind all tasks, which finish what was begun


class _InstructionTask(OwnRowsTask):
    """A step whose prompt is one text, for chat and base models alike."""

    api: str = "chat"
    first_place: int = 0

    @property
    def inputs(self) -> list[str]:
        """A property, since distilabel reads a plain attribute of a Task back as empty."""
        return ["owner", "index", "seed", "language", "prompt", "instruction"]

    def render(self, row: dict[str, Any]) -> str:
        """The prompt of one row."""
        raise NotImplementedError

    def format_input(self, input: dict[str, Any]) -> Any:  # noqa: A002, ANN401  # distilabel's
        """The prompt as one user message or as it is, with the row's own request options.

        Every request has a place in the order, so that those that still wait when the build has
        its rows are never sent.
        """
        options = {"seed": input["seed"], "index": self.first_place + input["index"]}
        prompt = self.render(input)
        if self.api == "completions":
            return prompt, options
        return [{"role": "user", "content": prompt}], options


class ProposeTasks(_InstructionTask):
    """New tasks from the examples in the prompt: whole ones, or their instructions alone.

    Input columns: `prompt`, `index`, `seed`. Output columns: `<step>_text`, `<step>_reply`.
    """

    def render(self, row: dict[str, Any]) -> str:
        """The build's own prompt: it knows the pool."""
        return str(row["prompt"])


class ClassifyTask(_InstructionTask):
    """Whether a kept instruction is a classification task; its answer names the next step.

    Input columns: `instruction`, `language`, `seed`. Output columns: as above, and `owner`.
    """

    def render(self, row: dict[str, Any]) -> str:
        """The question about one instruction."""
        return render_classification_prompt(row["instruction"], language=row["language"])

    def read_text(self, text: str) -> dict[str, Any]:
        """A reply without a yes or no ends the row's way; the build tells why."""
        try:
            is_classification = parse_classification(text)
        except UnreadableReplyError:
            return {"owner": NOBODY}
        return {"owner": "output_first" if is_classification else "input_first"}


class WriteOutputFirst(_InstructionTask):
    """The instances of a classification task: labels first, so that they are balanced.

    Input and output columns as above.
    """

    def render(self, row: dict[str, Any]) -> str:
        """The request for one task's instances."""
        return render_output_first_prompt(row["instruction"], language=row["language"])


class WriteInputFirst(_InstructionTask):
    """The instances of any other task. Input and output columns as above."""

    instances_per_task: int = 3

    def render(self, row: dict[str, Any]) -> str:
        """The request for one task's instances."""
        return render_input_first_prompt(
            row["instruction"], language=row["language"], count=self.instances_per_task
        )


def build_pipeline(job: InstructionJob, work_dir: Path) -> Any:  # noqa: ANN401  # untyped
    """The method's graph; every step works on one wave at a time, proposals on `replicas` waves."""
    folder = str(work_dir / "waves")
    with WavePipeline(
        name="instruction", cache_dir=str(work_dir / "cache"), enable_metadata=False
    ) as pipeline:
        feed = FeedWaves(
            name="feed_waves", folder=folder, columns=make_columns(job), batch_size=job.wave_rows
        )
        steps = {name: _make_step(name, job) for name in job.steps}
        branches = job.steps[2:]
        end = ReturnWaves(
            name="return_waves", folder=folder, branches=branches, input_batch_size=job.wave_rows
        )
        feed >> steps[job.steps[0]]
        if branches:
            classify = steps[job.steps[1]]
            steps[job.steps[0]] >> classify
            classify >> [steps[name] for name in branches] >> end
        else:
            steps[job.steps[0]] >> end
    return pipeline


def _make_step(name: PromptName, job: InstructionJob) -> _InstructionTask:
    kinds: dict[PromptName, type[_InstructionTask]] = {
        "tasks": ProposeTasks,
        "instructions": ProposeTasks,
        "classification": ClassifyTask,
        "output_first": WriteOutputFirst,
        "input_first": WriteInputFirst,
    }
    own: dict[str, Any] = {}
    if name == job.steps[0]:
        own = {"first_place": LISTS_AFTER}
    elif name == "input_first":
        own = {"instances_per_task": job.instances_per_task}
    return kinds[name](
        name=name,
        api=job.api,
        llm=TeacherLLM(
            model=job.model,
            base_url=job.base_url,
            connections=job.connections,
            opening_tag_in_prompt=job.opening_tag_in_prompt,
            generation_kwargs=job.generation_kwargs[name],
        ),
        input_batch_size=job.wave_rows,
        resources={"replicas": job.replicas if name == job.steps[0] else 1},
        add_raw_input=False,
        add_raw_output=False,
        use_cache=False,
        **own,
    )


def run_pipeline(job: InstructionJob, work_dir: Path) -> None:
    """Serve waves until the process is ended; without distilabel's cache (see `reasoning_task`)."""
    build_pipeline(job, work_dir).run(use_cache=False)
