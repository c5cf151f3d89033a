"""Rows to Parquet shards as the Hub wants them, under the names that `load_dataset` reads.

Explicit schema, content-defined chunks and a page index
(https://huggingface.co/docs/hub/datasets-libraries), so that a new version of a dataset uploads
only what changed. Row order is kept; memory is one row group.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from builders.columns import Row

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


class Shard(NamedTuple):
    """One written file; `memory_bytes` is its size as Arrow data, in all and by column."""

    path: str
    rows: int
    bytes: int
    memory_bytes: int
    column_bytes: dict[str, int]
    sha256: str


def write_shards(
    rows: Iterable[Row],
    target: ShardTarget,
    shard_bytes: int = SHARD_BYTES,
    row_group_bytes: int = ROW_GROUP_BYTES,
) -> list[Shard]:
    """Write the rows as `<folder>/<split>-00000-of-0000N.parquet`; one empty shard for no rows.

    A shard ends before the row group that would take it past `shard_bytes` of Arrow data. Memory
    is one row group. N is known at the end only, so the files get their names then. Raises
    ValueError for a row whose columns are not the schema's, in its order.
    """
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help and the card need not pay

    folder = target.root / target.folder
    folder.mkdir(parents=True, exist_ok=True)
    tables = (
        pa.Table.from_pylist(_check_columns(group, target.schema), schema=target.schema)
        for group in _group_rows(rows, row_group_bytes)
    )
    drafts: list[_Draft] = []
    for number, group in groupby(_number_shards(tables, shard_bytes), key=itemgetter(0)):
        path = folder / f"{target.split}-{number:05d}.draft"
        drafts.append(_write_parquet(path, (table for _, table in group), target.schema))
    return [_name_shard(draft, number, len(drafts), target) for number, draft in enumerate(drafts)]


def _check_columns(group: list[Row], schema: pa.Schema) -> list[Row]:
    """The group; raises ValueError where a row has other columns, which Arrow would make null."""
    for row in group:
        if list(row) != schema.names:
            raise ValueError(f"row with columns {list(row)}, the schema has {schema.names}")
    return group


class _Draft(NamedTuple):
    path: Path
    rows: int
    column_bytes: Counter[str]


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
    lists = [value for name, value in row.items() if name != "messages"]
    return 2 * sum(len(value.encode()) for value in row.values() if isinstance(value, str)) + sum(
        _list_bytes(value) for value in lists if isinstance(value, list)
    )


def _list_bytes(items: list[object]) -> int:
    """UTF-8 bytes of the texts in a list of texts or of structs."""
    parts = (item.values() if isinstance(item, dict) else (item,) for item in items)
    return sum(len(part.encode()) for part in chain(*parts) if isinstance(part, str))


def _number_shards(tables: Iterable[pa.Table], shard_bytes: int) -> Iterator[tuple[int, pa.Table]]:
    number, size = 0, 0
    for table in tables:
        if size and size + table.nbytes > shard_bytes:
            number, size = number + 1, 0
        size += table.nbytes
        yield number, table


def _write_parquet(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> _Draft:
    import pyarrow.parquet as pq  # noqa: PLC0415  # 0.3 s that --help and the card need not pay

    rows = 0
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
        file.flush()
        os.fsync(file.fileno())
    return _Draft(path, rows, _measure_columns(path))


def _measure_columns(path: Path) -> Counter[str]:
    """Arrow bytes of each column as a reader gets them, row group by row group, as `datasets` does.

    Not those of the tables that were written: these lack what reading adds, such as a bitmap of
    nulls for a column that may have some, and the card would promise other sizes than load.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415  # 0.3 s that --help and the card need not pay

    measured = Counter[str]()
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            table = file.read_row_group(number)
            measured.update({name: table[name].nbytes for name in table.column_names})
    return measured


def _name_shard(draft: _Draft, number: int, total: int, target: ShardTarget) -> Shard:
    path = draft.path.with_name(f"{target.split}-{number:05d}-of-{total:05d}.parquet")
    draft.path.rename(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Shard(
        path=path.relative_to(target.root).as_posix(),
        rows=draft.rows,
        bytes=path.stat().st_size,
        memory_bytes=draft.column_bytes.total(),
        column_bytes=dict(draft.column_bytes),
        sha256=sha256,
    )
