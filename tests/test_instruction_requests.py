"""Each step of an instruction build is asked at its own temperature, length and end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builders.instruction_recipe import InstructionRecipe, load_instruction_recipe
from builders.instruction_requests import (
    choose_step_kwargs,
    choose_step_tokens,
    describe_instruction_teacher,
    list_step_tokens,
)
from distilabel_pipelines.instruction_prompts import PromptName

STEPS: tuple[PromptName, ...] = ("instructions", "classification", "output_first", "input_first")


def make(
    llm: str = "vllm", method: str = "self-instruct", **sections: dict[str, Any]
) -> InstructionRecipe:
    teacher = {"llm": llm, **({"model": "m"} if llm != "embedded" else {})}
    overrides = {**sections, "teacher": {**teacher, **sections.get("teacher", {})}}
    return load_instruction_recipe("", overrides, recipe=method)


def test_lists_vary_instances_less_and_a_classification_not_at_all() -> None:
    recipe = make(sampling={"temperature": 0.9, "instance_temperature": 0.4})
    warm = [choose_step_kwargs(recipe, step)["temperature"] for step in STEPS]
    assert warm == [0.9, 0.0, 0.4, 0.4]
    assert choose_step_kwargs(make(method="alpaca"), "tasks")["temperature"] == 1.0


def test_token_limits_have_defaults_by_step_and_teacher() -> None:
    assert list_step_tokens(make("vllm")) == dict(zip(STEPS, (3072, 256, 2048, 2048), strict=True))
    small = list_step_tokens(make("embedded"))
    assert small == dict(zip(STEPS, (1024, 256, 512, 512), strict=True))
    assert list_step_tokens(make("dashscope", "alpaca")) == {"tasks": 3072}


@pytest.mark.parametrize(("given", "short"), [(90, 90), (9000, 256)])
def test_max_tokens_bounds_every_step_and_lengthens_no_classification(
    given: int, short: int
) -> None:
    tokens = list_step_tokens(make(sampling={"max_tokens": given}))
    assert [tokens[step] for step in STEPS] == [given, short, given, given]


def test_a_list_ends_at_its_last_number_and_an_instance_at_the_next_task() -> None:
    chat = make()
    assert choose_step_kwargs(chat, "instructions")["stop"] == ["\n16", "\n16."]
    for step in STEPS[1:]:
        assert choose_step_kwargs(chat, step)["stop"] == ["\nTask:", "\n任务："]
    listed = make(method="alpaca", generation={"tasks_listed": 12}, sampling={"stop": ["END"]})
    assert choose_step_kwargs(listed, "tasks")["stop"] == ["\n12", "\n12.", "END"]


def test_only_a_base_model_is_stopped_at_a_blank_line() -> None:
    base = make(teacher={"api": "completions"})
    stops = [choose_step_kwargs(base, step)["stop"] for step in STEPS]
    assert ["\n\n" in each for each in stops] == [True, True, False, False]
    assert max(map(len, stops)) <= 4
    assert choose_step_kwargs(base, "instructions")["extra_body"] == {}


def test_thinking_is_switched_off_in_the_teachers_dialect() -> None:
    off = {"chat_template_kwargs": {"enable_thinking": False}}
    assert choose_step_kwargs(make(), "classification")["extra_body"] == off
    there = choose_step_kwargs(make("dashscope", sampling={"thinking_budget": 50}), "input_first")
    assert there["extra_body"] == {"enable_thinking": False, "thinking_budget": 50}
    newer = make("dashscope", teacher={"max_tokens_field": "max_completion_tokens"})
    kwargs = choose_step_kwargs(newer, "classification")
    assert kwargs["max_new_tokens"] is None
    assert kwargs["extra_body"]["max_completion_tokens"] == 256


def test_the_card_is_given_every_step_and_both_languages_prompts_in_full() -> None:
    recipe = make(teacher={"api": "completions"})
    facts = describe_instruction_teacher(recipe, "base")
    assert (facts.llm, facts.model, facts.weights, facts.api) == (
        *("vllm", "base", "local", "completions"),
    )
    assert list(facts.settings) == list(STEPS)
    assert json.loads(str(facts.settings["instructions"]["stop"])) == ["\n16", "\n16.", "\n\n"]
    assert facts.settings["classification"]["max_tokens"] == 256
    assert facts.settings["classification"]["seed"] == 0
    assert set(facts.prompts) == {
        f"{step}.{language}" for step in STEPS for language in ("en", "zh")
    }
    assert "{{ instruction }}" in facts.prompts["classification.zh"]
    silent = make(teacher={"send_seed": False})
    settings = describe_instruction_teacher(silent, "m").settings
    assert settings["output_first"]["seed"] is None
    assert choose_step_tokens(silent, "output_first") == 2048


def test_the_bundled_model_is_named_as_such() -> None:
    facts = describe_instruction_teacher(InstructionRecipe(), "embedded")
    assert (facts.weights, list(facts.prompts)) == ("bundled", ["tasks.en", "tasks.zh"])
