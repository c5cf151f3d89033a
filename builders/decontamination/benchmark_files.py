"""From the folder of benchmarks to their items: any layout, in an order that never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from builders.decontamination.config import BenchmarkPin
from builders.decontamination.items import Item, read_item
from builders.errors import RecipeError, SeedError
from builders.public_text import replace_lone_surrogates
from builders.seed_files import SUFFIXES, hash_seed_file, read_file_rows

_GZIP = ".gz"
_MOST_TOLD = 4
# Written by `make fetch-benchmarks` beside what it fetched.
_RECORDS = frozenset({"SOURCES.json"})


class BenchmarkFile(NamedTuple):
    """One file: `items` that have a question, of `rows` rows; `columns` are those of all rows."""

    name: str
    file: str
    sha256: str
    rows: int
    columns: list[str]
    items: list[Item]


def read_benchmark_files(folder: Path) -> list[BenchmarkFile]:
    """Every JSON lines, JSON, CSV and Parquet file below the folder, by its path; .gz too.

    A file's name without its suffixes is the benchmark's; where two have the same, their folders
    come before it. Raises RecipeError for a file that cannot be read.
    """
    return _read_files(_list_files(folder), folder)


def read_pinned_files(folder: Path | None, pins: Sequence[BenchmarkPin]) -> list[BenchmarkFile]:
    """Those files below the folder that have a pinned digest, in the order of their paths.

    Files beside them are left alone. Raises RecipeError where a pinned one is not there.
    """
    paths = [] if folder is None or not pins else _list_files(folder)
    digests = {path: hash_seed_file(path) for path in paths}
    missing = [pin for pin in pins if pin.sha256 not in digests.values()]
    if missing:
        raise RecipeError(_tell_missing(missing, digests))
    pinned = {pin.sha256 for pin in pins}
    kept = [path for path in paths if digests[path] in pinned]
    return [] if folder is None else _read_files(kept, folder)


def _tell_missing(missing: Sequence[BenchmarkPin], digests: Mapping[Path, str]) -> str:
    """Which files, and what stands there under the same name."""
    named = {path.name: digest for path, digest in digests.items()}
    told = [
        f"{pin.file} (SHA-256 {pin.sha256}; the one here has {named[pin.file]})"
        if pin.file in named
        else f"{pin.file} (SHA-256 {pin.sha256})"
        for pin in missing[:_MOST_TOLD]
    ]
    more = f" and {len(missing) - _MOST_TOLD} more" if len(missing) > _MOST_TOLD else ""
    return (
        f"the rows were held against benchmark files that are not here: {', '.join(told)}{more}. "
        "Run make fetch-benchmarks, or name the folder that holds them with BENCHMARKS="
    )


def _list_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if _is_benchmark(path, folder)]


def _read_files(paths: Sequence[Path], folder: Path) -> list[BenchmarkFile]:
    return [_read_file(path, name) for path, name in zip(paths, _name(paths, folder), strict=True)]


def _name(paths: Sequence[Path], folder: Path) -> list[str]:
    """The shortest of file, folders and file, and both with the suffixes that no other has."""
    ways = [
        [_strip_suffixes(path) for path in paths],
        ["/".join([*_list_folders(path, folder), _strip_suffixes(path)]) for path in paths],
    ]
    whole = ["/".join(path.relative_to(folder).parts) for path in paths]
    return [
        next((way[place] for way in ways if way.count(way[place]) == 1), whole[place])
        for place in range(len(paths))
    ]


def _list_folders(path: Path, folder: Path) -> tuple[str, ...]:
    return path.relative_to(folder).parts[:-1]


def _is_benchmark(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != _GZIP]
    return (
        bool(suffixes)
        and suffixes[-1] in SUFFIXES
        and path.name not in _RECORDS
        and not any(part.startswith(".") for part in parts)
        and path.is_file()
    )


def _strip_suffixes(path: Path) -> str:
    stem = path.name
    while (suffix := Path(stem).suffix.lower()) in SUFFIXES or suffix == _GZIP:
        stem = Path(stem).stem
    return stem


def _read_file(path: Path, name: str) -> BenchmarkFile:
    try:
        rows = [row.values for row in read_file_rows(path)]
        digest = hash_seed_file(path)
    except (SeedError, OSError) as error:
        raise RecipeError(
            f"BENCHMARKS: {path.name} cannot be read ({error}). Repair or remove it, or fetch it "
            "again (make fetch-benchmarks)."
        ) from error
    items = [item for place, row in enumerate(rows) if (item := read_item(row, place)) is not None]
    seen = list(dict.fromkeys(column for row in rows for column in row))
    # published names
    name, file, *columns = (replace_lone_surrogates(one)[0] for one in (name, path.name, *seen))
    return BenchmarkFile(name, file, digest, len(rows), columns, items)
