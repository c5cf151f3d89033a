"""The row index: which rows a release has, and what became of those of the one before."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders import instruction_rows, reasoning_rows
from builders.columns import Column, Row
from builders.errors import OutputError
from builders.package import write_dataset
from builders.pretraining import rows as pretraining_rows
from builders.publishing.row_index import (
    GROUP_ROWS,
    REPORTED_COLUMNS,
    ROW_INDEX_NAME,
    compare_rows,
    find_row_index,
    index_rows,
    read_row_index,
    write_row_index,
)
from builders.reasoning_rows import published_row
from tests.outcomes import small_facts, small_outcome
from tests.publishing.releases import write_index

KINDS = {
    "reasoning": reasoning_rows.COLUMNS,
    "instruction": instruction_rows.COLUMNS,
    "pretraining": pretraining_rows.COLUMNS,
}
REPORTED = {
    "reasoning": {
        "finish_reason",
        "served_model",
        "prompt_tokens",
        "completion_tokens",
        "reasoning_tokens",
    },
    "instruction": {"finish_reason", "served_model"},
    "pretraining": {"finish_reason", "served_model", "prompt_tokens", "text_token_length"},
}


def rows(*names: str, **changes: object) -> list[Row]:
    """One row a name, which is its id and text."""
    return [{"id": name, "text": name, "served_model": "m", **changes} for name in names]


def test_the_index_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    index, record = write_index(tmp_path, train=rows("b", "a"), test=rows("c"))
    assert [(one.id, one.split) for one in index] == [("b", "train"), ("a", "train"), ("c", "test")]
    assert list(index)[:2] == list(index_rows("train", rows("b", "a")))
    assert (len(index), record.rows) == (3, 3)
    assert find_row_index([record]) == record
    assert (record.folder, record.config, record.split) == ("dataset", None, None)
    assert record.bytes == (tmp_path / ROW_INDEX_NAME).stat().st_size
    assert find_row_index([]) is None


def test_the_same_rows_give_the_same_file(tmp_path: Path) -> None:
    first = write_index(tmp_path / "first", train=rows("a", "b"))[1]
    assert write_index(tmp_path / "again", train=iter(rows("a", "b")))[1] == first
    assert write_index(tmp_path / "other", train=rows("b", "a"))[1].sha256 != first.sha256


def test_rows_are_written_group_by_group_as_they_come(tmp_path: Path) -> None:
    count, written = GROUP_ROWS + 10, []

    def stream() -> Any:  # noqa: ANN401  # a generator of rows
        for number in range(count):
            if number == GROUP_ROWS:
                written.append((tmp_path / ROW_INDEX_NAME).stat().st_size)
            yield {"id": f"{number:016x}"}

    write_row_index(index_rows("train", stream()), tmp_path)
    assert written[0] > GROUP_ROWS * 16  # the first group had left the memory
    file = pq.ParquetFile(tmp_path / ROW_INDEX_NAME)
    assert (file.num_row_groups, file.metadata.num_rows) == (2, count)


def test_a_dataset_loads_beside_its_index_and_the_loaded_rows_have_its_digests(
    tmp_path: Path,
) -> None:
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    published = small_outcome().published
    write_dataset(small_outcome(), small_facts(), tmp_path)
    index, _ = write_index(tmp_path / "dataset", train=map(published_row, published))
    loaded = load_dataset(str(tmp_path / "dataset"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in loaded.items()} == {"train": len(published)}
    assert list(index_rows("train", loaded["train"])) == list(index)


@pytest.mark.parametrize("kind", KINDS)
def test_what_servers_report_is_told_apart_from_what_a_row_says(kind: str) -> None:
    names = [column.name for column in KINDS[kind]]
    row: Row = dict.fromkeys(names, "x")
    (before,) = index_rows("train", [row])
    told = {
        name
        for name in names
        for after in index_rows("train", [row | {name: "y"}])
        if after.content == before.content
    }
    assert told == REPORTED[kind]
    for name in names:
        (after,) = index_rows("train", [row | {name: "y"}])
        assert (after.content != before.content) != (after.reported != before.reported)


def test_a_column_that_nobody_thought_of_counts_as_content() -> None:
    columns: set[Column] = {column for one in KINDS.values() for column in one}
    assert {column.name for column in columns} >= REPORTED_COLUMNS
    (before, after) = index_rows("train", [{"id": "a", "new": 1}, {"id": "a", "new": 2}])
    assert before.content != after.content


def test_asking_again_changes_no_index_where_the_replies_are_the_same(tmp_path: Path) -> None:
    traces = [
        one.model_copy(
            update={"trace": one.trace.model_copy(update={"attempts": 9, "request_id": "other"})}
        )
        for one in small_outcome().published
    ]
    first = write_index(tmp_path / "a", train=map(published_row, small_outcome().published))[1]
    assert write_index(tmp_path / "b", train=map(published_row, traces))[1] == first


def test_rows_are_removed_added_changed_moved_and_reported_otherwise(tmp_path: Path) -> None:
    before, _ = write_index(
        tmp_path / "a",
        train=rows("gone", "same", "text", "tokens", "both", "moved"),
        test=rows("t"),
    )
    after, _ = write_index(
        tmp_path / "b",
        train=[
            *rows("same"),
            *rows("text", text="other"),
            *rows("tokens", served_model="other"),
            *rows("both", text="other", served_model="other"),
            *rows("new"),
        ],
        test=rows("t", "moved"),
    )
    changes = compare_rows(before, after)
    assert changes.removed.examples == ["gone"]
    assert changes.added.examples == ["new"]
    assert changes.changed.examples == ["text", "both"]
    assert changes.moved.examples == ["moved"]
    assert changes.reported.examples == ["tokens"]
    assert not changes.reordered


def test_only_rows_that_both_have_can_stand_in_another_order(tmp_path: Path) -> None:
    before, _ = write_index(tmp_path / "a", train=rows("a", "b", "c"), test=rows("x", "y"))
    between, _ = write_index(tmp_path / "b", train=rows("0", "a", "1", "c"), test=rows("x", "y"))
    assert not compare_rows(before, between).reordered
    splits_turned, _ = write_index(tmp_path / "c", test=rows("x", "y"), train=rows("a", "b", "c"))
    assert not compare_rows(before, splits_turned).reordered
    turned, _ = write_index(tmp_path / "d", train=rows("b", "a", "c"), test=rows("x", "y"))
    assert compare_rows(before, turned).reordered


def test_every_row_is_counted_and_five_are_named(tmp_path: Path) -> None:
    many, _ = write_index(tmp_path / "a", train=rows(*"abcdefg"))
    none, _ = write_index(tmp_path / "b", train=[])
    assert compare_rows(many, none).removed.model_dump() == {"count": 7, "examples": list("abcde")}
    assert compare_rows(none, many).added.model_dump() == {"count": 7, "examples": list("abcde")}


def test_a_file_that_is_no_row_index_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / ROW_INDEX_NAME
    with pytest.raises(OutputError, match=r"row_index\.parquet cannot be read .* Fetch"):
        read_row_index(path)
    path.write_bytes(b"<!doctype html>")
    with pytest.raises(OutputError, match="cannot be read as a row index"):
        read_row_index(path)
    pq.write_table(pa.table({"id": ["a"]}), path)
    with pytest.raises(OutputError, match=r"no row index: columns \['id'\]"):
        read_row_index(path)
    write_row_index(index_rows("train", rows("a", "b", "a")), tmp_path)
    with pytest.raises(OutputError, match="1 ids stand twice"):
        read_row_index(path)
    schema = pq.read_schema(path)
    columns: dict[str, list[Any]] = {name: [None] for name in schema.names}
    pq.write_table(pa.table(columns, schema=schema), path)
    with pytest.raises(OutputError, match="empty cells"):
        read_row_index(path)
    no_text = pa.array([b"\xff"], pa.binary()).view(pa.string())
    digests = [pa.array([b"0" * size], pa.binary(size)) for size in (16, 8)]
    pq.write_table(pa.Table.from_arrays([no_text, no_text, *digests], schema=schema), path)
    with pytest.raises(OutputError, match="cannot be read as a row index"):
        read_row_index(path)
