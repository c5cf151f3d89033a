"""Seeds that hold a benchmark's item are dropped before anything is paid.

A question of a benchmark must not be answered for training, and a task that shows one would lead a
teacher to write it out again. What is dropped is kept beside the rejected rows, with the item.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from builders.decontamination import Benchmarks
from builders.errors import SeedError
from builders.instruction_contamination import find_in_tasks
from builders.instruction_outcome import ContaminatedTask
from builders.judged import ContaminatedQuestion
from builders.task_seeds import SeedTask
from distilabel_pipelines.rows import Question


class CleanQuestions(NamedTuple):
    """The questions that may be asked, and those that may not; each in the seeds' order."""

    questions: list[Question]
    contaminated: list[ContaminatedQuestion]


class CleanTasks(NamedTuple):
    """The seed tasks that may be shown, and those that may not; each in the seeds' order."""

    tasks: list[SeedTask]
    contaminated: list[ContaminatedTask]


def drop_contaminated_questions(
    questions: Sequence[Question], benchmarks: Benchmarks
) -> CleanQuestions:
    """Split the questions; raises SeedError where none is left."""
    found = benchmarks.find_contamination([one.question for one in questions])
    pairs = list(zip(questions, found, strict=True))
    clean = [one for one, item in pairs if item is None]
    _refuse_nothing(len(clean), len(questions))
    return CleanQuestions(
        clean,
        [
            ContaminatedQuestion(question=one, contamination=item)
            for one, item in pairs
            if item is not None
        ],
    )


def drop_contaminated_tasks(tasks: Sequence[SeedTask], benchmarks: Benchmarks) -> CleanTasks:
    """Split the seed tasks, each looked at with all its instances; SeedError where none is left."""
    texts = [
        (task.instruction, instance.input, instance.output)
        for task in tasks
        for instance in task.instances
    ]
    found = iter(find_in_tasks(texts, benchmarks))
    pairs = [
        (task, next(filter(None, [next(found) for _ in task.instances]), None)) for task in tasks
    ]
    clean = [task for task, item in pairs if item is None]
    _refuse_nothing(len(clean), len(tasks))
    return CleanTasks(
        clean,
        [
            ContaminatedTask(task=task, contamination=item)
            for task, item in pairs
            if item is not None
        ],
    )


def _refuse_nothing(left: int, of: int) -> None:
    if of and not left:
        raise SeedError(
            f"all {of} seeds hold items of the benchmarks that they were compared with. Benchmarks "
            "are for measuring models: give other SEEDS."
        )
