"""The prompts of a round: the same in every run, in the seeds' languages, with short tasks."""

from __future__ import annotations

from collections import Counter

import pytest

from builders.rounds.plan import Example, ListRequest, RoundPlanner
from builders.task_seeds import Instance, SeedTask
from distilabel_pipelines.instruction_prompts import ExampleTask
from distilabel_pipelines.rows import Language
from tests.rounds.in_memory import bundled_seeds, make_recipe


def make_seed(number: int, language: Language = "en", words: int = 5) -> SeedTask:
    text = f"Name {number} rivers." if language == "en" else f"说出{number}条河的名字。"
    return SeedTask(
        task_id=f"seed-{language}-{number}",
        name="",
        instruction=text,
        instances=[Instance(input="", output="river " * words)],
        is_classification=None,
        language=language,
    )


def make_kept(number: int, language: Language = "en") -> Example:
    task = ExampleTask(instruction=f"Sing song {number}.", input="", output="La.")
    return Example(f"kept-{number}", task, language)


def plan(seeds: list[SeedTask], round_number: int = 0, **shape: int) -> list[ListRequest]:
    return RoundPlanner(seeds, make_recipe("alpaca", generation=shape)).plan(round_number, [])


def test_two_planners_ask_the_same_and_another_seed_asks_otherwise() -> None:
    seeds = bundled_seeds()
    assert plan(seeds) == plan(seeds)
    other = make_recipe("alpaca", sampling={"seed": 1})
    assert RoundPlanner(seeds, other).plan(0, [])[0].examples != plan(seeds)[0].examples


def test_a_round_can_be_planned_without_those_before_it() -> None:
    seeds = bundled_seeds()
    one = RoundPlanner(seeds, make_recipe("alpaca"))
    both = [one.plan(0, []), one.plan(1, [])]
    assert plan(seeds, 1) == both[1]
    numbers = [request.number for requests in both for request in requests]
    assert numbers == list(range(512))
    assert [request.proposal.index for requests in both for request in requests] == numbers
    assert len({request.proposal.seed for requests in both for request in requests}) == 512
    assert [one.examples for one in both[0]] != [one.examples for one in both[1]]


def test_draws_are_the_same_in_every_python() -> None:
    """Written down once: a change here changes every build that was begun."""
    seeds = [make_seed(number) for number in range(10)]
    shown = [request.examples for request in plan(seeds, round_requests=3)]
    drawn = [(8, 7, 2), (2, 6, 3), (6, 8, 4)]
    assert shown == [tuple(f"seed-en-{number}" for number in three) for three in drawn]


def test_every_stretch_of_requests_has_the_seeds_shares_of_languages() -> None:
    seeds = [make_seed(n) for n in range(6)] + [make_seed(n, "zh") for n in range(3)]
    asked = [request.language for request in plan(seeds)]
    for start in range(0, 250, 6):
        stretch = Counter(asked[start : start + 6])
        assert 1 <= stretch["zh"] <= 3
    assert 84 <= asked.count("zh") <= 86


def test_a_prompt_shows_distinct_tasks_of_its_own_language_in_any_order() -> None:
    seeds = [make_seed(n) for n in range(5)] + [make_seed(n, "zh") for n in range(4)]
    requests = plan(seeds)
    for request in requests:
        assert len(set(request.examples)) == 3
        assert {name.split("-")[1] for name in request.examples} == {request.language}
        assert request.first_number == 4
    first = Counter(request.examples[0] for request in requests)
    assert len(first) == 9


def test_long_tasks_are_counted_and_never_shown() -> None:
    seeds = [make_seed(0, words=400), *(make_seed(n) for n in range(1, 8)), make_seed(8, words=147)]
    planner = RoundPlanner(seeds, make_recipe("alpaca"))
    assert planner.too_long == 1
    shown = {name for request in planner.plan(0, []) for name in request.examples}
    assert shown == {f"seed-en-{number}" for number in range(1, 9)}


def test_self_instruct_shows_instructions_alone_so_that_only_they_must_be_short() -> None:
    seeds = [make_seed(number, words=400) for number in range(9)]
    planner = RoundPlanner(seeds, make_recipe("self-instruct"))
    assert planner.too_long == 0
    (prompt, *_) = (request.proposal.prompt for request in planner.plan(0, []))
    assert "river river" not in prompt


def test_seeds_that_are_all_too_long_are_shown_after_all() -> None:
    planner = RoundPlanner([make_seed(n, words=400) for n in range(4)], make_recipe("alpaca"))
    assert planner.too_long == 0
    assert len(planner.plan(0, [])[0].examples) == 3


def test_a_language_whose_seeds_are_all_too_long_is_asked_for_too() -> None:
    chinese = [make_seed(n, "zh", words=400) for n in range(4)]
    english = [make_seed(n, words=400 if n == 0 else 5) for n in range(4)]
    planner = RoundPlanner([*english, *chinese], make_recipe("alpaca"))
    assert planner.too_long == 1
    asked = Counter(one.language for one in planner.plan(0, []))
    assert abs(asked["zh"] / asked.total() - 4 / 7) < 0.01


@pytest.mark.parametrize("kept", [0, 1, 2, 30])
def test_kept_tasks_are_mixed_in_and_seeds_stand_in_for_missing_ones(kept: int) -> None:
    recipe = make_recipe("self-instruct")
    pool = [make_kept(number) for number in range(kept)]
    planner = RoundPlanner([make_seed(number) for number in range(20)], recipe)
    for request in planner.plan(1, pool):
        origins = Counter(name.split("-")[0] for name in request.examples)
        assert origins["kept"] == min(2, kept)
        assert origins.total() == 8
        assert request.first_number == 9


def test_kept_tasks_of_another_language_are_not_mixed_in() -> None:
    planner = RoundPlanner([make_seed(n) for n in range(20)], make_recipe("self-instruct"))
    pool = [make_kept(number, "zh") for number in range(9)]
    assert all("kept" not in " ".join(one.examples) for one in planner.plan(0, pool))


def test_fewer_seeds_than_examples_are_all_shown() -> None:
    request = plan([make_seed(0), make_seed(1)])[0]
    assert sorted(request.examples) == ["seed-en-0", "seed-en-1"]
    assert request.first_number == 3
    assert request.proposal.prompt.endswith("3. Instruction:")
