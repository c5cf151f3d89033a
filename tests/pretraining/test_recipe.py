"""The pretraining recipe: its defaults, what it refuses, what it tells the manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders.dedup.documents import DocumentDedupConfig
from builders.errors import RecipeError
from builders.pretraining.recipe import PretrainingRecipe, load_pretraining_recipe
from builders.recipe_files import read_bundled
from builders.recipe_sections import digest_recipe


def refuse(config: str = "", recipe: str = "", **overrides: object) -> str:
    with pytest.raises(RecipeError) as refused:
        load_pretraining_recipe(config, overrides, {}, recipe=recipe)
    return str(refused.value)


def test_the_bundled_recipe_holds_the_defaults() -> None:
    assert load_pretraining_recipe("", {}) == PretrainingRecipe()
    assert load_pretraining_recipe("", {}, recipe="cosmopedia") == PretrainingRecipe()
    told = read_bundled("cosmopedia")
    default = PretrainingRecipe().model_dump(mode="json")
    for name, section in told.items():
        if isinstance(section, dict):
            assert {key: default[name][key] for key in section if key != "routing"} == {
                key: value for key, value in section.items() if key != "routing"
            }


def test_a_file_changes_the_bundled_recipe_table_by_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("rows = 7\n[mixture.sources]\nstory = 9\n[sampling]\ncontinuations = 2\n")
    recipe = load_pretraining_recipe("", {}, recipe=str(path))
    assert recipe == load_pretraining_recipe(str(path), {})
    assert (recipe.rows, recipe.sampling.continuations) == (7, 2)
    assert recipe.mixture.sources["story"] == 9
    assert recipe.mixture.sources["web"] == PretrainingRecipe().mixture.sources["web"]


def test_a_judge_is_refused_in_words() -> None:
    told = refuse(judge={"llm": "vllm", "enabled": True})
    assert "JUDGE_LLM=vllm" in told
    assert "no judge" in told


def test_a_thought_is_not_continued() -> None:
    told = refuse(sampling={"thinking": True, "continuations": 2}, teacher={"llm": "vllm"})
    assert "continuations = 2" in told
    assert "THINKING=1" in told


def test_the_bundled_model_is_asked_by_chat_only() -> None:
    assert "API=completions" in refuse(teacher={"api": "completions"})
    base = load_pretraining_recipe("", {"teacher": {"llm": "vllm", "api": "completions"}})
    assert base.teacher.api == "completions"
    assert not base.teacher.opening_tag_in_prompt


def test_a_base_model_is_not_asked_to_think() -> None:
    told = refuse(sampling={"thinking": True}, teacher={"llm": "vllm", "api": "completions"})
    assert "THINKING=1" in told


def test_a_mistyped_setting_is_told_with_the_nearest_name() -> None:
    assert "continuations" in refuse(sampling={"continuation": 2})
    assert "no such setting" in refuse(seeds={"kindd": "web"})


def test_more_rows_may_take_more_prompts() -> None:
    recipe = PretrainingRecipe(rows=30)
    assert recipe.most_prompts == 30 * recipe.mixture.prompts_per_row


def test_the_manifest_learns_names_of_sources_and_no_folder(tmp_path: Path) -> None:
    pages, books = tmp_path / "pages.jsonl", tmp_path / "books.jsonl"
    pages.touch()
    books.touch()
    source = f"{pages},owner/name:config,{books}"
    recipe = load_pretraining_recipe("", {"seeds": {"source": source}})
    described = recipe.describe("some-model", 4096)
    seeds, sampling, teacher = (described[name] for name in ("seeds", "sampling", "teacher"))
    assert isinstance(seeds, dict)
    assert isinstance(sampling, dict)
    assert isinstance(teacher, dict)
    assert seeds["source"] == "pages.jsonl,owner/name:config,books.jsonl"
    assert sampling["max_tokens"] == 4096
    assert teacher["model"] == "some-model"
    assert str(tmp_path) not in json.dumps(described)
    assert digest_recipe(described) == digest_recipe(recipe.describe("some-model", 4096))
    assert digest_recipe(described) != digest_recipe(recipe.describe("some-model", 2048))


def test_how_fast_it_goes_is_no_part_of_what_decides_the_rows() -> None:
    one, four = (PretrainingRecipe(dedup=DocumentDedupConfig(workers=count)) for count in (1, 4))
    assert digest_recipe(one.describe("m", 9)) == digest_recipe(four.describe("m", 9))
