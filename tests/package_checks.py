"""What every packaged dataset must bear: a manifest that names its files, the same bytes again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from builders.any_manifest import AnyManifest, read_manifest
from builders.documents import render_documents
from builders.manifest_parts import digest_rows
from builders.publishing.row_index import (
    ROW_INDEX_NAME,
    find_row_index,
    index_rows,
    read_row_index,
)
from builders.splits import SPLITS
from builders.trainer_formats.entries import list_entries


def check_files(manifest: AnyManifest, staging: Path) -> None:
    """The manifest names every Parquet file by its digest and stands beside the card too."""
    found = {path.relative_to(staging).as_posix() for path in staging.rglob("*.parquet")}
    assert {f"{record.folder}/{record.path}" for record in manifest.files} == found
    for record in manifest.files:
        content = (staging / record.folder / record.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == record.sha256
    assert read_manifest(staging / "manifest.json") == manifest
    copy = (staging / "dataset" / "manifest.json").read_bytes()
    assert (staging / "manifest.json").read_bytes() == copy


def check_same_bytes(manifest: AnyManifest, first: Path, second: Path) -> None:
    """Both folders hold the manifest's files, the documents made from it, and nothing else."""
    written = read_files(first)
    named = {f"{record.folder}/{record.path}" for record in manifest.files}
    made = {f"dataset/{path}" for path in [*render_documents(manifest), "manifest.json"]}
    assert {path.as_posix() for path in written} == {*named, *made, "manifest.json"}
    assert written == read_files(second)


def read_files(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder, by its path inside."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder): path.read_bytes() for path in files}


def check_row_index(
    manifest: AnyManifest, dataset: Path, default: Iterable[Mapping[str, object]]
) -> None:
    """The index is that of config `default` as it was loaded, and no config shows its file."""
    record = find_row_index(manifest.files)
    assert record is not None
    assert (record.config, record.split, record.rows) == (None, None, manifest.rows.published)
    assert list(read_row_index(dataset / ROW_INDEX_NAME)) == list(index_rows("train", default))
    assert ROW_INDEX_NAME.encode() not in _front_matter(dataset / "README.md")


def check_load_snippet(manifest: AnyManifest, dataset: Path, cache: Path) -> None:
    """What the card tells a reader to type loads each config that it names, whole."""
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    card = (dataset / "README.md").read_text(encoding="utf-8")
    imported, code = card.split("```python\n")[1].split("```", 1)[0].split("\n", 1)
    assert imported == "from datasets import load_dataset"
    loaded: dict[str, Any] = {"load_dataset": partial(load_dataset, cache_dir=str(cache))}
    exec(code.replace("path/to/dataset", str(dataset)), loaded)  # noqa: S102  # our own card
    rows = {one.config_name: len(one) for one in loaded.values() if hasattr(one, "config_name")}
    sizes = {one.name: one.splits[0].num_examples for one in manifest.configs}
    assert len(rows) >= 2
    assert rows == {name: sizes[name] for name in rows}


def _front_matter(card: Path) -> bytes:
    return card.read_bytes().split(b"\n---\n", 1)[0]


def check_splits(manifest: AnyManifest, dataset: Path, cache: Path) -> dict[str, list[Any]]:
    """Every config loads with its splits in their order, as manifest and index count them.

    Returns the rows of config `default` by split.
    """
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    default: dict[str, list[Any]] = {}
    for config in manifest.configs:
        loaded = load_dataset(str(dataset), config.name, cache_dir=str(cache))
        told = {split.name: split.num_examples for split in config.splits}
        assert list(told) == [split for split in SPLITS if split in told]
        assert list(config.data_files) == list(told)
        assert [(name, len(rows)) for name, rows in loaded.items()] == list(told.items())
        if config.default:
            default = {name: rows.to_list() for name, rows in loaded.items()}
    _check_order(manifest, dataset, default)
    _check_entries(manifest, dataset)
    check_load_snippet(manifest, dataset, cache)
    return default


def _check_order(manifest: AnyManifest, dataset: Path, default: dict[str, list[Any]]) -> None:
    ordered = [row for rows in default.values() for row in rows]
    assert digest_rows(ordered) == manifest.content_digest
    indexed = [one for split, rows in default.items() for one in index_rows(split, rows)]
    assert list(read_row_index(dataset / ROW_INDEX_NAME)) == indexed
    assert manifest.splits is not None
    assert {name: len(rows) for name, rows in default.items()} == {
        split: rows for split, rows in manifest.splits.rows.items() if rows
    }


def _check_entries(manifest: AnyManifest, dataset: Path) -> None:
    """Each trainer's glob finds the files of its split and no other."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # as above

    sizes = {
        (config.name, split.name): split.num_examples
        for config in manifest.configs
        for split in config.splits
    }
    found = {
        (one.config, one.split): sum(
            pq.read_metadata(path).num_rows for path in dataset.glob(one.files)
        )
        for one in list_entries(manifest, None)
    }
    assert found == sizes
