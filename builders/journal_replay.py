"""Whether the journal is answering just now, and how far it has answered.

A finished build that is run again gets every reply from its journal, in another order and at
another pace than the teacher gave them. An estimate made in the middle of that may call for more
requests than the build ever needed: each of them would be paid for, and none would be published.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from distilabel_pipelines.gateway.settings import Finished

QUIET_S = 2.0
"""The journal answers at once whatever reaches it, so after this long without an answer of its own
it holds none of what is waiting. Replies follow each other in milliseconds; the rest is for a
machine with much else to do."""


class JournalReplay:
    """The journal's answers of one run, as their ends are told; `read_clock` gives seconds."""

    def __init__(
        self, *, quiet_s: float = QUIET_S, read_clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._quiet_s = quiet_s
        self._read_clock = read_clock
        self._heard_at_s: float | None = None
        self.reach = 0
        """Requests up to the last one the journal has answered."""

    def note(self, events: Iterable[Finished]) -> None:
        """Requests' ways have ended; those that the journal answered count."""
        replayed = [event.index for event in events if event.from_journal]
        if replayed:
            self._heard_at_s = self._read_clock()
        # Requests without a place in the build (the judge's) reach nowhere.
        self.reach = max([self.reach, *(index + 1 for index in replayed if index is not None)])

    @property
    def rest_s(self) -> float | None:
        """Until it may be called quiet; None when it is: nothing has to be waited for."""
        if self._heard_at_s is None:
            return None
        rest_s = self._heard_at_s + self._quiet_s - self._read_clock()
        return rest_s if rest_s > 0 else None

    @property
    def is_under_way(self) -> bool:
        """The journal has answered a moment ago."""
        return self.rest_s is not None
