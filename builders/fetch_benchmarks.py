"""Download the usual benchmarks, so that builds can be held against them.

    python -m builders.fetch_benchmarks [NAME …]        (or `make fetch-benchmarks`)

Each benchmark of `benchmarks.toml` becomes one file of questions and options in the folder that
BENCHMARKS names (benchmarks_data). One that is there is not fetched again, so the command goes on
where it was stopped. HF_ENDPOINT and HF_TOKEN are honoured by the Hub's client.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import gzip
import hashlib
import io
import json
import logging
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from builders.benchmark_table import (
    BenchmarkSource,
    FetchedBenchmark,
    read_benchmark_table,
    read_records,
    write_in_one_step,
    write_records,
)
from builders.command_line import run_command
from builders.decontamination.config import DEFAULT_FOLDER
from builders.decontamination.items import Item, read_item
from builders.errors import BenchmarkError, SeedError
from builders.seed_files import hash_seed_file, read_file_rows
from builders.seed_hub import list_network_faults

logger = logging.getLogger("build")


class HubUnreachableError(BenchmarkError):
    """There is no way to the Hub."""


def fetch_benchmarks(folder: Path, sources: Sequence[BenchmarkSource]) -> None:
    """Fetch what is not there; raises BenchmarkError at the end where some could not be had."""
    folder.mkdir(parents=True, exist_ok=True)
    records, failed = read_records(folder), list[str]()
    for source in sources:
        known = records.get(source.name)
        if known is not None and _is_there(folder, source, known):
            logger.info("%s: there already, %d questions", source.name, known.questions)
            continue
        try:
            records[source.name] = _fetch(folder, source, known)
        except HubUnreachableError:
            raise  # no other one can be had either
        except BenchmarkError as error:
            logger.warning("%s: %s", source.name, error)
            failed.append(source.name)
            continue
        write_records(folder, records)
        logger.info("%s: %d questions", source.name, records[source.name].questions)
    if failed:
        raise BenchmarkError(
            f"{len(failed)} of {len(sources)} benchmarks could not be fetched: "
            f"{', '.join(failed)}. The lines above say why; the same command goes on with them."
        )


def _is_there(folder: Path, source: BenchmarkSource, known: FetchedBenchmark) -> bool:
    path = _find_path(folder, source)
    same = (known.repo, known.revision) == (source.repo, source.revision)
    return same and path.is_file() and hash_seed_file(path) == known.sha256


def _find_path(folder: Path, source: BenchmarkSource) -> Path:
    return folder / f"{source.name}.jsonl.gz"


def _fetch(
    folder: Path, source: BenchmarkSource, known: FetchedBenchmark | None
) -> FetchedBenchmark:
    paths = _download(source)
    hashes = {name: hash_seed_file(path) for name, path in paths.items()}
    _refuse_change(source, hashes, known)
    try:
        items = list(_read_items(source, paths))
    except SeedError as error:
        raise BenchmarkError(f"a file that came cannot be read: {error}") from error
    if not items:
        raise BenchmarkError(f"no question in {', '.join(paths)}: look at `question` in the table")
    content = _pack(items)
    write_in_one_step(_find_path(folder, source), content)
    return FetchedBenchmark(
        repo=source.repo,
        revision=source.revision,
        license=source.license,
        files=hashes,
        questions=len(items),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _download(source: BenchmarkSource) -> dict[str, Path]:
    """The files by their name in the repository, from the Hub or its client's cache."""
    from huggingface_hub import HfApi, hf_hub_download  # noqa: PLC0415  # slow import
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415

    repo, at = source.repo, source.revision
    try:
        names = sorted(HfApi().list_repo_files(repo, repo_type="dataset", revision=at))
        chosen = [
            name for name in names if any(fnmatch.fnmatchcase(name, one) for one in source.files)
        ]
        paths = {
            name: Path(hf_hub_download(repo, name, repo_type="dataset", revision=at))
            for name in chosen
        }
    except (httpx.TransportError, ConnectionError) as error:
        raise HubUnreachableError(
            f"the Hub cannot be reached ({type(error).__name__}: {error}). Check the network and "
            "HF_ENDPOINT, or put benchmark files of your own into the folder."
        ) from error
    except list_network_faults() as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise BenchmarkError(
            f"{source.repo} at {source.revision[:12]} cannot be had ({told}). Check the network, "
            "HF_ENDPOINT and HF_TOKEN; a commit that is gone must be replaced in "
            "builders/benchmarks.toml, after a look at what changed."
        ) from error
    missing = [one for one in source.files if not fnmatch.filter(paths, one)]
    if missing:
        raise BenchmarkError(f"{source.repo} has no file {', '.join(missing)} at this commit")
    return paths


