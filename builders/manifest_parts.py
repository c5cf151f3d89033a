"""What the manifests of all kinds share: files, configs, digest, the form on the disk.

A config is described as the card's YAML needs it; sizes and row counts come from the files that
were written.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Literal, Self, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue, model_validator

from builders.decontamination.facts import DecontaminationFacts
from builders.splits import SPLITS

SCHEMA_VERSION = 1
ROW_INDEX_NAME = "row_index.parquet"
One = TypeVar("One")
Fate = tuple[str, str | None]
"""A row's id and why it was rejected, or None."""


class ManifestPart(BaseModel):
    """A frozen part of a manifest; field order is the order in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileRecord(ManifestPart):
    """One Parquet file; `path` is inside `folder`, `memory_bytes` its size as Arrow data.

    `config` and `split` are None for rejected rows and for the row index, which no config shows.
    """

    folder: Literal["dataset", "rejected"]
    path: str
    config: str | None
    split: str | None
    rows: int
    bytes: int
    memory_bytes: int
    sha256: str

    @model_validator(mode="after")
    def _every_row_has_a_place(self) -> Self:
        is_index = (self.folder, self.path) == ("dataset", ROW_INDEX_NAME)
        shown = self.folder == "dataset" and not is_index
        if (self.config is not None, self.split is not None) != (shown, shown):
            place = f"config {self.config!r}, split {self.split!r}"
            raise ValueError(f"file {self.path!r} of {self.folder}/ has {place}")
        return self


class SplitFacts(ManifestPart):
    """One split of a config, in the words of `dataset_info`."""

    name: str
    num_examples: int
    num_bytes: int


class ConfigFacts(ManifestPart):
    """One config: `data_files` maps a split to its glob, or to several in the order of their rows;
    `features` as `datasets` writes them."""

    name: str
    default: bool
    data_files: dict[str, str | list[str]]
    features: list[dict[str, JsonValue]]
    splits: list[SplitFacts]
    download_size: int
    dataset_size: int


class RowCounts(ManifestPart):
    """Rows asked for and rows published."""

    wanted: int
    published: int


class ServedModel(ManifestPart):
    """One model name that a server reported, with the replies that came from it."""

    name: str
    answered: int
    published: int


def digest_rows(rows: Iterable[Mapping[str, object]]) -> str:
    """SHA-256 over the rows in order, each as canonical JSON (sorted keys, UTF-8) and a newline.

    Over the columns of config `default`, so that rows loaded back by `load_dataset` give the same.
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
    return digest.hexdigest()


def refuse_repeated_ids(ids: Iterable[str]) -> None:
    """Raise ValueError where an id stands for two rows."""
    row_id, count = max(Counter(ids).items(), key=itemgetter(1), default=("", 0))
    if count > 1:
        raise ValueError(f"row {row_id} occurs {count} times: an id names one row")


def refuse_misplaced_rows(published: Iterable[Fate], rejected: Iterable[Fate]) -> None:
    """Raise ValueError where a published row has a reason or a rejected one has none."""
    for row_id, reason in published:
        if reason is not None:
            raise ValueError(f"row {row_id} is published, yet rejected as {reason}")
    for row_id, reason in rejected:
        if reason is None:
            raise ValueError(f"row {row_id} is rejected without a reason")


def refuse_false_index(files: Iterable[FileRecord], published: int) -> None:
    """Raise ValueError where there are several row indexes, or one of other rows; none is fine."""
    rows = [one.rows for one in files if one.folder == "dataset" and one.config is None]
    if rows not in ([], [published]):
        raise ValueError(f"row indexes of {rows} rows at {published} published ones")


def refuse_false_end(
    rows: RowCounts, *, complete: bool, ended_by: str, stop_reason: str | None
) -> None:
    """Raise ValueError where the words for the end of a build contradict its rows or each other."""
    if complete != (rows.published == rows.wanted):
        raise ValueError(f"complete is {complete} at {rows}")
    if complete != (ended_by == "rows"):
        raise ValueError(f"ended by {ended_by} at {rows}")
    if ended_by == "stopped" and stop_reason is None:
        raise ValueError("ended by stopped, stopped by None")


def refuse_false_matches(told: DecontaminationFacts | None, counted: tuple[int, int]) -> None:
    """Raise ValueError where benchmarks match other numbers of seeds and rows than were counted."""
    matched = (0, 0) if told is None else (told.seeds_matched, told.rows_matched)
    if matched != counted:
        raise ValueError(f"{matched} seeds and rows matched, funnel {counted}")


def dump_row(row: Mapping[str, object]) -> dict[str, JsonValue]:
    """A row as JSON has it."""
    dumped: dict[str, JsonValue] = json.loads(json.dumps(row))
    return dumped


def choose_median(rows: Sequence[One], length: Callable[[One], int]) -> One | None:
    """The row of median length, the earliest of equal ones; None without rows."""
    by_length = sorted(rows, key=length)
    return by_length[(len(by_length) - 1) // 2] if by_length else None


def describe_config(
    name: str, features: list[dict[str, JsonValue]], files: Sequence[FileRecord]
) -> ConfigFacts:
    """One config, from its features and its files' records; `default` is the default one."""
    own = [record for record in files if record.config == name]
    splits = [split for split in SPLITS if any(record.split == split for record in own)]
    return ConfigFacts(
        name=name,
        default=name == "default",
        data_files={split: f"{data_folder(name)}/{split}-*.parquet" for split in splits},
        features=features,
        splits=[_describe_split(split, own) for split in splits],
        download_size=sum(record.bytes for record in own),
        dataset_size=sum(record.memory_bytes for record in own),
    )


def _describe_split(split: str, files: Sequence[FileRecord]) -> SplitFacts:
    own = [record for record in files if record.split == split]
    return SplitFacts(
        name=split,
        num_examples=sum(record.rows for record in own),
        num_bytes=sum(record.memory_bytes for record in own),
    )


def data_folder(config: str) -> str:
    """The folder of a config's shards inside `dataset/`."""
    return "data" if config == "default" else config


def manifest_bytes(manifest: BaseModel) -> bytes:
    """`manifest.json`: UTF-8, two spaces, one newline at the end; deterministic."""
    text = json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=2)
    return f"{text}\n".encode()
