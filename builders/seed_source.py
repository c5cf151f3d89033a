"""Where seeds come from: a set bundled with the project, a local file or a dataset on the Hub.

A name that begins with `bundled:` is looked up in the sets of the kind that is built; of the rest,
a local path wins over a Hub id. Nothing here knows what a row means.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from builders.errors import SeedError
from builders.seed_columns import SeedRow
from builders.seed_files import SUFFIXES, hash_seed_file, read_file_rows
from builders.seed_hub import open_hub_dataset, parse_hub_source
from builders.seed_pins import SeedPin, check_seed_commit, check_seed_file

BUNDLED_LICENSE = "Apache-2.0"
_SEEDS_FOLDER = Path(__file__).parent / "seeds"


class SeedSource(NamedTuple):
    """A source before its rows are read; `name` is fit for a public manifest."""

    name: str
    rows: Iterator[SeedRow]
    sha256: str | None
    revision: str | None
    license: str | None


def open_seed_source(
    source: str, limit: int | None, bundled: Mapping[str, str], pin: SeedPin | None = None
) -> SeedSource:
    """The rows of a bundled set, a local file or a Hub dataset, read lazily.

    `bundled` holds the file of each bundled set by its name; `limit` spares a Hub dataset the
    rows beyond it. A `pin` names the commit that is read, or the file's digest. Raises SeedError
    for a source that cannot be found or is not the pinned one.
    """
    opened = _open_source(source, limit, bundled, None if pin is None else pin.revision)
    if opened.sha256 is not None:
        check_seed_file(pin, opened.name, opened.sha256)
    elif pin is not None:
        check_seed_commit(pin, opened.revision)
    return opened


def _open_source(
    source: str, limit: int | None, bundled: Mapping[str, str], revision: str | None
) -> SeedSource:
    if source.startswith("bundled:"):
        return _open_bundled(source, bundled)
    path = None if revision is not None else find_path(source)
    if path is not None:
        return _open_local(path)
    hub = parse_hub_source(source)
    if hub is None or _names_a_file(source):
        raise _missing_file(source, Path(source), bundled)
    found = open_hub_dataset(hub, limit, revision)
    return SeedSource(source, found.rows, None, found.revision, found.license)


def find_path(name: str) -> Path | None:
    """The file or folder of this name, None where there is none: no text is too odd to ask."""
    try:
        path = Path(name).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long; a ~user that is not there; a NUL
        return None


def check_columns_seen(columns: Mapping[str, str], seen: Collection[str], source: str) -> None:
    """Raise SeedError where SEED_COLUMNS names a column that no row has."""
    for field, column in columns.items():
        if column not in seen:
            near = difflib.get_close_matches(column, seen, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise SeedError(
                f'{source}: SEED_COLUMNS maps {field} to "{column}", and no row that was read has '
                f"such a column; they have {', '.join(sorted(seen))}.{hint}"
            )


def _open_bundled(source: str, bundled: Mapping[str, str]) -> SeedSource:
    file_name = bundled.get(source)
    if file_name is None:
        raise SeedError(
            f"No bundled seeds of this kind are called {source!r}. Give SEEDS="
            f"{' or '.join(bundled)}, a file or a Hub dataset."
        )
    path = _SEEDS_FOLDER / file_name
    return SeedSource(source, read_file_rows(path), hash_seed_file(path), None, BUNDLED_LICENSE)


def _open_local(path: Path) -> SeedSource:
    if not path.is_file():
        inside = sorted(file.name for file in path.iterdir()) if path.is_dir() else []
        files = [name for name in inside if _names_a_file(name)]
        hint = f" It holds {', '.join(files[:5])}." if files else ""
        name = path.name or "The working folder"
        raise SeedError(f"{name} is not a regular file. Give one seed file as SEEDS.{hint}")
    try:
        sha256 = hash_seed_file(path)
    except OSError as error:
        raise SeedError(
            f"{path.name}: cannot be read ({error.strerror}). Check its permissions."
        ) from error
    return SeedSource(path.name, read_file_rows(path), sha256, None, None)


def _names_a_file(source: str) -> bool:
    return any(suffix.lower() in SUFFIXES for suffix in Path(source).suffixes)


def _missing_file(source: str, path: Path, bundled: Mapping[str, str]) -> SeedError:
    names = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.8)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    if "://" in source:
        hint = " Addresses are not fetched: download the file and give its path."
    return SeedError(
        f"No seed file {source!r}.{hint} SEEDS is {', '.join(bundled)}, a local JSONL, JSON, "
        f"CSV or Parquet file (.gz too), or a Hub dataset written owner/name[:config[:split]]."
    )
