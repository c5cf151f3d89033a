"""What a manifest says of its release: repository, version, licence, and the releases before it.

Plain data, apart from the functions that publish, so that a manifest may hold it. No digest of rows
or recipe covers it: the same build published twice differs in nothing else.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from builders.card_words.catalogue import CardLanguage
from builders.licensing.facts import LicenseDecision
from builders.manifest_parts import ManifestPart
from builders.publishing.changes import Changes, RowChanges
from builders.publishing.versions import VersionError, parse_version

MAX_NAME_CHARACTERS = 96
# What the Hub takes (huggingface_hub.utils.validate_repo_id), in ASCII: a name of these characters
# means nothing in YAML strings, Markdown code, shells, BibTeX braces and addresses.
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_REPO = re.compile(f"{_NAME}/{_NAME}", re.ASCII)


def check_repo(repo: str) -> str:
    """The name as it is; ValueError unless it is an `owner/name` that the Hub takes."""
    parts = repo.split("/")
    fits = _REPO.fullmatch(repo) is not None and len(parts[-1]) <= MAX_NAME_CHARACTERS
    if not fits or "--" in repo or ".." in repo or repo.endswith(".git"):
        raise ValueError(
            f"{repo[:200]!r} is no name of a repository: write owner/name, both of letters, "
            f"digits, `_`, `-` and `.`, the name of at most {MAX_NAME_CHARACTERS} characters, with "
            "no `-` or `.` at an end, no `--` or `..`, and no `.git` behind."
        )
    return repo


def _check_version(version: str) -> str:
    try:
        return str(parse_version(version))
    except VersionError as error:
        raise ValueError(str(error)) from error


Repo = Annotated[str, AfterValidator(check_repo)]
ReleasedVersion = Annotated[str, AfterValidator(_check_version)]


def _count_rows(rows: RowChanges) -> list[tuple[int, str, str]]:
    return [
        (rows.added.count, "row", "added"),
        (rows.removed.count, "row", "removed"),
        (rows.changed.count, "row", "changed"),
        (rows.moved.count, "row", "moved to another split"),
        (rows.reported.count, "row", "with other counts of its server"),
    ]


class PreviousRelease(ManifestPart):
    """An earlier release of the repository; `told` is one sentence: what it changed.

    `commit` is the one that its tag names, `rows` and `content_digest` are its manifest's.
    """

    version: ReleasedVersion
    commit: str
    rows: int
    content_digest: str
    told: str


class ReleaseFacts(ManifestPart):
    """The `release` of a published manifest; `previous` are the releases before it, newest first.

    `changes` tells what is new since the newest of them; None for the first release. `documents`
    are the paths of its pictures and entries for trainers, so that a later release without one of
    them knows it for ours and deletes it. `card_language` takes the place of the build's, where it
    is not None.
    """

    repo: Repo
    version: ReleasedVersion
    license: LicenseDecision
    previous: list[PreviousRelease]
    changes: Changes | None
    documents: list[str] = Field(default_factory=list)
    card_language: CardLanguage | None = None

    @property
    def tag(self) -> str:
        """The git tag of the release, `v1.2.0`."""
        return parse_version(self.version).tag

    @property
    def told(self) -> str:
        """One sentence: what the release changed."""
        if self.changes is None:
            return "What it changed is not known." if self.previous else "The first release."
        change = self.changes.change
        counts = [] if change.rows is None else _count_rows(change.rows)
        counts += [
            (len(change.columns), "column", "changed"),
            (len(change.splits_added) + len(change.splits_removed), "split", "added or removed"),
            (len(change.configs_added) + len(change.configs_removed), "config", "added or removed"),
        ]
        told = [f"{n:,} {what}{'s' if n != 1 else ''} {how}" for n, what, how in counts if n]
        told += ["nobody knows which rows changed"] if change.rows is None else []
        told += ["rows in another order"] if change.rows and change.rows.reordered else []
        return f"{change.level.capitalize()}: {', '.join(told) or 'no row, column or split'}."

    @model_validator(mode="after")
    def _can_be_a_release(self) -> Self:
        if self.license.unresolved is not None:
            raise ValueError(f"the licence is not decided: {self.license.unresolved}")
        versions = [self.version, *(one.version for one in self.previous)]
        if any(parse_version(new) <= parse_version(old) for new, old in pairwise(versions)):
            raise ValueError(f"releases are not in falling order: {', '.join(versions)}")
        if self.changes is not None and versions[:2] != [self.changes.version, self.changes.since]:
            told = f"{self.changes.since} to {self.changes.version}"
            raise ValueError(f"the changes are from {told}, the releases {', '.join(versions[:2])}")
        return self
