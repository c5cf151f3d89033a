"""The package stage: rows to Parquet shards, then the manifest, then the card, the manifest last.

The names that `load_dataset` reads are `data/train-00000-of-00001.parquet` for config `default` and
`<config>/train-…` for the others; the configs of a pretraining dataset share `data/<format>/…`.
`validation-…` and `test-…` stand beside them where a recipe asks for such splits. What a kind adds
is its columns, its manifest and its card. `row_index.parquet` beside the data lets the next release
tell which rows it adds, changes and removes.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from builders import instruction_rows, reasoning_rows
from builders.columns import Row, arrow_schema
from builders.documents import render_documents
from builders.errors import NothingPublishedError, OutputError
from builders.instruction_manifest import (
    InstructionManifest,
    build_instruction_manifest,
    divide_instructions,
)
from builders.instruction_outcome import InstructionFacts, InstructionOutcome, InstructionRow
from builders.judged import CheckedTrace, Outcome, RunFacts
from builders.manifest import Manifest, build_manifest, divide_traces
from builders.manifest_parts import FileRecord, data_folder, manifest_bytes
from builders.pretraining import rows as pretraining_rows
from builders.pretraining.configs import FormatFile, folder_path
from builders.pretraining.manifest import (
    PretrainingManifest,
    build_pretraining_manifest,
    list_places,
)
from builders.pretraining.outcome import CheckedPassage, PretrainingFacts, PretrainingOutcome
from builders.publishing.row_index import IndexedRow, index_rows, write_row_index
from builders.shards import Shard, ShardTarget, write_shards
from builders.splits import Split
from builders.swap import FOLDERS, MANIFEST_NAME, show_rejected, swap_in
from builders.trace_statistics import count_values

if TYPE_CHECKING:
    import pyarrow as pa

Written = TypeVar("Written", Manifest, InstructionManifest, PretrainingManifest)
One = TypeVar("One")
_Places = Mapping[tuple[Split, str], Sequence[CheckedPassage]]


class _Table(NamedTuple):
    """The rows of one config, or rejected ones (`config` None), and their schema.

    `name` is that of their files: the split's, `rejected` or `sources`.
    """

    config: str | None
    name: str
    schema: pa.Schema
    rows: Iterable[Row]


def package_dataset(outcome: Outcome, facts: RunFacts, staging: Path, out: Path) -> Manifest:
    """Write a reasoning dataset into `staging` and put it into `out` in the old one's place.

    Where no row passed, `rejected/` alone is left in `out` and NothingPublishedError raised.
    """
    return _put_in_place(lambda: write_dataset(outcome, facts, staging), staging, out)


def package_instruction_dataset(
    outcome: InstructionOutcome, facts: InstructionFacts, staging: Path, out: Path
) -> InstructionManifest:
    """The same for an instruction dataset."""
    return _put_in_place(lambda: write_instruction_dataset(outcome, facts, staging), staging, out)


def package_pretraining_dataset(
    outcome: PretrainingOutcome, facts: PretrainingFacts, staging: Path, out: Path
) -> PretrainingManifest:
    """The same for a pretraining dataset."""
    return _put_in_place(lambda: write_pretraining_dataset(outcome, facts, staging), staging, out)


def _put_in_place(write: Callable[[], Written], staging: Path, out: Path) -> Written:
    try:
        manifest = write()
    except NothingPublishedError:
        show_rejected(staging, out)
        raise
    swap_in(staging, out)
    return manifest


def write_dataset(outcome: Outcome, facts: RunFacts, staging: Path) -> Manifest:
    """Write `dataset/`, `rejected/` and, last of all, `manifest.json` into `staging`.

    Row order is the outcome's in each split. The same outcome and facts give the same bytes. What a
    killed build left in `staging` is removed first. A split of 0 rows, which uploads but will not
    load, is left out. Where no row passed, only `rejected/` is written, for `show_rejected` to
    move, and NothingPublishedError is raised; OutputError where `staging` holds something that is
    not ours.
    """
    divided = divide_traces(outcome.published, facts.splits)
    files = _write_tables([*_published_traces(divided), _rejected_traces(outcome)], staging)
    _refuse_nothing(outcome, "gates")
    files.append(_index(divided, reasoning_rows.published_row, staging))
    return _write_records(build_manifest(outcome, facts, files), staging)


def write_instruction_dataset(
    outcome: InstructionOutcome, facts: InstructionFacts, staging: Path
) -> InstructionManifest:
    """The same for an instruction dataset, as `write_dataset` does it."""
    divided = divide_instructions(outcome.published, facts.splits)
    tables = [*_published_instructions(divided), _rejected_instructions(outcome)]
    files = _write_tables(tables, staging)
    _refuse_nothing(outcome, "filters")
    files.append(_index(divided, instruction_rows.published_row, staging))
    return _write_records(build_instruction_manifest(outcome, facts, files), staging)


def write_pretraining_dataset(
    outcome: PretrainingOutcome, facts: PretrainingFacts, staging: Path
) -> PretrainingManifest:
    """The same for a pretraining dataset; the sources that were dropped stand in `rejected/` too.

    Each format's rows are stored once, with all columns, for all configs that show them.
    """
    places = list_places(outcome.published, facts.splits)
    tables = [*_published_passages(places), *_rejected_passages(outcome)]
    _empty_staging(staging)
    files = [
        _record_format_file(table, shard)
        for table in tables
        for shard in _write(table, staging, folder_path(table.config or ""))
    ]
    _refuse_nothing(outcome, "checks")
    record = write_row_index(_index_passages(places), staging / "dataset")
    files.append(FormatFile(**record.model_dump(), prompt_bytes=0))
    return _write_records(build_pretraining_manifest(outcome, facts, files), staging)


def _refuse_nothing(
    outcome: Outcome | InstructionOutcome | PretrainingOutcome, checks: str
) -> None:
    if outcome.published:
        return
    reasons = count_values(one.reason or "unknown" for one in outcome.rejected)
    counted = ", ".join(f"{reason} {count}" for reason, count in reasons.items()) or "no responses"
    raise NothingPublishedError(
        f"no row of {len(outcome.rejected)} passed ({counted}), so no dataset was written. "
        "Look at rejected/ (or, beside an earlier build, at responses/), then change the teacher, "
        f"MAX_TOKENS, the seeds or the {checks}; what was paid is kept."
    )


def _published_traces(divided: Mapping[Split, Sequence[CheckedTrace]]) -> Iterator[_Table]:
    for split, traces in divided.items():
        rows = map(reasoning_rows.published_row, traces)
        yield _Table("default", split, _reasoning_schema("default"), rows)
    for split, traces in divided.items():
        rows = map(reasoning_rows.published_row, traces)
        inline = map(reasoning_rows.inline_think_row, rows)
        yield _Table("inline_think", split, _reasoning_schema("inline_think"), inline)


def _reasoning_schema(config: reasoning_rows.ConfigName) -> pa.Schema:
    return arrow_schema(reasoning_rows.COLUMNS, reasoning_rows.LISTS[config])


def _rejected_traces(outcome: Outcome) -> _Table:
    schema = arrow_schema(reasoning_rows.REJECTED_COLUMNS, reasoning_rows.LISTS["default"])
    rows = itertools.chain(
        map(reasoning_rows.contaminated_row, outcome.contaminated),
        map(reasoning_rows.rejected_row, outcome.rejected),
    )
    return _Table(None, "rejected", schema, rows)


def _published_instructions(
    divided: Mapping[Split, Sequence[InstructionRow]],
) -> Iterator[_Table]:
    for config, columns in instruction_rows.CONFIG_COLUMNS.items():
        schema = arrow_schema(columns, instruction_rows.LISTS)
        for split, instances in divided.items():
            rows = map(instruction_rows.published_row, instances)
            # not a generator expression: it would see the loop's last config when it is read
            shown = map(partial(instruction_rows.config_row, config), rows)
            yield _Table(config, split, schema, shown)


def _rejected_instructions(outcome: InstructionOutcome) -> _Table:
    schema = arrow_schema(instruction_rows.REJECTED_COLUMNS, instruction_rows.LISTS)
    rows = itertools.chain(
        map(instruction_rows.contaminated_row, outcome.contaminated),
        map(instruction_rows.rejected_row, outcome.rejected),
    )
    return _Table(None, "rejected", schema, rows)


def _published_passages(places: _Places) -> Iterator[_Table]:
    schema = arrow_schema(pretraining_rows.STORED_COLUMNS, pretraining_rows.LISTS)
    for (split, folder), passages in places.items():
        yield _Table(folder, split, schema, map(pretraining_rows.stored_row, passages))


def _index_passages(places: _Places) -> Iterator[IndexedRow]:
    for (split, _), passages in places.items():
        rows = map(pretraining_rows.stored_row, passages)
        yield from index_rows(split, map(pretraining_rows.published_row, rows))


def _rejected_passages(outcome: PretrainingOutcome) -> Iterator[_Table]:
    schema = arrow_schema(pretraining_rows.REJECTED_COLUMNS, pretraining_rows.LISTS)
    rows = map(pretraining_rows.rejected_row, outcome.rejected)
    yield _Table(None, "rejected", schema, rows)
    schema = arrow_schema(pretraining_rows.SOURCE_COLUMNS, pretraining_rows.LISTS)
    rows = map(pretraining_rows.source_row, outcome.dropped_sources)
    yield _Table(None, "sources", schema, rows)


def _write_tables(tables: Iterable[_Table], staging: Path) -> list[FileRecord]:
    _empty_staging(staging)
    return [
        _record(table, shard)
        for table in tables
        for shard in _write(table, staging, data_folder(table.config or ""))
    ]


def _write(table: _Table, staging: Path, folder: str) -> list[Shard]:
    """The table's shards: in `rejected/`, or in the folder of `dataset/` given."""
    root, inside = ("rejected", "") if table.config is None else ("dataset", folder)
    return write_shards(table.rows, ShardTarget(staging / root, inside, table.name, table.schema))


