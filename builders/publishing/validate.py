"""The release folder, checked before anything is sent: it is whole, it is ours, and it would load.

What `load_dataset` and the Hub refuse or pass over in silence
(https://huggingface.co/docs/hub/datasets-data-files-configuration): files that no config names,
splits without rows, names that are taken, a script named like the repository, a stale card.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from builders.any_manifest import AnyManifest
from builders.documents import CARD_NAME
from builders.errors import PublishError
from builders.licensing.decide import LICENSE_FILE
from builders.manifest_parts import ConfigFacts, FileRecord
from builders.publishing.release_changes import describe_type
from builders.publishing.remote import Goal, Tree, holds, tell_paths
from builders.publishing.row_index import ROW_INDEX_NAME
from builders.publishing.stage import DOCUMENTS, StagedRelease
from builders.swap import MANIFEST_NAME

_SPLIT_NAME = re.compile(r"\w+(\.\w+)*")
_CONFIG_NAME = re.compile(r"[^<>:/\\|?*\s]+")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
# A new repository may have them from the Hub's own pages; the release states them anew.
_TAKEN_OVER = (CARD_NAME, LICENSE_FILE)
_MOST_IN_FOLDER = 10_000
_MOST_PROBLEMS = 8
_TYPE_WORDS = {"double": "float64", "float": "float32", "halffloat": "float16"}


def validate_release(staged: StagedRelease, folder: Path, repo: str) -> None:
    """Raise PublishError that names everything wrong with the release folder (the first few)."""
    manifest = staged.manifest
    problems = [
        *_check_names(manifest),
        *_check_files(staged),
        *_check_digests(staged),
        *_check_cover(manifest),
        *_check_script(staged.files, repo),
        *_check_card(manifest, folder / CARD_NAME),
    ]
    if not problems:  # else a file may be missing
        problems += _check_tables(manifest, folder)
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        listed = "; ".join(problems[:_MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        raise PublishError(
            f"the dataset cannot be published: {listed}. Nothing was sent. Build it again (what "
            "was paid is kept), or move away what no build made."
        )


def check_neighbours(staged: StagedRelease, tree: Tree, goal: Goal, repo: str) -> None:
    """Raise PublishError where files that are not ours would be overwritten or loaded with ours."""
    foreign = [path for path in tree if path not in goal.own]
    taken = [path for path in foreign if path in goal.files and path not in _TAKEN_OVER]
    patterns = [one for config in staged.manifest.configs for one in _list_globs(config)]
    mixed = [
        path
        for path in foreign
        if path not in goal.files and any(_matches(path, one) for one in patterns)
    ]
    script = [path for path in foreign if path == _name_script(repo)]
    wrong = sorted({*(path for path in taken if not _is_same(path, tree, goal)), *mixed, *script})
    if wrong:
        raise PublishError(
            f"the repository holds files that no release of ours made, and they would be "
            f"overwritten, loaded as part of this dataset, or keep it from loading: "
            f"{tell_paths(wrong)}. Delete or rename them on the Hub, or publish under another name "
            "(REPO=)."
        )


def _is_same(path: str, tree: Tree, goal: Goal) -> bool:
    """A file that main holds already, byte for byte."""
    return holds(tree[path], goal.files[path])


def _check_names(manifest: AnyManifest) -> Iterator[str]:
    for config in manifest.configs:
        if not _CONFIG_NAME.fullmatch(config.name) or config.name == "data":
            yield f"config {config.name!r} has a name that `load_dataset` refuses"
        for split in config.splits:
            if not _SPLIT_NAME.fullmatch(split.name) or split.name == "all":
                yield f"split {split.name!r} has a name that `load_dataset` refuses"
            if split.num_examples == 0:
                yield f"split {split.name!r} of config {config.name!r} has no row and cannot load"
        if not config.splits:
            yield f"config {config.name!r} has no split"


def _check_files(staged: StagedRelease) -> Iterator[str]:
    """The folder holds what the manifest names, the documents, and nothing else."""
    named = [one.path for one in staged.manifest.files if one.folder == "dataset"]
    twice = [path for path, count in Counter(named).items() if count > 1]
    if twice:
        yield f"the manifest names {tell_paths(twice)} twice"
    missing = [path for path in dict.fromkeys([*named, *DOCUMENTS]) if path not in staged.files]
    if missing:
        yield f"files are missing: {tell_paths(missing)}"
    ours = {*named, *staged.documents}
    foreign = [path for path in staged.files if path not in ours]
    if foreign:
        yield f"files that no build made stand in dataset/: {tell_paths(foreign)}"
    folders = Counter(path.rpartition("/")[0] for path in staged.files)
    full = [folder for folder, count in folders.items() if count > _MOST_IN_FOLDER]
    if full:
        yield f"more than {_MOST_IN_FOLDER} files in one folder, which the Hub refuses: {full}"


def _check_digests(staged: StagedRelease) -> Iterator[str]:
    for record in staged.manifest.files:
        there = staged.files.get(record.path) if record.folder == "dataset" else None
        if there is None:
            continue
        if there.size != record.bytes:
            yield f"{record.path} has {there.size} bytes, the manifest says {record.bytes}"
        elif there.sha256 != record.sha256:
            yield f"{record.path} is not the file whose SHA-256 the manifest holds"


def _check_cover(manifest: AnyManifest) -> Iterator[str]:
    """Every config finds a file for each split, and every file is in a config."""
    data = [one for one in manifest.files if one.folder == "dataset" and not _is_index(one)]
    globs = {config.name: list(_list_globs(config)) for config in manifest.configs}
    for name, patterns in globs.items():
        empty = [one for one in patterns if not any(_matches(file.path, one) for file in data)]
        if empty:
            yield f"config {name!r} names files that do not exist: {tell_paths(empty)}"
    every = [pattern for patterns in globs.values() for pattern in patterns]
    lost = [file.path for file in data if not any(_matches(file.path, one) for one in every)]
    if lost:
        yield f"no config names {tell_paths(lost)}: `load_dataset` would leave them out in silence"
    if sum(config.default for config in manifest.configs) != 1:
        yield "not exactly one config is the default one"


def _is_index(record: FileRecord) -> bool:
    """The one data file that no config shows."""
    return record.config is None and record.path == ROW_INDEX_NAME


def _list_globs(config: ConfigFacts) -> Iterator[str]:
    for globs in config.data_files.values():
        yield from [globs] if isinstance(globs, str) else globs


def _matches(path: str, pattern: str) -> bool:
    """As `datasets` globs: `*` stays inside a folder."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _check_script(files: Sequence[str] | dict[str, Any], repo: str) -> Iterator[str]:
    script = _name_script(repo)
    if script in files:
        yield f"{script} has the repository's name: `load_dataset` would refuse it as a script"


