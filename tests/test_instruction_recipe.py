"""The instruction recipe: defaults by method, what it refuses, what decides its digest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders.errors import RecipeError
from builders.instruction_recipe import METHODS, InstructionRecipe, load_instruction_recipe
from builders.recipe_files import read_bundled
from builders.recipe_sections import digest_recipe
from distilabel_pipelines.instruction_prompts import PromptName

TOKENS: dict[PromptName, int] = {"tasks": 100}


def write_recipe(folder: Path, text: str) -> str:
    path = folder / "my recipe.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def refuse(config: str = "", recipe: str = "", **overrides: object) -> str:
    with pytest.raises(RecipeError) as refused:
        load_instruction_recipe(config, overrides, {}, recipe=recipe)
    return str(refused.value)


def test_the_bundled_alpaca_recipe_holds_the_defaults() -> None:
    assert load_instruction_recipe("", {}) == InstructionRecipe()
    assert load_instruction_recipe("", {}, recipe="alpaca") == InstructionRecipe()


def test_self_instruct_keeps_the_numbers_of_its_paper() -> None:
    recipe = load_instruction_recipe("", {}, recipe="self-instruct")
    shown = recipe.generation
    assert (shown.human_examples, shown.machine_examples, shown.tasks_listed) == (6, 2, 16)
    assert recipe.steps == ("instructions", "classification", "output_first", "input_first")
    assert InstructionRecipe().steps == ("tasks",)


@pytest.mark.parametrize("method", METHODS)
def test_every_setting_of_a_bundled_recipe_is_the_default_it_claims_to_be(method: str) -> None:
    """Where the methods differ the file decides, else the model; none says anything unknown."""
    told = read_bundled(method)
    recipe = load_instruction_recipe("", {}, recipe=method).model_dump(mode="json")
    default = InstructionRecipe().model_dump(mode="json")
    free = {"method", "generation"}
    for name, value in told.items():
        shown = recipe[name] if isinstance(value, dict) else value
        settings = value if isinstance(value, dict) else {name: value}
        for setting, said in settings.items():
            used = shown[setting] if isinstance(value, dict) else shown
            assert used == said, f"{name}.{setting}"
        if name not in free:
            assert recipe[name] == default[name]


def test_a_file_changes_the_bundled_recipe_of_its_own_method(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, 'method = "self-instruct"\n[generation]\nround_requests = 8\n')
    by_config = load_instruction_recipe(path, {})
    assert (by_config.method, by_config.generation.human_examples) == ("self-instruct", 6)
    assert by_config.generation.round_requests == 8
    assert load_instruction_recipe("", {}, recipe=path) == by_config
    assert load_instruction_recipe(path, {}, recipe="self-instruct") == by_config


def test_a_file_without_a_method_changes_the_named_recipe(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, "[novelty]\nthreshold = 0.5\n")
    recipe = load_instruction_recipe(path, {"rows": "7"}, recipe="self-instruct")
    assert (recipe.method, recipe.novelty.threshold, recipe.rows) == ("self-instruct", 0.5, 7)


def test_recipe_and_file_may_not_contradict_each_other(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, 'method = "self-instruct"\n')
    assert "RECIPE=alpaca" in refuse(path, "alpaca")
    assert "RECIPE=" in refuse(path, path)
    wrong = write_recipe(tmp_path, 'method = "evol"\n')
    assert "method = 'evol'" in refuse(wrong)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"sampling": {"samples": "3"}}, ["SAMPLES=3", "Raise ROWS"]),
        ({"sampling": {"thinking": True}}, ["THINKING=1", "never stand in its output"]),
        ({"sampling": {"thinking_budget": "64"}}, ["THINKING_BUDGET=64"]),
        ({"generation": {"human_examples": 0}}, ["at least one task"]),
        ({"generation": {"human_examples": -1}}, ["generation.human_examples = -1"]),
        ({"generation": {"tasks_listed": 3}}, ["tasks_listed = 3", "shows 3 already"]),
        ({"generation": {"machine_examples": 17}}, ["tasks_listed = 20", "shows 20 already"]),
        ({"novelty": {"threshold": 1.5}}, ["novelty.threshold = 1.5"]),
        ({"filters": {"min_word": 2}}, ["filters.min_word", "Did you mean min_words?"]),
        ({"gates": {}}, ["gates", "no such setting"]),
        ({"selection": {"keep": "all"}}, ["selection", "no such setting"]),
        ({"teacher": {"base_url": "http://a"}}, ["LLM=vllm"]),
    ],
)
def test_what_it_cannot_do_is_refused(overrides: dict[str, Any], told: list[str]) -> None:
    message = refuse(**overrides)
    assert [part for part in told if part not in message] == []


def test_the_bundled_model_takes_raw_prompts_and_keeps_the_opening_tag_as_it_is_set() -> None:
    teacher = load_instruction_recipe("", {"teacher": {"api": "completions"}}).teacher
    assert (teacher.is_bundled, teacher.api, teacher.opening_tag_in_prompt) == (
        *(True, "completions", False),
    )
    tagged = {"llm": "vllm", "model": "m", "opening_tag_in_prompt": True}
    assert load_instruction_recipe("", {"teacher": tagged}).teacher.opening_tag_in_prompt


def test_a_judge_is_asked_in_the_teachers_region() -> None:
    teacher = {"llm": "dashscope", "region": "intl"}
    judge = {"enabled": True, "llm": "dashscope", "model": "j"}
    assert load_instruction_recipe("", {"teacher": teacher, "judge": judge}).judge.region == "intl"


def digest(**changes: object) -> str:
    recipe = InstructionRecipe.model_validate({"teacher": {"llm": "vllm"}, **changes})
    return digest_recipe(recipe.describe("model-a", TOKENS))


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 101},
        {"method": "self-instruct"},
        {"seeds": {"source": "bundled:instruction", "limit": 5}},
        {"sampling": {"instance_temperature": 0.5}},
        {"generation": {"round_requests": 8}},
        {"filters": {"keywords_en": []}},
        {"novelty": {"threshold": 0.6}},
        {"dedup": {"n_grams": 3}},
        {"teacher": {"llm": "vllm", "api": "completions"}},
    ],
)
def test_what_decides_the_rows_changes_the_digest(changes: dict[str, object]) -> None:
    assert digest(**changes) != digest()


def test_what_leaves_the_rows_alone_leaves_the_digest_alone() -> None:
    patient = {"llm": "vllm", "base_url": "http://elsewhere:1", "concurrency": 3}
    assert digest(teacher=patient, budget={"limit": "2Mtok"}) == digest()


def test_a_description_has_the_tokens_of_each_step_and_no_address() -> None:
    teacher = {"llm": "vllm", "base_url": "http://10.1.2.3:8000", "api_key_env": "KEY_OF_MINE"}
    recipe = InstructionRecipe.model_validate({"teacher": teacher})
    described = recipe.describe("model", {"tasks": 123})
    assert described["method"] == "alpaca"
    text = json.dumps(described)
    assert '"max_tokens_by_step": {"tasks": 123}' in text
    assert '"max_tokens": null' in text
    assert [word for word in ("10.1.2.3", "KEY_OF_MINE") if word in text] == []
