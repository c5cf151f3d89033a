"""From `SEEDS` to the sources of a pretraining build: read, recognise, select, merge equal ones.

Sources come from the bundled set, local files and Hub datasets, several of them joined by commas.
What is wrong with a source is found here, before anything is paid, and told in one SeedError; a row
that cannot be used is dropped, with the file, row, field and value in its reason.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

from pydantic import Field, field_validator

from builders.errors import RecipeError, SeedError
from builders.licensing.seeds_statement import check_stated_sources
from builders.pretraining.outcome import DroppedSource, SourceFileFacts, SourcesFacts
from builders.pretraining.select_sources import REASONS, UNREADABLE, select_source
from builders.pretraining.selection import SelectionConfig, refuse_unknown
from builders.pretraining.source import Source
from builders.pretraining.source_rows import SOURCE_FIELDS, RawSource, read_source_row
from builders.seed_columns import LANGUAGES, SeedRow, check_mapped_fields
from builders.seed_loader import SeedConfig
from builders.seed_source import SeedSource, check_columns_seen, find_path, open_seed_source
from distilabel_pipelines.passages import SOURCE_KINDS, SourceKind
from distilabel_pipelines.rows import question_id

__all__ = [
    "BUNDLED_SOURCES",
    "SOURCE_FIELDS",
    "LoadedSources",
    "SourceConfig",
    "load_sources",
    "split_sources",
]
BUNDLED_SOURCES = {"bundled:pretraining": "pretraining.jsonl"}
_BUNDLED_LICENSE = "CC0-1.0"
CONTAMINATED = "contaminated"
_ALL_REASONS = (UNREADABLE, *REASONS, CONTAMINATED)


class SourceConfig(SeedConfig):
    """Where the sources come from: `source` names one or several, joined by commas.

    `kind` ("" to tell by the columns) overrides what their rows are taken for (SOURCE): one for
    all, or one for each of several. `limit` counts the rows of all of them together, in order.
    """

    source: str = "bundled:pretraining"
    kind: str = Field(default="")

    @field_validator("kind")
    @classmethod
    def _kinds_are_known(cls, kind: str) -> str:
        refuse_unknown("kind of source", filter(None, _split(kind)), SOURCE_KINDS)
        return kind


class LoadedSources(NamedTuple):
    """The sources that prompts are made of, in their order, those dropped, and their facts."""

    kept: list[Source]
    dropped: list[DroppedSource]
    facts: SourcesFacts

    def leave_out(self, dropped: Sequence[DroppedSource]) -> LoadedSources:
        """The same without these sources, which a later stage found unfit; they are counted."""
        out = {each.source_id for each in dropped}
        kept = [source for source in self.kept if source.source_id not in out]
        return _count(kept, [*self.dropped, *dropped], self.facts.files, self.facts.equal_merged)


def load_sources(seeds: SourceConfig, selection: SelectionConfig) -> LoadedSources:
    """Read the first `limit` rows of all sources, select and merge; deterministic.

    Equal sources (`identify_source`) are merged after the selection; the first one stays. Raises
    SeedError for a source that cannot be found or read and where no source is left; a row that
    cannot be used is dropped as `unreadable`. RecipeError for a mapping or an override that does
    not fit, LicenseError where SEEDS_LICENSE names a source that was not read.
    """
    check_mapped_fields(seeds.columns, SOURCE_FIELDS)
    kept: dict[str, Source] = {}
    dropped: list[DroppedSource] = []
    merged = 0
    reader = _Reader(seeds)
    for raw in reader:
        selected = raw if isinstance(raw, DroppedSource) else select_source(raw, selection)
        if isinstance(selected, DroppedSource):
            dropped.append(selected)
        elif selected.source_id in kept:
            merged += 1
        else:
            kept[selected.source_id] = selected
    check_stated_sources(seeds.license, (file.source for file in reader.files))
    loaded = _count(list(kept.values()), dropped, reader.files, merged)
    if not kept:
        raise SeedError(_tell_none_left(loaded))
    return loaded


def split_sources(text: str) -> list[str]:
    """The names in `SEEDS`; a comma inside the name of a local file that exists splits nothing.

    Raises SeedError for an empty name between two commas.
    """
    parts = text.split(",")
    sources: list[str] = []
    while parts:
        sizes = range(len(parts), 0, -1)
        size = next((size for size in sizes if _is_file(",".join(parts[:size]))), 1)
        name = ",".join(parts[:size])
        sources.append(name if _is_file(name) else name.strip())
        parts = parts[size:]
    if not all(sources):
        raise SeedError(f"SEEDS={text}: a name between two commas is empty. Leave the comma out.")
    return sources


class _Reader:
    """Reads the rows of several sources in turn; `files` says what was read so far."""

    def __init__(self, seeds: SourceConfig) -> None:
        self._seeds = seeds
        self._sources = split_sources(seeds.source)
        self._kinds = _spread_kinds(seeds.kind, len(self._sources))
        self.files: list[SourceFileFacts] = []

    def __iter__(self) -> Iterator[RawSource | DroppedSource]:
        columns_seen: set[str] = set()
        left = self._seeds.limit
        for place, (name, kind) in enumerate(zip(self._sources, self._kinds, strict=True)):
            if left == 0:
                break
            pin = self._seeds.find_pin(place)
            source = open_seed_source(name, left, BUNDLED_SOURCES, pin)
            number = 0
            for row in itertools.islice(source.rows, left):
                number += 1
                columns_seen.update(row.values)
                try:
                    yield read_source_row(row, self._seeds.columns, kind, source.name)
                except SeedError as error:
                    yield _drop_row(row, kind, source.name, str(error))
            if number == 0:
                raise SeedError(f"{source.name}: no rows. Give a file with at least one source.")
            self.files.append(self._describe(source, number))
            left = None if left is None else left - number
        names = ", ".join(file.source for file in self.files)
        check_columns_seen(self._seeds.columns, columns_seen, names)

    def _describe(self, source: SeedSource, rows: int) -> SourceFileFacts:
        is_bundled = source.name in BUNDLED_SOURCES
        return SourceFileFacts(
            source=source.name,
            sha256=source.sha256,
            revision=source.revision,
            license=_BUNDLED_LICENSE if is_bundled else source.license,
            rows_read=rows,
        )


def _drop_row(
    row: SeedRow, kind: SourceKind | None, source_name: str, detail: str
) -> DroppedSource:
    """A row that cannot be read; `web` stands for a kind that nobody knows."""
    return DroppedSource(
        source_id=question_id(f"{source_name}\n{row.number}"),
        seed_data=source_name,
        kind=kind or "web",
        text="",
        reason=UNREADABLE,
        detail=detail,
    )


def _spread_kinds(text: str, sources: int) -> list[SourceKind | None]:
    """The override of each source: one name stands for all of them."""
    known: dict[str, SourceKind] = {kind: kind for kind in get_args(SourceKind)}
    kinds = [known.get(name) for name in _split(text)]
    if len(kinds) == 1:
        return kinds * sources
    if len(kinds) != sources:
        raise RecipeError(
            f"SOURCE={text} names {len(kinds)} kinds for {sources} SEEDS. Give one kind for all of "
            "them, or one for each, joined by commas (nothing between two commas: tell by columns)."
        )
    return kinds


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _is_file(name: str) -> bool:
    path = find_path(name)
    return path is not None and path.is_file()


def _count(
    kept: list[Source], dropped: list[DroppedSource], files: list[SourceFileFacts], merged: int
) -> LoadedSources:
    reasons = Counter(each.reason for each in dropped)
    kinds = Counter(source.kind for source in kept)
    languages = Counter(source.language for source in kept)
    facts = SourcesFacts(
        files=files,
        rows_read=sum(file.rows_read for file in files),
        equal_merged=merged,
        dropped={
            name: reasons[name] for name in (UNREADABLE, *REASONS, CONTAMINATED) if reasons[name]
        },
        kept=len(kept),
        kinds={kind: kinds[kind] for kind in SOURCE_KINDS if kinds[kind]},
        languages={name: languages[name] for name in LANGUAGES if languages[name]},
    )
    return LoadedSources(kept, dropped, facts)


def _tell_none_left(loaded: LoadedSources) -> str:
    facts = loaded.facts
    if set(facts.dropped) == {UNREADABLE}:  # not the selection's doing: the first row says why
        return loaded.dropped[0].detail
    names = ", ".join(file.source for file in facts.files)
    reasons = ", ".join(f"{count} {reason}" for reason, count in facts.dropped.items())
    return (
        f"{names}: the selection left none of {facts.rows_read} sources ({reasons}). Loosen "
        "[selection] in the recipe, or give other SEEDS."
    )
