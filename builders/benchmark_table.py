"""Which benchmarks there are to fetch, at which commits; and what was fetched of them.

The table is `benchmarks.toml`. A benchmark is pinned to a commit of the Hub, which cannot change;
what was fetched is recorded beside the files in `SOURCES.json`, with the SHA-256 of each, so that
the same commit can never give something else unnoticed.
"""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from builders.errors import BenchmarkError

RECORDS_NAME = "SOURCES.json"
_BUNDLED = Path(__file__).parent / "benchmarks.toml"


class BenchmarkSource(BaseModel):
    """Where a benchmark stands: `files` are patterns of paths in the repository, `members` one of
    files in its .zip; `question` are columns to join where the usual ones do not say it all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    files: Annotated[tuple[str, ...], Field(min_length=1)]
    members: str = ""
    question: tuple[str, ...] = ()
    license: str


class FetchedBenchmark(BaseModel):
    """What was fetched: `files` of the repository by their SHA-256; `sha256` and `questions` of
    the file that was written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repo: str
    revision: str
    license: str
    files: dict[str, str]
    questions: int
    sha256: str


_RECORDS = TypeAdapter(dict[str, FetchedBenchmark])


def read_benchmark_table(path: Path = _BUNDLED) -> list[BenchmarkSource]:
    """The table in its order; raises BenchmarkError where it is broken or names one twice."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("benchmark", [])
        sources = TypeAdapter(list[BenchmarkSource]).validate_python(rows)
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path.name} cannot be used: {error}") from error
    names = [one.name for one in sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BenchmarkError(f"{path.name} names {', '.join(twice)} twice: give each its own name")
    return sources


def read_records(folder: Path) -> dict[str, FetchedBenchmark]:
    """What was fetched into the folder, by name; nothing where it is new."""
    path = folder / RECORDS_NAME
    try:
        return _RECORDS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        raise BenchmarkError(
            f"{path.name} cannot be read ({error}). It pins what was fetched: put it back, or "
            "remove it to fetch everything anew."
        ) from error


def write_records(folder: Path, records: Mapping[str, FetchedBenchmark]) -> None:
    """Write them in one step, sorted by name."""
    dumped = {name: records[name].model_dump() for name in sorted(records)}
    text = json.dumps(dumped, ensure_ascii=False, indent=2)
    write_in_one_step(folder / RECORDS_NAME, f"{text}\n".encode())


def write_in_one_step(path: Path, content: bytes) -> None:
    """A reader sees the old file or the whole new one."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
