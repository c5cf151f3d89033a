"""Rows that repeat earlier ones fall, instances of one task and short answers stay."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from builders.instruction_dedup import (
    InstructionDedupConfig,
    reject_duplicates,
    settle_instructions,
)
from builders.instruction_outcome import InstructionRejectReason, InstructionRow
from tests.checks.real_data import read_rows

CONFIG = InstructionDedupConfig()
NOTE = (
    "The library will stay closed from Monday to Wednesday because the heating has to be replaced. "
    "Books that are due on these days can be returned until Friday without a fee, and the reading "
    "room on the second floor of the town hall is open to everybody."
)
SUMMARY = (
    "The library closes until Wednesday for new heating; books may be returned by Friday and the "
    "town hall's reading room can be used."
)


def make_row(
    instruction: str,
    input_text: str,
    output: str,
    *,
    request: int = 0,
    instance: int = 0,
    reason: InstructionRejectReason | None = None,
) -> InstructionRow:
    return InstructionRow(
        round=0,
        request=request,
        item=0,
        instance=instance,
        stage="instance",
        language="en",
        examples=(),
        instruction=instruction,
        input=input_text,
        output=output,
        model="teacher",
        reason=reason,
    )


def list_duplicates(rows: list[InstructionRow], work_dir: Path) -> dict[int, str | None]:
    after = reject_duplicates(rows, CONFIG, work_dir)
    return {n: row.duplicate_of for n, row in enumerate(after) if row.reason == "duplicate"}


def test_the_same_row_again_falls_and_names_the_first(tmp_path: Path) -> None:
    rows = [make_row("Name the capital.", "France", "Paris", request=n) for n in range(3)]
    assert list_duplicates(rows, tmp_path) == {1: rows[0].row_id, 2: rows[0].row_id}


def test_a_long_input_with_nearly_the_same_output_under_other_words_falls(tmp_path: Path) -> None:
    rows = [
        make_row("Summarise the notice in one sentence.", NOTE, SUMMARY),
        make_row("What does this announcement say, in short?", NOTE, SUMMARY + "."),
        make_row(
            "Put it briefly for a busy reader.",
            NOTE.upper(),
            SUMMARY.replace("returned", "handed in"),
        ),
    ]
    assert list_duplicates(rows, tmp_path) == {1: rows[0].row_id, 2: rows[0].row_id}


def test_chinese_near_copies_fall(tmp_path: Path) -> None:
    joke = "为什么数学书总是很忧郁？因为它里面的问题实在太多了，怎么做也做不完。"
    rows = [make_row("讲一个笑话。", "", joke), make_row("来段有趣的话逗我开心", "", joke + "！")]
    assert list_duplicates(rows, tmp_path) == {1: rows[0].row_id}


def test_the_same_input_under_unlike_tasks_survives(tmp_path: Path) -> None:
    rows = [
        make_row("Summarise the notice.", NOTE, SUMMARY),
        make_row("Is the notice good news?", NOTE, "no"),
        make_row("Is the notice about a school?", NOTE, "no"),
        make_row("Which building is it about?", NOTE, "the library"),
    ]
    assert list_duplicates(rows, tmp_path) == {}


def test_short_answers_of_unlike_tasks_survive(tmp_path: Path) -> None:
    rows = [
        make_row("What is the capital of France?", "", "Paris"),
        make_row("Where does the Seine flow under the Pont Neuf?", "", "Paris"),
        make_row("Give the largest city of France.", "", "Paris."),
    ]
    assert list_duplicates(rows, tmp_path) == {}


def test_instances_of_one_task_are_no_near_copies_of_each_other(tmp_path: Path) -> None:
    odd = "Is the number odd? Explain."
    told = "It is divided by two without a rest, so the number is not odd but even, as asked."
    rows = [make_row(odd, text, told, instance=n) for n, text in enumerate(["a pair", "The pair"])]
    rows += [make_row(odd, text, "no", instance=n) for n, text in enumerate(["38", "116"], 2)]
    assert list_duplicates(rows, tmp_path) == {}


def test_other_numbers_in_a_long_row_make_it_another_row(tmp_path: Path) -> None:
    text = "Mix {} g of flour with the butter, add the milk slowly, and bake it for half an hour."
    rows = [
        make_row("Write down the recipe.", "", text.format(200)),
        make_row("How is this pastry made?", "", text.format(350)),
    ]
    assert list_duplicates(rows, tmp_path) == {}


def test_rejected_rows_are_left_alone_and_nothing_repeats_them(tmp_path: Path) -> None:
    rows = [
        make_row("Summarise it.", NOTE, SUMMARY, reason="judged_incorrect"),
        make_row("Give the gist of the text.", NOTE, SUMMARY),
    ]
    after = reject_duplicates(rows, CONFIG, tmp_path)
    assert [row.reason for row in after] == ["judged_incorrect", None]
    assert after[0] is rows[0]


def test_more_rows_at_the_end_change_nothing_before_them(tmp_path: Path) -> None:
    rows = [
        make_row("Summarise the notice.", NOTE, SUMMARY),
        make_row("Name the capital.", "France", "Paris"),
        make_row("Put it briefly.", NOTE, SUMMARY),
        make_row("Name the capital.", "France", "Paris"),
        make_row("Shorten it.", NOTE, SUMMARY),
    ]
    whole = reject_duplicates(rows, CONFIG, tmp_path)
    for end in range(len(rows)):
        assert reject_duplicates(rows[:end], CONFIG, tmp_path) == whole[:end]


def test_the_first_rows_are_published_and_the_rest_is_surplus(tmp_path: Path) -> None:
    rows = [
        make_row(f"Task {n} of {word}", "", word, request=n)
        for n, word in enumerate(["one", "two", "three", "four"])
    ]
    rows.insert(1, rows[0])
    rows.insert(0, make_row("x", "", "", reason="too_short"))
    published, rejected = settle_instructions(rows, CONFIG, 2, tmp_path)
    assert [row.output for row in published] == ["one", "two"]
    assert [(row.output, row.reason) for row in rejected] == [
        ("", "too_short"),
        ("one", "duplicate"),
        ("three", "surplus"),
        ("four", "surplus"),
    ]


def test_raising_the_rows_wanted_only_adds_rows(tmp_path: Path) -> None:
    rows = [make_row(f"Task {n}", "", f"word {n}", request=n) for n in range(9)]
    few, _ = settle_instructions(rows, CONFIG, 3, tmp_path)
    many, _ = settle_instructions(rows, CONFIG, 6, tmp_path)
    assert many[:3] == few


def read_alpaca(count: int) -> list[InstructionRow]:
    read = read_rows("instruct/alpaca_en_52k.jsonl.gz")[:count]
    return [
        make_row(one["instruction"], one["input"], one["output"], request=number)
        for number, one in enumerate(read)
    ]


@pytest.mark.real_data
def test_real_rows_survive_and_planted_near_copies_fall_quickly(tmp_path: Path) -> None:
    rows = read_alpaca(1000)
    started = time.monotonic()
    found = list_duplicates(rows, tmp_path)
    assert time.monotonic() - started < 10  # measured: about one second
    assert len(found) <= 2  # measured: none; 41 of the whole 52,002 rows, among novel tasks
    long = [row for row in rows if len(row.output.split()) > 25][:200]
    planted = [
        row.model_copy(
            update={"instruction": f"Another task, number {n}", "output": row.output + " "}
        )
        for n, row in enumerate(long)
    ]
    assert len(list_duplicates([*long, *planted], tmp_path)) >= len(planted)
