"""The index of a release's rows: id, split and digests of every row of config `default`.

Written as one small Parquet file beside the data, so that the next release can tell which rows it
adds, changes and removes without loading the data of the release before it. No config names the
file, so `load_dataset` does not see it.

    id        string                the row's id
    split     string                the split in which it stands
    content   fixed_size_binary[16] SHA-256, cut, of what the row says
    reported  fixed_size_binary[8]  SHA-256, cut, of what servers reported of it

Both digests are over canonical JSON as `manifest_parts.digest_rows` has it, of a part of the row's
columns each. `REPORTED_COLUMNS` are counts and words of the server: asked again, it may count a
stop token or give its model another name while the text stays the same, and nobody's training
changes with it. Everything else is content: texts, ids, labels, the judge's words, scores, pass
rates, and `model`, which is the recipe's. A column that is not named here counts as content, so
that a forgotten one makes a version too great and never too small. (Attempts, request ids, times
and costs are in no row.)
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import orjson

from builders.errors import OutputError
from builders.manifest_parts import ROW_INDEX_NAME, FileRecord
from builders.publishing.changes import MOST_EXAMPLES, CountedRows, RowChanges

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "REPORTED_COLUMNS",
    "ROW_INDEX_NAME",
    "IndexedRow",
    "RowIndex",
    "compare_rows",
    "find_row_index",
    "index_rows",
    "read_row_index",
    "write_row_index",
]
REPORTED_COLUMNS = frozenset(
    {
        "served_model",
        "finish_reason",
        "prompt_tokens",
        "completion_tokens",
        "reasoning_tokens",
        "text_token_length",
    }
)
CONTENT_BYTES = 16
REPORTED_BYTES = 8  # tells that something differs; content alone needs to withstand a search
GROUP_ROWS = 65_536


class IndexedRow(NamedTuple):
    """One row of the index."""

    id: str
    split: str
    content: bytes
    reported: bytes


def index_rows(split: str, rows: Iterable[Mapping[str, object]]) -> Iterator[IndexedRow]:
    """The index of a split's rows, one by one; each is a row of config `default`."""
    for row in rows:
        content = {name: value for name, value in row.items() if name not in REPORTED_COLUMNS}
        reported = {name: value for name, value in row.items() if name in REPORTED_COLUMNS}
        yield IndexedRow(
            str(row["id"]),
            split,
            _digest(content, CONTENT_BYTES),
            _digest(reported, REPORTED_BYTES),
        )


def _digest(values: Mapping[str, object], size: int) -> bytes:
    """The first `size` bytes of SHA-256 over the values as `digest_rows` writes a row."""
    line = orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    return hashlib.sha256(line).digest()[:size]


def _schema() -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help and the card need not pay

    fields: list[tuple[str, pa.DataType]] = [
        ("id", pa.string()),
        ("split", pa.string()),
        ("content", pa.binary(CONTENT_BYTES)),
        ("reported", pa.binary(REPORTED_BYTES)),
    ]
    return pa.schema(fields)


def write_row_index(rows: Iterable[IndexedRow], dataset: Path) -> FileRecord:
    """Write `row_index.parquet` into the folder `dataset` and return its record for the manifest.

    Rows are taken as they come, in the order of the dataset, and never held beyond one row group.
    The same rows give the same bytes. The record's `config` and `split` are None: no config shows
    the file.
    """
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help and the card need not pay
    import pyarrow.parquet as pq  # noqa: PLC0415  # as above

    path, schema, pending = dataset / ROW_INDEX_NAME, _schema(), iter(rows)
    written, memory_bytes = 0, 0
    with path.open("wb") as file:
        with pq.ParquetWriter(
            file,
            schema,
            # Digests are random: compression makes them no smaller. No id stands twice.
            compression={"id": "zstd", "split": "zstd", "content": "none", "reported": "none"},
            use_dictionary=False,
            use_content_defined_chunking=True,
        ) as writer:
            while group := list(islice(pending, GROUP_ROWS)):
                columns = dict(zip(schema.names, map(list, zip(*group, strict=True)), strict=True))
                table = pa.Table.from_pydict(columns, schema=schema)
                writer.write_table(table)
                written, memory_bytes = written + table.num_rows, memory_bytes + table.nbytes
        file.flush()
        os.fsync(file.fileno())
    return _record(path, written, memory_bytes)


