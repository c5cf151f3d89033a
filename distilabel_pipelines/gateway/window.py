"""Which request is sent next: one sliding window for the whole build.

Requests wait in the order of their index, and the lowest goes first whenever a place is free, so
one slow reply never holds the others up. Greedy list scheduling (Graham, 1966). An admission
limit, moved by the build as rows pass its checks, keeps back what may never be needed.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class NotNeededError(Exception):
    """The build has enough rows: this request was never sent."""


class RunStoppedError(Exception):
    """The run has stopped: this request was never sent, or was dropped in flight."""


class Window:
    """At most `concurrency` requests in flight, admitted by index, lowest first."""

    def __init__(self, concurrency: int, *, limit: int | None) -> None:
        self._concurrency = concurrency
        self._limit = limit
        self._limit_is_final = False
        self._stopped = ""
        self._arrivals = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self.in_flight = 0
        self.idle = asyncio.Event()
        self.idle.set()

    @property
    def queued(self) -> int:
        """How many requests wait, admitted or not."""
        return len(self._waiting)

    @asynccontextmanager
    async def place(self, index: int | None) -> AsyncIterator[None]:
        """Hold one place of the window; a request without an index is always admitted.

        Raises NotNeededError when the final limit leaves the request out, RunStoppedError when the
        run stops before a place is free.
        """
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-1 if index is None else index, next(self._arrivals), ready))
        self._settle()
        try:
            await ready
            yield
        finally:
            # A task cancelled just after its place was given holds the place all the same.
            if ready.done() and not ready.cancelled() and ready.exception() is None:
                self._leave()

    def admit(self, limit: int, *, final: bool) -> None:
        """Let requests with an index below `limit` be sent. It may fall: what waits then stays."""
        self._limit = limit
        self._limit_is_final = final
        self._settle()

    def stop(self, message: str) -> None:
        """Send nothing more; everybody who waits gets RunStoppedError."""
        self._stopped = message
        self._settle()

    def _settle(self) -> None:
        """Hand free places to the lowest admitted requests; turn away who will never get one."""
        while self._waiting:
            index, _, ready = self._waiting[0]
            admitted = self._limit is None or index < self._limit
            if self._stopped:
                outcome: Exception | None = RunStoppedError(self._stopped)
            elif not admitted and self._limit_is_final:
                outcome = NotNeededError(f"request {index} is beyond {self._limit}")
            elif admitted and self.in_flight < self._concurrency:
                outcome = None
            else:
                return
            heapq.heappop(self._waiting)
            self._wake(ready, outcome)

    def _wake(self, ready: asyncio.Future[None], outcome: Exception | None) -> None:
        if ready.done():  # its task was cancelled while it waited
            return
        if outcome is not None:
            ready.set_exception(outcome)
            return
        self.in_flight += 1
        self.idle.clear()
        ready.set_result(None)

    def _leave(self) -> None:
        self.in_flight -= 1
        self._settle()
        if self.in_flight == 0:
            self.idle.set()
