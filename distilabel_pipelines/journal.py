"""The request journal: every finished response is on disk before anyone uses it.

An append-only file of JSON lines (`journal_lines`) with one writer, the gateway; anyone may read.
A record is written and synced before its response is handed on, so `kill -9` at any moment loses
at most what was still in flight. Many records that finish together share one sync (group commit,
as databases do: Gray & Reuter, Transaction Processing, 1992, section 9.4.4).

In memory an entry is one 63-bit integer key and one integer offset, about 160 bytes.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

import orjson
from pydantic import ValidationError

from distilabel_pipelines.journal_lines import (
    JournalLine,
    JournalRecord,
    dump_line,
    parse_line,
)

JOURNAL_FILE = "responses.jsonl"
logger = logging.getLogger(__name__)


class JournalError(Exception):
    """The journal cannot be written or read; nothing more may be paid until it can."""


def read_lines(folder: Path) -> Iterator[tuple[int, JournalLine]]:
    """Yield each whole line with its byte offset, in the order it was written.

    A line torn by a kill is skipped with a warning: its response had not been used.
    """
    path = folder / JOURNAL_FILE
    if not path.exists():
        return
    with path.open("rb") as lines:
        offset = 0
        for line in lines:
            parsed = _parse_whole_line(line, offset)
            if parsed is not None:
                yield offset, parsed
            offset += len(line)


def read_journal(folder: Path) -> Iterator[tuple[int, JournalRecord]]:
    """Yield each answered request with its byte offset, as `read_lines` does."""
    for offset, line in read_lines(folder):
        if isinstance(line, JournalRecord):
            yield offset, line


def read_record(file: IO[bytes], offset: int) -> JournalRecord:
    """Read the record that starts at `offset`; raises JournalError where there is none."""
    file.seek(offset)
    record = _parse_whole_line(file.readline(), offset)
    if not isinstance(record, JournalRecord):
        raise JournalError(f"no whole record at byte {offset} of {JOURNAL_FILE}")
    return record


def _parse_whole_line(line: bytes, offset: int) -> JournalLine | None:
    try:
        return parse_line(line)
    except (orjson.JSONDecodeError, ValidationError) as error:
        logger.warning("journal: skipped a torn line at byte %d (%s)", offset, type(error).__name__)
        return None


def _short_key(key: str) -> int:
    return int(key[:16], 16) >> 1


def _fail(waiting: list[asyncio.Future[int]], error: JournalError) -> None:
    for done in waiting:
        if not done.done():
            done.set_exception(error)


class Journal:
    """The one writer. Opening it takes an exclusive lock on the file, waiting `lock_wait_s`.

    The wait covers a gateway of a killed build that has not left yet. Raises JournalError when
    another build holds the lock or the disk refuses a write.
    """

    def __init__(self, folder: Path, *, lock_wait_s: float = 15.0) -> None:
        self._folder = folder
        self._lock_wait_s = lock_wait_s
        self._offsets: dict[int, int] = {}
        self._pending: list[tuple[bytes, JournalLine, asyncio.Future[int]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._broken: JournalError | None = None

    async def open(self, follow: Callable[[JournalLine], None] | None = None) -> Self:
        """Lock the file, close a torn last line, and index what is there.

        `follow` is given every line that is there, in order.
        """
        path = self._folder / JOURNAL_FILE
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            raise JournalError(f"{JOURNAL_FILE} cannot be opened: {error.strerror}") from error
        try:
            await self._lock()
            self._close_torn_line()
        except OSError as error:
            self._file.close()
            raise JournalError(f"{JOURNAL_FILE} cannot be used: {error.strerror}") from error
        except JournalError:
            self._file.close()
            raise
        self._reader = path.open("rb")
        for offset, line in read_lines(self._folder):
            self._index(line, offset)
            if follow is not None:
                follow(line)
        return self

    def _index(self, line: JournalLine, offset: int) -> None:
        if isinstance(line, JournalRecord):
            self._offsets[_short_key(line.key)] = offset

    async def _lock(self) -> None:
        deadline = asyncio.get_running_loop().time() + self._lock_wait_s
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise JournalError(
                        f"{JOURNAL_FILE} is locked: another build is writing to this OUT; "
                        "wait for it or choose another OUT"
                    ) from error
                await asyncio.sleep(0.1)
            else:
                return

    def _close_torn_line(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        if size == 0:
            return
        self._file.seek(size - 1)
        if self._file.read(1) != b"\n":
            self._write(b"\n")

    def __len__(self) -> int:
        """The number of finished requests on disk."""
        return len(self._offsets)

    def find(self, key: str) -> tuple[int, JournalRecord] | None:
        """The newest record of a request with its byte offset, or None when it is not there."""
        offset = self._offsets.get(_short_key(key))
        if offset is None:
            return None
        record = read_record(self._reader, offset)
        return (offset, record) if record.key == key else None

    async def append(self, line: JournalLine) -> int:
        """Write and sync one line; returns its byte offset once it is on disk.

        Raises JournalError when it is not, and from then on for every record: after one failed
        write or sync nobody knows what a later one keeps.
        """
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._pending.append((dump_line(line), line, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_pending())
        return await done

    async def _write_pending(self) -> None:
        while self._pending:
            batch, self._pending = self._pending, []
            try:
                offset = await self._write_synced(b"".join(data for data, _, _ in batch))
            except JournalError as error:
                self._broken = error
                _fail([done for _, _, done in batch], error)
                continue
            for data, line, done in batch:
                self._index(line, offset)
                if not done.done():
                    done.set_result(offset)
                offset += len(data)

    async def _write_synced(self, data: bytes) -> int:
        if self._broken is not None:
            raise self._broken
        offset = self._file.seek(0, os.SEEK_END)
        try:
            self._write(data)
            await asyncio.to_thread(os.fsync, self._file.fileno())
        except OSError as error:
            # What is there in part would stand in front of a later build's first record.
            with suppress(OSError):
                self._file.truncate(offset)
            raise JournalError(f"{JOURNAL_FILE} cannot be written: {error.strerror}") from error
        return offset

    def _write(self, data: bytes) -> None:
        """Append all of it; a disk that fills up takes the first part and refuses the rest."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) or 0 :]

    async def close(self) -> None:
        """Finish what is being written and release the lock."""
        if self._writing is not None:
            await self._writing
        self._reader.close()
        self._file.close()
