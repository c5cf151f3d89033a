"""A bare git repository through git's plumbing, so that revisions, tags and conflicts are real.

Every call is a process of its own without the user's or the machine's configuration. Git 2.38 or
later (`merge-tree --write-tree`). Source: git's manual pages of the commands named below.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

NO_OBJECT = "0" * 40
FULL_ID = re.compile(r"[0-9a-f]{40}")
SHORT_ID = re.compile(r"[0-9a-f]{7,40}")
OLDEST_GIT = (2, 38)


class GitError(Exception):
    """A git command failed; the message is its standard error."""


class StaleRefError(GitError):
    """A ref no longer points where the caller said."""


class MergeConflictError(GitError):
    """Two commits change the same lines; `paths` tells where."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(f"conflicts in {', '.join(paths)}")
        self.paths = list(paths)


@dataclass(frozen=True)
class Changes:
    """What a commit writes and removes: blobs by path, and paths."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    deleted: Sequence[str] = ()


@dataclass(frozen=True)
class CommitText:
    """A commit's message and author."""

    message: str
    author: str


def explain_missing_git() -> str:
    """Why these tests cannot run here; empty where they can."""
    if shutil.which("git") is None:
        return "the test Hub keeps real repositories and needs the program `git`"
    shown = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    numbers = re.findall(r"\d+", shown)
    if tuple(int(number) for number in numbers[:2]) < OLDEST_GIT:
        return f"the test Hub needs git 2.38 or later, this is {shown.strip()}"
    return ""


class GitRepository:
    """One bare repository. Methods raise `GitError` where git does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> GitRepository:
        """An empty repository whose HEAD is main."""
        folder.mkdir(parents=True)
        repository = cls(folder)
        repository.run("init", "--bare", "--quiet", "--initial-branch=main", "--template=")
        return repository

    def run(
        self, *arguments: str, data: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> bytes:
        """Standard output of a git command."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            input=data,
            capture_output=True,
            check=False,
            env=self.environment(environment),
        )
        if done.returncode != 0:
            raise GitError(
                done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
            )
        return done.stdout

    def read_commit_id(self, names: Iterable[str]) -> str | None:
        """The commit that the first existing name leads to (tags are peeled)."""
        asked = "".join(f"{name}^{{commit}}\n" for name in names)
        shown = self.run("cat-file", "--batch-check=%(objectname)", data=asked.encode())
        ids = [line for line in shown.decode().splitlines() if FULL_ID.fullmatch(line)]
        return ids[0] if ids else None

    def list_refs(self) -> dict[str, str]:
        """All refs and the commits they lead to."""
        form = "%(refname) %(objectname) %(*objectname)"
        lines = self.run("for-each-ref", f"--format={form}").decode().splitlines()
        parts = [line.split() for line in lines]
        return {words[0]: words[-1] for words in parts}

    def read_blobs(self, ids: Sequence[str]) -> list[bytes]:
        """Contents of blobs, in the order asked."""
        shown = self.run("cat-file", "--batch", data="".join(f"{one}\n" for one in ids).encode())
        contents, place = [], 0
        for _ in ids:
            end = shown.index(b"\n", place)
            size = int(shown[place:end].split()[-1])
            contents.append(shown[end + 1 : end + 1 + size])
            place = end + size + 2
        return contents

    def write_commit(self, parent: str | None, changes: Changes, text: CommitText) -> str:
        """A new commit on `parent` that no ref knows yet."""
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            if parent is not None:
                self.run("read-tree", parent, environment=index)
            lines = self._hash_files(changes.files, Path(scratch))
            lines = [f"0 {NO_OBJECT}\t{path}" for path in changes.deleted] + lines
            entries = "".join(f"{line}\0" for line in lines).encode()
            self.run(
                "update-index", "--replace", "-z", "--index-info", data=entries, environment=index
            )
            tree = self.run("write-tree", environment=index).decode().strip()
        return self.write_commit_of_tree(tree, [parent] if parent else [], text)

    def write_commit_of_tree(self, tree: str, parents: Sequence[str], text: CommitText) -> str:
        """A new commit with a given tree."""
        named = [word for parent in parents for word in ("-p", parent)]
        person = {"AUTHOR": text.author, "COMMITTER": text.author}
        identity = {f"GIT_{role}_NAME": name for role, name in person.items()}
        identity |= {f"GIT_{role}_EMAIL": f"{name}@localhost" for role, name in person.items()}
        made = self.run(
            "commit-tree", tree, *named, data=text.message.encode(), environment=identity
        )
        return made.decode().strip()

    def move_ref(self, ref: str, new: str, old: str) -> None:
        """Point a ref elsewhere if it still points to `old` (`NO_OBJECT`: if it does not exist)."""
        try:
            self.run("update-ref", ref, new, old)
        except GitError as error:
            raise StaleRefError(str(error)) from error

    def merge_trees(self, ours: str, theirs: str) -> str:
        """The tree of both commits' changes."""
        done = subprocess.run(
            ["git", "merge-tree", "--write-tree", "--name-only", "-z", ours, theirs],
            cwd=self.folder,
            capture_output=True,
            check=False,
            env=self.environment(None),
        )
        tree, *rest = done.stdout.decode().split("\0")
        if done.returncode == 1:
            raise MergeConflictError(rest[: rest.index("")])
        if done.returncode != 0:
            raise GitError(done.stderr.decode(errors="replace"))
        return tree

    def _hash_files(self, files: Mapping[str, bytes], scratch: Path) -> list[str]:
        """Write blobs; an index line for each."""
        copies = [scratch / f"blob-{number}" for number in range(len(files))]
        for copy, content in zip(copies, files.values(), strict=True):
            copy.write_bytes(content)
        names = "".join(f"{copy}\n" for copy in copies).encode()
        shown = self.run("hash-object", "-w", "--no-filters", "--stdin-paths", data=names)
        ids = shown.decode().split()
        return [f"100644 {one}\t{path}" for one, path in zip(ids, files, strict=True)]

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What a git process of this repository sees."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_DIR": str(self.folder),
            **(more or {}),
        }
