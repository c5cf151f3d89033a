"""The second opinion on instruction rows: was the task carried out as its instruction asks?

Looked at is every row that nothing has rejected. The judge's word fills two columns; only where
the recipe says so (JUDGE_ACCEPTS) does it change what is published: rows that it calls incorrect
are rejected. It lets no row pass that was rejected before. A model that judges has biases of its
own (Zheng et al., arXiv:2306.05685).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from builders.instruction_outcome import InstructionRow
from builders.judge import Judge
from builders.opinions import Word
from distilabel_pipelines.judging import JudgedTask


def judge_rows(judge: Judge, rows: Sequence[InstructionRow]) -> list[InstructionRow]:
    """The rows in their order, those that passed so far with the judge's word.

    All are asked about at once, and the last answer is waited for; a row that has a word already
    is not asked about again. `Judge.give_up` cuts the wait short: the rest is `not_judged`. Raises
    BuildError where the gateway does not understand a request.
    """
    asked: dict[int, Future[Word]] = {
        place: judge.ask(show_task(row))
        for place, row in enumerate(rows)
        if row.reason is None and row.judge_verdict is None
    }
    return [
        apply_word(row, asked[place].result(), accepts=judge.accepts) if place in asked else row
        for place, row in enumerate(rows)
    ]


def show_task(row: InstructionRow) -> JudgedTask:
    """What the judge is shown of a row."""
    return JudgedTask(
        instruction=row.instruction,
        input=row.input or None,
        reply=row.output,
        language=row.language,
    )


def apply_word(row: InstructionRow, word: Word, *, accepts: bool) -> InstructionRow:
    """The row with the judge's word and, with `accepts`, what follows from `incorrect`. Pure.

    `correct`, `undecided` and `not_judged` leave the row where it is.
    """
    update: dict[str, object] = {"judge_verdict": word.verdict, "judge_reason": word.reason}
    if accepts and word.verdict == "incorrect" and row.reason is None:
        update |= {"reason": "judged_incorrect", "detail": word.reason}
    return row.model_copy(update=update)
