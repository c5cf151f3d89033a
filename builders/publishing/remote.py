"""A repository as a release sees it: a commit's files, and what they lack of the staged ones.

A file is compared by the SHA-256 that LFS knows it by, or by git's id of its blob
(https://git-scm.com/book/en/v2/Git-Internals-Git-Objects); nothing is downloaded for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class RemoteFile(NamedTuple):
    """A file of a commit: git's id of its blob, and the SHA-256 of one that goes through LFS."""

    size: int
    blob_id: str
    sha256: str | None


Tree = dict[str, RemoteFile]


class RemoteRepository(NamedTuple):
    """A repository that exists: the commit of its branch main, and whether others may see it."""

    head: str
    private: bool


class RemoteCommit(NamedTuple):
    """A commit and who made it."""

    id: str
    title: str
    authors: list[str]


class PullRequest(NamedTuple):
    """A pull request of ours that is not merged; a draft cannot be merged."""

    number: int
    is_draft: bool

    @property
    def ref(self) -> str:
        """Its branch."""
        return f"refs/pr/{self.number}"


class CommitOrder(NamedTuple):
    """One commit: files to write by their path in the repository, paths to delete, and paths to
    take over from commit `restored_from`; `revision` must still be at `parent`."""

    title: str
    description: str
    revision: str
    parent: str
    added: dict[str, Path]
    deleted: Sequence[str] = ()
    restored: Sequence[str] = ()
    restored_from: str = ""


class StagedFile(NamedTuple):
    """A file of the release folder; `path` is its place in the repository."""

    path: str
    file: Path
    size: int
    sha256: str


class Goal(NamedTuple):
    """What a revision has to hold: these files, and none of `own` beside them.

    `own` are paths that earlier releases of ours wrote. Every other file is somebody else's.
    """

    files: dict[str, StagedFile]
    own: frozenset[str]


class Missing(NamedTuple):
    """What a revision lacks of a goal: paths to write and paths to delete, sorted."""

    added: list[str]
    deleted: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether the revision holds the goal."""
        return not self.added and not self.deleted


def list_staged(folder: Path) -> dict[str, StagedFile]:
    """Every file of the release folder by its path, with size and digest."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {one.path: one for one in (read_staged(path, folder) for path in found)}


def read_staged(file: Path, folder: Path) -> StagedFile:
    """One file of the release folder."""
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return StagedFile(file.relative_to(folder).as_posix(), file, file.stat().st_size, sha256)


def find_missing(tree: Tree, goal: Goal) -> Missing:
    """What has to be written and deleted so that the tree holds the goal."""
    added = [path for path, staged in goal.files.items() if not holds(tree.get(path), staged)]
    deleted = [path for path in tree if path in goal.own and path not in goal.files]
    return Missing(sorted(added), sorted(deleted))


def holds(remote: RemoteFile | None, staged: StagedFile) -> bool:
    """Whether the repository's file is the staged one, byte for byte."""
    if remote is None or remote.size != staged.size:
        return False
    if remote.sha256 is not None:
        return remote.sha256 == staged.sha256
    return remote.blob_id == _read_blob_id(staged.file)


def _read_blob_id(file: Path) -> str:
    content = file.read_bytes()
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def list_differences(before: Tree, after: Tree) -> list[str]:
    """Paths that differ between two trees, sorted."""
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def tell_paths(paths: Iterable[str], most: int = 5) -> str:
    """The first few paths, and how many there are beside them."""
    listed = list(paths)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return f"{', '.join(map(repr, listed[:most]))}{more}"
