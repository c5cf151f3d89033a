"""What a recipe may say about decontamination."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from builders.command_line import INSTRUCTION, PRETRAINING, REASONING, BuildKind, read_options
from builders.decontamination import DecontaminationConfig
from builders.recipe_sections import BuildRecipe


def test_it_is_on_by_default_and_the_default_folder_counts_as_not_named() -> None:
    config = DecontaminationConfig()
    assert config.enabled
    assert config.benchmarks == "benchmarks_data"
    assert not config.is_named


def test_a_folder_that_was_given_counts_as_named_even_where_it_is_the_default_one() -> None:
    assert DecontaminationConfig(benchmarks="benchmarks_data").is_named


def test_items_shorter_than_an_n_gram_cannot_be_long_ones() -> None:
    with pytest.raises(ValidationError, match="short_tokens = 13 is below n_grams = 20"):
        DecontaminationConfig(n_grams=20)


@pytest.mark.parametrize("kind", [REASONING, INSTRUCTION, PRETRAINING], ids=lambda kind: kind.name)
def test_the_variable_names_the_folder_in_every_kind(kind: BuildKind[BuildRecipe]) -> None:
    named = read_options(["--benchmarks", "my/folder"], kind).recipe
    assert (named.decontamination.benchmarks, named.decontamination.is_named) == ("my/folder", True)
    assert not read_options([], kind).recipe.decontamination.is_named


def test_a_described_recipe_shows_the_settings_and_no_path() -> None:
    recipe = read_options(["--benchmarks", "/srv/private"], REASONING).recipe
    described = recipe.describe("model", 10)["decontamination"]
    assert described == DecontaminationConfig().model_dump(exclude={"benchmarks", "pins"})
