"""Parquet shards: sizes, names, and every row once."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.columns import Column, Row, arrow_schema
from builders.instruction_rows import CONFIG_COLUMNS, config_row
from builders.instruction_rows import LISTS as INSTRUCTION_LISTS
from builders.instruction_rows import published_row as instruction_row
from builders.reasoning_rows import COLUMNS, LISTS, published_row
from builders.shards import Shard, ShardTarget, write_shards
from tests.instruction_outcomes import row
from tests.outcomes import checked, small_outcome
from tests.test_package import all_null, load


def test_a_first_shard_of_nulls_loads_beside_shards_with_values(tmp_path: Path) -> None:
    target = ShardTarget(tmp_path, "", "train", arrow_schema(COLUMNS, LISTS["default"]))
    rows = [published_row(all_null(0)), *map(published_row, small_outcome().published)]

    shards = write_shards(rows, target, shard_bytes=1, row_group_bytes=1)

    assert [shard.path for shard in shards] == [f"train-{n:05d}-of-00005.parquet" for n in range(5)]
    assert load(tmp_path, "default", tmp_path / "cache").to_list() == rows


def test_shards_stay_below_their_size_and_hold_every_row_once(tmp_path: Path) -> None:
    target = ShardTarget(tmp_path, "data", "train", arrow_schema(COLUMNS, LISTS["default"]))
    rows = [published_row(checked(f"{n}?", "x" * (n * 97 % 4_000), "r")) for n in range(300)]

    shards = write_shards(iter(rows), target, shard_bytes=100_000, row_group_bytes=20_000)

    assert len(shards) > 5
    assert max(shard.memory_bytes for shard in shards) <= 100_000
    tables = [pq.read_table(tmp_path / shard.path) for shard in shards]
    assert pa.concat_tables(tables).to_pylist() == rows
    assert [table.num_rows for table in tables] == [shard.rows for shard in shards]
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        Path(shard.path).name for shard in shards
    ]


def test_a_shard_records_its_size_on_disk_and_in_memory(tmp_path: Path) -> None:
    target = ShardTarget(tmp_path, "", "train", arrow_schema(COLUMNS, LISTS["default"]))
    row = published_row(checked("a?", "t" * 10_000, "r"))
    (shard,) = write_shards([row] * 50, target)
    assert isinstance(shard, Shard)
    assert shard.memory_bytes > 1_000_000 > shard.bytes == (tmp_path / shard.path).stat().st_size


def test_the_size_in_memory_is_the_one_that_a_reader_finds(tmp_path: Path) -> None:
    target = ShardTarget(tmp_path, "", "train", arrow_schema(COLUMNS, LISTS["default"]))
    rows = [published_row(checked(f"{n}?", "t" * 400, "r")) for n in range(90)]
    [shard] = write_shards(rows, target, row_group_bytes=20_000)
    with pq.ParquetFile(tmp_path / shard.path) as file:
        groups = [file.read_row_group(number) for number in range(file.num_row_groups)]
    assert len(groups) > 1
    assert shard.memory_bytes == sum(group.nbytes for group in groups)
    assert list(shard.column_bytes) == [column.name for column in COLUMNS]


def test_a_row_group_counts_the_texts_inside_lists(tmp_path: Path) -> None:
    rows = [config_row("sharegpt", instruction_row(row("Say it.", "", "x" * 1000)))] * 50
    schema = arrow_schema(CONFIG_COLUMNS["sharegpt"], INSTRUCTION_LISTS)
    target = ShardTarget(tmp_path, "", "train", schema)
    [shard] = write_shards(rows, target, row_group_bytes=10_000)
    assert pq.ParquetFile(tmp_path / shard.path).metadata.num_row_groups == 6


def test_a_row_with_other_columns_is_refused_and_never_made_null(tmp_path: Path) -> None:
    schema = arrow_schema((Column("a", "string", "A."), Column("b", "int64", "B.")), {})
    target = ShardTarget(tmp_path, "", "train", schema)
    others: list[Row] = [{"a": "x"}, {"b": 1, "a": "x"}, {"a": "x", "c": 1}]
    for wrong in others:
        with pytest.raises(ValueError, match="the schema has"):
            write_shards([{"a": "x", "b": 1}, wrong], target)
