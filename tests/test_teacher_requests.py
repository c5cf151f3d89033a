"""What a teacher is sent beside the question, in its own dialect."""

from __future__ import annotations

from typing import Any

import pytest

from builders.recipe import Recipe, load_recipe
from builders.teacher_requests import (
    choose_generation_kwargs,
    choose_max_tokens,
    describe_teacher,
)


def make_recipe(llm: str, sampling: dict[str, Any] | None = None, **teacher: object) -> Recipe:
    return Recipe.model_validate({"teacher": {"llm": llm, **teacher}, "sampling": sampling or {}})


@pytest.mark.parametrize("thinking", [True, False])
def test_each_teacher_is_told_to_think_in_its_own_dialect(thinking: bool) -> None:
    chosen = {"thinking": thinking}
    extra = choose_generation_kwargs(make_recipe("vllm", chosen))["extra_body"]
    assert extra == {"chat_template_kwargs": {"enable_thinking": thinking}}
    assert choose_generation_kwargs(make_recipe("embedded", chosen))["extra_body"] == extra
    extra = choose_generation_kwargs(make_recipe("dashscope", chosen))["extra_body"]
    assert extra == {"enable_thinking": thinking}


def test_a_thinking_budget_goes_to_dashscope() -> None:
    kwargs = choose_generation_kwargs(make_recipe("dashscope", {"thinking_budget": 64}))
    assert kwargs["extra_body"] == {"enable_thinking": True, "thinking_budget": 64}


def test_max_tokens_has_a_default_by_teacher() -> None:
    assert choose_max_tokens(make_recipe("vllm")) == 16384
    assert choose_max_tokens(make_recipe("embedded")) == 1536
    assert choose_max_tokens(make_recipe("vllm", {"max_tokens": 9})) == 9


def test_newer_models_take_their_limit_under_another_name() -> None:
    recipe = make_recipe("dashscope", {"max_tokens": 9}, max_tokens_field="max_completion_tokens")
    kwargs = choose_generation_kwargs(recipe)
    assert kwargs["max_new_tokens"] is None
    assert kwargs["extra_body"]["max_completion_tokens"] == 9


def test_fields_of_the_recipe_go_into_every_request_and_win() -> None:
    recipe = make_recipe(
        "vllm",
        chat_template_kwargs={"enable_thinking": False, "style": "brief"},
        extra_body={"top_k": 20},
    )
    assert choose_generation_kwargs(recipe)["extra_body"] == {
        "chat_template_kwargs": {"enable_thinking": False, "style": "brief"},
        "top_k": 20,
    }
    recipe = make_recipe("dashscope", extra_body={"enable_thinking": False})
    assert choose_generation_kwargs(recipe)["extra_body"] == {"enable_thinking": False}


def test_a_base_model_gets_stop_sequences_and_no_chat_template() -> None:
    recipe = load_recipe("", {"teacher": {"llm": "vllm", "api": "completions"}})
    kwargs = choose_generation_kwargs(recipe)
    assert kwargs["stop"] == ["\nQuestion:", "\n问题："]
    assert kwargs["extra_body"] == {}
    assert recipe.teacher.opening_tag_in_prompt  # our prompt ends with it
    recipe = load_recipe("", {"sampling": {"stop": ["END"]}})
    assert choose_generation_kwargs(recipe)["stop"] == ["END"]


def test_the_card_is_given_a_base_models_prompts_in_full() -> None:
    recipe = load_recipe("", {"teacher": {"llm": "vllm", "api": "completions", "base_url": "x"}})
    facts = describe_teacher(recipe, "base")
    assert facts.api == "completions"
    assert facts.system_prompts == {}
    assert len(facts.completion_prompts) == 4
    assert all(text.endswith("{question}\n<think>") for text in facts.completion_prompts.values())


def test_the_card_is_told_which_stop_sequences_are_sent() -> None:
    both = {"teacher": {"llm": "vllm", "api": "completions"}, "sampling": {"stop": ["END"]}}
    recipe = load_recipe("", both)
    assert describe_teacher(recipe, "base").stop == ["\nQuestion:", "\n问题：", "END"]
    assert describe_teacher(make_recipe("vllm", {"stop": ("END",)}), "m").stop == ["END"]
    assert describe_teacher(make_recipe("vllm"), "m").stop == []


def test_the_card_is_told_what_was_sampled_and_how() -> None:
    recipe = make_recipe("dashscope", {"thinking_budget": 64}, extra_body={"top_k": 20, "x": [1]})
    facts = describe_teacher(recipe, "qwen3")
    assert facts.model == "qwen3"
    assert facts.sampling["thinking_budget"] == 64
    assert facts.sampling["top_k"] == 20
    assert facts.sampling["x"] == "[1]"
    assert facts.sampling["seed"] == 0
    assert set(facts.system_prompts) == {"en", "zh"}
    assert facts.completion_prompts == {}
    assert facts.api == "chat"


def test_a_seed_that_is_not_sent_is_not_in_the_card() -> None:
    assert describe_teacher(make_recipe("vllm", send_seed=False), "m").sampling["seed"] is None


@pytest.mark.parametrize(
    ("teacher", "model", "weights", "started"),
    [
        ({"llm": "embedded"}, "embedded-reasoner@0123abcd", "bundled", False),
        ({"llm": "embedded", "model": "a/b:q.gguf"}, "q.gguf@0123abcd", "local", False),
        ({"llm": "vllm", "model": "./weights"}, "weights@0123abcd", "local", True),
        ({"llm": "vllm", "model": "Qwen/Qwen3-8B"}, "Qwen/Qwen3-8B", "named", True),
        ({"llm": "vllm", "base_url": "http://a:8000"}, "listed@0123abcd", "named", False),
        ({"llm": "dashscope", "model": "qwen-plus"}, "qwen-plus", "named", False),
    ],
)
def test_the_card_is_told_where_the_weights_were(
    teacher: dict[str, Any], model: str, weights: str, started: bool
) -> None:
    facts = describe_teacher(make_recipe(**teacher), model)
    assert (facts.weights, facts.started) == (weights, started)


@pytest.mark.parametrize(
    ("flags", "revision"),
    [
        ("--max-model-len 4096 --revision 0123abcd", "0123abcd"),
        ("--revision=v1.2", "v1.2"),
        ("--tokenizer-revision=v9", None),
        ("--revision", None),
        ("", None),
    ],
)
def test_the_card_is_told_the_revision_that_vllm_was_started_with(
    flags: str, revision: str | None
) -> None:
    recipe = make_recipe("vllm", model="Qwen/Qwen3-8B", vllm_args=flags)
    assert describe_teacher(recipe, "Qwen/Qwen3-8B").revision == revision
