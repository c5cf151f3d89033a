"""Teachers: where they listen, which key they want, what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builders.errors import RecipeError, TeacherError
from builders.instruction_recipe import InstructionRecipe
from builders.recipe import Recipe
from builders.teachers import DASHSCOPE_URLS, plan_gateway
from distilabel_pipelines.gateway.settings import GatewaySettings, TeacherSettings

URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASHSCOPE_API_KEY", "VLLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def make_recipe(llm: str, sampling: dict[str, Any] | None = None, **teacher: object) -> Recipe:
    return Recipe.model_validate({"teacher": {"llm": llm, **teacher}, "sampling": sampling or {}})


def plan_all(recipe: Recipe) -> GatewaySettings:
    return plan_gateway(recipe, Path("responses"))


def plan(recipe: Recipe) -> TeacherSettings:
    return plan_all(recipe).teacher


def make_whole(**sections: dict[str, Any]) -> Recipe:
    return Recipe.model_validate(sections)


def test_vllm_needs_an_address_or_a_model_to_start() -> None:
    with pytest.raises(RecipeError, match="BASE_URL=") as refused:
        plan(make_recipe("vllm"))
    assert "MODEL=Qwen/Qwen3-8B" in str(refused.value)
    assert plan(make_recipe("vllm", base_url=URL)).base_urls == (URL,)
    for wrong in ("localhost:8000", "ftp://127.0.0.1"):
        with pytest.raises(RecipeError, match=f"BASE_URL={wrong} must begin with http"):
            plan(make_recipe("vllm", base_url=wrong))


def test_several_addresses_are_separated_by_commas() -> None:
    settings = plan(make_recipe("vllm", base_url=f"{URL}, http://b:1/v1,{URL},"))
    assert settings.base_urls == (URL, "http://b:1/v1")


def test_vllm_is_started_for_a_model_without_an_address() -> None:
    settings = plan(make_recipe("vllm", model="Qwen/Qwen3-8B", vllm_args="--max-model-len '4096'"))
    assert settings.vllm is not None
    assert settings.vllm.model == settings.model == "Qwen/Qwen3-8B"
    assert settings.vllm.arguments == ("--max-model-len", "4096")
    assert settings.base_urls == ()
    assert settings.first_answer_wait_s == 3600  # it loads for minutes, and tells its progress
    with pytest.raises(RecipeError, match="VLLM_ARGS"):
        plan(make_recipe("vllm", model="m", vllm_args="--flag 'open"))


def test_a_local_models_folder_is_named_without_its_path(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    settings = plan(make_recipe("vllm", model=str(folder)))
    assert settings.vllm is not None
    assert settings.vllm.model == str(folder)
    assert settings.model.startswith("my-model@")
    (folder / "model.safetensors").write_bytes(b"trained")
    assert plan(make_recipe("vllm", model=str(folder))).model != settings.model


def test_dashscope_has_an_address_of_its_own_in_each_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")
    for region, url in DASHSCOPE_URLS.items():
        settings = plan(make_recipe("dashscope", model="qwen3", region=region))
        assert settings.base_urls == (url,)
        assert settings.dialect == "dashscope"


def test_batches_are_asked_for_where_an_endpoint_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")
    batch = plan(make_recipe("dashscope", batch=True, batch_fallback="reject")).batch
    assert batch is not None
    assert batch.fallback == "reject"
    assert plan(make_recipe("dashscope")).batch is None


def test_a_price_is_looked_up_for_dashscope_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of the same name on one's own server costs nothing by that table."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")
    there = plan(make_recipe("dashscope", model="qwen-plus"))
    assert {price.currency for price in there.prices} == {"CNY"}
    assert plan(make_recipe("vllm", base_url=URL, model="qwen-plus")).prices == ()


def test_thoughts_beyond_max_tokens_count_in_the_worst_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")
    chosen = {"thinking_budget": 512}
    assert plan(make_recipe("dashscope", chosen, model="qwen-plus")).thought_tokens == 512
    assert plan(make_recipe("dashscope", {"thinking": False}, model="x")).thought_tokens == 0
    together = make_recipe("dashscope", model="x", max_tokens_field="max_completion_tokens")
    assert plan(together).thought_tokens == 0
    assert plan(make_recipe("vllm", base_url=URL)).thought_tokens == 0


def test_a_budget_in_money_needs_a_price() -> None:
    sections = {"teacher": {"llm": "vllm", "base_url": URL, "model": "m"}}
    with pytest.raises(RecipeError, match="price of MODEL=m is unknown"):
        plan_all(make_whole(**sections, budget={"limit": "5USD"}))
    budget = plan_all(make_whole(**sections, budget={"limit": "2Mtok"})).budget
    assert budget is not None
    assert budget.unit == "tokens"


def test_a_judge_is_a_second_teacher_with_variables_of_its_own() -> None:
    judge = {"enabled": True, "llm": "vllm", "base_url": "http://127.0.0.1:9", "model": "j"}
    settings = plan_all(make_whole(teacher={"llm": "embedded"}, judge=judge))
    assert settings.judge is not None
    assert settings.judge.base_urls == ("http://127.0.0.1:9",)
    assert settings.judge.admission_limit is None
    assert plan_all(make_whole(judge={**judge, "enabled": False})).judge is None
    with pytest.raises(RecipeError, match="JUDGE_BASE_URL=ftp"):
        plan_all(make_whole(judge={**judge, "base_url": "ftp://x"}))


def test_requests_wait_to_be_admitted_where_that_is_wanted() -> None:
    """A refill opens the gate of a reasoning build; rounds of instructions need none."""
    teacher = {"llm": "vllm", "base_url": URL}
    assert plan_all(make_recipe("vllm", base_url=URL)).teacher.admission_limit == 0
    recipe = InstructionRecipe.model_validate({"teacher": teacher})
    settings = plan_gateway(recipe, Path("responses"), admission_limit=None)
    assert settings.teacher.admission_limit is None
    assert settings.teacher.thought_tokens == 0


def test_a_key_never_enters_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-do-not-copy")
    assert "sk-do-not-copy" not in plan_all(make_recipe("dashscope")).model_dump_json()


def test_a_missing_key_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TeacherError, match="DASHSCOPE_API_KEY is not set"):
        plan(make_recipe("dashscope"))
    monkeypatch.setenv("MY_KEY", "")
    with pytest.raises(TeacherError, match="MY_KEY is not set"):
        plan(make_recipe("vllm", base_url=URL, api_key_env="MY_KEY"))
    monkeypatch.setenv("MY_KEY", "sk-1")
    settings = plan(make_recipe("vllm", base_url=URL, api_key_env="MY_KEY"))
    assert settings.api_key_env == "MY_KEY"


def test_a_login_in_the_address_or_a_broken_key_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(RecipeError, match="holds a login") as refused:
        plan(make_recipe("vllm", base_url="http://me:secret@host:1"))
    assert "secret" not in str(refused.value)
    monkeypatch.setenv("MY_KEY", "sk-1\nsk-2")
    with pytest.raises(TeacherError, match="line break") as broken:
        plan(make_recipe("vllm", base_url=URL, api_key_env="MY_KEY"))
    assert "sk-" not in str(broken.value)
    monkeypatch.setenv("MY_KEY", "  ")
    with pytest.raises(TeacherError, match="MY_KEY is not set"):
        plan(make_recipe("vllm", base_url=URL, api_key_env="MY_KEY"))


def test_fields_that_win_over_ours_count_in_the_worst_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-1")
    body = {"enable_thinking": True, "thinking_budget": 700}
    recipe = make_recipe("dashscope", {"thinking": False}, model="qwen-plus", extra_body=body)
    assert plan(recipe).thought_tokens == 700


def test_vllm_works_without_a_key() -> None:
    assert plan(make_recipe("vllm", base_url=URL)).api_key_env == "VLLM_API_KEY"


def test_a_key_in_place_of_its_variables_name_is_not_repeated() -> None:
    with pytest.raises(RecipeError) as refused:
        plan(make_recipe("vllm", base_url=URL, api_key_env="sk-secret-1"))
    assert "sk-secret" not in str(refused.value)
    assert "API_KEY_ENV" in str(refused.value)


def test_teachers_are_streamed_unless_the_recipe_says_otherwise() -> None:
    assert plan(make_recipe("vllm", base_url=URL)).stream
    assert plan(make_recipe("vllm", {"thinking": False}, base_url=URL)).stream
    assert not plan(make_recipe("vllm", base_url=URL, stream=False)).stream


def test_concurrency_has_defaults_by_teacher() -> None:
    assert plan(make_recipe("vllm", base_url=URL)).concurrency == 64
    assert plan(make_recipe("vllm", base_url=URL, concurrency=3)).concurrency == 3


def test_a_gguf_file_of_ones_own_is_served_on_all_cores(tmp_path: Path) -> None:
    weights = tmp_path / "my model.gguf"
    weights.write_bytes(b"GGUF")
    settings = plan(make_recipe("embedded", model=str(weights)))
    assert settings.embedded is not None
    assert settings.embedded.model_path == str(weights)
    assert settings.base_urls == ()
    assert settings.model.startswith("my model.gguf@")
    weights.write_bytes(b"GGUF2")
    assert plan(make_recipe("embedded", model=str(weights))).model != settings.model
