"""A folder of benchmarks, whatever its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.decontamination.benchmark_files import read_benchmark_files
from builders.errors import RecipeError
from tests.decontamination.benchmark_folder import write_folder, write_rows


def test_files_come_by_path_under_their_stems_with_digest_and_items(tmp_path: Path) -> None:
    files = read_benchmark_files(write_folder(tmp_path))
    assert [(one.name, one.file, one.rows) for one in files] == [
        ("exam", "exam.jsonl", 1),
        ("sums", "sums.jsonl.gz", 2),
    ]
    assert all(len(one.sha256) == 64 for one in files)


def test_csv_json_and_parquet_are_read_and_records_and_hidden_files_are_not(tmp_path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415  # heavy
    import pyarrow.parquet as pq  # noqa: PLC0415

    (tmp_path / "a.csv").write_text("question,answer\nwhat?,that\n")
    (tmp_path / "b.json").write_text('[{"problem": "p"}]')
    pq.write_table(pa.table({"prompt": ["q"]}), tmp_path / "c.parquet")
    for name in ("SOURCES.json", ".hidden.jsonl", "README.md"):
        (tmp_path / name).write_text("[]")
    assert [(one.name, len(one.items)) for one in read_benchmark_files(tmp_path)] == [
        ("a", 1),
        ("b", 1),
        ("c", 1),
    ]


def test_equal_stems_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for name in ("x/test.jsonl", "y/test.jsonl", "y/test.csv"):
        write_rows(tmp_path / name, [])
    names = [one.name for one in read_benchmark_files(tmp_path)]
    assert names == ["x/test", "y/test.csv", "y/test.jsonl"]


def test_a_broken_file_ends_the_build_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "torn.jsonl").write_text('{"question": "q"}\n{"quest')
    with pytest.raises(RecipeError, match=r"torn\.jsonl cannot be read"):
        read_benchmark_files(tmp_path)
