"""A list reply becomes tasks: read, filtered, screened for novelty, in the order of the list.

The steps are those of Self-Instruct (arXiv:2212.10560) and Alpaca: an instruction joins the pool
only when it passes the filters, holds no item of a benchmark and is new; what falls is a rejected
row with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from builders.checks.task_filters import find_instance_fault, find_task_fault
from builders.decontamination import Benchmarks
from builders.instruction_contamination import reject_contaminated
from builders.instruction_outcome import (
    InstructionRejectReason,
    InstructionRow,
    Novelty,
    SimilarInstruction,
)
from builders.instruction_recipe import InstructionRecipe
from builders.novelty import NoveltyScreen, NoveltyVerdict
from builders.rounds.plan import ListRequest
from distilabel_pipelines.generations import CUT_FINISH
from distilabel_pipelines.instruction_replies import (
    Fault,
    ListedTask,
    parse_instruction_list,
    parse_task_list,
)
from distilabel_pipelines.rows import Generation


class Screened(NamedTuple):
    """What one list reply gave: kept tasks as rows (complete for Alpaca, without an instance for
    Self-Instruct), and what was rejected, each in the list's order."""

    kept: list[InstructionRow]
    rejected: list[InstructionRow]


class ListReader:
    """Reads the list replies of a build, in the order of their requests: the pool grows."""

    def __init__(
        self,
        screen: NoveltyScreen,
        recipe: InstructionRecipe,
        model: str,
        benchmarks: Benchmarks,
    ) -> None:
        self._screen = screen
        self._benchmarks = benchmarks
        self._recipe = recipe
        self._model = model
        self._known = {" ".join(text.split()) for text in screen.texts}

    def read(self, replies: Sequence[tuple[ListRequest, Generation]]) -> list[Screened]:
        """The tasks of each reply; a bad reply is a rejected row.

        How the replies of a build are split into calls changes nothing but the speed: the screen
        is fastest with many instructions at once.
        """
        read = self._check([self._read_one(request, reply) for request, reply in replies])
        waiting = [row for rows in read for row in rows if row.reason is None]
        screened = iter(self._screen_rows(waiting))
        finished = [[row if row.reason else next(screened) for row in rows] for rows in read]
        return [
            Screened(
                kept=[row for row in rows if row.reason is None],
                rejected=[row for row in rows if row.reason is not None],
            )
            for rows in finished
        ]

    def _check(self, read: Sequence[Sequence[InstructionRow]]) -> list[list[InstructionRow]]:
        """The rows of each reply, those that hold a benchmark's item rejected."""
        checked = iter(self.reject_contaminated([row for rows in read for row in rows]))
        return [[next(checked) for _ in rows] for rows in read]

    def reject_contaminated(self, rows: Sequence[InstructionRow]) -> list[InstructionRow]:
        """The same rows; passing ones that hold a benchmark's item are rejected. Instances come
        after their task, and are looked at with their inputs and outputs."""
        return reject_contaminated(rows, self._benchmarks)

    def _read_one(self, request: ListRequest, generation: Generation) -> list[InstructionRow]:
        """The pieces of one reply in their order; those without a reason wait for the screen."""
        blank = self._make_blank(request, generation)
        if generation.error is not None:
            return [_reject(blank, generation.error, generation.error_message)]
        parse = parse_task_list if self._recipe.method == "alpaca" else parse_instruction_list
        listed = parse(
            generation.content,
            first_number=request.first_number,
            is_cut=generation.finish_reason in CUT_FINISH,
        )
        if not listed.tasks and not listed.faults:
            blank = blank.model_copy(update={"raw": generation.content})
            return [_reject(blank, "unparsable", "no task")]
        rows = [self._filter(blank, task) for task in listed.tasks]
        rows += [_reject_piece(blank, fault) for fault in listed.faults]
        return sorted(rows, key=lambda row: row.item)

    def _make_blank(self, request: ListRequest, generation: Generation) -> InstructionRow:
        return InstructionRow(
            round=request.round,
            request=request.number,
            item=-1,
            instance=-1,
            stage="reply",
            language=request.language,
            examples=request.examples,
            instruction="",
            model=self._model,
            served_model=generation.served_model,
            finish_reason=generation.finish_reason,
        )

    def _filter(self, blank: InstructionRow, task: ListedTask) -> InstructionRow:
        """The row of one task: filters first, so that what they drop never fills the pool."""
        row = blank.model_copy(
            update={
                "item": task.item,
                "stage": "task",
                "instruction": task.instruction,
                "input": task.input,
                "output": task.output,
            }
        )
        filters = self._recipe.filters
        fault = find_task_fault(row.instruction, row.language, filters)
        if fault is None and self._recipe.method == "alpaca":
            fault = find_instance_fault(row.instruction, row.input, row.output, filters)
        return row if fault is None else _reject(row, fault.reason, fault.detail)

    def _screen_rows(self, rows: Sequence[InstructionRow]) -> list[InstructionRow]:
        verdicts = self._screen.judge([row.instruction for row in rows])
        return [self._apply(row, verdict) for row, verdict in zip(rows, verdicts, strict=True)]

    def _apply(self, row: InstructionRow, verdict: NoveltyVerdict) -> InstructionRow:
        row = row.model_copy(update={"novelty": self._describe(verdict)})
        if not verdict.is_novel:
            place, score = verdict.closest[0]
            return _reject(row, "not_novel", f"{score:.4f}: {self._screen.texts[place]}")
        # Text without a letter that ROUGE counts scores 0 even with itself, and a row's id is its
        # instruction's.
        if row.instruction in self._known:
            return _reject(row, "not_novel", f"the same text: {row.instruction}")
        self._known.add(row.instruction)
        if self._recipe.method == "alpaca":
            return row.model_copy(update={"stage": "instance", "instance": 0})
        return row

    def _describe(self, verdict: NoveltyVerdict) -> Novelty:
        texts = self._screen.texts
        return Novelty(
            mean=verdict.mean,
            closest=tuple(
                SimilarInstruction(instruction=texts[place], score=score)
                for place, score in verdict.closest
            ),
        )


def _reject(row: InstructionRow, reason: InstructionRejectReason, detail: str) -> InstructionRow:
    return row.model_copy(update={"reason": reason, "detail": detail})


def _reject_piece(blank: InstructionRow, fault: Fault) -> InstructionRow:
    told = "the reply was cut at its token limit" if fault.kind == "truncated" else "no whole task"
    piece = {"item": fault.item, "stage": "task", "raw": fault.raw}
    return _reject(blank.model_copy(update=piece), fault.kind, told)
