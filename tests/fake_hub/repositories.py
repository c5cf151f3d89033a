"""A dataset repository: git, LFS objects, discussions, and the names by which commits are found."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from tests.fake_hub.discussions import Discussion, Status
from tests.fake_hub.git import (
    NO_OBJECT,
    SHORT_ID,
    Changes,
    CommitText,
    GitError,
    GitRepository,
    StaleRefError,
)
from tests.fake_hub.lfs_store import LfsStore
from tests.fake_hub.listing import Entry, list_commit
from tests.fake_hub.upload_modes import FIRST_ATTRIBUTES
from tests.fake_hub.wire import HubError

MAIN = "refs/heads/main"
KNOWN_REFS = ("refs/heads/", "refs/tags/", "refs/pr/", "refs/convert/")
STALE = "A commit has happened since. Please refresh and try again."


class DatasetRepository:
    """One repository. `lock` is held by whatever changes it."""

    def __init__(self, name: str, folder: Path, *, private: bool) -> None:
        self.name = name
        self.private = private
        self.lock = threading.RLock()
        self.git = GitRepository.create(folder / "git")
        self.lfs = LfsStore(folder / "lfs")
        self.discussions: list[Discussion] = []
        self._listings: dict[str, list[Entry]] = {}
        first = Changes({".gitattributes": FIRST_ATTRIBUTES})
        commit = self.git.write_commit(None, first, CommitText("initial commit", "system"))
        self.git.move_ref(MAIN, commit, NO_OBJECT)

    @property
    def namespace(self) -> str:
        return self.name.split("/")[0]

    def find_commit(self, revision: str) -> str | None:
        """The commit of a branch, a tag, a ref, or a whole or shortened id."""
        if revision.startswith(KNOWN_REFS):
            return self.git.read_commit_id([revision])
        names = [f"refs/heads/{revision}", f"refs/tags/{revision}"]
        if SHORT_ID.fullmatch(revision):
            names.append(revision)
        return self.git.read_commit_id(names)

    def require_commit(self, revision: str) -> str:
        """The commit of a revision, or 404."""
        commit = self.find_commit(revision)
        if commit is None:
            raise HubError(404, f"Invalid rev id: {revision}", code="RevisionNotFound")
        return commit

    def require_writable_ref(self, revision: str) -> str:
        """The ref that a commit to this revision moves: a branch or an open pull request's."""
        candidates = [revision] if revision.startswith("refs/") else [f"refs/heads/{revision}"]
        ref = candidates[0]
        if not ref.startswith(("refs/heads/", "refs/pr/")) or self.find_commit(ref) is None:
            raise HubError(404, f"Invalid rev id: {revision}", code="RevisionNotFound")
        return ref

    def list_entries(self, commit: str) -> list[Entry]:
        """Everything in a commit; a commit never changes, so it is listed once."""
        if commit not in self._listings:
            self._listings[commit] = list_commit(self.git, commit)
        return self._listings[commit]

    def find_entry(self, commit: str, path: str) -> Entry | None:
        """A file or folder of a commit."""
        return next((entry for entry in self.list_entries(commit) if entry.path == path), None)

    def read_entry(self, entry: Entry) -> bytes:
        """A file's content; LFS objects are in the store."""
        if entry.lfs is None:
            return self.git.read_blobs([entry.oid])[0]
        content = self.lfs.read(entry.lfs.sha256)
        if content is None:
            raise HubError(404, f"The LFS object of {entry.path} is gone", code="EntryNotFound")
        return content

    def read_file(self, commit: str, path: str) -> bytes | None:
        """A file's content, None where there is no such file."""
        entry = self.find_entry(commit, path)
        return None if entry is None or entry.is_folder else self.read_entry(entry)

    def add_commit(self, ref: str, changes: Changes, text: CommitText, parent: str) -> str:
        """A commit on `parent`; 412 if the ref has moved on, 400 for paths that git refuses."""
        try:
            commit = self.git.write_commit(parent, changes, text)
        except GitError as error:
            raise HubError(400, f"Invalid file change: {error}") from error
        self.move_ref(ref, commit, parent)
        return commit

    def move_ref(self, ref: str, new: str, old: str) -> None:
        """Move a ref from `old`, or 412."""
        try:
            self.git.move_ref(ref, new, old)
        except StaleRefError as error:
            raise HubError(412, STALE) from error

    def open_discussion(self, title: str, author: str, status: Status, *, head: str) -> Discussion:
        """A discussion, or with a `head` a pull request that begins there."""
        number = len(self.discussions) + 1
        discussion = Discussion(number, title, author, status, is_pull_request=bool(head))
        if head:
            self.git.move_ref(discussion.ref, head, NO_OBJECT)
        self.discussions.append(discussion)
        return discussion

    def find_discussion(self, number: int) -> Discussion:
        """A discussion, or 404."""
        if not 0 < number <= len(self.discussions):
            raise HubError(404, f"Discussion {number} not found")
        return self.discussions[number - 1]

    def describe_refs(self, prefix: str) -> Sequence[dict[str, str]]:
        """The refs below a prefix as the client's `list_repo_refs` wants them."""
        found = {
            ref: commit for ref, commit in self.git.list_refs().items() if ref.startswith(prefix)
        }
        return [
            {"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": commit}
            for ref, commit in found.items()
        ]
