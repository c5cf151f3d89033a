"""Semantic versions of a dataset: how one is read, and which one a change demands.

After https://semver.org, for data instead of an interface. What a reader of `X.Y.Z` may rely on:

- same X: every row that was published is still there under its id, in its split, with the same
  content; every config, column, type and split too. Row order is not promised, since added rows
  stand among the others wherever the order is by seed or format.
- same X.Y: the very same rows, in the same order (`content_digest`); only card and manifest differ.

So a removed, changed or moved row is major, and so is any change of the columns or splits that were
there, an added one included. Added rows are minor, and with them a config they bring (a text format
that had none before) or its first row in a split that `default` has already. Another order alone,
and other counts or words of the servers (`row_index.REPORTED_COLUMNS`), are minor: no row is lost,
but the data are not the same.

`release_changes.tell_change` finds out which of these a change is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from builders.errors import BuildError
from builders.publishing.changes import Change, Level
from builders.seed_columns import shorten_value

AUTO = "auto"
_NUMBER = "(0|[1-9][0-9]{0,8})"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")


class VersionError(BuildError):
    """A version that cannot be given, or a release that cannot be compared with the one before."""


class Version(NamedTuple):
    """`MAJOR.MINOR.PATCH`; compares as numbers."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def tag(self) -> str:
        """The git tag of the release, `v1.2.0`."""
        return f"v{self}"

    def raised(self, level: Level) -> Version:
        """The next version for a change of that level."""
        if level == "major":
            return Version(self.major + 1, 0, 0)
        if level == "minor":
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)


FIRST = Version(1, 0, 0)


def parse_version(text: str) -> Version:
    """The version that the text is; raises VersionError unless it is three plain numbers."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise VersionError(
            f"version {shorten_value(text)} is not MAJOR.MINOR.PATCH: three numbers without a "
            "leading zero, no `v` before them and nothing behind. Give VERSION=1.2.0, say, or "
            "VERSION=auto."
        )
    return Version(*map(int, match.groups()))


def list_versions(tags: Iterable[str]) -> list[Version]:
    """The releases among a repository's tags, ascending: those named `vX.Y.Z`, and no other tag."""
    matches = (_VERSION.fullmatch(tag.removeprefix("v")) for tag in tags if tag.startswith("v"))
    return sorted(Version(*map(int, match.groups())) for match in matches if match is not None)


def choose_version(wanted: str, previous: Sequence[str], change: Change | None) -> str:
    """The version of the release: `wanted`, or for `auto` the smallest that the rules allow.

    `previous` are the versions released before, in any order, and `change` is what is new since the
    greatest of them; None for a first release, which is 1.0.0. Raises VersionError for a version
    that is none, is too small for the change, or was released before.
    """
    released = sorted(map(parse_version, previous))
    if not released:
        return _choose_first(wanted)
    if change is None:
        raise ValueError(f"no change given since {released[-1]}")
    demanded = released[-1].raised(change.level)
    if wanted == AUTO:
        return str(demanded)
    asked = parse_version(wanted)
    if asked < demanded:
        raise VersionError(_explain_refusal(asked, released, change))
    return str(asked)


def _choose_first(wanted: str) -> str:
    if wanted != AUTO and parse_version(wanted) != FIRST:
        raise VersionError(
            f"version {wanted}: nothing was released in this repository yet, and the first version "
            f"is {FIRST}. Give VERSION={FIRST} or VERSION=auto."
        )
    return str(FIRST)


def _explain_refusal(asked: Version, released: Sequence[Version], change: Change) -> str:
    latest = released[-1]
    demanded = latest.raised(change.level)
    advice = f"Give VERSION={demanded}, a greater one, or VERSION=auto."
    if asked in released:
        return (
            f"version {asked} was released before, and a released version is never changed. "
            f"{tell_change_in_words(change, latest)} {advice}"
        )
    if asked < latest:
        return f"version {asked} is smaller than the latest release, {latest}. {advice}"
    return f"version {asked} is too small. {tell_change_in_words(change, latest)} {advice}"


def tell_change_in_words(change: Change, since: Version) -> str:
    """The level and why it is at least that one, in one sentence for a terminal."""
    why = [one.text for one in change.reasons if one.level == change.level]
    told = "; ".join(why) or "rows, columns, splits and configs are the same"
    return f"Since {since} this is a {change.level} change: {told}."
