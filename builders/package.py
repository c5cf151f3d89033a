"""The package stage: rows to Parquet shards, then the manifest, then the card, the manifest last.

Shards are written as the Hub wants them: explicit schema, content-defined chunks and a page index
(https://huggingface.co/docs/hub/datasets-libraries), so that a new version of a dataset uploads
only what changed. The names that `load_dataset` reads are `data/train-00000-of-00001.parquet` for
config `default` and `inline_think/train-…` for the other one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from builders.card import render_card
from builders.errors import NothingPublishedError, OutputError
from builders.judged import Outcome, RunFacts
from builders.manifest import (
    FileRecord,
    Manifest,
    build_manifest,
    data_folder,
    manifest_bytes,
)
from builders.reasoning_rows import (
    COLUMNS,
    REJECTED_COLUMNS,
    Row,
    arrow_schema,
    inline_think_row,
    published_row,
    rejected_row,
)
from builders.swap import FOLDERS, MANIFEST_NAME, show_rejected, swap_in
from builders.trace_statistics import count_values

if TYPE_CHECKING:
    import pyarrow as pa

SHARD_BYTES = 300_000_000  # Arrow bytes; compressed files are smaller
ROW_GROUP_BYTES = 32_000_000  # the viewer wants groups below 100 MB
# Small enough that an added row changes few chunks (the values that `datasets` uses).
_CHUNKING = {"min_chunk_size": 256 * 1024, "max_chunk_size": 1024 * 1024, "norm_level": 0}


class ShardTarget(NamedTuple):
    """Where a table goes: `root` is the staging folder's `dataset` or `rejected`."""

    root: Path
    folder: str
    split: str
    schema: pa.Schema


def package_dataset(outcome: Outcome, facts: RunFacts, staging: Path, out: Path) -> Manifest:
    """Write the dataset into `staging` and put it into `out` in the old one's place.

    Where no row passed, `rejected/` alone is left in `out` and NothingPublishedError raised.
    """
    try:
        manifest = write_dataset(outcome, facts, staging)
    except NothingPublishedError:
        show_rejected(staging, out)
        raise
    swap_in(staging, out)
    return manifest


def write_dataset(outcome: Outcome, facts: RunFacts, staging: Path) -> Manifest:
    """Write `dataset/`, `rejected/` and, last of all, `manifest.json` into `staging`.

    Row order is the outcome's. The same outcome and facts give the same bytes. What a killed build
    left in `staging` is removed first. Where no row passed, only `rejected/` is written (a split of
    0 rows uploads but will not load), for `show_rejected` to move, and NothingPublishedError is
    raised; OutputError where `staging` holds something that is not ours.
    """
    _empty_staging(staging)
    rejected = list(_write_rejected(outcome, staging))
    if not outcome.published:
        raise NothingPublishedError(_explain_nothing(outcome))
    files = [*_write_published(outcome, staging), *rejected]
    manifest = build_manifest(outcome, facts, files)
    card = render_card(manifest)
    record = manifest_bytes(manifest)
    _write_file(staging / "dataset" / "README.md", card.encode())
    _write_file(staging / "dataset" / MANIFEST_NAME, record)
    _write_file(staging / MANIFEST_NAME, record)
    return manifest


def _explain_nothing(outcome: Outcome) -> str:
    reasons = count_values(one.reason or "unknown" for one in outcome.rejected)
    counted = ", ".join(f"{reason} {count}" for reason, count in reasons.items()) or "no responses"
    return (
        f"no row of {len(outcome.rejected)} passed ({counted}), so no dataset was written. "
        "Look at rejected/ (or, beside an earlier build, at responses/), then change the teacher, "
        "MAX_TOKENS, the seeds or the gates; what was paid is kept."
    )


def _empty_staging(staging: Path) -> None:
    staging.mkdir(parents=True, exist_ok=True)
    foreign = sorted({path.name for path in staging.iterdir()} - {*FOLDERS, MANIFEST_NAME})
    if foreign:
        raise OutputError(f"staging folder {staging.name!r} holds {foreign}: move it away first")
    (staging / MANIFEST_NAME).unlink(missing_ok=True)  # first: what is left is not finished
    for name in FOLDERS:
        if (staging / name).exists():
            shutil.rmtree(staging / name)


