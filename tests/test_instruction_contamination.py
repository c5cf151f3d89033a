"""Tasks that hold a benchmark item are rejected as they come in, and rows are made up for them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from builders.decontamination import Benchmarks, DecontaminationConfig, open_benchmarks
from builders.instruction_contamination import (
    describe_contamination,
    find_in_tasks,
    reject_contaminated,
)
from builders.instruction_outcome import InstructionRow
from tests.decontamination.benchmark_folder import (
    LONG,
    SHORT,
    SHORT_OPTIONS,
    write_folder,
    write_rows,
)
from tests.fake_teacher import Replier
from tests.fake_teacher.self_instruct import SelfInstructReplier
from tests.fake_teacher.task_lists import ListForm, TaskListReplier
from tests.instruction_outcomes import fallen, row, small_alpaca
from tests.rounds.in_memory import InMemoryBuild, asking, make_recipe

REPLIERS: dict[str, Replier] = {
    "alpaca": TaskListReplier(forms=(ListForm.PLAIN,), per_reply=5),
    "self-instruct": SelfInstructReplier(),
}


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory: pytest.TempPathFactory) -> Benchmarks:
    return open_folder(write_folder(tmp_path_factory.mktemp("benchmarks")))


def open_folder(folder: Path) -> Benchmarks:
    return open_benchmarks(DecontaminationConfig(benchmarks=str(folder)))


@pytest.mark.parametrize(
    "task",
    [
        (LONG, "", "265"),
        ("Solve the sum.", LONG, "265"),
        ("Write a sum.", "", f"Here is one. {LONG}"),
        (SHORT, "", "It shines."),
        (SHORT, SHORT_OPTIONS[0], "yes"),
        ("Finish the sentence.", SHORT, SHORT_OPTIONS[1]),
    ],
)
def test_an_item_is_found_wherever_it_stands_in_a_task(
    task: tuple[str, str, str], benchmarks: Benchmarks
) -> None:
    (found,) = find_in_tasks([task], benchmarks)
    assert found is not None


def test_a_word_or_two_as_input_are_no_question_and_neither_is_an_answer(
    benchmarks: Benchmarks,
) -> None:
    tasks = [
        ("Define what is given.", SHORT, "A mirror inside another."),
        ("What reflects a beam?", "", SHORT),
    ]
    assert find_in_tasks(tasks, benchmarks) == [None, None]


def test_rows_keep_their_order_and_an_earlier_reason(benchmarks: Benchmarks) -> None:
    rows = [row("Tell a joke."), fallen(LONG, "too_long"), row(LONG, "", "265"), row("Sing.")]
    checked = reject_contaminated(rows, benchmarks)
    assert [one.reason for one in checked] == [None, "too_long", "contaminated", None]
    assert checked[2].detail == "it holds item 0 of sums"
    assert checked[2].contamination is not None
    assert checked[2].contamination.item_text == LONG


def test_facts_count_rejected_rows_by_benchmark(benchmarks: Benchmarks) -> None:
    outcome = small_alpaca()
    (lost,) = reject_contaminated([row(LONG, "", "265")], benchmarks)
    facts = describe_contamination(outcome._replace(rejected=[*outcome.rejected, lost]), benchmarks)
    assert (facts.seeds_matched, facts.rows_matched) == (0, 1)


def build(
    method: str, chance: int, folder: Path, rows: int, benchmarks: Benchmarks
) -> InMemoryBuild:
    recipe = make_recipe(method, rows, generation={"machine_examples": 2, "round_requests": 5})
    order = random.Random(chance)  # noqa: S311  # no secret
    return InMemoryBuild(recipe, asking(REPLIERS[method]), order, folder, benchmarks)


def every_third_as_a_benchmark(rows: Sequence[InstructionRow], folder: Path) -> Benchmarks:
    asked = [{"question": "\n".join(filter(None, (one.instruction, one.input)))} for one in rows]
    write_rows(folder / "written.jsonl", asked[::3])
    return open_folder(folder)


@pytest.mark.parametrize("method", list(REPLIERS))
def test_growth_is_stable_and_rows_are_enough_without_the_rejected_ones(
    method: str, tmp_path: Path
) -> None:
    none = Benchmarks([], DecontaminationConfig())
    unchecked = build(method, 1, tmp_path, 30, none).run()
    benchmarks = every_third_as_a_benchmark(unchecked, tmp_path / "benchmarks")
    most = build(method, 2, tmp_path, 40, benchmarks)
    rows = most.run()
    assert len(rows) == 40
    assert most.board.rejects["contaminated"] >= 10
    held = {one.instruction for one in unchecked[::3]}
    assert not held & {one.instruction for one in rows}
    for chance, fewer in ((3, 12), (4, 25)):
        assert build(method, chance, tmp_path, fewer, benchmarks).run() == rows[:fewer]
