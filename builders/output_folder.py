"""The folder that a build writes: locked while it runs, whole before and after.

OUT/dataset/  OUT/rejected/  OUT/manifest.json    the finished build (see `swap`)
OUT/responses/                                    the journal of everything that was paid
OUT/logs/                                         gateway, embedded server, distilabel

Nothing is deleted that a build of the same kind did not make: somebody may name a folder of their
own as OUT, or the one of another dataset.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from builders.errors import OutputError
from builders.swap import FOLDERS, MANIFEST_NAME, STAGING_NAME, recover_swap
from distilabel_pipelines.journal import JOURNAL_FILE

_LOCK_NAME = ".build.lock"


class OutputFolder:
    """The paths inside one OUT."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.responses = root / "responses"
        self.logs = root / "logs"
        self.work = root / ".build-work"
        self.staging = root / STAGING_NAME

    def read_finished(self) -> dict[str, Any]:
        """The manifest of the finished build, unchecked; {} where there is none or no JSON."""
        try:
            record = json.loads((self.root / MANIFEST_NAME).read_bytes())
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}


@contextmanager
def lock_output(root: Path, kind: str) -> Iterator[OutputFolder]:
    """Hold OUT for one build; finish a swap that was cut off, clear what a killed build left.

    The lock is the kernel's: it ends with the process, however that dies. Raises OutputError when
    another build holds it, it holds a dataset of another kind, or it cannot be written.
    """
    try:
        folder = OutputFolder(root.expanduser())
        _refuse_foreign_folder(folder)
        folder.root.mkdir(parents=True, exist_ok=True)
        lock = (folder.root / _LOCK_NAME).open("a")
    except (OSError, RuntimeError) as error:  # RuntimeError: a ~user that is not there
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputError(
            f"OUT={root} cannot be written: {why}. Choose another OUT, or free this one."
        ) from error
    with _hold(lock, root):
        recover_swap(folder.root)
        _refuse_other_kind(folder, kind)
        shutil.rmtree(folder.work, ignore_errors=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder.work, ignore_errors=True)


@contextmanager
def lock_finished(root: Path, kind: str) -> Iterator[OutputFolder]:
    """Hold an OUT that has a finished build of this kind; nothing in it is made or removed.

    Finishes a swap that was cut off. Raises OutputError where there is no such build, another
    command holds it, or it cannot be locked.
    """
    try:
        folder = OutputFolder(root.expanduser())
        if not (folder.root / _LOCK_NAME).exists():
            # Before the lock's file is made in a folder that may not be ours.
            _require_finished(folder, kind)
        lock = (folder.root / _LOCK_NAME).open("a")
    except (OSError, RuntimeError) as error:  # RuntimeError: a ~user that is not there
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputError(f"OUT={root} cannot be locked: {why}. Free it.") from error
    with _hold(lock, root):
        recover_swap(folder.root)
        _require_finished(folder, kind)
        yield folder


def _require_finished(folder: OutputFolder, kind: str) -> None:
    there = folder.read_finished().get("kind")
    if there != kind:
        found = f"a {there} dataset" if isinstance(there, str) else "no finished build"
        raise OutputError(
            f"OUT={folder.root} holds {found}, and this command is of the {kind} kind. Name the "
            f"folder of a finished {kind} build (without OUT it is output/{kind})."
        )


@contextmanager
def _hold(lock: TextIO, root: Path) -> Iterator[None]:
    """The kernel's lock, until the file is closed."""
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                f"OUT={root} is in use by another build; wait for it or choose another OUT"
            ) from error
        yield


def _refuse_foreign_folder(folder: OutputFolder) -> None:
    """What a build would replace must be a build's own."""
    if (folder.root / _LOCK_NAME).exists() or (folder.responses / JOURNAL_FILE).exists():
        return
    foreign = [name for name in (*FOLDERS, MANIFEST_NAME) if (folder.root / name).exists()]
    if foreign:
        raise OutputError(
            f"OUT={folder.root} holds {', '.join(foreign)} and no build of ours made it; it would "
            "be replaced. Choose another OUT, or move it away."
        )


def _refuse_other_kind(folder: OutputFolder, kind: str) -> None:
    """A finished dataset is only replaced by one of its own kind."""
    there = folder.read_finished().get("kind")
    if isinstance(there, str) and there != kind:
        raise OutputError(
            f"OUT={folder.root} holds a finished {there} dataset, and this command is of the "
            f"{kind} kind, whose build would replace it. Choose another OUT (without one it is "
            f"output/{kind}), or move {', '.join(FOLDERS)} and {MANIFEST_NAME} away first."
        )
