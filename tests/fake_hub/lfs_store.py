"""LFS objects in a folder, by sha256, and the pointer files that stand for them in git.

Source: git-lfs' specification of the pointer file and its "basic" and multipart transfers. An
object is there only once its content has the announced size and digest.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from tests.fake_hub.wire import HubError

POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
SHORTEST_POINTER = 120
LONGEST_POINTER = 200
OBJECT_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class LfsPointer:
    """What a pointer file says; `pointer_size` is the file's own size in bytes."""

    sha256: str
    size: int

    @property
    def content(self) -> bytes:
        head = "version https://git-lfs.github.com/spec/v1"
        return f"{head}\noid sha256:{self.sha256}\nsize {self.size}\n".encode()

    @property
    def pointer_size(self) -> int:
        return len(self.content)


def read_pointer(content: bytes) -> LfsPointer | None:
    """The pointer that a blob is, if it is one."""
    found = POINTER.fullmatch(content)
    return LfsPointer(found.group(1).decode(), int(found.group(2))) if found else None


class LfsStore:
    """The objects of one repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, sha256: str) -> bytes | None:
        """An object's content, None where it was never uploaded."""
        path = self._path(sha256)
        return path.read_bytes() if path.exists() else None

    def size_of(self, sha256: str) -> int | None:
        """An object's size in bytes, None where it was never uploaded."""
        path = self._path(sha256)
        return path.stat().st_size if path.exists() else None

    def add(self, sha256: str, size: int, content: bytes) -> None:
        """Keep an upload; a wrong size or digest is refused as object storage does, with 400."""
        if len(content) != size:
            raise HubError(400, f"{len(content)} bytes came, {size} were announced for {sha256}")
        digest = hashlib.sha256(content).hexdigest()
        if digest != sha256:
            raise HubError(400, f"The content's sha256 is {digest}, {sha256} was announced")
        path = self._path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{id(content)}")  # two uploads of one object never meet
        fresh.write_bytes(content)
        fresh.replace(path)

    def keep(self, content: bytes) -> LfsPointer:
        """Keep content that did not come over the wire."""
        pointer = LfsPointer(hashlib.sha256(content).hexdigest(), len(content))
        self.add(pointer.sha256, pointer.size, content)
        return pointer

    def add_part(self, sha256: str, number: int, content: bytes) -> str:
        """Keep one part of a multipart upload; its ETag."""
        path = self._part(sha256, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return _etag(content)

    def join_parts(self, sha256: str, size: int, etags: dict[int, str]) -> None:
        """Make an object of its parts, if their ETags are those that were given out."""
        contents = []
        for number in range(1, len(etags) + 1):
            path = self._part(sha256, number)
            content = path.read_bytes() if path.exists() else b""
            if not path.exists() or _etag(content) != etags.get(number):
                raise HubError(400, f"InvalidPart: part {number} of {sha256}")
            contents.append(content)
        self.add(sha256, size, b"".join(contents))
        for number in etags:
            self._part(sha256, number).unlink()

    def _path(self, sha256: str) -> Path:
        if not OBJECT_ID.fullmatch(sha256):
            raise HubError(422, f"Not a sha256: {sha256}")
        return self._folder / sha256[:2] / sha256

    def _part(self, sha256: str, number: int) -> Path:
        return self._path(sha256).with_suffix(".parts") / f"{number:05}"


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
