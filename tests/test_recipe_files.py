"""RECIPE and CONFIG name at most one file, settings merge table by table, faults are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builders.errors import RecipeError
from builders.recipe import Recipe
from builders.recipe_files import (
    RecipeFile,
    find_recipe,
    merge_settings,
    read_bundled,
    read_own,
    read_resolved,
)

NAMES = ("alpaca", "self-instruct")


def test_a_bundled_name_and_a_file_go_together() -> None:
    assert find_recipe("", "", NAMES) == ("", None)
    assert find_recipe("alpaca", "", NAMES) == ("alpaca", None)
    assert find_recipe("alpaca", "a.toml", NAMES) == ("alpaca", (Path("a.toml"), "CONFIG"))


@pytest.mark.parametrize("path", ["mine.toml", "MINE.TOML", "folder/mine", "./mine"])
def test_what_looks_like_a_path_is_one(path: str) -> None:
    assert find_recipe(path, "", NAMES) == ("", (Path(path), "RECIPE"))


def test_a_file_is_found_whatever_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine").write_text("rows = 3", encoding="utf-8")
    assert find_recipe("mine", "", NAMES) == ("", (Path("mine"), "RECIPE"))


def test_an_unknown_name_is_told_with_the_bundled_ones() -> None:
    with pytest.raises(RecipeError) as refused:
        find_recipe("alpacca", "", NAMES)
    message = str(refused.value)
    assert "RECIPE=alpacca" in message
    assert "Did you mean alpaca?" in message
    assert "alpaca, self-instruct" in message


def test_two_files_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"RECIPE=a\.toml and CONFIG=b\.toml"):
        find_recipe("a.toml", "b.toml", NAMES)


def test_settings_merge_table_by_table_and_leave_their_sources_alone() -> None:
    base = {"rows": 1, "seeds": {"source": "a", "limit": 3}, "judge": {}}
    over = {"seeds": {"limit": 4}, "judge": 7}
    assert merge_settings(base, over) == {
        "rows": 1,
        "seeds": {"source": "a", "limit": 4},
        "judge": 7,
    }
    assert base == {"rows": 1, "seeds": {"source": "a", "limit": 3}, "judge": {}}


def test_a_file_that_is_no_toml_is_told_by_its_variable(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("rows = = 1", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"RECIPE=.*is no TOML.*recipes/alpaca\.toml shows"):
        read_own(RecipeFile(path, "RECIPE"), "alpaca")


def test_a_whole_recipe_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text('{"rows": 7, "selection": {"keep": "all"}}')
    recipe = read_resolved(Recipe, path)
    assert recipe == Recipe.model_validate({"rows": 7, "selection": {"keep": "all"}})
    assert recipe.model_fields_set == {"rows", "selection"}


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read"), (b"[", "cannot be read"), (b'{"rowz": 1}', "Did you mean rows?")],
)
def test_a_whole_recipe_that_is_none_is_told(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "recipe.json").write_bytes(content)
    with pytest.raises(RecipeError, match=re.escape(told)):
        read_resolved(Recipe, tmp_path / "recipe.json")


@pytest.mark.parametrize("name", ["reasoning", *NAMES])
def test_bundled_recipes_are_whole(name: str) -> None:
    assert read_bundled(name)["rows"] == 100