def _write_published(outcome: Outcome, staging: Path) -> Iterator[FileRecord]:
    root = staging / "dataset"
    rows = map(published_row, outcome.published)
    plain = ShardTarget(root, data_folder("default"), "train", arrow_schema(COLUMNS, "default"))
    for shard in write_shards(rows, plain):
        yield FileRecord(folder="dataset", config="default", split="train", **shard._asdict())
    rows = map(inline_think_row, map(published_row, outcome.published))
    schema = arrow_schema(COLUMNS, "inline_think")
    inline = ShardTarget(root, data_folder("inline_think"), "train", schema)
    for shard in write_shards(rows, inline):
        yield FileRecord(folder="dataset", config="inline_think", split="train", **shard._asdict())


def _write_rejected(outcome: Outcome, staging: Path) -> Iterator[FileRecord]:
    rows = map(rejected_row, outcome.rejected)
    schema = arrow_schema(REJECTED_COLUMNS, "default")
    target = ShardTarget(staging / "rejected", "", "rejected", schema)
    for shard in write_shards(rows, target):
        yield FileRecord(folder="rejected", config=None, split=None, **shard._asdict())


class Shard(NamedTuple):
    """One written file; `memory_bytes` is its size as Arrow data."""

    path: str
    rows: int
    bytes: int
    memory_bytes: int
    sha256: str


def write_shards(
    rows: Iterable[Row],
    target: ShardTarget,
    shard_bytes: int = SHARD_BYTES,
    row_group_bytes: int = ROW_GROUP_BYTES,
) -> list[Shard]:
    """Write the rows as `<folder>/<split>-00000-of-0000N.parquet`; one empty shard for no rows.

    A shard ends before the row group that would take it past `shard_bytes` of Arrow data. Memory
    is one row group. N is known at the end only, so the files get their names then.
    """
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help and the card need not pay

    folder = target.root / target.folder
    folder.mkdir(parents=True, exist_ok=True)
    tables = (
        pa.Table.from_pylist(group, schema=target.schema)
        for group in _group_rows(rows, row_group_bytes)
    )
    drafts: list[_Draft] = []
    for number, group in groupby(_number_shards(tables, shard_bytes), key=itemgetter(0)):
        path = folder / f"{target.split}-{number:05d}.draft"
        drafts.append(_write_parquet(path, (table for _, table in group), target.schema))
    return [_name_shard(draft, number, len(drafts), target) for number, draft in enumerate(drafts)]


class _Draft(NamedTuple):
    path: Path
    rows: int
    memory_bytes: int


def _group_rows(rows: Iterable[Row], row_group_bytes: int) -> Iterator[list[Row]]:
    """Groups of rows of at most about `row_group_bytes` of text; one empty group for no rows."""
    group: list[Row] = []
    size = 0
    for row in rows:
        row_size = _text_bytes(row)
        if group and size + row_size > row_group_bytes:
            yield group
            group, size = [], 0
        group.append(row)
        size += row_size
    yield group


def _text_bytes(row: Row) -> int:
    """UTF-8 bytes of a row's text, the bulk of its size; `messages` repeat the text once."""
    return 2 * sum(len(value.encode()) for value in row.values() if isinstance(value, str))


def _number_shards(tables: Iterable[pa.Table], shard_bytes: int) -> Iterator[tuple[int, pa.Table]]:
    number, size = 0, 0
    for table in tables:
        if size and size + table.nbytes > shard_bytes:
            number, size = number + 1, 0
        size += table.nbytes
        yield number, table


def _write_parquet(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> _Draft:
    import pyarrow.parquet as pq  # noqa: PLC0415  # 0.3 s that --help and the card need not pay

    rows = memory_bytes = 0
    with path.open("wb") as file:
        with pq.ParquetWriter(
            file,
            schema,
            compression="zstd",
            use_content_defined_chunking=_CHUNKING,
            write_page_index=True,
        ) as writer:
            for table in tables:
                writer.write_table(table)
                rows += table.num_rows
                memory_bytes += table.nbytes
        file.flush()
        os.fsync(file.fileno())
    return _Draft(path, rows, memory_bytes)


def _name_shard(draft: _Draft, number: int, total: int, target: ShardTarget) -> Shard:
    path = draft.path.with_name(f"{target.split}-{number:05d}-of-{total:05d}.parquet")
    draft.path.rename(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Shard(
        path=path.relative_to(target.root).as_posix(),
        rows=draft.rows,
        bytes=path.stat().st_size,
        memory_bytes=draft.memory_bytes,
        sha256=sha256,
    )


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
