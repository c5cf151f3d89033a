"""Small releases to compare: manifests of the real builders, and row indexes as files have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from builders.any_manifest import AnyManifest
from builders.judged import CheckedTrace, Outcome
from builders.licensing.decide import decide_license
from builders.manifest import build_manifest
from builders.manifest_parts import ConfigFacts, FileRecord, SplitFacts
from builders.pretraining.manifest import list_places
from builders.pretraining.outcome import PretrainingOutcome
from builders.pretraining.rows import published_row as passage_row
from builders.pretraining.rows import stored_row
from builders.publishing.changes import Change
from builders.publishing.release import PreviousRelease, ReleaseFacts
from builders.publishing.release_changes import tell_change
from builders.publishing.row_index import (
    ROW_INDEX_NAME,
    RowIndex,
    index_rows,
    read_row_index,
    write_row_index,
)
from builders.reasoning_rows import published_row
from builders.splits import SplitConfig
from tests.outcomes import small_facts, small_outcome
from tests.pretraining.test_manifest import manifest_of as pretraining_manifest
from tests.test_manifest import file_records

Rows = Iterable[Mapping[str, object]]


class Built(NamedTuple):
    """A build as far as a release is compared: its manifest and its row index."""

    manifest: AnyManifest
    row_index: RowIndex


def write_index(folder: Path, **splits: Rows) -> tuple[RowIndex, FileRecord]:
    """The index of the rows of each split, written and read back; and its record."""
    folder.mkdir(exist_ok=True)
    indexed = chain.from_iterable(index_rows(split, rows) for split, rows in splits.items())
    record = write_row_index(indexed, folder)
    return read_row_index(folder / ROW_INDEX_NAME), record


def reasoning_build(
    folder: Path, published: list[CheckedTrace] | None = None, **facts: object
) -> Built:
    """A reasoning build with these published rows, by default the small outcome's."""
    small = small_outcome()
    rows = small.published if published is None else published
    outcome = Outcome(published=rows, rejected=small.rejected)
    wanted: Any = {"rows_wanted": len(rows), **facts}
    manifest = build_manifest(outcome, small_facts(**wanted), file_records(len(rows)))
    return Built(manifest, write_index(folder, train=map(published_row, rows))[0])


def pretraining_build(folder: Path, outcome: PretrainingOutcome) -> Built:
    """A pretraining build; its rows stand by format, as config `default` has them."""
    manifest = pretraining_manifest(outcome, rows_wanted=len(outcome.published))
    ordered = chain.from_iterable(list_places(outcome.published, SplitConfig()).values())
    return Built(
        manifest, write_index(folder, train=(passage_row(stored_row(one)) for one in ordered))[0]
    )


def change_between(previous: Built, current: Built) -> Change:
    """What `tell_change` says of two builds."""
    return tell_change(previous.manifest, current.manifest, previous.row_index, current.row_index)


def with_config(built: Built, name: str, **changes: object) -> Built:
    """The same build whose config `name` has other facts."""
    configs = [
        one.model_copy(update=changes) if one.name == name else one
        for one in built.manifest.configs
    ]
    return built._replace(manifest=built.manifest.model_copy(update={"configs": configs}))


def find_config(built: Built, name: str) -> ConfigFacts:
    return next(one for one in built.manifest.configs if one.name == name)


def splits(**rows: int) -> list[SplitFacts]:
    """Splits with so many rows."""
    return [SplitFacts(name=name, num_examples=n, num_bytes=n) for name, n in rows.items()]


def released(manifest: AnyManifest, **facts: Any) -> AnyManifest:  # noqa: ANN401  # as below
    """The same manifest, published; `facts` as for `release_facts`."""
    return manifest.model_copy(update={"release": release_facts(manifest, **facts)})


def release_facts(manifest: AnyManifest, **facts: Any) -> ReleaseFacts:  # noqa: ANN401  # fields
    """A first release; the licence is what follows from the manifest, unless it is given."""
    small: dict[str, Any] = {
        "repo": "me/small-set",
        "version": "1.0.0",
        "previous": [],
        "changes": None,
    }
    if "license" not in facts:
        facts["license"] = decide_license(manifest)
    return ReleaseFacts.model_validate(small | facts)


def previous_release(version: str, **changes: Any) -> PreviousRelease:  # noqa: ANN401  # fields
    """A release before this one, of three rows."""
    facts = {
        "version": version,
        "commit": "ab" * 20,
        "rows": 3,
        "content_digest": "cd" * 32,
        "told": "The first release.",
    }
    return PreviousRelease.model_validate(facts | changes)
