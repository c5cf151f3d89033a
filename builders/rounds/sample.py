"""The first requests of an instruction build, for an estimate: what the build would send first.

Nothing that is asked here is wasted: never more than the build asks for before its first reply,
with the same prompts and seeds, so that the build finds the answers in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from builders.instruction_recipe import InstructionRecipe
from builders.rounds.board import Task
from builders.rounds.forecast import count_lists_needed
from builders.rounds.plan import ListRequest
from builders.rounds.run import RoundsRun
from distilabel_pipelines.instruction import StepReply
from distilabel_pipelines.rows import Generation

SampledTaskId = tuple[int, int]  # of an instruction: the number of its list request, its item there


class Sampled(NamedTuple):
    """The replies of a sample: of each list request by its number, of each task that was written.

    A task's replies are those of its classification and of its instances, where both came.
    """

    lists: dict[int, Generation]
    tasks: dict[SampledTaskId, tuple[Generation, ...]]


def count_sample_replies(recipe: InstructionRecipe, wanted: int) -> int:
    """The most replies of a sample: lists and, for as many tasks, all steps that one task goes
    through (Self-Instruct: whether it is a classification, and one of two for its instances)."""
    return wanted * (1 if recipe.method == "alpaca" else 3)


class SampleRun(RoundsRun):
    """Rounds that end after the first `wanted` list requests and, of Self-Instruct, the instances
    of as many kept tasks; `sampled` holds the replies."""

    def __init__(self, *parts: Any, wanted: int) -> None:  # noqa: ANN401  # those of RoundsRun
        super().__init__(*parts)
        self._wanted = wanted
        self.sampled = Sampled({}, {})

    def run(self) -> None:
        """Lists first, then instances; returns when all of it has come in."""
        lists = min(self._wanted, self._count_lists_at_first())
        while lists > 0 and not self._is_over():
            lists -= self._send_lists(lists)
            self._take_next_wave()
        self.finish()
        tasks = min(self._wanted, self._count_tasks_needed(), self.board.untaken_tasks)
        while tasks > 0 and not self._is_over():
            tasks -= self._send_tasks(tasks)
            self._take_next_wave()
        self.finish()

    def _count_lists_at_first(self) -> int:
        """What the build asks for while nothing has come in."""
        needed = self._count_tasks_needed()
        best = self._most_tasks_per_list
        lists = count_lists_needed(needed, self.board.counts, tasks_per_list=best)
        return max(1, min(lists, self.board.requests_until_fruitless))

    def _take_lists(
        self, requests: Sequence[ListRequest], replies: Sequence[Sequence[StepReply]]
    ) -> None:
        for request, steps in zip(requests, replies, strict=True):
            for generation in _read_generations(steps):
                self.sampled.lists[request.number] = generation
        super()._take_lists(requests, replies)

    def _take_rows(self, tasks: Sequence[Task], replies: Sequence[Sequence[StepReply]]) -> None:
        for task, steps in zip(tasks, replies, strict=True):
            written = _read_generations(steps)
            if written:
                self.sampled.tasks[task.row.request, task.row.item] = written
        super()._take_rows(tasks, replies)


def _read_generations(steps: Sequence[StepReply]) -> tuple[Generation, ...]:
    """Those of requests that were sent."""
    return tuple(step.generation for step in steps if step.generation is not None)
