"""What changed from one release to the next, and how great a step of the version it demands.

Two manifests say which configs, columns and splits changed, two row indexes which rows; the rules
are those of `versions`. Not seen: a derived config (`inline_think`, `alpaca`) made in another way
in the very release that also changes the files of `default`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import orjson
from pydantic import JsonValue, ValidationError

from builders.any_manifest import AnyManifest, parse_manifest
from builders.manifest_parts import SCHEMA_VERSION, ConfigFacts
from builders.publishing.changes import (
    LEVELS,
    Change,
    ColumnChange,
    CountedRows,
    Level,
    Reason,
    RowChanges,
    SplitChange,
)
from builders.publishing.row_index import REPORTED_COLUMNS, RowIndex, compare_rows
from builders.publishing.versions import VersionError
from builders.seed_columns import shorten_value

_MOST_NAMED = 4


def read_release_manifest(content: bytes, release: str) -> AnyManifest:
    """The manifest of an earlier release, named `release` in messages.

    A manifest that lacks what later code versions added is read: the additions have defaults.
    Raises VersionError for one of another schema version, of an unknown kind, or broken.
    """
    what = f"the manifest of {release}"
    try:
        fields = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise VersionError(
            f"{what} is no JSON ({error}). Restore manifest.json in the repository, or publish "
            "under another name."
        ) from error
    schema = fields.get("schema_version") if isinstance(fields, dict) else None
    if schema != SCHEMA_VERSION:
        writer = fields.get("code_version") if isinstance(fields, dict) else None
        raise VersionError(
            f"{what} has schema version {shorten_value(schema)}, and this code reads "
            f"{SCHEMA_VERSION} only, so nobody can say what changed. Publish with the code version "
            f"that wrote it ({shorten_value(writer)}) or a later one, or under another name."
        )
    try:
        return parse_manifest(content)
    except ValidationError as error:
        raise VersionError(
            f"{what} cannot be read: {error}. Publish with the code version that wrote it "
            f"({shorten_value(fields.get('code_version'))}), or under another name."
        ) from error


def is_same_build(previous: AnyManifest, current: AnyManifest) -> bool:
    """Whether both manifests are of one and the same build: all is equal but their `release`."""
    return previous.model_dump(exclude={"release"}) == current.model_dump(exclude={"release"})


def tell_change(
    previous: AnyManifest,
    current: AnyManifest,
    previous_index: RowIndex | None,
    current_index: RowIndex,
) -> Change:
    """What changed from one release to the next, and how great a version step that demands.

    `previous_index` is None where the previous release has none: unless nothing in `default`
    differs, that is a major change. Deterministic. Raises VersionError where the kinds differ, and
    where an index does not have its manifest's rows.
    """
    if previous.kind != current.kind:
        raise VersionError(
            f"the repository holds a dataset of kind {previous.kind}, and this one is of kind "
            f"{current.kind}: one repository has one kind. Publish under another name (REPO=)."
        )
    if previous_index is not None:
        _check_rows(previous, previous_index, "previous release's")
    _check_rows(current, current_index, "new")
    rows = _find_row_changes(previous, current, previous_index, current_index)
    pairs = _pair_configs(previous, current)
    names, old_names = (_name_configs(one) for one in (current, previous))
    found = Change(
        level="patch",
        reasons=[],
        rows=rows,
        columns=_compare_columns(pairs),
        columns_reordered=[new.name for old, new in pairs if _is_reordered(old, new)],
        splits_added=_subtract_splits((new, old) for old, new in pairs),
        splits_removed=_subtract_splits(pairs),
        configs_added=[name for name in names if name not in old_names],
        configs_removed=[name for name in old_names if name not in names],
        rewritten=_find_rewritten(previous, current),
    )
    reasons = [*_schema_reasons(found), *_row_reasons(rows)]
    level = max((one.level for one in reasons), key=LEVELS.index, default=found.level)
    return Change.model_validate({**dict(found), "level": level, "reasons": reasons})


def _check_rows(manifest: AnyManifest, index: RowIndex, whose: str) -> None:
    if len(index) != manifest.rows.published:
        raise VersionError(
            f"the {whose} row index has {len(index)} rows, its manifest {manifest.rows.published}: "
            "they are not of one release. Fetch or build it again."
        )


def _find_row_changes(
    previous: AnyManifest,
    current: AnyManifest,
    previous_index: RowIndex | None,
    current_index: RowIndex,
) -> RowChanges | None:
    if previous_index is not None:
        return compare_rows(previous_index, current_index)
    same = (previous.content_digest, _default_splits(previous)) == (
        current.content_digest,
        _default_splits(current),
    )
    return compare_rows(current_index, current_index) if same else None


def _default_splits(manifest: AnyManifest) -> list[tuple[str, int]]:
    (default,) = [one for one in manifest.configs if one.default]
    return [(split.name, split.num_examples) for split in default.splits]


def _name_configs(manifest: AnyManifest) -> list[str]:
    return [one.name for one in manifest.configs]


def _pair_configs(
    previous: AnyManifest, current: AnyManifest
) -> list[tuple[ConfigFacts, ConfigFacts]]:
    """The configs that both have, in the order of the new one."""
    old: Mapping[str, ConfigFacts] = {one.name: one for one in previous.configs}
    return [(old[one.name], one) for one in current.configs if one.name in old]


def describe_type(feature: Mapping[str, JsonValue]) -> str:
    """A feature's type in words: `string`, `list of string`, `list of {role: string, …}`."""
    members = feature.get("list")
    if members is None:
        return str(feature.get("dtype"))
    if not isinstance(members, list):
        return f"list of {members}"
    fields = [one for one in members if isinstance(one, dict)]
    inside = ", ".join(f"{one.get('name')}: {one.get('dtype')}" for one in fields)
    return f"list of {{{inside}}}"


