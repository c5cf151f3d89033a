"""Rows of a local seed file: JSON lines, JSON, CSV or Parquet, plain or gzipped.

Rows are read one after another and only as far as they are asked for, so the first thousand of a
file of many gigabytes cost as much as a file of a thousand. gzip is told by the file's first bytes,
the format by its name and, where the name says nothing, by its first bytes. Text is UTF-8; a byte
order mark and CRLF line ends are accepted.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, cast

from builders.errors import SeedError
from builders.seed_columns import SeedRow, shorten_value

FileFormat = Literal["jsonl", "json", "csv", "parquet"]

SUFFIXES: dict[str, FileFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_GZIP_MAGIC = b"\x1f\x8b"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LARGEST_CSV_CELL = 64 * 2**20  # the csv module's own limit of 128 KiB is less than one long text
_PARQUET_BATCH_ROWS = 512


def hash_seed_file(path: Path) -> str:
    """SHA-256 of the file's bytes as they are stored (a gzip file is not unpacked for it)."""
    with path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()


def read_file_rows(path: Path) -> Iterator[SeedRow]:
    """The file's rows in their order, lazily; an empty file gives none.

    Raises SeedError, with the file and the row, for what cannot be unpacked, decoded or parsed.
    """
    number = 0
    try:
        with _open_unpacked(path) as stored:
            for row in _ROW_READERS[_find_format(path, stored)](stored, path.name):
                number = row.number
                yield row
    except (OSError, EOFError, zlib.error) as error:
        raise SeedError(
            f"{path.name}, after row {number}: cannot be read ({error}). Check that the file is "
            f"whole and readable; a broken .gz must be fetched again."
        ) from error


