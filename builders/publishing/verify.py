"""Is the commit what was staged, and does it load? Asked before the tag, of the Hub itself.

1. Every file of the commit, by size and SHA-256 (or git's id), through the tree API.
2. Every config, loaded by commit in a process with empty caches: splits, row counts, columns, and
   for `default` the digest of its rows. Above 5 GB one shard a split is loaded; the files' digests
   stand for the rest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ValidationError

from builders.any_manifest import AnyManifest
from builders.errors import PublishError
from builders.manifest_parts import ConfigFacts, FileRecord
from builders.publishing.hub import Hub
from builders.publishing.load_back import LoadedSplit, LoadOrder, LoadReport
from builders.publishing.release_changes import describe_type
from builders.publishing.remote import Goal, find_missing, tell_paths
from builders.publishing.stage import StagedRelease

WHOLE_UP_TO_BYTES = 5_000_000_000
_ROOT = Path(__file__).resolve().parents[2]
Load = Callable[[LoadOrder, Path], LoadReport]


def verify_release(
    hub: Hub, staged: StagedRelease, goal: Goal, commit: str, load: Load, cache: Path
) -> list[str]:
    """What is wrong with the commit; [] where nothing is. `cache` is an empty folder.

    Raises PublishError where the Hub could not be asked: then nothing is known.
    """
    missing = find_missing(hub.read_tree(commit), goal)
    if not missing.is_empty:
        differing = tell_paths([*missing.added, *missing.deleted])
        return [f"the commit does not hold the release: {differing}"]
    manifest = staged.manifest
    total = sum(one.size for one in staged.files.values())
    order = LoadOrder(
        repo=hub.repo,
        commit=commit,
        configs={one.name: [split.name for split in one.splits] for one in manifest.configs},
        digested=next(one.name for one in manifest.configs if one.default),
        sampled=total > WHOLE_UP_TO_BYTES,
    )
    report = load(order, cache)
    if report.unreachable is not None:
        raise PublishError(
            f"the commit {commit[:12]} could not be loaded back: {report.unreachable}. It is not "
            "tagged yet. Run the same command again: it goes on with this check."
        )
    return list(find_faults(manifest, order, report))


def find_faults(manifest: AnyManifest, order: LoadOrder, report: LoadReport) -> Iterator[str]:
    """Where what was loaded differs from what the manifest says."""
    if report.fault is not None:
        yield f"it does not load: {report.fault}"
        return
    for config in manifest.configs:
        found = report.loaded.get(config.name, {})
        if list(found) != [one.name for one in config.splits]:
            yield f"config {config.name!r} has splits {list(found)}"
            continue
        for name, rows in _count_rows(manifest, config, sampled=order.sampled).items():
            yield from _compare_split(config, name, rows, found[name])
    if not order.sampled and report.digest != manifest.content_digest:
        yield f"the rows' digest is {report.digest}, the manifest's {manifest.content_digest}"


def _count_rows(manifest: AnyManifest, config: ConfigFacts, *, sampled: bool) -> dict[str, int]:
    """Rows to be loaded of each split: all, or those of its first file."""
    if not sampled:
        return {one.name: one.num_examples for one in config.splits}
    return {one.name: _first_file(manifest, config, one.name).rows for one in config.splits}


def _first_file(manifest: AnyManifest, config: ConfigFacts, split: str) -> FileRecord:
    globs = config.data_files[split]
    first = globs if isinstance(globs, str) else globs[0]
    files = [one for one in manifest.files if one.folder == "dataset"]
    return min(
        (one for one in files if Path(one.path).match(first)), key=lambda record: record.path
    )


def _compare_split(config: ConfigFacts, split: str, rows: int, found: LoadedSplit) -> Iterator[str]:
    where = f"config {config.name!r}, split {split!r}"
    if found.rows != rows:
        yield f"{where}: {found.rows} rows were loaded, {rows} were sent"
    expected = {str(feature["name"]): describe_type(feature) for feature in config.features}
    if list(found.columns.items()) != list(expected.items()):
        differing = [
            name
            for name in {**expected, **found.columns}
            if expected.get(name) != found.columns.get(name)
        ]
        yield f"{where}: columns differ: {tell_paths(differing) or 'in their order'}"


def load_in_child(order: LoadOrder, cache: Path, token: str | None = None) -> LoadReport:
    """`load_back` in a process whose caches lie in the folder; the user's own are not touched."""
    own = {
        "HF_HUB_CACHE": str(cache / "hub"),
        "HF_DATASETS_CACHE": str(cache / "datasets"),
        "HF_XET_CACHE": str(cache / "xet"),
        "HF_MODULES_CACHE": str(cache / "modules"),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        # Whoever publishes is online, and his token opens what he publishes.
        "HF_DATASETS_OFFLINE": "0",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "builders.publishing.load_back"],
        input=order.model_dump_json(),
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env={**os.environ, **own, **({"HF_TOKEN": token} if token else {})},
        check=False,
    )
    try:
        return LoadReport.model_validate_json(done.stdout)
    except ValidationError as error:
        raise PublishError(
            f"the process that loads the commit back ended with code {done.returncode} and no "
            "report (the lines above are its own). There is no tag yet. Run the same command again."
        ) from error
