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

_FIRST = -1  # the rank of requests without an index: always admitted


class NotNeededError(Exception):
    """The build has enough rows: this request was never sent."""


class RunStoppedError(Exception):
    """The run has stopped: this request was never sent, or was dropped in flight."""


class Ticket:
    """One request's claim on the window, from its first attempt to its last."""

    def __init__(self, index: int | None) -> None:
        self.rank = _FIRST if index is None else index
        self.ready: asyncio.Future[None] | None = None
        self.woken: asyncio.Future[None] | None = None


class Window:
    """At most `concurrency` requests in flight, admitted by index, lowest first."""

    def __init__(self, concurrency: int, *, limit: int | None) -> None:
        self._concurrency = concurrency
        self._limit = limit
        self._limit_is_final = False
        self._stopped = ""
        self._arrivals = itertools.count()
        self._waiting: list[tuple[int, int, Ticket, asyncio.Future[None]]] = []
        self._pausing: set[Ticket] = set()
        self.in_flight = 0
        self.queued = 0
        self.idle = asyncio.Event()
        self.idle.set()

    @asynccontextmanager
    async def place(self, ticket: Ticket) -> AsyncIterator[None]:
        """Hold one place of the window.

        Raises NotNeededError when the final limit leaves the request out, RunStoppedError when the
        run stops before a place is free.
        """
        refusal = self._find_refusal(ticket.rank)
        if refusal is not None:
            raise refusal
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ticket.ready = ready
        heapq.heappush(self._waiting, (ticket.rank, next(self._arrivals), ticket, ready))
        self.queued += 1
        try:
            self._settle()
            await self._wait_in_queue(ready)
            yield
        finally:
            # A task cancelled just after its place was given holds the place all the same.
            if ready.done() and not ready.cancelled() and ready.exception() is None:
                self._leave()

    async def _wait_in_queue(self, ready: asyncio.Future[None]) -> None:
        try:
            await ready
        finally:
            self.queued -= 1

    async def pause(self, ticket: Ticket, seconds: float) -> None:
        """Wait outside of the window for the next attempt.

        Ends early when there will be none: the run stops, or the build has enough rows.
        """
        if not seconds or self._find_refusal(ticket.rank) is not None:
            return
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        ticket.woken = woken
        self._pausing.add(ticket)
        timer = loop.call_later(seconds, _wake, woken)
        try:
            await woken
        finally:
            timer.cancel()
            self._pausing.discard(ticket)

    def promote(self, ticket: Ticket, index: int | None) -> None:
        """A twin of the request wants it at a lower index: it takes the lower of the two."""
        rank = _FIRST if index is None else index
        if rank >= ticket.rank:
            return
        ticket.rank = rank
        if ticket.ready is not None and not ticket.ready.done():
            heapq.heappush(self._waiting, (rank, next(self._arrivals), ticket, ticket.ready))
            self._settle()

    def admit(self, limit: int, *, final: bool) -> None:
        """Let requests with an index below `limit` be sent. It may fall: what waits then stays."""
        self._limit = limit
        self._limit_is_final = final
        if final:
            self._turn_away()
        self._settle()

    def stop(self, message: str) -> None:
        """Send nothing more; everybody who waits gets RunStoppedError."""
        self._stopped = message
        self._turn_away()

    def _is_admitted(self, rank: int) -> bool:
        return rank == _FIRST or self._limit is None or rank < self._limit

    def _find_refusal(self, rank: int) -> Exception | None:
        """Why a request of this rank will never be sent, or None where it may be."""
        if self._stopped:
            return RunStoppedError(self._stopped)
        if self._limit_is_final and not self._is_admitted(rank):
            return NotNeededError(f"request {rank} is beyond {self._limit}")
        return None

    def _turn_away(self) -> None:
        """Tell everybody who waits for a place that will never come."""
        for _, _, ticket, ready in self._waiting:
            refusal = self._find_refusal(ticket.rank)
            if refusal is not None and not ready.done():
                ready.set_exception(refusal)
        for ticket in self._pausing:
            if self._find_refusal(ticket.rank) is not None and ticket.woken is not None:
                _wake(ticket.woken)

    def _settle(self) -> None:
        """Hand free places to the lowest admitted requests."""
        while self._waiting:
            rank, _, _, ready = self._waiting[0]
            if not ready.done():  # else turned away, cancelled, or promoted and gone
                if not self._is_admitted(rank) or self.in_flight >= self._concurrency:
                    return
                self._enter(ready)
            heapq.heappop(self._waiting)

    def _enter(self, ready: asyncio.Future[None]) -> None:
        self.in_flight += 1
        self.idle.clear()
        ready.set_result(None)

    def _leave(self) -> None:
        self.in_flight -= 1
        self._settle()
        if self.in_flight == 0:
            self.idle.set()


def _wake(sleeping: asyncio.Future[None]) -> None:
    if not sleeping.done():
        sleeping.set_result(None)
