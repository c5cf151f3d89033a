"""Who has asked for what: the journal first, then one sending for all who want the same.

A request that is asked for twice while it is in flight is sent once. A caller who has gone away
changes nothing about its way: what is paid is kept.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from distilabel_pipelines.gateway.batch_desk import BatchDesk
from distilabel_pipelines.gateway.batch_lines import BatchLineFailedError
from distilabel_pipelines.gateway.cashier import Cashier, NoWorstCaseError
from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.sender import RowFailedError, Sender, Work
from distilabel_pipelines.gateway.settings import Event, Finished, StopReason, TeacherSettings
from distilabel_pipelines.gateway.window import (
    NotNeededError,
    RunStoppedError,
    Ticket,
    Window,
)
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.ledger import Claim
from distilabel_pipelines.wire import Api, Body, TeacherName

logger = logging.getLogger(__name__)


class _Way(NamedTuple):
    """One request under way, shared by all who ask for it."""

    ticket: Ticket
    task: asyncio.Task[tuple[int, JournalRecord]]


class RequestOwner:
    """Answers the build's requests to one teacher.

    `emit` is given an event for each request that ended, `on_stop` why the run cannot go on. With
    batches in the settings requests go to the `desk`, and one by one only where a batch did not
    bring them; without, the desk is asked only for what an open batch of an earlier run holds.
    """

    def __init__(  # noqa: PLR0913  # a teacher's parts, put together in one place: the lane
        self,
        name: TeacherName,
        settings: TeacherSettings,
        window: Window,
        sender: Sender,
        cashier: Cashier,
        *,
        desk: BatchDesk | None,
        emit: Callable[[Event], None],
        on_stop: Callable[[StopReason, str], None],
    ) -> None:
        self._name = name
        self._settings = settings
        self._window = window
        self._sender = sender
        self._cashier = cashier
        self._desk = desk
        self._emit = emit
        self._on_stop = on_stop
        self._under_way: dict[str, _Way] = {}
        self._stopped: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(self, api: Api, body: Body, index: int | None) -> tuple[JournalRecord, bool]:
        """The request's record, and whether it was in the journal before.

        Raises RowFailedError, window.NotNeededError or window.RunStoppedError.
        """
        work = Work.of(api, body)
        found = self._cashier.find(work.key)
        if found is not None:
            offset, record = found
            self._tell_finished(index, offset, record.attempts, from_journal=True)
            return record, True
        way = self._under_way.get(work.key)
        if way is None:
            way = self._begin(work, index)
            _, record = await asyncio.shield(way.task)
            return record, False
        return await self._follow_twin(way, index), True

    async def _follow_twin(self, way: _Way, index: int | None) -> JournalRecord:
        """The same request is under way: it is paid once, and each index is told its end."""
        self._window.promote(way.ticket, index)
        try:
            offset, record = await asyncio.shield(way.task)
        except RowFailedError as error:
            self._tell_finished(index, None, error.attempts, error=str(error))
            raise
        self._tell_finished(index, offset, record.attempts, from_journal=True)
        return record

    def _begin(self, work: Work, index: int | None) -> _Way:
        ticket = Ticket(index)
        way = _Way(ticket, asyncio.create_task(self._fetch(work, ticket, index)))
        self._under_way[work.key] = way
        way.task.add_done_callback(lambda task: self._end(work.key, task))
        return way

    def _end(self, key: str, task: asyncio.Task[tuple[int, JournalRecord]]) -> None:
        """Forget the request; what no attempt should raise ends the run instead of being lost."""
        del self._under_way[key]
        error = None if task.cancelled() else task.exception()
        if error is None or isinstance(error, (RowFailedError, NotNeededError, RunStoppedError)):
            return
        logger.error("request %s broke the gateway", key, exc_info=error)
        self._on_stop("failing", f"the gateway broke ({error!r}); see logs/gateway.log")

    async def _fetch(
        self, work: Work, ticket: Ticket, index: int | None
    ) -> tuple[int, JournalRecord]:
        try:
            offset, record = await self._get_answer(work, ticket)
        except RowFailedError as error:
            self._tell_finished(index, None, error.attempts, error=str(error))
            raise
        self._tell_finished(index, offset, record.attempts)
        return offset, record

    async def _get_answer(self, work: Work, ticket: Ticket) -> tuple[int, JournalRecord]:
        """By batch where that is wanted; live else, and for lines that a batch did not bring."""
        batch = self._settings.batch
        if self._desk is not None and (batch is not None or self._desk.holds(work.key)):
            try:
                return await self._ask_by_batch(self._desk, work, ticket)
            except BatchLineFailedError as failed:
                await self._cashier.give_back(ticket)
                falls_back = batch is None or batch.fallback == "live"
                if not (failed.may_fall_back and falls_back):
                    raise RowFailedError(failed.fault, 1) from failed
        ticket.claim = self._claim(work, batch=False)
        try:
            return await self._sender.send(work, ticket)
        except (RowFailedError, NotNeededError, RunStoppedError):  # nothing of it is in flight
            await self._cashier.give_back(ticket)
            raise

    async def _ask_by_batch(
        self, desk: BatchDesk, work: Work, ticket: Ticket
    ) -> tuple[int, JournalRecord]:
        ticket.claim = self._claim(work, batch=True)
        if desk.holds(work.key):
            self._cashier.adopt(ticket)
        async with self._window.place(ticket):
            await self._cashier.reserve(ticket)
            self._sender.sent += 1
            return await self._unless_stopped(desk.ask(work.key, work.api, work.body))

    async def _unless_stopped(
        self, asking: Coroutine[None, None, tuple[int, JournalRecord]]
    ) -> tuple[int, JournalRecord]:
        """A batch takes hours: who waits for one is let go when the run stops."""
        task = asyncio.create_task(asking)
        waiting: set[asyncio.Future[Any]] = {task, self._stopped}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            raise RunStoppedError(self._stopped.result())
        return task.result()

    def stop(self, message: str) -> None:
        """Let go whoever waits for a batch; what is in flight may still come in."""
        if not self._stopped.done():
            self._stopped.set_result(message)

    def _claim(self, work: Work, *, batch: bool) -> Claim | None:
        thought_tokens = self._settings.thought_tokens
        try:
            return self._cashier.claim(
                self._name, work.key, work.body, thought_tokens=thought_tokens, batch=batch
            )
        except NoWorstCaseError as error:
            raise RowFailedError(TeacherFaultError("bad_request", str(error)), 0) from error

    async def drop_all(self) -> None:
        """End every request that is still under way; nothing of it is kept."""
        tasks = [way.task for way in self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tell_finished(
        self,
        index: int | None,
        offset: int | None,
        attempts: int,
        *,
        from_journal: bool = False,
        error: str = "",
    ) -> None:
        self._emit(
            Finished(
                teacher=self._name,
                index=index,
                offset=offset,
                from_journal=from_journal,
                attempts=attempts,
                error=error,
            )
        )
