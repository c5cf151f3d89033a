"""The columns that name a benchmark's item, in the rejected rows of every kind."""

from __future__ import annotations

from builders import instruction_rows, reasoning_rows
from builders.contamination_columns import CONTAMINATION_COLUMNS, contamination_values
from builders.instruction_outcome import ContaminatedTask
from builders.judged import ContaminatedQuestion
from builders.pretraining import rows as pretraining_rows
from builders.task_seeds import Instance, SeedTask
from distilabel_pipelines.rows import Question
from tests.decontamination.outcomes import ITEM


def test_the_values_are_those_of_the_columns() -> None:
    names = [column.name for column in CONTAMINATION_COLUMNS]
    assert list(contamination_values(ITEM)) == list(contamination_values(None)) == names
    assert set(contamination_values(None).values()) == {None}
    assert list(contamination_values(ITEM).values()) == ["sums", 7, ITEM.item_text, 0.8]


def test_every_kind_of_rejected_row_has_them() -> None:
    for columns in (
        reasoning_rows.REJECTED_COLUMNS,
        instruction_rows.REJECTED_COLUMNS,
        pretraining_rows.REJECTED_COLUMNS,
        pretraining_rows.SOURCE_COLUMNS,
    ):
        assert columns[-len(CONTAMINATION_COLUMNS) :] == CONTAMINATION_COLUMNS


def test_a_question_that_was_not_asked_is_a_row_with_nothing_of_the_teacher() -> None:
    question = Question(seed_id="ab", question="How many \ud800 bulbs?", answer="9", language="en")
    row = reasoning_rows.contaminated_row(
        ContaminatedQuestion(question=question, contamination=ITEM)
    )
    assert list(row) == [column.name for column in reasoning_rows.REJECTED_COLUMNS]
    assert (row["id"], row["input"], row["answer"]) == ("ab", "How many \ufffd bulbs?", "9")
    assert (row["reason"], row["benchmark_item"]) == ("contaminated", 7)
    assert row["detail"] == "not asked: it holds item 7 of sums, 80% of it"
    assert (row["content"], row["model"], row["messages"]) == (None, None, [])


def test_a_seed_task_that_was_not_shown_is_a_row_of_its_own_stage() -> None:
    task = SeedTask(
        task_id="cd",
        name="",
        instruction="Count.",
        instances=[Instance(input="bulbs", output="9")],
        is_classification=False,
        language="en",
    )
    row = instruction_rows.contaminated_row(ContaminatedTask(task, ITEM))
    assert list(row) == [column.name for column in instruction_rows.REJECTED_COLUMNS]
    assert (row["stage"], row["reason"], row["benchmark"]) == ("seed", "contaminated", "sums")
    assert (row["instruction"], row["input"], row["output"]) == ("Count.", "bulbs", "9")
    assert row["request"] is None