@contextlib.contextmanager
def _open_unpacked(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as stored:
        magic = stored.read(len(_GZIP_MAGIC))
        stored.seek(0)
        if magic != _GZIP_MAGIC:
            yield stored
            return
        with gzip.GzipFile(fileobj=stored) as unpacked:
            yield cast("IO[bytes]", unpacked)


def _find_format(path: Path, stored: IO[bytes]) -> FileFormat:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    start = stored.read(4096)
    stored.seek(0)
    if start.startswith(_UTF16_MARKS):
        raise SeedError(f"{path.name}: the text is UTF-16. Save it as UTF-8 and run again.")
    text_start = start.removeprefix(_UTF8_MARK).lstrip()
    named = SUFFIXES.get(suffixes[-1]) if suffixes else None
    if named == "json" and _holds_json_lines(text_start):
        return "jsonl"
    if named is not None:
        return named
    if start.startswith(b"PAR1"):
        return "parquet"
    if text_start.startswith((b"{", b"[")):
        return "json" if text_start.startswith(b"[") else "jsonl"
    raise SeedError(
        f"{path.name}: the name does not tell the format. Name it "
        f"{', '.join(SUFFIXES)} (.gz may follow)."
    )


def _holds_json_lines(text_start: bytes) -> bool:
    """Whether a file called .json holds one object a line, as many published files do."""
    first_line, newline, _ = text_start.partition(b"\n")
    try:
        first = json.loads(first_line)
    except (ValueError, RecursionError):
        # A first line longer than what was looked at: an object still open is a long first row.
        return not newline and text_start.startswith(b"{") and b'"data"' not in text_start[:64]
    return isinstance(first, dict) and not isinstance(first.get("data"), list)


def _read_json_lines(stored: IO[bytes], source: str) -> Iterator[SeedRow]:
    for number, line in enumerate(stored, start=1):
        text = _decode_line(line, source, number, "row")
        if text.strip():
            yield _make_row(_parse_json(text, source, number), source, number)


def _decode_line(line: bytes, source: str, number: int, unit: Literal["row", "line"]) -> str:
    try:
        return (line.removeprefix(_UTF8_MARK) if number == 1 else line).decode()
    except UnicodeDecodeError as error:
        seen = line[error.start : error.start + 4]
        raise SeedError(
            f"{source}, {unit} {number}: not UTF-8 at byte {error.start + 1} of the line "
            f"(seen {seen!r}). Save the file as UTF-8 and run again."
        ) from error


def _parse_json(text: str, source: str, number: int) -> object:
    try:
        return cast("object", json.loads(text))
    except (ValueError, RecursionError) as error:
        raise SeedError(
            f"{source}, row {number}: not JSON ({error}); seen {shorten_value(text.strip())}. "
            f"Each line must be one whole JSON object."
        ) from error


def _make_row(value: object, source: str, number: int) -> SeedRow:
    if not isinstance(value, dict):
        raise SeedError(
            f"{source}, row {number}: expected an object with named columns, seen "
            f"{type(value).__name__} {shorten_value(value)}. Write each row as "
            '{"column": "value", …} (a file that is one JSON list is called .json).'
        )
    return SeedRow(source, number, value)


def _read_json(stored: IO[bytes], source: str) -> Iterator[SeedRow]:
    text = _decode_whole(stored.read(), source)
    start = _skip_space(text, 0)
    if text.startswith("[", start):
        yield from _read_json_list(text, start + 1, source)
    elif start < len(text):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SeedError(
                f"{source}: not JSON ({error}); it begins {shorten_value(text[start:])}. Expected "
                'a list of objects, or {"data": [ … ]}; one object a line is called .jsonl.'
            ) from error
        data = value.get("data") if isinstance(value, dict) else None
        if not isinstance(data, list):
            keys = ", ".join(value) if isinstance(value, dict) else type(value).__name__
            raise SeedError(
                f'{source}: expected a list of objects, or {{"data": [ … ]}}; seen {keys[:120]}. '
                "Write the rows as a JSON list, or one object a line as .jsonl."
            )
        for number, item in enumerate(data, start=1):
            yield _make_row(item, source, number)


def _decode_whole(data: bytes, source: str) -> str:
    try:
        return data.removeprefix(_UTF8_MARK).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SeedError(
            f"{source}, line {line}: not UTF-8 (seen {data[error.start : error.start + 4]!r}). "
            f"Save the file as UTF-8 and run again."
        ) from error


def _read_json_list(text: str, position: int, source: str) -> Iterator[SeedRow]:
    """One element at a time, so that an error names its row and a limit spares the rest."""
    decoder = json.JSONDecoder()
    position = _skip_space(text, position)
    number = 0
    ended = text.startswith("]", position)
    while not ended:
        number += 1
        try:
            value, position = decoder.raw_decode(text, position)
            position = _skip_space(text, position)
            ended = text.startswith("]", position)
            if not ended and not text.startswith(",", position):
                raise json.JSONDecodeError("expected ',' or ']' after the row", text, position)
        except (ValueError, RecursionError) as error:
            raise SeedError(
                f"{source}, row {number}: not JSON ({error}); seen "
                f"{shorten_value(text[position : position + 80])}. Repair the file and run again."
            ) from error
        yield _make_row(value, source, number)
        position = _skip_space(text, position + 1)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _read_csv(stored: IO[bytes], source: str) -> Iterator[SeedRow]:
    csv.field_size_limit(_LARGEST_CSV_CELL)
    lines = (
        _decode_line(line, source, number, "line") for number, line in enumerate(stored, start=1)
    )
    cells = csv.reader(lines, strict=True)
    header: list[str] = []
    number = 0
    try:
        for record in cells:
            if not record:
                continue
            if not header:
                header = _check_header(record, source)
                continue
            number += 1
            yield SeedRow(source, number, _pair_cells(header, record, source, number))
    except csv.Error as error:
        raise SeedError(
            f"{source}, row {number + 1} (line {cells.line_num}): not CSV ({error}). Quote cells "
            f'that hold commas, quotes or line breaks, and double the quotes inside ("").'
        ) from error


def _check_header(record: list[str], source: str) -> list[str]:
    header = [name.strip() for name in record]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise SeedError(
            f'{source}, header: the column "{twice}" stands twice. Rename one; the first line of '
            f"a CSV file names its columns."
        )
    return header


def _pair_cells(
    header: list[str], record: list[str], source: str, number: int
) -> dict[str, object]:
    if len(record) != len(header):
        raise SeedError(
            f"{source}, row {number}: {len(record)} cells where the header names {len(header)} "
            f"({', '.join(header)[:120]}); seen {shorten_value(record[-1])} last. Quote cells that "
            f"hold commas."
        )
    return dict(zip(header, record, strict=True))


def _read_parquet(stored: IO[bytes], source: str) -> Iterator[SeedRow]:
    import pyarrow as pa  # noqa: PLC0415  # heavy: only a Parquet file pays for it
    import pyarrow.parquet as pq  # noqa: PLC0415

    number = 0
    try:
        for batch in pq.ParquetFile(stored).iter_batches(batch_size=_PARQUET_BATCH_ROWS):
            for values in batch.to_pylist():
                number += 1
                yield SeedRow(source, number, values)
    except pa.ArrowException as error:
        raise SeedError(
            f"{source}, after row {number}: not Parquet ({error}). Check that the file is whole."
        ) from error


_ROW_READERS = {
    "jsonl": _read_json_lines,
    "json": _read_json,
    "csv": _read_csv,
    "parquet": _read_parquet,
}
