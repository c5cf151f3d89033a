"""Small benchmark folders in our own words, written as the real ones are laid out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

LONG = (
    "A gardener plants 14 rows of tulips with 23 bulbs in each row and then gives away 57 bulbs. "
    "How many bulbs stand in the garden at the end of the afternoon?"
)
LONG_ZH = (
    "一列火车从甲站开往乙站，每小时行驶一百二十公里，途中停车三次，每次停五分钟，"
    "请问全程需要多少时间？"
)
SHORT = "The inner mirror:"
SHORT_OPTIONS = ("bends every beam towards the brass frame", "is polished twice a year")


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """JSON lines, gzipped where the name says so; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def write_folder(folder: Path) -> Path:
    """A folder with two benchmarks: `sums` (questions) and `exam` (short ones with options)."""
    sums = [{"question": LONG, "answer": "265"}, {"question": LONG_ZH, "answer": "无"}]
    exam = {
        "Question": SHORT,
        "A": SHORT_OPTIONS[0],
        "B": SHORT_OPTIONS[1],
        "Answer": "A",
    }
    write_rows(folder / "sums.jsonl.gz", sums)
    write_rows(folder / "nested" / "exam.jsonl", [exam])
    return folder
