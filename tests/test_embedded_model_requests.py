"""Training requests: the build's own prompts, replies its readers read, and marked spans."""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from distilabel_pipelines.embedded_model import dialogue
from distilabel_pipelines.embedded_model.dialogue import remove_marks
from distilabel_pipelines.embedded_model.families.model import LANGUAGES
from distilabel_pipelines.embedded_model.tasks import foreign, requests
from distilabel_pipelines.embedded_model.training_mix import Example, examples
from distilabel_pipelines.embedded_model.whole_mix import REQUEST_MIX, WHOLE_MIX
from distilabel_pipelines.instance_replies import Instances, parse_input_first, parse_output_first
from distilabel_pipelines.instruction_replies import (
    parse_classification,
    parse_instruction_list,
    parse_task_list,
)

DRAWS = 40


def drawn(name: str) -> list[Example]:
    rng = random.Random(name)
    (draw,) = [source.draw for source in REQUEST_MIX if source.name == f"instruction/{name}"]
    return [draw(rng) for _ in range(DRAWS)]


def first_number(prompt: str) -> int:
    """The open number that the prompt ends with."""
    last_line = prompt.rstrip().splitlines()[-1]
    return int(last_line.split(".")[0])


def test_task_lists_are_read_whole() -> None:
    for example in drawn("tasks"):
        first = first_number(example.user)
        read = parse_task_list(example.content, first_number=first, is_cut=False)
        assert not read.faults
        assert 5 <= len(read.tasks) <= 8
        assert len({task.instruction for task in read.tasks}) == len(read.tasks)


def test_a_bare_list_is_learnt_from_its_first_task_on() -> None:
    for example in drawn("bare_lists"):
        read = parse_task_list(example.content, first_number=1, is_cut=False)
        assert example.raw
        assert not read.faults
        assert 8 <= len(read.tasks) <= 11


def test_no_line_begins_where_the_build_ends_a_list() -> None:
    for example in drawn("tasks") + drawn("bare_lists"):
        assert "\n20" not in example.content


def test_instruction_lists_go_to_sixteen() -> None:
    for example in drawn("instructions"):
        first = first_number(example.user)
        read = parse_instruction_list(example.content, first_number=first, is_cut=False)
        assert not read.faults
        assert len(read.tasks) == 17 - first


def test_yes_or_no_is_the_seeds_own_answer() -> None:
    seeds = {
        " ".join(str(row["instruction"]).split()).rstrip(":："): bool(row["is_classification"])
        for language in LANGUAGES
        for row in foreign.load_seeds(language, for_evaluation=False)
    }
    checked = 0
    for example in drawn("classification"):
        asked = remove_marks(example.user).splitlines()[-2].removeprefix("Task: ")
        asked = asked.removeprefix("任务：")
        if asked in seeds:
            assert parse_classification(example.content) == seeds[asked]
            checked += 1
    assert checked


@pytest.mark.parametrize(
    ("name", "parse"), [("output_first", parse_output_first), ("input_first", parse_input_first)]
)
def test_instances_are_read_whole(name: str, parse: Callable[..., Instances]) -> None:
    for example in drawn(name):
        read = parse(example.content, is_cut=False)
        assert not read.faults
        assert read.instances


def test_a_seventh_is_raw_text_and_ends_with_the_texts_end() -> None:
    rng = random.Random(1)
    lists = [requests.draw_task_list(rng) for _ in range(300)]
    raw = [example for example in lists if example.raw]
    assert 0.08 < len(raw) / len(lists) < 0.23
    prompt, completion = dialogue.prompt_and_completion(raw[0])
    assert prompt == raw[0].user
    assert completion == f"{raw[0].content}{dialogue.TEXT_END}"
    chat = next(example for example in lists if not example.raw)
    assert dialogue.prompt_and_completion(chat)[0].endswith(dialogue.EMPTY_THOUGHT)


def test_marked_spans_are_found_where_they_are_without_marks() -> None:
    marked = f"ab{requests.mark('cd')}e{requests.mark('f')}"
    bare = remove_marks(marked)
    assert bare == "abcdef"
    assert [bare[start:end] for start, end in dialogue.find_marked(marked)] == ["cd", "f"]


def test_seeds_kept_for_the_evaluation_are_never_shown_in_training() -> None:
    held_out = {
        str(row["instruction"])
        for language in LANGUAGES
        for row in foreign.load_seeds(language, for_evaluation=True)
    }
    assert len(held_out) >= 30
    rng = random.Random(2)
    for example in (requests.draw_yes_or_no(rng) for _ in range(300)):
        assert not any(text in example.user for text in held_out)


def test_the_whole_mix_has_both_kinds_and_its_shares_add_up() -> None:
    assert sum(source.weight for source in WHOLE_MIX) == pytest.approx(1)
    rng = random.Random(3)
    stream = examples(rng, WHOLE_MIX)
    kinds = [next(stream).thought is not None for _ in range(400)]
    assert 0.65 < sum(kinds) / len(kinds) < 0.9
