"""The board: order decides everything, waves and arrival nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from builders.instruction_outcome import InstructionRow
from builders.rounds.board import Board
from builders.rounds.lists import Screened
from builders.rounds.plan import ListRequest, RoundPlanner
from tests.fake_teacher import Replier
from tests.fake_teacher.self_instruct import SelfInstructReplier
from tests.fake_teacher.task_lists import ListForm, TaskListReplier
from tests.fake_teacher.task_words import word_task
from tests.instruction_outcomes import fallen, row
from tests.rounds.in_memory import InMemoryBuild, asking, bundled_seeds, make_recipe

REPLIERS: dict[str, Replier] = {
    "alpaca": TaskListReplier(forms=tuple(ListForm), per_reply=5),
    "self-instruct": SelfInstructReplier(undecided_rate=0.2, empty_rate=0.2),
}
SEEDS_ALONE = {"machine_examples": 0, "round_requests": 16}
WITH_MACHINE_EXAMPLES = {"machine_examples": 2, "round_requests": 5}
SHAPES = pytest.mark.parametrize("shape", [SEEDS_ALONE, WITH_MACHINE_EXAMPLES])


def build(method: str, chance: int, folder: Path, rows: int = 30, **shape: int) -> InMemoryBuild:
    recipe = make_recipe(method, rows, generation=shape)
    return InMemoryBuild(recipe, asking(REPLIERS[method]), random.Random(chance), folder)  # noqa: S311  # no secret


@pytest.mark.parametrize("method", list(REPLIERS))
@SHAPES
def test_waves_and_lookahead_leave_no_mark_on_the_rows(
    method: str, shape: dict[str, int], tmp_path: Path
) -> None:
    first = build(method, 0, tmp_path, **shape)
    rows = first.run()
    assert len(rows) == 30
    for chance in range(1, 7):
        other = build(method, chance, tmp_path, **shape)
        assert other.run() == rows
        asked = min(len(first.asked), len(other.asked))
        assert other.asked[:asked] == first.asked[:asked]


@pytest.mark.parametrize("method", list(REPLIERS))
@SHAPES
def test_more_rows_only_add_some(method: str, shape: dict[str, int], tmp_path: Path) -> None:
    most = build(method, 5, tmp_path, rows=60, **shape).run()
    assert len(most) == 60
    for rows in (1, 31):
        assert build(method, rows, tmp_path, rows=rows, **shape).run() == most[:rows]


@pytest.mark.parametrize("chance", range(4))
def test_a_teacher_that_repeats_itself_ends_at_the_same_place_whatever_the_waves(
    chance: int, tmp_path: Path
) -> None:
    told = [word_task("en", number) for number in range(40)]
    replier = TaskListReplier(tasks=told, per_reply=4)
    recipe = make_recipe("alpaca", 1000, generation={"fruitless_requests": 7, "round_requests": 16})
    one = InMemoryBuild(recipe, asking(replier), random.Random(chance), tmp_path)  # noqa: S311  # as above
    published = one.run()
    assert one.board.ended_fruitless
    assert not one.board.is_enough
    assert 0 < len(published) <= 40
    rows = one.board.list_rows()
    last_fruit = max(row.request for row in published)
    assert max(row.request for row in rows) == last_fruit + 7
    assert Counter(row.request for row in rows) == dict.fromkeys(range(last_fruit + 8), 4)


@pytest.mark.parametrize("chance", range(4))
def test_a_teacher_with_one_answer_for_every_task_ends_too_and_at_the_same_place(
    chance: int, tmp_path: Path
) -> None:
    recipe = make_recipe(
        "alpaca",
        50,
        generation={"fruitless_requests": 7, "round_requests": 16},
        dedup={"min_output_words": 10},
    )
    excuse = "I am sorry, but as a language model I cannot help with that at all."
    told = [word_task("en", n)._replace(input="", output=excuse) for n in range(600)]
    replier = TaskListReplier(tasks=told, per_reply=4)
    one = InMemoryBuild(recipe, asking(replier), random.Random(chance), tmp_path)  # noqa: S311  # as above
    (published,) = one.run()
    assert one.board.ended_fruitless
    assert not one.board.is_enough
    rows = one.board.list_rows()
    assert max(row.request for row in rows) == published.request + 7
    assert len(one.asked) < 60


def request(number: int) -> ListRequest:
    recipe = make_recipe("alpaca", generation={"round_requests": 5})
    return RoundPlanner(bundled_seeds(), recipe).plan(0, [])[number]


def tasks_of(number: int, *names: str) -> Screened:
    """Kept tasks whose instances are still to be written."""
    kept = [
        row(name, output="", request=number, item=place, instance=-1, stage="task")
        for place, name in enumerate(names)
    ]
    return Screened(kept, [])


def passing(one: InstructionRow, output: str = "Done.") -> InstructionRow:
    return one.model_copy(update={"stage": "instance", "instance": 0, "output": output})


def all_pass(rows: Sequence[InstructionRow]) -> list[bool]:
    return [one.reason is None for one in rows]


def first_of_each_output(rows: Sequence[InstructionRow]) -> list[bool]:
    outputs = [one.output for one in rows]
    return [
        one.reason is None and one.output not in outputs[:place] for place, one in enumerate(rows)
    ]


def test_rows_count_only_once_everything_before_them_is_known() -> None:
    board = Board(2, 10, all_pass)
    board.add_list(request(0), tasks_of(0, "Name a river.", "Name a lake.", "Name a hill."))
    first, second, third = board.take_tasks(5)
    board.add_rows(second, [passing(second.row)])
    board.add_rows(third, [passing(third.row)])
    board.look()
    assert not board.is_enough
    assert [one.reason for one in board.list_rows()] == ["surplus", None, None]
    board.add_rows(first, [fallen("Name a river.", "unparsable")])
    board.look()
    assert board.is_enough
    assert [one.reason for one in board.list_rows()] == ["unparsable", None, None]


def test_a_kept_task_is_handed_out_once_in_order() -> None:
    board = Board(9, 10, all_pass)
    board.add_list(request(0), tasks_of(0, "a", "b", "c"))
    board.add_list(request(1), tasks_of(1, "d"))
    assert board.untaken_tasks == 4
    taken = [board.take_tasks(2), board.take_tasks(9), board.take_tasks(1)]
    assert [[task.row.instruction for task in some] for some in taken] == [
        ["a", "b"],
        ["c", "d"],
        [],
    ]


def test_duplicates_that_settling_finds_are_made_up_for() -> None:
    board = Board(2, 10, first_of_each_output)
    for number, output in enumerate(["same", "same", "other"]):
        board.add_list(request(number), Screened([row("Say it.", "", output)], []))
        board.look()
        assert board.is_enough == (number == 2)
        assert board.missing_rows == (1, 1, 0)[number]


def test_a_request_is_fruitful_by_any_of_its_tasks_and_not_by_a_kept_one_without_rows() -> None:
    board = Board(9, 2, all_pass)
    for number in range(2):
        board.add_list(request(number), tasks_of(number, "x", "y"))
    assert board.requests_until_fruitless == 0  # nothing is known of these two
    tasks = board.take_tasks(4)
    for task in tasks[:2]:
        board.add_rows(task, [fallen("x", "unparsable")])
    board.add_rows(tasks[2], [passing(tasks[2].row)])
    board.add_rows(tasks[3], [fallen("y", "unparsable")])
    board.look()
    assert (board.requests_until_fruitless, board.ended_fruitless) == (2, False)


def test_what_lies_beyond_a_fruitless_end_is_not_taken_in() -> None:
    board = Board(9, 2, all_pass)
    for number in range(2):
        board.add_list(request(number), Screened([], [fallen("x", "not_novel", request=number)]))
    board.add_list(request(2), tasks_of(2, "late"))
    (late,) = board.take_tasks(1)
    board.look()
    assert board.ended_fruitless
    board.add_rows(late, [passing(late.row)])
    board.add_list(request(3), tasks_of(3, "later"))
    assert [one.request for one in board.list_rows()] == [0, 1]
    assert board.take_tasks(5) == []


def test_no_end_is_told_from_beyond_a_request_that_was_never_sent() -> None:
    board = Board(2, 2, all_pass)
    board.add_list(request(0), Screened([row("Name a river.", "", "Elbe")], []))
    board.add_gap()
    board.add_list(request(2), Screened([row("Name a lake.", "", "Geneva")], []))
    for number in range(3, 5):
        board.add_list(request(number), Screened([], [fallen("x", "not_novel", request=number)]))
    board.look()
    assert not board.has_ended
    assert len(board.list_rows()) == 4


def test_a_list_without_task_or_reason_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="request 1 brought neither"):
        Board(9, 2, all_pass).add_list(request(1), Screened([], []))
