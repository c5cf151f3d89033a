"""Datasets of every kind for the trainers, written by the real package stage, and what they teach.

English and Chinese rows, few enough for a CPU. The texts that a trainer must see are told from the
rows themselves, not from the Parquet files that the trainer reads.
"""

from __future__ import annotations

from pathlib import Path

from builders.instruction_outcome import InstructionRow
from builders.judged import CheckedTrace, Outcome
from builders.output_folder import lock_output
from builders.package import (
    package_dataset,
    package_instruction_dataset,
    package_pretraining_dataset,
)
from builders.pretraining.outcome import CheckedPassage
from tests import instruction_outcomes, outcomes
from tests.pretraining import outcomes as pretraining_outcomes

ROWS = 16
END = "<|im_end|>"
"""The end of a turn and the EOS of the bundled tokenizer."""

_FRUITS = {"en": ("pears", "plums", "figs"), "zh": ("梨", "李子", "无花果")}


def reasoning_rows() -> list[CheckedTrace]:
    """`ROWS` rows, Chinese, open and long ones among them; every row has another thought."""
    known = [*outcomes.small_outcome().published, _long_row()]
    return [*known, *map(_sum_row, range(ROWS - len(known)))]


def instruction_rows() -> list[InstructionRow]:
    """`ROWS` rows, with an input and without, of both languages."""
    known = instruction_outcomes.small_alpaca().published
    return [*known, *map(_task_row, range(ROWS - len(known)))]


def pretraining_rows() -> list[CheckedPassage]:
    """`ROWS` texts of three formats and both languages."""
    known = pretraining_outcomes.small_outcome().published
    return [*known, *map(_text_row, range(ROWS - len(known)))]


def write_reasoning(out: Path) -> Path:
    """A finished reasoning build in `out`."""
    rejected = outcomes.small_outcome().rejected
    outcome = Outcome(published=reasoning_rows(), rejected=rejected)
    with lock_output(out, "reasoning") as folder:
        facts = outcomes.small_facts(rows_wanted=ROWS)
        package_dataset(outcome, facts, folder.staging, folder.root)
    return out


def write_instruction(out: Path) -> Path:
    """A finished instruction build in `out`."""
    outcome = instruction_outcomes.small_alpaca()._replace(published=instruction_rows())
    with lock_output(out, "instruction") as folder:
        facts = instruction_outcomes.small_facts(rows_wanted=ROWS)
        package_instruction_dataset(outcome, facts, folder.staging, folder.root)
    return out


def write_pretraining(out: Path) -> Path:
    """A finished pretraining build in `out`."""
    outcome = pretraining_outcomes.small_outcome()._replace(published=pretraining_rows())
    with lock_output(out, "pretraining") as folder:
        facts = pretraining_outcomes.small_facts(rows_wanted=ROWS, prompts_made=14 + ROWS)
        package_pretraining_dataset(outcome, facts, folder.staging, folder.root)
    return out


WRITERS = {
    "reasoning": write_reasoning,
    "instruction": write_instruction,
    "pretraining": write_pretraining,
}


def chat(asked: str, answered: str, *, roles: tuple[str, str] = ("user", "assistant")) -> str:
    """A dialogue as the bundled chat template writes it."""
    user, assistant = roles
    return f"<|im_start|>{user}\n{asked}{END}\n<|im_start|>{assistant}\n{answered}{END}\n"


def thought_and_answer(row: CheckedTrace) -> str:
    """What a reasoning row teaches."""
    return f"<think>\n{row.trace.reasoning_content}\n</think>\n\n{row.trace.content}"


def reasoning_chats() -> list[str]:
    """The dialogues of the reasoning set, thoughts and all."""
    return [chat(row.trace.input, thought_and_answer(row)) for row in reasoning_rows()]


def task_text(row: InstructionRow) -> str:
    """The task as the user's turn has it: the input, if any, on a line of its own."""
    return f"{row.instruction}\n{row.input}" if row.input else row.instruction


def instruction_chats(*roles: str) -> list[str]:
    """The dialogues of the instruction set, `roles` in the place of user and assistant."""
    names = (roles[0], roles[1]) if roles else ("user", "assistant")
    return [chat(task_text(row), row.output, roles=names) for row in instruction_rows()]


def pretraining_texts(*formats: str) -> list[CheckedPassage]:
    """The rows of config `default`, or of the formats named: format by format."""
    rows = pretraining_rows()
    present = dict.fromkeys(row.passage.prompt.format for row in rows)
    return [
        row
        for name in present
        for row in rows
        if row.passage.prompt.format == name and (not formats or name in formats)
    ]


def _sum_row(number: int) -> CheckedTrace:
    left, right = 11 + 3 * number, 97 - 2 * number
    return outcomes.checked(
        f"A crate holds {left} pears and a basket {right}. How many pears is that?",
        f"The crate gives {left}, the basket {right}.\n{left} + {right} = {left + right}",
        f"Together that is {left + right} pears: \\boxed{{{left + right}}}",
        answer=str(left + right),
    )


def _long_row() -> CheckedTrace:
    counted = ", ".join(map(str, range(1, 231)))
    return outcomes.checked("Count to 230.", f"So: {counted}.", "Done: \\boxed{230}", answer="230")


def _task_row(number: int) -> InstructionRow:
    language = "zh" if number % 2 else "en"
    fruit = _FRUITS[language][number % 3]
    asked = f"用{number + 2}个词描述水果。" if number % 2 else f"Say {number + 2} words of a fruit."
    answer = f"{fruit}：" + "甜，" * number if number % 2 else f"{fruit}: " + "sweet, " * number
    row: InstructionRow = instruction_outcomes.row(
        asked, fruit, answer.strip() + "!", language=language, request=1, item=4 + number
    )
    return row


def _text_row(number: int) -> CheckedPassage:
    language, format_ = (("en", "wikihow"), ("en", "story"), ("zh", "faq"))[number % 3]
    english = f"There were {number + 3} boats on the lake.\n\nThe wind was from the west."
    chinese = f"问：湖上有几条船？\n\n答：有{number + 3}条，风从西边来。"
    return pretraining_outcomes.passage(
        chinese if language == "zh" else english, 100 + number, language=language, format=format_
    )
