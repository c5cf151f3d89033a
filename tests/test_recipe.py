"""A recipe merges three sources, refuses what it does not know, and names what decides the rows."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from builders.errors import RecipeError
from builders.recipe import Recipe, digest_recipe, load_recipe

BUNDLED = Path(__file__).resolve().parents[1] / "builders/recipes/reasoning.toml"


def write_recipe(folder: Path, text: str) -> str:
    path = folder / "my recipe.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def refuse(config: str, overrides: dict[str, object] | None = None, **variables: str) -> str:
    with pytest.raises(RecipeError) as refused:
        load_recipe(config, overrides or {}, variables)
    return str(refused.value)


def test_the_bundled_recipe_holds_the_defaults() -> None:
    assert load_recipe("", {}) == Recipe()
    assert set(tomllib.loads(BUNDLED.read_text(encoding="utf-8"))) <= set(Recipe.model_fields)


def test_later_sources_win_setting_by_setting(tmp_path: Path) -> None:
    config = write_recipe(tmp_path, "rows = 7\n[sampling]\ntemperature = 0.1\ntop_p = 0.5\n")
    recipe = load_recipe(config, {"sampling": {"temperature": "0.9"}})
    assert recipe.rows == 7
    assert (recipe.sampling.temperature, recipe.sampling.top_p) == (0.9, 0.5)
    assert recipe.sampling.samples == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("row = 7", ["row = 7", "Did you mean rows?"]),
        ("[sampling]\ntemprature = 1", ["sampling.temprature = 1", "Did you mean temperature?"]),
        ("[gates]\nzzz = 1", ["gates.zzz = 1", "There are: require_thought"]),
        ('rows = "many"', ["rows = 'many'", "integer"]),
        ("rows = 0", ["rows = 0", "greater than or equal to 1"]),
        ("[teacher]\nllm = 'gpt'", ["teacher.llm = 'gpt'", "'embedded'"]),
        ("sampling = 3", ["sampling = 3"]),
        ("[selection]\nkeep = 'longest'", ["selection.keep = 'longest'", "'shortest'"]),
        ("rows = = 1", ["no TOML", "line 1"]),
    ],
)
def test_a_wrong_recipe_is_told_with_setting_and_value(
    tmp_path: Path, text: str, told: list[str]
) -> None:
    message = refuse(write_recipe(tmp_path, text))
    assert [part for part in told if part not in message] == []


def test_every_wrong_setting_is_told_at_once(tmp_path: Path) -> None:
    message = refuse(write_recipe(tmp_path, "rows = 0\nseed = 1\n"))
    assert "rows = 0" in message
    assert "seed = 1" in message


def test_a_value_from_a_variable_is_told_by_its_name() -> None:
    message = refuse("", {"rows": "abc"}, rows="ROWS")
    assert message.startswith("ROWS=abc: ")


def test_an_unreadable_recipe_is_told_with_its_path(tmp_path: Path) -> None:
    assert "No such file" in refuse(str(tmp_path / "absent.toml"))
    assert "directory" in refuse(str(tmp_path))
    assert "~nobody-here" in refuse("~nobody-here/recipe.toml")


def test_settings_that_the_teacher_would_ignore_are_refused() -> None:
    assert "LLM=vllm" in refuse("", {"teacher": {"base_url": "http://127.0.0.1:8000"}})
    message = refuse("", {"sampling": {"thinking_budget": "64"}})
    assert "THINKING_BUDGET=64" in message
    assert "MAX_TOKENS" in message


def test_the_bundled_model_is_asked_by_chat() -> None:
    assert "by chat only" in refuse("", {"teacher": {"api": "completions"}})
    own = {"api": "completions", "model": "mine.gguf"}
    assert load_recipe("", {"teacher": own}).teacher.api == "completions"


def test_recipe_names_the_bundled_one_or_a_file(tmp_path: Path) -> None:
    assert load_recipe("", {}, recipe="reasoning") == Recipe()
    config = write_recipe(tmp_path, "rows = 7\n")
    assert load_recipe("", {}, recipe=config) == load_recipe(config, {})
    with pytest.raises(RecipeError, match=r"RECIPE=alpaca: .* There are: reasoning"):
        load_recipe("", {}, recipe="alpaca")


def test_a_teacher_told_not_to_think_is_not_asked_for_thoughts(tmp_path: Path) -> None:
    config = write_recipe(tmp_path, "[sampling]\nthinking = false\n")
    assert not load_recipe(config, {}).gates.require_thought
    assert not load_recipe("", {"sampling": {"thinking": False}}).gates.require_thought
    strict = load_recipe(config, {"gates": {"require_thought": True}})
    assert strict.gates.require_thought
    assert load_recipe("", {}).gates.require_thought


def digest(**changes: object) -> str:
    recipe = Recipe.model_validate({"teacher": {"llm": "vllm"}, **changes})
    return digest_recipe(recipe.describe("model-a", 100))


def test_what_leaves_the_rows_alone_leaves_the_digest_alone() -> None:
    patient = {
        "llm": "vllm",
        "base_url": "http://elsewhere:1",
        "api_key_env": "KEY_OF_MINE",
        "concurrency": 3,
        "max_attempts": 2,
        "first_answer_wait_s": 1,
        "outage_wait_s": 1,
        "idle_timeout_s": 1,
        "stream": False,
    }
    assert digest(teacher=patient) == digest()
    assert digest(card={"language": "zh"}) == digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 101},
        {"seeds": {"limit": 5}},
        {"sampling": {"temperature": 0.7}},
        {"sampling": {"seed": 1}},
        {"teacher": {"llm": "vllm", "opening_tag_in_prompt": True}},
        {"teacher": {"llm": "dashscope"}},
        {"gates": {"require_thought": False}},
        {"selection": {"keep": "all"}},
        {"dedup": {"n_grams": 3}},
    ],
)
def test_what_decides_the_rows_changes_the_digest(changes: dict[str, object]) -> None:
    assert digest(**changes) != digest()


def test_model_and_resolved_max_tokens_are_part_of_the_description() -> None:
    recipe = Recipe()
    assert digest_recipe(recipe.describe("a", 100)) != digest_recipe(recipe.describe("b", 100))
    assert digest_recipe(recipe.describe("a", 100)) != digest_recipe(recipe.describe("a", 200))


def test_a_description_keeps_the_order_of_its_settings() -> None:
    """The card shows it as it is: a rebuilt card differs in nothing else."""
    described = Recipe().describe("m", 10)
    assert list(described) == [
        *("rows", "seeds", "teacher", "sampling", "decontamination"),
        *("gates", "selection", "dedup"),
    ]
    sampling = described["sampling"]
    assert isinstance(sampling, dict)
    assert list(sampling)[:3] == ["samples", "temperature", "top_p"]


def test_a_description_names_no_address_key_or_folder(tmp_path: Path) -> None:
    seeds = tmp_path / "my seeds.jsonl"
    seeds.touch()
    teacher = {"llm": "vllm", "base_url": "http://10.1.2.3:8000", "api_key_env": "KEY_OF_MINE"}
    recipe = Recipe.model_validate({"teacher": teacher, "seeds": {"source": str(seeds)}})
    described = json.dumps(recipe.describe("model", 100))
    assert '"my seeds.jsonl"' in described
    assert [word for word in ("10.1.2.3", "KEY_OF_MINE", str(tmp_path)) if word in described] == []


def test_a_key_in_a_recipe_is_refused_without_being_repeated(tmp_path: Path) -> None:
    message = refuse(write_recipe(tmp_path, "[teacher]\napi_key = 'sk-SECRET123'"))
    assert "Did you mean api_key_env?" in message
    assert "SECRET" not in message
