"""Source files for builds in tests: web extracts of the fake teacher's own grammar."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.fake_teacher.essays import write_sentences

Row = dict[str, Any]


def write_web_sources(path: Path, count: int, *, planted: dict[int, str] | None = None) -> Path:
    """`count` extracts, every third in Chinese; `planted` are further sentences by number."""
    lines = []
    for number in range(count):
        prompt = "中文" if number % 3 == 2 else "English"
        text = write_sentences(prompt, f"source {number}", 8)
        row: Row = {"text": text, "topic": f"topic {number % 7}"}
        if planted and number in planted:
            row["text"] = f"{planted[number]}\n\n{text}"
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def read_published(out: Path) -> list[Row]:
    """The published rows of a pretraining build, in the order of the dataset's files."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # slow import

    rows: list[Row] = []
    for shard in sorted((out / "dataset" / "data").rglob("*.parquet")):
        rows.extend(pq.ParquetFile(shard).read().to_pylist())
    return rows


def read_rejected(out: Path, name: str = "rejected") -> list[Row]:
    """The rejected rows, or the dropped `sources`."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # slow import

    rows: list[Row] = []
    for shard in sorted((out / "rejected").glob(f"{name}-*.parquet")):
        rows.extend(pq.ParquetFile(shard).read().to_pylist())
    return rows