def _name_script(repo: str) -> str:
    """The file that `load_dataset` takes for a loading script, which it no longer runs."""
    return f"{repo.rsplit('/', 1)[-1]}.py"


def _check_card(manifest: AnyManifest, path: Path) -> Iterator[str]:
    """The front matter is YAML and says of configs and licence what the manifest says."""
    import yaml  # noqa: PLC0415  # a fast path does not need it

    found = _FRONT_MATTER.match(path.read_text(encoding="utf-8")) if path.is_file() else None
    if found is None:
        yield f"{CARD_NAME} has no YAML front matter"
        return
    try:
        card = yaml.safe_load(found.group(1))
    except yaml.YAMLError as error:
        yield f"the front matter of {CARD_NAME} is no YAML ({' '.join(str(error).split())[:200]})"
        return
    if not isinstance(card, dict):
        yield f"the front matter of {CARD_NAME} is no mapping"
        return
    yield from _compare_configs(manifest, card)
    if not isinstance(card.get("license"), str) or card["license"] in ("", "unknown"):
        yield f"{CARD_NAME} states no licence"
    elif manifest.release is not None and card["license"] != manifest.release.license.license:
        yield (
            f"{CARD_NAME} states licence {card['license']!r}, "
            f"{MANIFEST_NAME} and {LICENSE_FILE} {manifest.release.license.license!r}"
        )


