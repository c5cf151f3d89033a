"""What a recipe may say about decontamination."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from builders.decontamination import DecontaminationConfig


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
