"""Which batches are open and which requests they hold, as the journal's notes say."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

from distilabel_pipelines.gateway.batch_copies import BatchCopies
from distilabel_pipelines.journal_lines import (
    BatchClosed,
    BatchIntent,
    BatchSubmitted,
    JournalLine,
    JournalRecord,
)
from distilabel_pipelines.wire import TeacherName


class Records(Protocol):
    """Where answers and notes are kept; what `append` returns the offset of is on disk."""

    def find(self, key: str) -> tuple[int, JournalRecord] | None:
        """The request's record with its byte offset."""

    async def append(self, line: JournalLine) -> int:
        """Write one line; returns its byte offset."""


class OpenBatch:
    """An uploaded file, the batch made of it ("" before), and its keys without an answer."""

    def __init__(self, keys: set[str], file: str = "") -> None:
        self.keys = keys
        self.file = file
        self.batch = ""
        self.shown = ""


class OpenBatches:
    """The open batches of one teacher, those of killed runs among them.

    Only those at `endpoint`: another one would not know them, and they would be given up. `copies`
    is a folder for what they ask. Without it the request of an answer that nobody waits for is
    lost, and a file that a kill left without a batch is uploaded again.
    """

    def __init__(
        self, teacher: TeacherName, copies: Path | None = None, *, endpoint: str = ""
    ) -> None:
        self._teacher = teacher
        self.endpoint = endpoint
        mark = hashlib.sha256(endpoint.encode()).hexdigest()[:8]
        self.copies = BatchCopies(None if copies is None else copies / f"{teacher}-{mark}")
        self._open: list[OpenBatch] = []
        self._holders: dict[str, OpenBatch] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._holders

    def __len__(self) -> int:
        """Requests that are held and have no answer yet."""
        return len(self._holders)

    def list(self) -> tuple[OpenBatch, ...]:
        """The open batches, the oldest first."""
        return tuple(self._open)

    def sweep(self) -> None:
        """Drop the copies that a kill left of batches that are closed."""
        self.copies.sweep(one.file for one in self._open)

    def has_running_beside(self, one: OpenBatch) -> bool:
        """Whether the endpoint has another of the batches."""
        return any(other.batch for other in self._open if other is not one)

    def follow(self, line: JournalLine) -> None:
        """Take in a line of the journal as it is opened."""
        if isinstance(line, JournalRecord):
            self.note_answered(line.key)
        elif isinstance(line, BatchIntent):
            if (line.teacher, line.endpoint) == (self._teacher, self.endpoint):
                self.hold(OpenBatch(set(line.keys), line.batch_file))
        elif isinstance(line, BatchSubmitted):
            for one in self._open:
                one.batch = line.batch if one.file == line.input_file else one.batch
        elif isinstance(line, BatchClosed):
            for one in self.list():
                if line.closed_batch in (one.batch, one.file):
                    self.release(one)

    def hold(self, one: OpenBatch) -> OpenBatch:
        """From here on the batch's requests are not sent again."""
        self._open.append(one)
        self._holders.update(dict.fromkeys(one.keys, one))
        return one

    def note_answered(self, key: str) -> None:
        """The answer is in the journal."""
        holder = self._holders.pop(key, None)
        if holder is not None:
            holder.keys.discard(key)

    def release(self, one: OpenBatch) -> None:
        """The batch is closed: what it still held may be sent again."""
        self._open.remove(one)
        self.copies.drop(one.file)
        for key in one.keys:
            self._holders.pop(key, None)