def _refuse_change(
    source: BenchmarkSource, hashes: Mapping[str, str], known: FetchedBenchmark | None
) -> None:
    """The same commit must give the same files; another commit is a change of the table."""
    if known is None or (known.repo, known.revision) != (source.repo, source.revision):
        return
    if known.files != hashes:
        changed = sorted({name for name, _ in known.files.items() ^ hashes.items()})
        raise BenchmarkError(
            f"{', '.join(changed)} is not what SOURCES.json says it was at {source.revision[:12]}. "
            "Find out which of them was tampered with; remove the entry to take the new one."
        )


def _read_items(source: BenchmarkSource, paths: Mapping[str, Path]) -> Iterator[Item]:
    for path in paths.values():
        with _open_members(path, source.members) as members:
            for member in members:
                for row in read_file_rows(member):
                    item = read_item(_join_question(row.values, source.question), 0)
                    if item is not None:
                        yield item


@contextlib.contextmanager
def _open_members(path: Path, members: str) -> Iterator[list[Path]]:
    """The file itself, or the chosen files of a .zip, unpacked for the time being."""
    if not members:
        yield [path]
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                names = sorted(fnmatch.filter(archive.namelist(), members))
                unpacked = [Path(archive.extract(name, folder)) for name in names]
        except zipfile.BadZipFile as error:
            raise BenchmarkError(f"{path.name} is no .zip: {error}") from error
        yield unpacked


def _join_question(row: Mapping[str, object], columns: Sequence[str]) -> Mapping[str, object]:
    if not columns:
        return row
    parts = [str(row[column]).strip() for column in columns if row.get(column)]
    return {**row, "question": " ".join(parts)}


def _pack(items: Sequence[Item]) -> bytes:
    """JSON lines, gzipped without a clock: the same items, the same bytes."""
    lines = (
        json.dumps({"question": item.text, "options": item.options}, ensure_ascii=False)
        for item in items
    )
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as file:
        file.writelines(f"{line}\n".encode("utf-8", "surrogatepass") for line in lines)
    return packed.getvalue()


def choose_sources(
    names: Sequence[str], table: Callable[[], list[BenchmarkSource]] = read_benchmark_table
) -> list[BenchmarkSource]:
    """The named ones in the table's order, all of them without a name; raises BenchmarkError."""
    sources = table()
    known = [one.name for one in sources]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BenchmarkError(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    return [one for one in sources if not names or one.name in names]


def main() -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(description=f"The folder is BENCHMARKS ({DEFAULT_FOLDER}).")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks; all without a name")
    names = parser.parse_args().names
    return run_command(lambda: fetch_benchmarks(_choose_folder(), choose_sources(names)))


def _choose_folder() -> Path:
    given = os.environ.get("BUILD_BENCHMARKS") or DEFAULT_FOLDER
    try:
        folder = Path(given).expanduser()
    except RuntimeError as error:  # a ~user that is not there
        raise BenchmarkError(f"BENCHMARKS={given}: {error}") from error
    if folder.exists() and not folder.is_dir():
        raise BenchmarkError(f"BENCHMARKS={given} is a file. Name a folder to download into.")
    return folder


if __name__ == "__main__":
    sys.exit(main())
