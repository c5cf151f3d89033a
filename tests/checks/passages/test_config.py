"""The recipe's section of the checks: what it refuses, and which rules a format gets."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from builders.checks.passages.config import FORMAT_GROUPS, PassageCheckConfig, find_group
from builders.checks.passages.rules import EnglishProse
from distilabel_pipelines.passages import FORMATS, BuiltInFormat


def test_every_format_of_ours_has_a_group() -> None:
    assert set(FORMAT_GROUPS) == set(FORMATS) == set(get_args(BuiltInFormat))
    assert find_group("textbook_academic_tone") is None


def test_rules_go_by_format_and_language() -> None:
    config = PassageCheckConfig()
    assert config.find_rules("story", "en") is config.prose_en
    assert config.find_rules("math", "zh") is config.mathematics_zh
    assert config.find_rules("an own format", "en") is None


def test_a_recipe_changes_one_threshold_and_keeps_the_others() -> None:
    config = PassageCheckConfig.model_validate({"prose_en": {"min_sentences": 7}})
    assert config.prose_en == EnglishProse(min_sentences=7)
    assert config.prose_en.max_mean_word_length == 10


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ({"openings": ["(unclosed"]}, "no regular expression"),
        ({"closings": ["(?:thanks)?"]}, "matches every text"),
        ({"min_wrods": 3}, "Extra inputs"),
        ({"prose_en": {"min_sentence": 3}}, "Extra inputs"),
        ({"min_language_share": 1.5}, "less than or equal to 1"),
    ],
)
def test_a_mistake_in_the_recipe_is_named(section: dict[str, object], part: str) -> None:
    with pytest.raises(ValidationError, match=part):
        PassageCheckConfig.model_validate(section)
