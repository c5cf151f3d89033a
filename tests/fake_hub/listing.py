"""What a commit holds: files and folders with sizes, and LFS pointers seen through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.fake_hub.git import GitRepository
from tests.fake_hub.lfs_store import LONGEST_POINTER, SHORTEST_POINTER, LfsPointer, read_pointer


@dataclass(frozen=True)
class Entry:
    """A file or folder. `oid` is git's; `size` is the content's, not the pointer's."""

    path: str
    oid: str
    size: int
    is_folder: bool = False
    lfs: LfsPointer | None = None

    @property
    def content_id(self) -> str:
        """What the client compares with its file: the sha256 of LFS content, else git's id."""
        return self.lfs.sha256 if self.lfs else self.oid

    def describe(self) -> dict[str, Any]:
        """As `tree` and `paths-info` tell it."""
        kind = "directory" if self.is_folder else "file"
        told: dict[str, Any] = {"type": kind, "oid": self.oid, "size": self.size, "path": self.path}
        if self.lfs is not None:
            told["lfs"] = {
                "oid": self.lfs.sha256,
                "size": self.lfs.size,
                "pointerSize": self.lfs.pointer_size,
            }
        return told

    def describe_sibling(self, *, blobs: bool) -> dict[str, Any]:
        """As the list of files in a repository's info tells it."""
        told: dict[str, Any] = {"rfilename": self.path}
        if blobs:
            told |= {"size": self.size, "blobId": self.oid}
        if blobs and self.lfs is not None:
            told["lfs"] = {
                "sha256": self.lfs.sha256,
                "size": self.lfs.size,
                "pointerSize": self.lfs.pointer_size,
            }
        return told


def list_commit(git: GitRepository, commit: str) -> list[Entry]:
    """Everything in a commit, folders before what they hold."""
    shown = git.run("ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit).decode()
    entries = [_read_line(line) for line in shown.split("\0") if line]
    suspects = [
        entry
        for entry in entries
        if not entry.is_folder and SHORTEST_POINTER <= entry.size <= LONGEST_POINTER
    ]
    contents = git.read_blobs([entry.oid for entry in suspects]) if suspects else []
    pointers = {
        entry.path: read_pointer(content) for entry, content in zip(suspects, contents, strict=True)
    }
    return [_see_through(entry, pointers.get(entry.path)) for entry in entries]


def list_files(entries: Iterable[Entry]) -> list[Entry]:
    """The files alone."""
    return [entry for entry in entries if not entry.is_folder]


def _read_line(line: str) -> Entry:
    """`<mode> <type> <id> <size>\\t<path>`; a folder's size is `-`."""
    head, path = line.split("\t", 1)
    _, kind, oid, size = head.split()
    return Entry(path, oid, int(size) if size != "-" else 0, is_folder=kind == "tree")


def _see_through(entry: Entry, pointer: LfsPointer | None) -> Entry:
    return replace(entry, size=pointer.size, lfs=pointer) if pointer else entry
