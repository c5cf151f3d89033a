"""Which request is sent next: one queue for all endpoints of a teacher.

Requests wait in the order of their index, and the lowest goes first whenever an endpoint has room,
so one slow reply never holds the others up. Greedy list scheduling (Graham, 1966). An admission
limit, moved by the build as rows pass its checks, keeps back what may never be needed, and the
ledger what the budget could not pay in the worst case.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from distilabel_pipelines.gateway.endpoints import Endpoint, EndpointPool
from distilabel_pipelines.journal_lines import Reservation
from distilabel_pipelines.ledger import Claim, Ledger

_FIRST = -1  # the rank of requests without an index: always admitted


class NotNeededError(Exception):
    """The build has enough rows: this request was never sent."""


class RunStoppedError(Exception):
    """The run has stopped: this request was never sent, or was dropped in flight."""


class Ticket:
    """One request's way through the window, from its first attempt to its last.

    `claim` is its worst case, None where nothing is reserved; `is_held` says that the ledger holds
    it, `reservation` is the line that has still to be written. A ticket of a batch needs an
    admission and money, but no endpoint. `avoid` is the endpoint of the last attempt.
    """

    def __init__(self, index: int | None, claim: Claim | None = None) -> None:
        self.rank = _FIRST if index is None else index
        self.claim = claim
        self.is_held = False
        self.reservation: Reservation | None = None
        self.avoid: Endpoint | None = None
        self.ready: asyncio.Future[Endpoint | None] | None = None
        self.woken: asyncio.Future[None] | None = None

    @property
    def is_batch(self) -> bool:
        """Whether the request goes out in a batch."""
        return self.claim is not None and self.claim.batch


class Window:
    """Requests of one teacher, admitted by index, lowest first, as endpoints and money allow.

    `on_end` is told why, when the next request could cost more than the budget has left and nothing
    in flight can free any.
    """

    def __init__(self, pool: EndpointPool, ledger: Ledger, *, limit: int | None) -> None:
        self._pool = pool
        self._ledger = ledger
        pool.on_room = self.look
        ledger.on_room.append(self.look)
        self.on_end: Callable[[str], None] = lambda _message: None
        self.limit = limit
        self._limit_is_final = False
        self._stopped = ""
        self._arrivals = itertools.count()
        self._waiting: list[tuple[int, int, Ticket, asyncio.Future[Endpoint | None]]] = []
        self._pausing: set[Ticket] = set()
        self.in_flight = 0
        self.queued = 0
        self.idle = asyncio.Event()
        self.idle.set()

    @asynccontextmanager
    async def place(self, ticket: Ticket) -> AsyncIterator[Endpoint | None]:
        """Hold one place at an endpoint; a ticket of a batch is given None.

        Raises NotNeededError when the final limit leaves the request out, RunStoppedError when the
        run stops before a place is free.
        """
        refusal = self._find_refusal(ticket.rank)
        if refusal is not None:
            raise refusal
        ready: asyncio.Future[Endpoint | None] = asyncio.get_running_loop().create_future()
        ticket.ready = ready
        heapq.heappush(self._waiting, (ticket.rank, next(self._arrivals), ticket, ready))
        self.queued += 1
        try:
            self.look()
            yield await self._wait_in_queue(ready)
        finally:
            # A task cancelled just after its place was given holds the place all the same.
            if ready.done() and not ready.cancelled() and ready.exception() is None:
                self._leave(ready.result())

    async def _wait_in_queue(self, ready: asyncio.Future[Endpoint | None]) -> Endpoint | None:
        try:
            return await ready
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
            self.look()

    def admit(self, limit: int | None, *, final: bool) -> None:
        """Let requests with an index below `limit` be sent. It may fall: what waits then stays."""
        self.limit = limit
        self._limit_is_final = final
        if final:
            self._turn_away()
        self.look()

    def stop(self, message: str) -> None:
        """Send nothing more; everybody who waits gets RunStoppedError."""
        self._stopped = message
        self._turn_away()

    def _is_admitted(self, rank: int) -> bool:
        return rank == _FIRST or self.limit is None or rank < self.limit

    def _find_refusal(self, rank: int) -> Exception | None:
        """Why a request of this rank will never be sent, or None where it may be."""
        if self._stopped:
            return RunStoppedError(self._stopped)
        if self._limit_is_final and not self._is_admitted(rank):
            return NotNeededError(f"request {rank} is beyond {self.limit}")
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

    def look(self) -> None:
        """Hand free places to the lowest admitted requests."""
        while self._waiting:
            rank, _, ticket, ready = self._waiting[0]
            if not ready.done():  # else turned away, cancelled, or promoted and gone
                if not self._is_admitted(rank):
                    return
                endpoint = None if ticket.is_batch else self._pool.find_free(ticket.avoid)
                if (endpoint is None and not ticket.is_batch) or not self._can_pay(ticket):
                    return
                self._enter(ready, endpoint)
            heapq.heappop(self._waiting)

    def _can_pay(self, ticket: Ticket) -> bool:
        """Hold the request's worst case; False where the budget has no room for it just now."""
        if ticket.claim is None or ticket.is_held:
            return True
        if self._ledger.fits(ticket.claim):
            ticket.reservation = self._ledger.hold(ticket.claim)
            ticket.is_held = True
            return True
        if self._ledger.is_idle:  # nothing in flight could leave any of its worst case
            self.on_end(self._ledger.describe_cap(ticket.claim))
        return False

    def _enter(self, ready: asyncio.Future[Endpoint | None], endpoint: Endpoint | None) -> None:
        if endpoint is not None:
            endpoint.enter()
            self.in_flight += 1
            self.idle.clear()
        ready.set_result(endpoint)

    def _leave(self, endpoint: Endpoint | None) -> None:
        if endpoint is not None:
            endpoint.leave()
            self.in_flight -= 1
        self.look()
        if self.in_flight == 0:
            self.idle.set()


def _wake(sleeping: asyncio.Future[None]) -> None:
    if not sleeping.done():
        sleeping.set_result(None)
