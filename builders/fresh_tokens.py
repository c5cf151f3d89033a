"""Tokens of the replies that this run asked for, for the progress line; old replies cost no time.

The counts are the server's own, read from the journal when somebody looks.
"""

from __future__ import annotations

import queue
from pathlib import Path

from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.journal import JOURNAL_FILE, read_record
from distilabel_pipelines.wire import count_tokens


class FreshTokens:
    """Counts replies and their completion tokens; `note` may be called from any thread."""

    def __init__(self, responses: Path) -> None:
        self._journal_path = responses / JOURNAL_FILE
        self._offsets: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._tokens = 0
        self.replies = 0

    def note(self, event: Finished) -> None:
        """A request's way has ended; the judge's are not counted."""
        if event.teacher == "judge":
            return
        self.replies += 1
        if event.offset is not None and not event.from_journal:
            self._offsets.put(event.offset)

    def count(self) -> int:
        """Completion tokens so far; for one reading thread."""
        if self._offsets.empty():
            return self._tokens
        with self._journal_path.open("rb") as journal:
            while not self._offsets.empty():
                reply = read_record(journal, self._offsets.get()).reply
                if reply is not None:
                    self._tokens += count_tokens(reply.usage, "completion_tokens") or 0
        return self._tokens
