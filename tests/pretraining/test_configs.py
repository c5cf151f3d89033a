"""Configs of a pretraining dataset: names that are safe everywhere, sizes of what they show."""

import re
from typing import Any

import pytest

from builders.pretraining.configs import (
    MAX_OWN_CONFIGS,
    FormatFile,
    describe_configs,
    name_configs,
    name_folder,
)
from distilabel_pipelines.passages import FORMATS

HOSTILE = [
    "default",
    "with_prompt",
    "data",
    "other_formats",
    "Story",
    "STORY",
    "..",
    ".",
    ".hidden",
    "__private",
    "-rf",
    "a.",
    "con",
    "nul.txt",
    "aux",
    "story-0123abcd",
    "",
    " ",
    "a/b",
    "a\\b",
    "a*b",
    "a[0]",
    "a\nb",
    "é",
    "x" * 300,
    "\ud800",
]


def file(folder: str, rows: int, number: int = 0) -> FormatFile:
    fields: dict[str, Any] = {"bytes": 500, "memory_bytes": 1000 * rows, "prompt_bytes": 100 * rows}
    path = f"data/{folder}/train-{number:05d}-of-00002.parquet"
    return FormatFile(
        folder="dataset", path=path, config=folder, split="train", rows=rows, sha256="", **fields
    )


def test_formats_that_are_built_in_or_plain_keep_their_names() -> None:
    assert name_configs(FORMATS) == {name: name for name in FORMATS}
    for plain in ("custom", "textbook_v1.5", "open-web-math", "2nd"):
        assert name_folder(plain) == plain


def test_names_that_cannot_be_folders_of_their_own_get_others() -> None:
    names = [name_folder(one) for one in HOSTILE]
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_]*-[0-9a-f]{8}", name) for name in names), names
    assert len({name.casefold() for name in [*names, "story", "custom"]}) == len(HOSTILE) + 2
    assert name_folder("Story").startswith("story-")


def test_the_datasets_library_takes_every_name_for_a_config() -> None:
    from datasets import BuilderConfig  # noqa: PLC0415  # 1 s, only where it is used

    for one in [*HOSTILE, *FORMATS]:
        assert BuilderConfig(name=name_folder(one)).name == name_folder(one)


def test_a_formats_name_does_not_depend_on_other_formats() -> None:
    alone = name_configs(["Story", "zebra"])
    grown = name_configs(["faq", "zebra", "Story", "story", "STORY", "wikihow"])
    assert alone.items() <= grown.items()
    assert list(grown) == ["wikihow", "story", "faq", "STORY", "Story", "zebra"]


def test_too_many_formats_share_a_config() -> None:
    own = [f"own{number:03d}" for number in range(MAX_OWN_CONFIGS)]
    assert name_configs(own) == {name: name for name in own}
    names = name_configs([*own, "one_more", "faq"])
    assert names["faq"] == "faq"
    assert {name for text_format, name in names.items() if text_format != "faq"} == {
        "other_formats"
    }


def test_every_config_counts_what_it_shows() -> None:
    files = [file("faq", 3), file("faq", 2, 1), file("story", 1)]
    default, with_prompt, story, faq = describe_configs({"story": "story", "faq": "faq"}, files)

    assert (default.default, with_prompt.default, story.default) == (True, False, False)
    assert default.data_files == {
        "train": ["data/story/train-*.parquet", "data/faq/train-*.parquet"]
    }
    assert with_prompt.data_files == default.data_files
    assert faq.data_files == {"train": ["data/faq/train-*.parquet"]}
    assert [one.splits[0].num_examples for one in (default, with_prompt, story, faq)] == [
        6,
        6,
        1,
        5,
    ]
    assert (with_prompt.dataset_size, default.dataset_size) == (6000, 5400)
    assert (default.download_size, faq.download_size) == (1500, 1000)
    assert set(with_prompt.columns) - set(default.columns) == {"prompt"}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_features_are_the_columns_shown_in_their_order(place: int) -> None:
    view = describe_configs({"faq": "faq"}, [file("faq", 1)])[place]
    assert [feature["name"] for feature in view.features] == view.columns


def test_files_that_were_rejected_are_in_no_config() -> None:
    rejected = file("faq", 9).model_copy(update={"config": None, "folder": "rejected"})
    (view, *_) = describe_configs({"faq": "faq"}, [file("faq", 1), rejected])
    assert view.splits[0].num_examples == 1
