"""List replies: read, filtered, screened in the order of the list, however they are split."""

from __future__ import annotations

import random

import pytest

from builders.instruction_outcome import InstructionRow
from builders.novelty import NoveltyScreen
from builders.rounds.lists import ListReader, Screened
from builders.rounds.plan import ListRequest, RoundPlanner
from distilabel_pipelines.rows import Generation
from tests.fake_teacher.task_lists import ListForm, TaskListReplier, write_list
from tests.fake_teacher.task_words import WordedTask, word_task
from tests.rounds.in_memory import (
    NO_BENCHMARKS,
    asking,
    bundled_seeds,
    make_generation,
    make_recipe,
)

REQUESTS = RoundPlanner(
    bundled_seeds(), make_recipe("alpaca", generation={"round_requests": 24})
).plan(0, [])
ENGLISH = next(one for one in REQUESTS if one.language == "en")


def make_reader(method: str = "alpaca") -> ListReader:
    screen = NoveltyScreen(["Name the longest river of France and of Spain."], threshold=0.7)
    return ListReader(screen, make_recipe(method), "small-writer", NO_BENCHMARKS)


def read(*tasks: WordedTask, **changes: object) -> Screened:
    text = write_list(tasks, ListForm.PLAIN, language="en", first=4)
    (one,) = make_reader().read([(ENGLISH, make_generation(text, **changes))])
    return one


def in_order(screened: list[Screened]) -> list[list[InstructionRow]]:
    return [sorted([*one.kept, *one.rejected], key=lambda row: row.item) for one in screened]


def test_a_kept_task_of_a_list_is_a_whole_row_with_its_novelty() -> None:
    task = word_task("en", 1)
    (row,) = read(task).kept
    assert (row.instruction, row.input, row.output) == task
    assert (row.stage, row.instance, row.item, row.form) == ("instance", 0, 0, "list")
    assert (row.request, row.round, row.examples) == (ENGLISH.number, 0, ENGLISH.examples)
    assert row.novelty is not None
    assert len(row.novelty.closest) == 1


def test_a_task_of_the_same_list_is_compared_with_those_before_it() -> None:
    first = word_task("en", 1)
    again = first._replace(instruction=first.instruction.replace("a ", "the "))
    screened = read(first, word_task("en", 2), again)
    assert [row.item for row in screened.kept] == [0, 1]
    (fallen,) = screened.rejected
    assert (fallen.reason, fallen.item, fallen.stage) == ("not_novel", 2, "task")
    score, _, nearest = fallen.detail.partition(": ")
    assert float(score) > 0.7
    assert nearest == first.instruction
    assert fallen.output == again.output


def test_what_a_filter_drops_never_fills_the_pool() -> None:
    empty = WordedTask("Name every bridge across the Seine in Paris.", "", "<nooutput>")
    good = empty._replace(output="Pont Neuf and others.")
    screened = read(empty, good)
    assert [(row.item, row.reason) for row in screened.rejected] == [(0, "empty_output")]
    assert screened.rejected[0].novelty is None
    assert [row.item for row in screened.kept] == [1]


@pytest.mark.parametrize(
    ("generation", "reason", "stage"),
    [
        (make_generation(""), "unparsable", "reply"),
        (make_generation("", error="teacher_error", error_message="400"), "teacher_error", "reply"),
        (
            make_generation("", error="refused_by_provider", error_message="no"),
            "refused_by_provider",
            "reply",
        ),
        (make_generation(" Sort the", finish_reason="length"), "truncated", "task"),
        (make_generation("I cannot help."), "unparsable", "task"),
    ],
)
def test_a_bad_reply_is_one_rejected_row(generation: Generation, reason: str, stage: str) -> None:
    for method in ("alpaca", "self-instruct"):
        if method == "self-instruct" and generation.content.startswith("I cannot"):
            continue  # an instruction like any other, for all that a list of lines can tell
        (one,) = make_reader(method).read([(ENGLISH, generation)])
        assert one.kept == []
        assert [(row.reason, row.stage) for row in one.rejected] == [(reason, stage)]


def test_self_instruct_keeps_tasks_without_instances() -> None:
    text = " Name a river that flows north.\n10. 写一首关于秋天的诗。\n11. Go"
    (one,) = make_reader("self-instruct").read([(ENGLISH, make_generation(text))])
    (kept,) = one.kept
    assert (kept.stage, kept.instance, kept.output) == ("task", -1, "")
    assert [row.reason for row in one.rejected] == ["wrong_language", "too_short"]


def test_how_replies_are_split_into_calls_changes_nothing() -> None:
    ask = asking(TaskListReplier(forms=tuple(ListForm), per_reply=6))
    replies: list[tuple[ListRequest, Generation]] = [
        (one, ask(one.proposal.prompt, one.proposal.seed)) for one in REQUESTS
    ]
    whole = in_order(make_reader().read(replies))
    assert len(whole) == len(REQUESTS)
    for chance in (random.Random(seed) for seed in range(3)):  # noqa: S311  # no secret
        reader, parts, start = make_reader(), [], 0
        while start < len(replies):
            size = chance.randint(1, 9)
            parts += reader.read(replies[start : start + size])
            start += size
        assert in_order(parts) == whole
