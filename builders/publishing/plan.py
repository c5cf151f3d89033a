"""What is to be released: the release before it, as the repository has it, and the new one's facts.

Both depend on the tags alone, never on what stands at main: a release that was cut off after its
commit is planned again to the last byte.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from builders.any_manifest import AnyManifest
from builders.card_words.catalogue import CardLanguage
from builders.errors import PublishError
from builders.licensing.facts import LicenseDecision
from builders.publishing.changelog import Release, list_changes
from builders.publishing.changes import Change
from builders.publishing.hub import Hub
from builders.publishing.release import PreviousRelease, ReleaseFacts
from builders.publishing.release_changes import is_same_build, read_release_manifest, tell_change
from builders.publishing.remote import RemoteRepository, Tree
from builders.publishing.row_index import RowIndex, find_row_index, read_row_index
from builders.publishing.stage import Build
from builders.publishing.versions import (
    AUTO,
    choose_version,
    list_versions,
    parse_version,
    tell_change_in_words,
)
from builders.swap import MANIFEST_NAME

_logger = logging.getLogger("build")


class Released(NamedTuple):
    """A release that the repository holds; one from before there were row indexes has none."""

    version: str
    commit: str
    manifest: AnyManifest
    row_index: RowIndex | None
    tree: Tree

    @property
    def told(self) -> str:
        """One sentence: what it changed."""
        release = self.manifest.release
        return "What it changed is not known." if release is None else release.told


class Remote(NamedTuple):
    """The repository as the plan sees it: all None and empty where it does not exist yet."""

    repository: RemoteRepository | None
    versions: list[str]
    latest: Released | None


def read_remote(hub: Hub, folder: Path) -> Remote:
    """The repository and its latest release, whose row index is kept in `folder`."""
    repository = hub.read_repository()
    if repository is None:
        return Remote(None, [], None)
    versions = list_versions(hub.read_tags())
    latest = _read_release(hub, str(versions[-1]), folder) if versions else None
    return Remote(repository, [str(one) for one in versions], latest)


def _read_release(hub: Hub, version: str, folder: Path) -> Released:
    tag = parse_version(version).tag
    commit = hub.read_head(tag)
    tree = hub.read_tree(commit)
    if MANIFEST_NAME not in tree:
        raise PublishError(
            f"release {tag} of {hub.repo} has no {MANIFEST_NAME}, so no build of ours made it and "
            "nobody can say what changed. Publish under another name (REPO=)."
        )
    manifest = read_release_manifest(hub.read_file(MANIFEST_NAME, commit), f"{hub.repo} {tag}")
    return Released(version, commit, manifest, _read_index(hub, manifest, commit, folder), tree)


def _read_index(hub: Hub, manifest: AnyManifest, commit: str, folder: Path) -> RowIndex | None:
    record = find_row_index(manifest.files)
    if record is None:
        return None
    content = hub.read_file(record.path, commit)
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise PublishError(
            f"{record.path} of commit {commit[:12]} is not the file that its manifest names. Run "
            "the same command again; if it stays so, publish under another name (REPO=)."
        )
    path = folder / record.path
    path.write_bytes(content)
    return read_row_index(path)


def repeat_facts(
    latest: Released,
    build: Build,
    repo: str,
    decision: LicenseDecision,
    card_language: CardLanguage | None = None,
) -> ReleaseFacts | None:
    """The facts of the latest release for a build that is the very one it published, else None.

    Its release folder is then the published one, unless the licence, the card's language or its
    text is new.
    """
    release = latest.manifest.release
    if release is None or not is_same_build(latest.manifest, build.manifest):
        return None
    stated = {"license": decision, "repo": repo, "card_language": card_language}
    return release.model_copy(update=stated)


def plan_release(
    build: Build,
    remote: Remote,
    repo: str,
    wanted: str,
    decision: LicenseDecision,
    *,
    card_language: CardLanguage | None = None,
) -> ReleaseFacts:
    """The facts of the new release, its version chosen by the rules.

    Pure and deterministic but for a line in the log. Raises VersionError.
    """
    latest = remote.latest
    change = None
    if latest is not None:
        change = tell_change(latest.manifest, build.manifest, latest.row_index, build.row_index)
    version = choose_version(wanted, remote.versions, change)
    if wanted == AUTO:
        _logger.info("VERSION=auto: %s. %s", version, _explain(latest, change))
    changes = None
    if latest is not None and change is not None:
        release = latest.manifest.release
        old_license = None if release is None else release.license.license
        changes = list_changes(
            Release(latest.version, latest.manifest, old_license),
            Release(version, build.manifest, decision.license),
            change,
        )
    return ReleaseFacts(
        repo=repo,
        version=version,
        license=decision,
        previous=list(_list_previous(latest)),
        changes=changes,
        card_language=card_language,
    )


def _explain(latest: Released | None, change: Change | None) -> str:
    if latest is None or change is None:
        return "Nothing was released in this repository yet."
    return tell_change_in_words(change, parse_version(latest.version))


def _list_previous(latest: Released | None) -> Iterator[PreviousRelease]:
    if latest is None:
        return
    yield PreviousRelease(
        version=latest.version,
        commit=latest.commit,
        rows=latest.manifest.rows.published,
        content_digest=latest.manifest.content_digest,
        told=latest.told,
    )
    if latest.manifest.release is not None:
        yield from latest.manifest.release.previous
