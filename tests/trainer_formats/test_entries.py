"""Entries: one a config and split, with a name of its own and a shape that its rows have."""

import pytest

from builders.judged import Outcome
from builders.manifest import build_manifest
from builders.manifest_parts import SplitFacts
from builders.trainer_formats.entries import (
    PublishedAt,
    list_entries,
    list_inline_entries,
)
from tests import test_instruction_manifest, test_manifest
from tests.outcomes import checked, small_facts
from tests.pretraining import test_manifest as test_pretraining_manifest

REASONING = test_manifest.small_manifest()
INSTRUCTION = test_instruction_manifest.small_manifest()
PRETRAINING = test_pretraining_manifest.small_manifest()
PUBLISHED = PublishedAt("me/my-set", "v1.2.0")


def test_names_tell_kind_or_repository_and_config() -> None:
    assert [one.name for one in list_entries(REASONING, None)] == [
        "reasoning_default",
        "reasoning_inline_think",
    ]
    assert [one.name for one in list_entries(INSTRUCTION, PUBLISHED)] == [
        "my-set_default",
        "my-set_alpaca",
        "my-set_sharegpt",
    ]


def test_every_config_has_the_shape_of_its_rows() -> None:
    shapes = {one.config: one.shape for one in list_entries(REASONING, None)}
    assert shapes == {"default": "thoughts", "inline_think": "messages"}
    shapes = {one.config: one.shape for one in list_entries(INSTRUCTION, None)}
    assert shapes == {"default": "messages", "alpaca": "alpaca", "sharegpt": "sharegpt"}
    shapes = {one.config: one.shape for one in list_entries(PRETRAINING, None)}
    assert shapes.pop("with_prompt") == "pair"
    assert set(shapes.values()) == {"text"}


def test_a_split_has_an_entry_that_no_config_can_be_mistaken_for() -> None:
    config = INSTRUCTION.configs[0]
    splits = [*config.splits, SplitFacts(name="validation", num_examples=3, num_bytes=9)]
    splits += [SplitFacts(name="test", num_examples=0, num_bytes=0)]
    files = {**config.data_files, "validation": "data/validation-*.parquet"}
    more = config.model_copy(update={"splits": splits, "data_files": files})
    entries = list_entries(INSTRUCTION.model_copy(update={"configs": [more]}), None)
    assert [(one.name, one.files) for one in entries] == [
        ("instruction_default", "data/train-*.parquet"),
        ("instruction_default@validation", "data/validation-*.parquet"),
    ]


def test_a_trainer_that_would_lose_the_thoughts_gets_the_config_that_holds_them_inline() -> None:
    assert [one.config for one in list_inline_entries(REASONING, None)] == ["inline_think"]
    assert list_inline_entries(INSTRUCTION, None) == list_entries(INSTRUCTION, None)
    assert list_inline_entries(PRETRAINING, None) == list_entries(PRETRAINING, None)


def test_where_no_row_has_a_thought_nobody_is_taught_an_empty_pair_of_tags() -> None:
    outcome = Outcome(published=[checked("1+1?", "", "\\boxed{42}")], rejected=[])
    manifest = build_manifest(
        outcome,
        small_facts(rows_wanted=1),
        [
            test_manifest.file_record("default", 0, 1),
            test_manifest.file_record("inline_think", 0, 1),
        ],
    )
    assert [one.config for one in list_inline_entries(manifest, None)] == ["default"]


def test_one_glob_finds_the_folders_of_all_formats() -> None:
    files = {one.config: one.files for one in list_entries(PRETRAINING, None)}
    assert files["default"] == files["with_prompt"] == "data/*/train-*.parquet"
    assert files["wikihow"] == "data/wikihow/train-*.parquet"


def test_globs_that_no_one_glob_can_stand_for_are_refused() -> None:
    config = PRETRAINING.configs[0].model_copy(
        update={"data_files": {"train": ["data/a/train-*.parquet", "data/b/other-*.parquet"]}}
    )
    with pytest.raises(ValueError, match="no one glob finds"):
        list_entries(PRETRAINING.model_copy(update={"configs": [config]}), None)
