"""Seeds that hold a benchmark's item never reach a teacher."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.contaminated_seeds import drop_contaminated_questions, drop_contaminated_tasks
from builders.decontamination import Benchmarks, DecontaminationConfig, open_benchmarks
from builders.errors import SeedError
from builders.task_seeds import Instance, SeedTask
from distilabel_pipelines.rows import Question
from tests.decontamination.benchmark_folder import LONG, SHORT, write_folder


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory: pytest.TempPathFactory) -> Benchmarks:
    folder = write_folder(tmp_path_factory.mktemp("benchmarks"))
    return open_benchmarks(DecontaminationConfig(benchmarks=str(folder)))


def ask(text: str) -> Question:
    return Question(seed_id=text[:8], question=text, language="en")


def show(instruction: str, *instances: tuple[str, str]) -> SeedTask:
    return SeedTask(
        task_id=instruction[:8],
        name="",
        instruction=instruction,
        instances=[Instance(input=given, output=output) for given, output in instances],
        is_classification=None,
        language="en",
    )


def test_questions_are_split_in_their_order_and_keep_the_item(benchmarks: Benchmarks) -> None:
    questions = [ask("What is 1 + 1?"), ask(SHORT), ask("Why does it rain?"), ask(f"Read: {LONG}")]
    clean = drop_contaminated_questions(questions, benchmarks)
    assert clean.questions == [questions[0], questions[2]]
    assert [one.question for one in clean.contaminated] == [questions[1], questions[3]]
    assert [one.contamination.benchmark for one in clean.contaminated] == ["exam", "sums"]


def test_a_task_is_dropped_for_any_of_its_instances(benchmarks: Benchmarks) -> None:
    tasks = [
        show("Tell a joke.", ("", "A joke.")),
        show("Solve it.", ("What is 2 + 2?", "4"), (LONG, "265")),
        show("Write a hard sum for a class.", ("", LONG)),
    ]
    clean = drop_contaminated_tasks(tasks, benchmarks)
    assert clean.tasks == tasks[:1]
    assert [one.task for one in clean.contaminated] == tasks[1:]


def test_seeds_that_are_all_benchmark_items_end_the_build(benchmarks: Benchmarks) -> None:
    with pytest.raises(SeedError, match="all 2 seeds hold items of the benchmarks"):
        drop_contaminated_questions([ask(LONG), ask(SHORT)], benchmarks)
    with pytest.raises(SeedError, match="all 1 seeds"):
        drop_contaminated_tasks([show(LONG, ("", "265"))], benchmarks)


def test_without_benchmarks_every_seed_stays() -> None:
    none = Benchmarks([], DecontaminationConfig())
    assert drop_contaminated_questions([ask(LONG)], none).questions == [ask(LONG)]
    assert drop_contaminated_questions([], none).questions == []


def test_the_bundled_seeds_hold_no_item_of_the_small_folder(
    benchmarks: Benchmarks, tmp_path: Path
) -> None:
    copied = [ask("What is 17 + 25?"), ask("Name a river.")]
    assert drop_contaminated_questions(copied, benchmarks).contaminated == []
    assert not list(tmp_path.iterdir())
