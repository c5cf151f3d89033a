"""Tasks with their inputs and outputs held against benchmarks.

A row is looked at as one text: a question may stand in its instruction, its input or its output,
and an option of it in another of the three. Whole questions are looked for in instruction and input
together, and in an input that says more than a word or two.
"""

from __future__ import annotations

from collections.abc import Sequence

from builders.decontamination import Benchmarks, Contamination, DecontaminationFacts
from builders.instruction_outcome import InstructionOutcome, InstructionRow
from builders.novelty import tokenize

_INPUT_TOKENS = 5  # "Inflation" is a question of MMLU, and a good input of many tasks
TaskTexts = tuple[str, str, str]
"""Instruction, input and output; the latter two may be empty."""


def find_in_tasks(tasks: Sequence[TaskTexts], benchmarks: Benchmarks) -> list[Contamination | None]:
    """For each task the benchmark's item that it holds, or None; pure."""
    if benchmarks.is_empty:
        return [None] * len(tasks)
    texts = [_list_texts(*task) for task in tasks]
    found = iter(benchmarks.find_contamination([text for group in texts for text in group]))
    return [_choose([next(found) for _ in group]) for group in texts]


def _list_texts(instruction: str, given: str, output: str) -> list[str]:
    question = f"{instruction}\n{given}" if given else instruction
    texts = [question]
    if output:
        texts.append(f"{question}\n{output}")
    if len(tokenize(given)) >= _INPUT_TOKENS:
        texts.append(given)
    return texts


def _choose(found: Sequence[Contamination | None]) -> Contamination | None:
    """The item that most of is there, the first of equal ones."""
    items = [one for one in found if one is not None]
    return max(items, key=lambda one: one.matched_share, default=None)


def describe_contamination(
    outcome: InstructionOutcome, benchmarks: Benchmarks
) -> DecontaminationFacts:
    """What was checked, and what was found in seed tasks and rows, by benchmark."""
    seeds = (one.contamination for one in outcome.contaminated)
    rows = (row.contamination for row in outcome.rejected if row.contamination is not None)
    return benchmarks.describe(seeds=seeds, rows=rows)


def reject_contaminated(
    rows: Sequence[InstructionRow], benchmarks: Benchmarks
) -> list[InstructionRow]:
    """The same rows in the same order, passing ones that hold a benchmark's item rejected."""
    passing = [row for row in rows if row.reason is None]
    texts = [(row.instruction, row.input, row.output) for row in passing]
    found = iter(find_in_tasks(texts, benchmarks))
    return [
        row if row.reason is not None or (item := next(found)) is None else _reject(row, item)
        for row in rows
    ]


def _reject(row: InstructionRow, item: Contamination) -> InstructionRow:
    update = {
        "reason": "contaminated",
        "detail": f"it holds {item.tell()}",
        "contamination": item,
    }
    return row.model_copy(update=update)