def _record(table: _Table, shard: Shard) -> FileRecord:
    is_rejected = table.config is None
    return FileRecord(
        folder="rejected" if is_rejected else "dataset",
        path=shard.path,
        config=table.config,
        split=None if is_rejected else table.name,
        rows=shard.rows,
        bytes=shard.bytes,
        memory_bytes=shard.memory_bytes,
        sha256=shard.sha256,
    )


def _record_format_file(table: _Table, shard: Shard) -> FormatFile:
    record = _record(table, shard)
    return FormatFile(**record.model_dump(), prompt_bytes=shard.column_bytes.get("prompt", 0))


def _index(
    divided: Mapping[Split, Sequence[One]], write_row: Callable[[One], Row], staging: Path
) -> FileRecord:
    """The row index of `default`, whose rows `write_row` makes; written beside the data."""
    indexed = (index_rows(split, map(write_row, rows)) for split, rows in divided.items())
    return write_row_index(itertools.chain.from_iterable(indexed), staging / "dataset")


def _empty_staging(staging: Path) -> None:
    staging.mkdir(parents=True, exist_ok=True)
    foreign = sorted({path.name for path in staging.iterdir()} - {*FOLDERS, MANIFEST_NAME})
    if foreign:
        raise OutputError(f"staging folder {staging.name!r} holds {foreign}: move it away first")
    (staging / MANIFEST_NAME).unlink(missing_ok=True)  # first: what is left is not finished
    for name in FOLDERS:
        if (staging / name).exists():
            shutil.rmtree(staging / name)


def _write_records(manifest: Written, staging: Path) -> Written:
    """Card, figures, formats, a copy of the manifest for the dataset and, last, the manifest."""
    record = manifest_bytes(manifest)
    for path, content in render_documents(manifest).items():
        _write_file(staging / "dataset" / path, content)
    _write_file(staging / "dataset" / MANIFEST_NAME, record)
    _write_file(staging / MANIFEST_NAME, record)
    return manifest


def _write_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
