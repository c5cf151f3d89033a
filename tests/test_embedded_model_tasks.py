"""The grammar of instruction tasks: it fills, is right, varies, and passes the build's filters."""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from builders.checks.task_filters import FilterConfig, check_instances, find_task_fault
from distilabel_pipelines.embedded_model.families.model import LANGUAGES, Language
from distilabel_pipelines.embedded_model.tasks import drawing
from distilabel_pipelines.embedded_model.tasks.drawing import Task
from distilabel_pipelines.embedded_model.tasks.grammar import Filling, load_words, read_toml
from distilabel_pipelines.embedded_model.tasks.novelty import find_novel

DRAWS = 5
NUMBER = re.compile(r"\d+")


def draw_all(language: Language, times: int) -> list[Task]:
    """Every skeleton, several times."""
    rng = random.Random(f"tasks-{language}")
    kinds = drawing.load_skeletons(language)
    return [skeleton(rng) for kind in kinds for skeleton in kind for _ in range(times)]


def draw_lists(language: Language, number: int) -> list[Task]:
    """Tasks as lists draw them."""
    rng = random.Random(f"lists-{language}")
    tasks: list[Task] = []
    while len(tasks) < number:
        tasks.extend(drawing.draw_tasks(language, 8, rng))
    return tasks[:number]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_fills(language: Language) -> None:
    for task in draw_all(language, DRAWS):
        text = "\n".join([task.instruction, *(part for pair in task.instances for part in pair)])
        assert not re.search(r"[\[\]\0|]|\{\w+[:.}]", text), text
        assert task.instances, task
        assert all(answer for _, answer in task.instances), task


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_wordings(language: Language) -> None:
    tasks = read_toml("tasks", language)["task"]
    assert sum(len(task["ask"]) for task in tasks) >= 240
    assert len({task["name"] for task in tasks}) == len(tasks) >= 90
    assert len(read_toml("labels", language)["labels"]) >= 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_drawn_instructions_are_new_to_each_other(language: Language) -> None:
    tasks = draw_lists(language, 500)
    assert len(find_novel(task.instruction for task in tasks)) >= 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_has_different_kinds_and_a_fifth_is_classification(language: Language) -> None:
    rng = random.Random(3)
    shares = []
    for _ in range(100):
        tasks = drawing.draw_tasks(language, 8, rng)
        names = Counter(task.name for task in tasks if not task.is_classification)
        assert not names or max(names.values()) == 1
        shares.append(sum(task.is_classification for task in tasks) / 8)
    assert sum(shares) / 100 >= 0.2


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_stand_in_the_instruction_and_have_inputs_of_their_own(language: Language) -> None:
    rng = random.Random(4)
    for skeleton in drawing.load_skeletons(language)[1]:
        task = skeleton(rng)
        assert task.is_classification
        assert len(task.instances) >= 2
        assert len(dict(task.instances)) == len(task.instances)
        for _, label in task.instances:
            assert label.casefold() in task.instruction.casefold(), task


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_builds_own_filters_keep_the_tasks(language: Language) -> None:
    config = FilterConfig()
    tasks = draw_all(language, DRAWS)
    faults = [find_task_fault(task.instruction, language, config) for task in tasks]
    assert [fault for fault in faults if fault] == []
    for task in tasks:
        found = check_instances(task.instruction, task.instances, config)
        assert [fault for fault in found if fault] == [], task


@pytest.mark.parametrize("language", LANGUAGES)
def test_computed_outputs_are_right(language: Language) -> None:
    rng = random.Random(5)
    kinds = [kind for kind in drawing.load_skeletons(language)[0] for _ in range(DRAWS)]
    tasks = [kind(rng) for kind in kinds]
    checked = Counter(task.name for task in tasks if check_computed(task))
    assert set(checked) >= {"sort_numbers", "largest", "sum", "change", "count_words", "sequence"}


def check_computed(task: Task) -> bool:
    """Whether this is a kind that is computed here in another way; a wrong output raises."""
    for told, answer in task.instances:
        numbers = [int(number) for number in NUMBER.findall(told)]
        words = re.split(r", |、", told)
        expected: dict[str, object] = {
            "sum": sum(numbers),
            "count_words": len(words),
            "reverse_words": list(reversed(words)),
            "last_word": words[-1],
            "unique": list(dict.fromkeys(words)),
        }
        if numbers:
            expected |= {
                "sort_numbers": sorted(numbers),
                "largest": max(numbers),
                "change": numbers[-1] - numbers[0],
                "sequence": 2 * numbers[-1] - numbers[-2] if len(numbers) > 1 else 0,
                "units": 100 * numbers[0],
                "minutes": 60 * numbers[0],
            }
        if task.name not in expected:
            return False
        wanted = expected[task.name]
        found = NUMBER.findall(answer) if numbers else re.split(r", |、", answer)
        assert found == [str(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
    return True


def test_asked_counts_are_kept() -> None:
    rng = random.Random(6)
    filling = Filling("en", rng)
    asked = filling.fill("Name {few} things.")
    count = {"two": 2, "three": 3, "four": 4}[asked.split()[1]]
    assert len(filling.fill("{bullets_thing}").splitlines()) == count
    assert filling.fill("{joined_topic}").count(", ") == count - 1


def test_a_slot_keeps_its_entry_and_another_differs() -> None:
    rng = random.Random(7)
    for _ in range(50):
        filling = Filling("en", rng)
        first, again, other = filling.fill("{name};{name};{name:2}").split(";")
        assert first == again != other
        country, city = filling.fill("{capital};{capital.1}").split(";")
        assert (country, city) in load_words("en")["capital"]


def test_the_article_fits_the_next_word() -> None:
    filling = Filling("en", random.Random(8))
    assert filling.fill("A old road, a new one.") == "An old road, a new one."


def test_novelty_counts_words_and_single_characters() -> None:
    pool = ["Write a poem about the sea.", "写一首关于大海的诗"]
    assert find_novel(["Write a poem about the moon."], pool) == []
    assert find_novel(["写一首关于月亮的诗"], pool) == []
    assert find_novel(["Name two rivers.", "Name two rivers!"], pool) == ["Name two rivers."]
    # exactly 0.7 is kept: 7 of 10 tokens in common
    left, right = "a b c d e f g h i j", "a b c d e f g x y z"
    assert find_novel([left, right]) == [left, right]
