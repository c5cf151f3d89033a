"""The package stage of the pretraining kind: every config over the same files, stored once."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from builders.any_manifest import read_manifest
from builders.errors import NothingPublishedError
from builders.manifest_parts import digest_rows
from builders.package import package_pretraining_dataset, write_pretraining_dataset
from builders.pretraining.outcome import PretrainingOutcome
from builders.pretraining.rows import (
    COLUMNS,
    REJECTED_COLUMNS,
    SOURCE_COLUMNS,
    published_row,
    rejected_row,
    stored_row,
)
from builders.swap import STAGING_NAME
from tests.package_checks import (
    check_files,
    check_load_snippet,
    check_row_index,
    check_same_bytes,
)
from tests.pretraining.outcomes import passage, small_facts, small_outcome
from tests.pretraining.test_rows import HOSTILE

PLACES = {"default": (0, 3, 1, 4, 2), "with_prompt": (0, 3, 1, 4, 2), "story": (1, 4), "faq": (2,)}


def load(folder: Path, config: str | None, cache: Path, *, streaming: bool = False) -> Any:  # noqa: ANN401  # datasets has no types
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    return load_dataset(
        str(folder), config, cache_dir=str(cache), split="train", streaming=streaming
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small build."""
    out = tmp_path_factory.mktemp("build")
    package_pretraining_dataset(small_outcome(), small_facts(), out / STAGING_NAME, out)
    return out


def rows_of(config: str) -> list[dict[str, object]]:
    stored = [stored_row(small_outcome().published[place]) for place in PLACES[config]]
    return stored if config == "with_prompt" else [published_row(row) for row in stored]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("config", PLACES)
def test_each_config_loads_with_its_rows_and_exactly_its_features(
    built: Path, tmp_path: Path, config: str, streaming: bool
) -> None:
    loaded = load(built / "dataset", config, tmp_path, streaming=streaming)
    manifest = read_manifest(built / "manifest.json")
    (described,) = [one for one in manifest.configs if one.name == config]

    assert list(loaded) == rows_of(config)
    assert [list(row) for row in loaded] == [list(row) for row in rows_of(config)]
    assert loaded.features._to_yaml_list() == described.features


def test_default_is_what_loads_without_a_name_and_has_no_prompt(
    built: Path, tmp_path: Path
) -> None:
    loaded = load(built / "dataset", None, tmp_path)
    assert loaded.column_names == [column.name for column in COLUMNS]
    assert "prompt" not in loaded.column_names
    manifest = read_manifest(built / "manifest.json")
    assert digest_rows(loaded) == manifest.content_digest
    check_row_index(manifest, built / "dataset", loaded)
    check_load_snippet(manifest, built / "dataset", tmp_path)


def test_the_configs_sizes_are_those_of_the_rows_they_show(built: Path, tmp_path: Path) -> None:
    for described in read_manifest(built / "manifest.json").configs[:3]:
        loaded = load(built / "dataset", described.name, tmp_path)
        assert described.splits[0].num_examples == len(loaded)
        shown = sum(
            len(text.encode()) for row in loaded for text in row.values() if isinstance(text, str)
        )
        assert shown < described.dataset_size < shown + 200 * len(loaded) + 1000


def test_every_row_is_stored_once_in_a_folder_of_its_format(built: Path) -> None:
    files = sorted((built / "dataset" / "data").rglob("*.parquet"))
    assert [path.relative_to(built / "dataset").as_posix() for path in files] == [
        f"data/{name}/train-00000-of-00001.parquet" for name in ("faq", "story", "wikihow")
    ]
    assert sum(pq.read_metadata(path).num_rows for path in files) == 5
    for path in files:
        assert set(pq.read_table(path)["format"].to_pylist()) == {path.parent.name}


def outcome_with(texts: dict[str, str]) -> PretrainingOutcome:
    """One published row a format, the text as given."""
    rows = [passage(text, n, format=name) for n, (name, text) in enumerate(texts.items())]
    rejected = small_outcome().rejected[4:5]
    return small_outcome()._replace(published=rows, rejected=rejected)


def test_hostile_formats_and_texts_load_and_leave_no_other_folder(tmp_path: Path) -> None:
    names = ["default", "data", "Story", "story", "../../up", "a\nb", "con", ".x", "no", "1.10"]
    outcome = outcome_with({name: f"{HOSTILE}{name}" for name in names})
    facts = small_facts(rows_wanted=len(names))
    staging = tmp_path / "inside" / "staging"
    manifest = write_pretraining_dataset(outcome, facts, staging)

    loaded = load(staging / "dataset", "default", tmp_path / "cache")
    assert {row["format"]: row["text"] for row in loaded} == {
        name: f"{HOSTILE}{name}" for name in names
    }
    assert len({config.name.casefold() for config in manifest.configs}) == 2 + len(names)
    for config in manifest.configs[2::3]:
        (row,) = load(staging / "dataset", config.name, tmp_path / "cache")
        assert row["text"] == f"{HOSTILE}{row['format']}"
    assert {path.name for path in tmp_path.iterdir()} == {"inside", "cache"}


def test_more_rows_only_add_rows(tmp_path: Path) -> None:
    """A format that comes later changes neither files nor order of those before it."""
    rows = [passage(f"Text {n}.", n, format=("story", "faq")[n % 2]) for n in range(6)]
    late = [passage(f"Text {n}.", n, format="wikihow") for n in range(6, 8)]
    rejected = small_outcome().rejected[4:5]
    loaded = []
    for name, published in (("a", rows), ("b", [*rows, *late])):
        outcome = small_outcome()._replace(published=published, rejected=rejected)
        write_pretraining_dataset(outcome, small_facts(rows_wanted=len(published)), tmp_path / name)
        loaded.append(load(tmp_path / name / "dataset", None, tmp_path / "cache").to_list())
    ids = {row["id"] for row in loaded[0]}
    assert [row for row in loaded[1] if row["id"] in ids] == loaded[0]
    for text_format in ("story", "faq"):
        path = f"dataset/data/{text_format}/train-00000-of-00001.parquet"
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_rejected_rows_and_sources_keep_their_texts_and_say_why(built: Path) -> None:
    table = pq.read_table(built / "rejected" / "rejected-00000-of-00001.parquet")
    assert table.column_names == [column.name for column in REJECTED_COLUMNS]
    assert table.to_pylist() == [rejected_row(one) for one in small_outcome().rejected]
    sources = pq.read_table(built / "rejected" / "sources-00000-of-00001.parquet")
    assert sources.column_names == [column.name for column in SOURCE_COLUMNS]
    assert sources["reason"].to_pylist() == ["boilerplate", "boilerplate", "contaminated"]


def test_the_manifest_names_every_file_and_is_read_back_as_its_kind(tmp_path: Path) -> None:
    check_files(write_pretraining_dataset(small_outcome(), small_facts(), tmp_path), tmp_path)


def test_the_same_build_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        manifest = write_pretraining_dataset(small_outcome(), small_facts(), tmp_path / name)
    check_same_bytes(manifest, tmp_path / "a", tmp_path / "b")


def test_nothing_published_leaves_no_dataset_but_what_was_rejected(tmp_path: Path) -> None:
    outcome = small_outcome()._replace(published=[], ended_by="prompts")
    with pytest.raises(NothingPublishedError, match=r"no row of 7 passed \(surplus 2"):
        package_pretraining_dataset(outcome, small_facts(), tmp_path / STAGING_NAME, tmp_path)
    assert not (tmp_path / "dataset").exists()
    assert not (tmp_path / "manifest.json").exists()
    assert len(list((tmp_path / "rejected").iterdir())) == 2
