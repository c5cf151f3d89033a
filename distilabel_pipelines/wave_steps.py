"""distilabel steps of a pipeline that runs in waves: feed, a task with rows of its own, return.

Importing this module imports distilabel, which takes seconds: only the pipeline's own process
does. No `from __future__ import annotations` here: distilabel looks for the `StepInput` annotation
itself. Its routing functions see step names, not rows, so a branch passes the rows that are not its
own through. Source: distilabel 1.5.3, `Step`, `GeneratorStep`, `Task`.
"""

import itertools
import traceback
from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import GeneratorStep, Step, StepInput
from distilabel.steps.tasks.base import Task
from distilabel.typing import GeneratorStepOutput, StepOutput
from pydantic import PrivateAttr

from distilabel_pipelines.waves import WaveFolder

WAVE, PLACE, OWNER, IDLE = "wave", "place", "owner", "idle"


class WavePipeline(Pipeline):
    """A pipeline that keeps no account of itself on disk.

    distilabel 1.5.3 saves the whole pipeline as YAML and every buffered batch after every hop,
    whether or not its cache is used: 0.3 s a hop, two seconds a wave, where nobody reads it.
    """

    def _cache(self) -> None:
        """Nothing: the gateway's journal is what a run resumes from."""


class FeedWaves(GeneratorStep):
    """Yield each wave as the build asks for it, filled up to `batch_size` rows.

    Output columns: `columns` (the build's own, strings or integers, the same in every row), and
    `wave` and `place`. A filling row has the `owner` `idle`.
    """

    folder: str
    columns: dict[str, Any]

    @property
    def outputs(self) -> list[str]:
        """A property, since distilabel reads a plain attribute of a step back as empty."""
        return [*self.columns, WAVE, PLACE]

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Wait for one wave after the other, for ever; `offset` is 0, nothing is cached."""
        waves = WaveFolder(Path(self.folder))
        for number in itertools.count(offset // self.batch_size):
            rows = waves.wait_for_question(number)
            rows += [{**self.columns, OWNER: IDLE}] * (self.batch_size - len(rows))
            yield [{**row, WAVE: number, PLACE: place} for place, row in enumerate(rows)], False


class OwnRowsTask(Task):
    """A task that works on the rows whose `owner` it is and passes the others through, in order.

    Its reply fills the columns `<step>_text` and `<step>_reply` (JSON, see `TeacherLLM`); they must
    be there before, empty.
    """

    @property
    def outputs(self) -> list[str]:
        """The column that `format_output` makes."""
        return [f"{self.name}_text"]

    def format_output(
        self,
        output: str | None,
        input: dict[str, Any] | None = None,  # noqa: A002, ARG002  # distilabel's signature
    ) -> dict[str, Any]:
        """The text as it came."""
        return {f"{self.name}_text": output or ""}

    def process(self, inputs: StepInput) -> StepOutput:
        """Ask about the own rows of the batch at once."""
        own = [place for place, row in enumerate(inputs) if row[OWNER] == self.name]
        done = list(inputs)
        if own:
            (asked,) = super().process([inputs[place] for place in own])
            for place, row in zip(own, asked, strict=True):
                done[place] = self._tidy(row, inputs[place])
        yield done

    def _tidy(self, row: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        """The columns as they were before, with the task's own filled in."""
        filled = {f"{self.name}_text": row[f"{self.name}_text"]}
        filled[f"{self.name}_reply"] = row[f"llm_{self.name}_reply"]
        return {**before, **filled, **self.read_text(filled[f"{self.name}_text"])}

    def read_text(self, text: str) -> dict[str, Any]:  # noqa: ARG002  # for those who read it
        """Further columns that follow from the reply."""
        return {}


class ReturnWaves(Step):
    """Write each wave where the build waits for it, without the idle rows.

    Of parallel branches, whose batches hold the same rows, the branch that `owner` names has the
    row that counts. Output column: `wave`, one row a wave.
    """

    folder: str
    branches: tuple[str, ...] = ()
    _waves: WaveFolder | None = PrivateAttr(default=None)

    @property
    def inputs(self) -> list[str]:
        """See `FeedWaves.outputs`."""
        return [WAVE, PLACE, OWNER]

    @property
    def outputs(self) -> list[str]:
        """See `inputs`."""
        return [WAVE]

    def load(self) -> None:
        """Open the folder."""
        super().load()
        self._waves = WaveFolder(Path(self.folder))

    def process(self, *inputs: StepInput) -> StepOutput:
        """Merge the branches and answer the build."""
        if self._waves is None:
            raise AssertionError("distilabel loads a step before it uses it")
        number = -1
        try:
            rows = [self._choose(versions) for versions in zip(*inputs, strict=True)]
            self._waves.answer(rows[0][WAVE], [row for row in rows if row[OWNER] != IDLE])
            number = rows[0][WAVE]
        finally:
            if number < 0:
                self._waves.fail(traceback.format_exc())
        yield [{WAVE: number}]

    def _choose(self, versions: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        owner = versions[0][OWNER]
        return versions[self.branches.index(owner)] if owner in self.branches else versions[0]
