"""What a teacher is sent beside a pretraining prompt, and how the card names it."""

from __future__ import annotations

from typing import Any

import pytest

from builders.pretraining.recipe import PretrainingRecipe, load_pretraining_recipe
from builders.pretraining.requests import (
    choose_text_tokens,
    choose_writing_kwargs,
    describe_writer,
)


def make(llm: str = "vllm", **sections: dict[str, Any]) -> PretrainingRecipe:
    teacher = {"llm": llm, **({} if llm == "embedded" else {"model": "m"})}
    overrides = {**sections, "teacher": {**teacher, **sections.get("teacher", {})}}
    return load_pretraining_recipe("", overrides)


@pytest.mark.parametrize(
    ("llm", "thinking", "tokens"),
    [
        ("embedded", False, 640),
        ("vllm", False, 4096),
        ("vllm", True, 16384),
        ("dashscope", False, 4096),
        ("dashscope", True, 4096),
    ],
)
def test_texts_may_be_long_and_a_thought_before_them_has_room(
    llm: str, thinking: bool, tokens: int
) -> None:
    assert choose_text_tokens(make(llm, sampling={"thinking": thinking})) == tokens


def test_max_tokens_is_taken_as_given() -> None:
    kwargs = choose_writing_kwargs(make(sampling={"max_tokens": 77, "thinking": True}))
    assert kwargs["max_new_tokens"] == 77


def test_a_chat_model_is_told_not_to_think_and_stops_by_itself() -> None:
    kwargs = choose_writing_kwargs(make())
    assert kwargs["extra_body"] == {"chat_template_kwargs": {"enable_thinking": False}}
    assert kwargs["stop"] is None
    assert kwargs["temperature"] == 0.8
    assert choose_writing_kwargs(make("dashscope"))["extra_body"] == {"enable_thinking": False}


def test_a_base_model_stops_before_the_next_task() -> None:
    recipe = make(teacher={"api": "completions"}, sampling={"stop": ["THE END"]})
    stop = choose_writing_kwargs(recipe)["stop"]
    assert stop == ["\n### Writing task", "\n### 写作任务", "THE END"]


def test_the_card_learns_model_settings_and_the_templates_in_full() -> None:
    facts = describe_writer(make(sampling={"seed": 5, "continuations": 2}), "the-model")
    assert facts.model == "the-model"
    assert facts.settings["seed"] == 5
    assert facts.settings["continuations"] == 2
    assert facts.settings["max_tokens"] == 4096
    assert {"faq.en", "faq.zh", "_audience.en"} <= set(facts.prompts)
    assert "{{ audience }}" in "".join(facts.prompts.values()) or "audience" in "".join(
        facts.prompts.values()
    )
