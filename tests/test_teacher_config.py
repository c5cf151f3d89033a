"""Settings of teachers that cannot work together are refused with what to do."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from builders.errors import RecipeError
from builders.recipe import load_recipe
from builders.teacher_config import JudgeConfig, TeacherConfig


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"base_url": "http://a"}, "LLM=vllm or LLM=dashscope"),
        ({"vllm_args": "--x 1"}, "VLLM_ARGS"),
        ({"llm": "vllm", "base_url": "http://a", "vllm_args": "--x"}, "without BASE_URL"),
        ({"batch": True}, "Batches API"),
        ({"llm": "vllm", "model": "m", "batch": True}, "Batches API"),
        ({"llm": "vllm", "base_url": "http://a,http://b", "batch": True}, "one BASE_URL"),
        ({"region": "mars"}, "region"),
        ({"llm": "vllm", "base_url": ","}, "no address"),
        ({"llm": "vllm", "base_url": "http://a", "region": "intl"}, "REGION=intl"),
        ({"extra_body": {"n": 4}}, "SAMPLES"),
        ({"extra_body": {"max_tokens": 4}}, "settings of their own"),
        ({"api_key": "sk-1"}, "api_key"),
    ],
)
def test_a_teacher_that_cannot_work_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        TeacherConfig.model_validate(settings)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"llm": "embedded"}, "cannot judge"),
        ({"llm": "vllm", "base_url": "http://a", "api": "completions"}, "by chat"),
        ({"llm": "dashscope", "batch": True}, "request by request"),
    ],
)
def test_a_judge_that_cannot_judge_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        JudgeConfig.model_validate({**settings, "enabled": True})


def test_two_servers_are_not_started_on_the_same_gpus() -> None:
    teachers = {"llm": "vllm", "model": "m"}
    with pytest.raises(RecipeError, match="two vLLM servers"):
        load_recipe("", {"teacher": teachers, "judge": {**teachers, "enabled": True}})


def test_a_judge_is_asked_in_the_teachers_region_unless_it_has_its_own() -> None:
    teacher = {"llm": "dashscope", "region": "intl"}
    judge: dict[str, Any] = {"enabled": True, "llm": "dashscope", "model": "j"}
    assert load_recipe("", {"teacher": teacher, "judge": judge}).judge.region == "intl"
    own = {**judge, "region": "us"}
    assert load_recipe("", {"teacher": teacher, "judge": own}).judge.region == "us"
    elsewhere = {"llm": "vllm", "base_url": "http://a", "enabled": True}
    assert load_recipe("", {"teacher": teacher, "judge": elsewhere}).judge.region == "cn"


def test_a_section_is_never_repeated_whole() -> None:
    """Somebody may have put a key into it."""
    with pytest.raises(RecipeError) as refused:
        load_recipe("", {"teacher": {"api_key_env": "sk-my-secret"}})
    assert "sk-my" not in str(refused.value)


def test_addresses_are_told_apart_and_counted_once() -> None:
    config = TeacherConfig(llm="vllm", base_url=" http://a ,http://b,,http://a")
    assert config.base_urls == ("http://a", "http://b")
    assert not config.starts_vllm
    assert TeacherConfig(llm="vllm", model="m").starts_vllm


def test_the_manifest_has_what_decides_the_rows_and_no_address() -> None:
    recipe = load_recipe(
        "",
        {
            "teacher": {
                "llm": "vllm",
                "base_url": "http://my-host",
                "extra_body": {"top_k": 5},
            },
            "judge": {"enabled": True, "llm": "vllm", "base_url": "http://other-host"},
            "budget": {"limit": "2Mtok"},
        },
    )
    described = recipe.describe("m", 10)
    assert "my-host" not in str(described)
    assert "other-host" not in str(described)
    assert "budget" not in described
    teacher, judge = described["teacher"], described["judge"]
    assert isinstance(teacher, dict)
    assert isinstance(judge, dict)
    assert teacher["extra_body"] == {"top_k": 5}
    assert judge["accepts"] is False
    assert "judge" not in load_recipe("", {}).describe("m", 10)
