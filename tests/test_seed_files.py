"""Every format is read the same way, lazily, and what is broken is named by file and row."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.errors import SeedError
from builders.seed_files import hash_seed_file, read_file_rows

ROWS: list[dict[str, object]] = [
    {"question": '说 "hi", 2 × 3 = ?', "answer": "6"},
    {"question": "two\nlines, one comma", "answer": "7"},
]


def read_all(path: Path) -> list[dict[str, object]]:
    return [dict(row.values) for row in read_file_rows(path)]


def as_lines(rows: list[dict[str, object]], end: str = "\n") -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + end for row in rows).encode()


def as_csv() -> bytes:
    return 'question,answer\n"说 ""hi"", 2 × 3 = ?",6\n"two\nlines, one comma",7\n'.encode()


def as_parquet(rows: list[dict[str, object]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue())


CONTENTS = {
    "a.jsonl": as_lines(ROWS),
    "crlf.jsonl": as_lines(ROWS, "\r\n"),
    "no_end.ndjson": as_lines(ROWS).rstrip(),
    "blank_lines.jsonl": b"\n" + as_lines(ROWS, "\n\n"),
    "list.json": json.dumps(ROWS, indent=1).encode(),
    "data.json": json.dumps({"version": 1, "data": ROWS}).encode(),
    "lines.json": as_lines(ROWS),
    "a.csv": as_csv(),
    "crlf.csv": as_csv().replace(b"6\n", b"6\r\n").replace(b"answer\n", b"answer\r\n"),
    "a.parquet": as_parquet(ROWS),
    "unnamed_list": json.dumps(ROWS).encode(),
    "unnamed.txt": as_lines(ROWS),
    "unnamed_table": as_parquet(ROWS),
}


@pytest.mark.parametrize("name", sorted(CONTENTS))
@pytest.mark.parametrize("packed", ["plain", "gz", "hidden gz"])
def test_the_same_rows_come_out_of_every_format(tmp_path: Path, name: str, packed: str) -> None:
    content = CONTENTS[name] if packed == "plain" else gzip.compress(CONTENTS[name])
    path = tmp_path / (f"{name}.gz" if packed == "gz" else name)
    path.write_bytes(content)
    assert read_all(path) == ROWS
    assert hash_seed_file(path) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", ["a.jsonl", "list.json", "data.json", "lines.json", "a.csv"])
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xef\xbb\xbf" + CONTENTS[name])
    assert read_all(path) == ROWS


def test_line_separators_inside_a_string_do_not_end_a_row(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"question": "a\u2028b\x85c\x0bd"}]
    path = tmp_path / "a.jsonl"
    path.write_bytes(as_lines(rows))
    assert read_all(path) == rows


def test_rows_are_counted_as_an_editor_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "blank_lines.jsonl"
    path.write_bytes(CONTENTS["blank_lines.jsonl"])
    assert [row.number for row in read_file_rows(path)] == [2, 4]


@pytest.mark.parametrize("name", ["big.jsonl", "big.json", "big.csv"])
def test_nothing_is_parsed_beyond_the_rows_that_are_taken(tmp_path: Path, name: str) -> None:
    good = {
        "big.jsonl": as_lines(ROWS) * 2000,
        "big.json": b"[" + json.dumps(ROWS).encode()[1:-1] + b",",
        "big.csv": as_csv(),
    }
    path = tmp_path / name
    path.write_bytes(good[name] + b'{"broken": "\x01')
    taken = itertools.islice(read_file_rows(path), 2)
    assert [dict(row.values) for row in taken] == ROWS
    with pytest.raises(SeedError, match=name):
        read_all(path)


def test_an_empty_file_or_list_has_no_rows(tmp_path: Path) -> None:
    contents = {"a.jsonl": b"", "a.json": b" ", "b.json": b"[]", "a.csv": b"question,answer\n"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        assert read_all(tmp_path / name) == []


GOOD_LINE = as_lines(ROWS[:1])
FAULTS: dict[str, tuple[bytes, list[str]]] = {
    "cut.jsonl": (GOOD_LINE + b'{"question": "q', ["row 2", "not JSON", "whole JSON object"]),
    "scalar.jsonl": (GOOD_LINE + b"5\n", ["row 2", "expected an object", "int 5"]),
    "list_line.jsonl": (b'[{"question": "q"}]\n', ["row 1", "seen list", ".json"]),
    "latin1.jsonl": (GOOD_LINE + b'{"question": "caf\xe9"}\n', ["row 2", "not UTF-8", "\\xe9"]),
    "deep.jsonl": (b"[" * 200_000 + b"\n", ["row 1", "not JSON"]),
    "digits.jsonl": (b'{"answer": ' + b"9" * 5000 + b"}\n", ["row 1", "not JSON"]),
    "utf16.csv": ("question\nq\n".encode("utf-16"), ["UTF-16", "Save it as UTF-8"]),
    "second.json": (b'[{"question": "q"}, {"question": ]', ["row 2", "not JSON"]),
    "comma.json": (b'[{"question": "q"} {"question": "r"}]', ["row 1", "not JSON", "expected ','"]),
    "open.json": (b'[{"question": "q"},', ["row 2", "not JSON"]),
    "strings.json": (b'[{"question": "q"}, "r"]', ["row 2", "expected an object", "'r'"]),
    "object.json": (b'{\n"train": [], "test": []}', ["list of objects", "train, test"]),
    "broken.json": (b'{\n"data": [}', ["not JSON", "line 2 column 10"]),
    "latin1.json": (b'[\n{"question": "caf\xe9"}]', ["line 2", "not UTF-8"]),
    "cells.csv": (b"question,answer\n1+1,2\n2,3,4\n", ["row 2", "3 cells", "names 2"]),
    "quote.csv": (b'question,answer\n1+1,2\n"open,3\n', ["row 2", "not CSV", "Quote cells"]),
    "twice.csv": (b"question,question\na,b\n", ["header", '"question" stands twice']),
    "latin1.csv": (b"question\ngood\ncaf\xe9\n", ["line 3", "not UTF-8"]),
    "not.parquet": (b"PAR1 and nothing else", ["not.parquet", "not Parquet"]),
    "torn.jsonl.gz": (gzip.compress(GOOD_LINE * 500)[:-20], ["torn.jsonl.gz", "whole"]),
    "not_gz.bin": (b"\x00\x01", ["does not tell the format", ".jsonl"]),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_broken_file_is_told_by_name_and_row(tmp_path: Path, name: str) -> None:
    content, words = FAULTS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SeedError) as caught:
        read_all(tmp_path / name)
    message = str(caught.value)
    assert message.startswith(name)
    assert len(message) < 500
    for word in words:
        assert word in message
