"""Teachers: where they listen, which key they want, how each is told to think."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builders.errors import RecipeError, TeacherError
from builders.recipe import Recipe
from builders.teachers import (
    DASHSCOPE_URL,
    choose_generation_kwargs,
    choose_max_tokens,
    describe_teacher,
    find_gguf,
    plan_gateway,
)
from distilabel_pipelines.gateway.settings import GatewaySettings

ROOT = Path(__file__).resolve().parents[1]
URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASHSCOPE_API_KEY", "VLLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def make_recipe(llm: str, sampling: dict[str, Any] | None = None, **teacher: object) -> Recipe:
    return Recipe.model_validate({"teacher": {"llm": llm, **teacher}, "sampling": sampling or {}})


def plan(recipe: Recipe) -> GatewaySettings:
    return plan_gateway(recipe, Path("responses"))


def test_vllm_needs_an_address() -> None:
    with pytest.raises(RecipeError, match="BASE_URL="):
        plan(make_recipe("vllm"))
    assert plan(make_recipe("vllm", base_url=URL)).base_url == URL
    for wrong in ("localhost:8000", "ftp://127.0.0.1"):
        with pytest.raises(RecipeError, match=f"BASE_URL={wrong} must begin with http"):
            plan(make_recipe("vllm", base_url=wrong))


def test_dashscope_has_an_address_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")
    settings = plan(make_recipe("dashscope", model="qwen3"))
    assert settings.base_url == DASHSCOPE_URL
    assert settings.api_key_env == "DASHSCOPE_API_KEY"
    assert plan(make_recipe("dashscope", base_url=URL)).base_url == URL


def test_a_key_never_enters_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-do-not-copy")
    assert "sk-do-not-copy" not in plan(make_recipe("dashscope")).model_dump_json()


def test_a_missing_key_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TeacherError, match="DASHSCOPE_API_KEY is not set"):
        plan(make_recipe("dashscope"))
    monkeypatch.setenv("MY_KEY", "")
    with pytest.raises(TeacherError, match="MY_KEY is not set"):
        plan(make_recipe("vllm", base_url=URL, api_key_env="MY_KEY"))
    monkeypatch.setenv("MY_KEY", "sk-1")
    settings = plan(make_recipe("vllm", base_url=URL, api_key_env="MY_KEY"))
    assert settings.api_key_env == "MY_KEY"


def test_vllm_works_without_a_key() -> None:
    assert plan(make_recipe("vllm", base_url=URL)).api_key_env == "VLLM_API_KEY"


def test_a_key_in_place_of_its_variables_name_is_not_repeated() -> None:
    with pytest.raises(RecipeError) as refused:
        plan(make_recipe("vllm", base_url=URL, api_key_env="sk-secret-1"))
    assert "sk-secret" not in str(refused.value)
    assert "API_KEY_ENV" in str(refused.value)


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


def test_thinking_teachers_are_streamed_unless_the_recipe_says_otherwise() -> None:
    assert plan(make_recipe("vllm", base_url=URL)).stream
    assert not plan(make_recipe("vllm", {"thinking": False}, base_url=URL)).stream
    assert not plan(make_recipe("vllm", base_url=URL, stream=False)).stream


def test_max_tokens_and_concurrency_have_defaults_by_teacher() -> None:
    assert choose_max_tokens(make_recipe("vllm")) == 16384
    assert choose_max_tokens(make_recipe("embedded")) == 1536
    assert choose_max_tokens(make_recipe("vllm", {"max_tokens": 9})) == 9
    assert plan(make_recipe("vllm", base_url=URL)).concurrency == 64
    assert plan(make_recipe("vllm", base_url=URL, concurrency=3)).concurrency == 3


def test_the_card_is_told_what_was_sampled_and_how() -> None:
    facts = describe_teacher(make_recipe("dashscope", {"thinking_budget": 64}), "qwen3")
    assert facts.model == "qwen3"
    assert facts.sampling["thinking_budget"] == 64
    assert set(facts.system_prompts) == {"en", "zh"}


def test_a_gguf_file_of_ones_own_is_served_on_all_cores(tmp_path: Path) -> None:
    weights = tmp_path / "my model.gguf"
    weights.write_bytes(b"GGUF")
    settings = plan(make_recipe("embedded", model=str(weights)))
    assert settings.embedded is not None
    assert settings.embedded.model_path == str(weights)
    assert settings.base_url is None
    assert settings.model.startswith("my model.gguf@")
    weights.write_bytes(b"GGUF2")
    assert plan(make_recipe("embedded", model=str(weights))).model != settings.model


def test_another_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_text("no weights")
    with pytest.raises(TeacherError, match="is no GGUF file"):
        find_gguf(str(tmp_path / "notes.gguf"))


@pytest.mark.parametrize("model", ["absent.gguf", "/absent/model.gguf", "~nobody-here/model.gguf"])
def test_a_model_file_that_is_not_there_is_told(model: str) -> None:
    with pytest.raises(TeacherError, match="neither a file here nor a Hub file") as refused:
        find_gguf(model)
    assert f"MODEL={model}" in str(refused.value)


@pytest.mark.parametrize("model", ["owner/name:file.gguf", "owner/name"])
def test_a_hub_file_without_a_network_is_told(model: str) -> None:
    """In a process of its own: huggingface_hub reads HF_HUB_OFFLINE when it is imported."""
    code = f"from builders.teachers import find_gguf; find_gguf({model!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"HF_HUB_OFFLINE": "1", "PATH": "", "HF_HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("builders.errors.TeacherError: MODEL=owner/name")
    assert "local GGUF file" in done.stderr
    assert "bundled model" in done.stderr