def _type_columns(config: ConfigFacts) -> dict[str, str]:
    return {str(one["name"]): describe_type(one) for one in config.features}


def _compare_columns(pairs: Iterable[tuple[ConfigFacts, ConfigFacts]]) -> list[ColumnChange]:
    configs: dict[tuple[str, str | None, str | None], list[str]] = {}
    for before, after in pairs:
        old, new = _type_columns(before), _type_columns(after)
        for name in {**old, **new}:
            types = (name, old.get(name), new.get(name))
            if types[1] != types[2]:
                configs.setdefault(types, []).append(after.name)
    return [
        ColumnChange(column=name, before=old_type, after=new_type, configs=found)
        for (name, old_type, new_type), found in configs.items()
    ]


def _is_reordered(before: ConfigFacts, after: ConfigFacts) -> bool:
    old, new = _type_columns(before), _type_columns(after)
    return old == new and list(old) != list(new)


def _subtract_splits(pairs: Iterable[tuple[ConfigFacts, ConfigFacts]]) -> list[SplitChange]:
    """The splits of each pair's first config that its second lacks."""
    configs: dict[str, list[str]] = {}
    for one, other in pairs:
        known = {split.name for split in other.splits}
        for split in one.splits:
            if split.name not in known:
                configs.setdefault(split.name, []).append(one.name)
    return [SplitChange(split=split, configs=found) for split, found in configs.items()]


def _find_rewritten(previous: AnyManifest, current: AnyManifest) -> list[str]:
    """Configs whose files are others although those of `default` are the same, byte for byte.

    The same writer wrote both, then, so it is the rows that differ.
    """
    old, new = _list_digests(previous), _list_digests(current)
    if "default" not in new or old.get("default") != new["default"]:
        return []
    return [name for name in new if name in old and old[name] != new[name]]


def _list_digests(manifest: AnyManifest) -> dict[str, list[str]]:
    digests: dict[str, list[str]] = {}
    for one in manifest.files:
        if one.folder == "dataset" and one.config is not None:
            digests.setdefault(one.config, []).append(one.sha256)
    return digests


def _schema_reasons(change: Change) -> Iterator[Reason]:
    for column in change.columns:
        yield Reason(level="major", text=_tell_column(column))
    for name in change.columns_reordered:
        yield Reason(level="major", text=f"columns of {_configs([name])} stand in another order")
    for split in change.splits_removed:
        yield Reason(level="major", text=_tell_split(split, "removed from"))
    for split in change.splits_added:
        level: Level = "major" if "default" in split.configs else "minor"
        yield Reason(level=level, text=_tell_split(split, "added to"))
    if change.configs_removed:
        yield Reason(level="major", text=f"{_configs(change.configs_removed)} removed")
    if change.configs_added:
        yield Reason(level="minor", text=f"{_configs(change.configs_added)} added")
    if change.rewritten:
        text = f"the rows of {_configs(change.rewritten)} changed although those of default did not"
        yield Reason(level="major", text=text)


def _tell_column(one: ColumnChange) -> str:
    name, where = f"column {shorten_value(one.column)}", _configs(one.configs)
    if one.before is None:
        return f"{name} added to {where}"
    if one.after is None:
        return f"{name} removed from {where}"
    return f"{name} of {where} was {one.before} and is {one.after}"


def _tell_split(one: SplitChange, what: str) -> str:
    return f"split {shorten_value(one.split)} {what} {_configs(one.configs)}"


def _configs(names: Sequence[str]) -> str:
    """The first few names, and how many there are beside them."""
    named = ", ".join(map(shorten_value, names[:_MOST_NAMED]))
    more = len(names) - _MOST_NAMED
    return (
        f"config{'s' if len(names) != 1 else ''} {named}{f' and {more} more' if more > 0 else ''}"
    )


def _row_reasons(rows: RowChanges | None) -> Iterator[Reason]:
    if rows is None:
        text = "the previous release has no row index, and its rows are not these"
        yield Reason(level="major", text=text)
        return
    reported = f"reported otherwise by servers ({', '.join(sorted(REPORTED_COLUMNS))})"
    told: tuple[tuple[Level, CountedRows, str], ...] = (
        ("major", rows.removed, "removed"),
        ("major", rows.changed, "changed"),
        ("major", rows.moved, "moved to another split"),
        ("minor", rows.added, "added"),
        ("minor", rows.reported, reported),
    )
    for level, counted, what in told:
        if counted.count:
            yield Reason(level=level, text=_tell_rows(counted, what))
    if rows.reordered:
        yield Reason(level="minor", text="rows stand in another order")


def _tell_rows(counted: CountedRows, what: str) -> str:
    many = counted.count != 1
    ids = ", ".join(map(shorten_value, counted.examples))
    more = ", …" if counted.count > len(counted.examples) else ""
    return f"{counted.count:,} row{'s' if many else ''} {what} ({ids}{more})"
