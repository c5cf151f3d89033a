"""The table of benchmarks pins each to a commit; the records are written in one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.benchmark_table import (
    FetchedBenchmark,
    read_benchmark_table,
    read_records,
    write_records,
)
from builders.errors import BenchmarkError

RECORD = FetchedBenchmark(
    repo="a/b", revision="1" * 40, license="mit", files={"x": "2"}, questions=3, sha256="4"
)
ROW = '[[benchmark]]\nname = "{}"\nrepo = "a/b"\nrevision = "{}"\nfiles = ["x"]\nlicense = "mit"\n'


def test_the_bundled_table_has_the_usual_ones_at_whole_commits() -> None:
    sources = read_benchmark_table()
    names = {one.name for one in sources}
    assert len(sources) >= 20
    assert {"mmlu", "cmmlu", "ceval", "gsm8k", "math_500", "humaneval", "mbpp", "piqa"} <= names
    assert all(len(one.revision) == 40 and one.files and one.license for one in sources)


@pytest.mark.parametrize("revision", ["main", "refs/convert/parquet", "abc123"])
def test_a_benchmark_that_is_not_pinned_to_a_commit_is_refused(
    tmp_path: Path, revision: str
) -> None:
    table = tmp_path / "table.toml"
    table.write_text(ROW.format("one", revision))
    with pytest.raises(BenchmarkError, match=r"table\.toml cannot be used"):
        read_benchmark_table(table)


def test_a_name_stands_once(tmp_path: Path) -> None:
    table = tmp_path / "table.toml"
    table.write_text(2 * ROW.format("one", "a" * 40))
    with pytest.raises(BenchmarkError, match="names one twice"):
        read_benchmark_table(table)


def test_records_are_read_back_and_broken_ones_are_told(tmp_path: Path) -> None:
    assert read_records(tmp_path) == {}
    write_records(tmp_path, {"z": RECORD, "a": RECORD})
    assert read_records(tmp_path) == {"a": RECORD, "z": RECORD}
    assert [path.name for path in tmp_path.iterdir()] == ["SOURCES.json"]
    (tmp_path / "SOURCES.json").write_text("{")
    with pytest.raises(BenchmarkError, match=r"SOURCES\.json cannot be read"):
        read_records(tmp_path)
