"""The parts of manifests: every file's rows have one place, and one file at most is their index."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from builders.manifest_parts import (
    ROW_INDEX_NAME,
    FileRecord,
    RowCounts,
    choose_median,
    describe_config,
    digest_rows,
    refuse_false_end,
    refuse_false_index,
)

SHARD = "data/train-00000-of-00001.parquet"


def record(**changes: object) -> FileRecord:
    fields: dict[str, object] = {
        "folder": "dataset",
        "path": SHARD,
        "config": "default",
        "split": "train",
        "rows": 3,
        "bytes": 10,
        "memory_bytes": 20,
        "sha256": "ab" * 32,
    }
    return FileRecord.model_validate(fields | changes)


def index_record(**changes: object) -> FileRecord:
    return record(**{"path": ROW_INDEX_NAME, "config": None, "split": None, **changes})


@pytest.mark.parametrize(
    "wrong",
    [
        {"config": None, "split": None},  # rows that no config shows
        {"config": None},
        {"split": None},
        {"path": ROW_INDEX_NAME},  # an index that a config shows
        {"path": ROW_INDEX_NAME, "config": None},
        {"folder": "rejected"},  # rejected rows that a config shows
        {"folder": "rejected", "path": ROW_INDEX_NAME},
    ],
)
def test_a_file_that_is_neither_shown_nor_rejected_nor_the_index_is_refused(
    wrong: dict[str, object],
) -> None:
    with pytest.raises(ValidationError, match=r"file '.*' of (dataset|rejected)/ has config"):
        record(**wrong)


def test_shards_rejected_rows_and_the_index_have_their_places() -> None:
    assert record().config == "default"
    assert record(folder="rejected", config=None, split=None).config is None
    assert index_record().config is None


def test_the_index_has_the_published_rows_and_there_is_one_at_most() -> None:
    rejected = record(folder="rejected", config=None, split=None, rows=9)
    refuse_false_index([record(), rejected], 3)  # from before there was an index
    refuse_false_index([record(), rejected, index_record()], 3)
    for files in ([index_record(rows=2)], [index_record(), index_record()]):
        with pytest.raises(ValueError, match=r"row indexes of .* at 3 published"):
            refuse_false_index([record(), *files], 3)


def test_no_config_counts_the_index_as_its_own() -> None:
    described = describe_config("default", [], [record(), index_record(rows=3)])
    assert [one.num_examples for one in described.splits] == [3]
    assert (described.download_size, described.dataset_size) == (10, 20)
    assert described.data_files == {"train": "data/train-*.parquet"}


def test_the_digest_depends_on_rows_and_their_order_not_on_the_order_of_columns() -> None:
    first, second = {"a": 1, "b": "x"}, {"a": 2, "b": None}
    assert digest_rows([first]) == digest_rows([{"b": "x", "a": 1}])
    assert digest_rows([first, second]) != digest_rows([second, first])


def test_the_median_is_the_earliest_of_equally_long_ones() -> None:
    assert choose_median(["ccc", "a", "bb", "dd"], len) == "bb"
    assert choose_median([], len) is None


def test_an_end_that_contradicts_the_rows_is_refused() -> None:
    counts = RowCounts(wanted=3, published=2)
    with pytest.raises(ValueError, match="complete is True"):
        refuse_false_end(counts, complete=True, ended_by="rows", stop_reason=None)
    with pytest.raises(ValueError, match="ended by rows"):
        refuse_false_end(counts, complete=False, ended_by="rows", stop_reason=None)
    with pytest.raises(ValueError, match="stopped by None"):
        refuse_false_end(counts, complete=False, ended_by="stopped", stop_reason=None)