def _record(path: Path, rows: int, memory_bytes: int) -> FileRecord:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRecord(
        folder="dataset",
        path=path.name,
        config=None,
        split=None,
        rows=rows,
        bytes=path.stat().st_size,
        memory_bytes=memory_bytes,
        sha256=sha256,
    )


def find_row_index(files: Iterable[FileRecord]) -> FileRecord | None:
    """The record of the row index among a manifest's files; None in manifests from before it."""
    return next(
        (one for one in files if (one.folder, one.path) == ("dataset", ROW_INDEX_NAME)), None
    )


@dataclass(frozen=True)
class RowIndex:
    """A row index that was read: about 50 bytes of memory a row."""

    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[IndexedRow]:
        for batch in self.table.to_batches(max_chunksize=GROUP_ROWS):
            columns = [column.to_pylist() for column in batch.columns]
            yield from map(IndexedRow._make, zip(*columns, strict=True))


_FETCH_AGAIN = "Fetch the release again; if it stays so, publish under another name."


def read_row_index(path: Path, advice: str = _FETCH_AGAIN) -> RowIndex:
    """The index of a release, in its order; `advice` ends the errors' text.

    Raises OutputError where the file is missing or no row index, and where an id stands twice.
    """
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help and the card need not pay
    import pyarrow.compute as pc  # noqa: PLC0415  # as above
    import pyarrow.parquet as pq  # noqa: PLC0415  # as above

    try:
        table = pq.ParquetFile(path).read()
        table.validate(full=True)  # text that is none is found here, not at the first look
    except (OSError, pa.ArrowException) as error:
        raise OutputError(
            f"{path.name} cannot be read as a row index: {error}. {advice}"
        ) from error
    if not table.schema.equals(_schema()):
        raise OutputError(f"{path.name} is no row index: columns {table.schema.names}. {advice}")
    if any(column.null_count for column in table.columns):
        raise OutputError(f"{path.name} is no row index: it has empty cells. {advice}")
    repeated = table.num_rows - pc.count_distinct(table["id"]).as_py()
    if repeated:
        raise OutputError(f"{path.name} is no row index: {repeated} ids stand twice. {advice}")
    return RowIndex(table)


def compare_rows(previous: RowIndex, current: RowIndex) -> RowChanges:
    """Which rows are gone, new, changed, moved to another split or in another order.

    Examples are ids in the order of the release that has them, the current one's where both do.
    Takes about 400 bytes of memory a row of `previous`.
    """
    comparison = _Comparison(previous)
    for row in current:
        comparison.take(row)
    return comparison.end()


class _Tally:
    """A count and the first few ids."""

    def __init__(self) -> None:
        self._count = 0
        self._examples: list[str] = []

    def add(self, row_id: str, *, when: bool = True) -> None:
        if when:
            self._count += 1
            self._examples += [row_id] if len(self._examples) < MOST_EXAMPLES else []

    def told(self) -> CountedRows:
        return CountedRows(count=self._count, examples=self._examples)


class _Comparison:
    """Rows of the current release, taken one by one, beside the previous one's."""

    def __init__(self, previous: RowIndex) -> None:
        self._rows = list(previous)
        self._places = {row.id: place for place, row in enumerate(self._rows)}
        self._seen = bytearray(len(self._rows))
        self._last_places: dict[str, int] = {}
        self._added, self._changed, self._moved, self._told = (_Tally() for _ in range(4))
        self._reordered = False

    def take(self, row: IndexedRow) -> None:
        place = self._places.get(row.id)
        if place is None:
            self._added.add(row.id)
            return
        self._seen[place] = 1
        before = self._rows[place]
        changed = before.content != row.content
        self._changed.add(row.id, when=changed)
        self._told.add(row.id, when=not changed and before.reported != row.reported)
        if before.split != row.split:
            self._moved.add(row.id)
            return
        self._reordered |= place < self._last_places.get(row.split, -1)
        self._last_places[row.split] = place

    def end(self) -> RowChanges:
        removed = _Tally()
        for row_id, place in self._places.items():
            removed.add(row_id, when=not self._seen[place])
        return RowChanges(
            removed=removed.told(),
            added=self._added.told(),
            changed=self._changed.told(),
            moved=self._moved.told(),
            reported=self._told.told(),
            reordered=self._reordered,
        )