def _compare_configs(manifest: AnyManifest, card: dict[str, Any]) -> Iterator[str]:
    """Configs, files, splits and row counts of the card beside the manifest's."""
    stated = {}
    for one in card.get("configs") or []:
        files = {entry["split"]: entry["path"] for entry in one["data_files"]}
        stated[one["config_name"]] = (files, bool(one.get("default", False)))
    expected = {one.name: (one.data_files, one.default) for one in manifest.configs}
    if stated != expected:
        yield f"the configs of {CARD_NAME} are not the manifest's: {sorted(stated)}"
    told = {
        one.get("config_name"): {split["name"]: split["num_examples"] for split in one["splits"]}
        for one in card.get("dataset_info") or []
    }
    rows = {
        one.name: {split.name: split.num_examples for split in one.splits}
        for one in manifest.configs
    }
    if told != rows:
        yield f"the dataset_info of {CARD_NAME} counts other rows than the manifest"


def _check_tables(manifest: AnyManifest, folder: Path) -> Iterator[str]:
    """Rows and columns of every Parquet file, as its own footer tells them."""
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help need not pay
    import pyarrow.parquet as pq  # noqa: PLC0415  # as above

    rows: Counter[tuple[str, str]] = Counter()
    for record in manifest.files:
        if record.folder != "dataset" or _is_index(record):
            continue
        try:
            file = pq.ParquetFile(folder / record.path)
        except (OSError, pa.ArrowException) as error:
            yield f"{record.path} is no Parquet file ({error})"
            continue
        there = file.metadata.num_rows
        if there != record.rows:
            yield f"{record.path} has {there} rows, the manifest says {record.rows}"
        columns = {field.name: describe_arrow_type(field.type) for field in file.schema_arrow}
        for config, split in _list_views(manifest, record.path):
            rows[config.name, split] += record.rows
            yield from _compare_columns(config, columns, record.path)
    for config in manifest.configs:
        for one in config.splits:
            if rows[config.name, one.name] != one.num_examples:
                yield (
                    f"config {config.name!r} shows {rows[config.name, one.name]} rows in split "
                    f"{one.name!r}, the manifest says {one.num_examples}"
                )


def _list_views(manifest: AnyManifest, path: str) -> Iterator[tuple[ConfigFacts, str]]:
    for config in manifest.configs:
        for split, globs in config.data_files.items():
            patterns = [globs] if isinstance(globs, str) else globs
            if any(_matches(path, one) for one in patterns):
                yield config, split


def _compare_columns(config: ConfigFacts, columns: dict[str, str], path: str) -> Iterator[str]:
    expected = {str(one["name"]): describe_type(one) for one in config.features}
    hidden = hasattr(config, "columns")  # a view that leaves columns of its files out
    shown = {name: kind for name, kind in columns.items() if not hidden or name in expected}
    if shown != expected:
        differing = [n for n in {**expected, **shown} if expected.get(n) != shown.get(n)]
        yield f"{path} does not have the columns of config {config.name!r}: {tell_paths(differing)}"


def describe_arrow_type(kind: Any) -> str:  # noqa: ANN401  # `pyarrow.DataType`
    """A column's Arrow type, in the words of `release_changes.describe_type`."""
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help need not pay

    if pa.types.is_list(kind):
        inner = kind.value_type
        if not pa.types.is_struct(inner):
            return f"list of {describe_arrow_type(inner)}"
        fields = [inner.field(place) for place in range(inner.num_fields)]
        inside = ", ".join(f"{one.name}: {describe_arrow_type(one.type)}" for one in fields)
        return f"list of {{{inside}}}"
    return _TYPE_WORDS.get(str(kind), str(kind))
