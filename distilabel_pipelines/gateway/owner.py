"""One request's way: the journal first, then a place in the window, attempts, and the journal.

A request that is asked for twice while it is in flight is sent once. A finished reply is in the
journal before anybody gets it; a caller who has gone away changes nothing about that.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import Health, RunMustStopError, choose_wait_s
from distilabel_pipelines.gateway.settings import Event, Finished, Stopped, StopReason
from distilabel_pipelines.gateway.upstream import Upstream
from distilabel_pipelines.gateway.window import (
    NotNeededError,
    RunStoppedError,
    Ticket,
    Window,
)
from distilabel_pipelines.journal import Journal, JournalError
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.wire import Api, Body, Refusal, Reply, canonical_request, request_key

logger = logging.getLogger(__name__)


class RowFailedError(Exception):
    """This request cannot be answered in this run; others can. Tried again by the next run."""

    def __init__(self, fault: TeacherFaultError, attempts: int) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.attempts = attempts


class _Way(NamedTuple):
    """One request under way, shared by all who ask for it."""

    ticket: Ticket
    task: asyncio.Task[tuple[int, JournalRecord]]


class _Answered(NamedTuple):
    """The teacher's word, after how many attempts, and how long the last one took."""

    reply: Reply | Refusal
    attempts: int
    latency_s: float


class RequestOwner:
    """Answers requests of the build; the only place that talks to the teacher."""

    def __init__(
        self,
        journal: Journal,
        window: Window,
        upstream: Upstream,
        health: Health,
        emit: Callable[[Event], None],
        *,
        max_attempts: int,
        send_seed: bool,
    ) -> None:
        self._journal = journal
        self._window = window
        self._upstream = upstream
        self._health = health
        self._emit = emit
        self._max_attempts = max_attempts
        self._send_seed = send_seed
        self._under_way: dict[str, _Way] = {}
        self._stopped = ""
        self.sent = 0
        self.retried = 0

    async def answer(self, api: Api, body: Body, index: int | None) -> tuple[JournalRecord, bool]:
        """The request's record, and whether it was in the journal before.

        Raises RowFailedError, window.NotNeededError or window.RunStoppedError.
        """
        key = request_key(api, body)
        found = self._find(key)
        if found is not None:
            offset, record = found
            self._tell_finished(index, offset, record.attempts, from_journal=True)
            return record, True
        way = self._under_way.get(key)
        if way is None:
            way = self._begin(key, api, body, index)
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

    def _find(self, key: str) -> tuple[int, JournalRecord] | None:
        try:
            return self._journal.find(key)
        except JournalError as error:
            self.stop("journal", str(error))
            raise RunStoppedError(str(error)) from error

    def _begin(self, key: str, api: Api, body: Body, index: int | None) -> _Way:
        ticket = Ticket(index)
        way = _Way(ticket, asyncio.create_task(self._fetch(key, api, body, ticket, index)))
        self._under_way[key] = way
        way.task.add_done_callback(lambda task: self._end(key, task))
        return way

    def _end(self, key: str, task: asyncio.Task[tuple[int, JournalRecord]]) -> None:
        """Forget the request; what no attempt should raise ends the run instead of being lost."""
        del self._under_way[key]
        error = None if task.cancelled() else task.exception()
        if error is None or isinstance(error, (RowFailedError, NotNeededError, RunStoppedError)):
            return
        logger.error("request %s broke the gateway", key, exc_info=error)
        self.stop("failing", f"the gateway broke ({error!r}); see logs/gateway.log")

    async def _fetch(
        self, key: str, api: Api, body: Body, ticket: Ticket, index: int | None
    ) -> tuple[int, JournalRecord]:
        try:
            offset, record = await self._ask_until_kept(key, api, body, ticket)
        except RowFailedError as error:
            self._tell_finished(index, None, error.attempts, error=str(error))
            raise
        self._tell_finished(index, offset, record.attempts)
        return offset, record

    async def _ask_until_kept(
        self, key: str, api: Api, body: Body, ticket: Ticket
    ) -> tuple[int, JournalRecord]:
        """Attempt after attempt, each in a place of the window; waits are spent outside of it.

        The place is held until the reply is on disk: so a kill never costs more replies than the
        window is wide, those that have come in and are not yet synced among them.
        """
        counted = 0
        for attempts in itertools.count(1):
            # A fault is judged inside: where it stops the run, nobody gets the place after it.
            async with self._window.place(ticket):
                self.sent += 1
                sent, started = self._as_sent(body), time.monotonic()
                try:
                    reply = await self._ask_once(api, sent)
                except TeacherFaultError as fault:
                    counted += fault.kind == "transient"
                    wait_s = self._plan_next_attempt(fault, sent, counted, attempts)
                else:
                    answered = _Answered(reply, attempts, time.monotonic() - started)
                    return await self._keep(key, api, body, answered)
            self.retried += 1
            await self._window.pause(ticket, wait_s)
        raise AssertionError("itertools.count never ends")

    async def _ask_once(self, api: Api, sent: Body) -> Reply | Refusal:
        """The teacher's word, a refusal included; raises TeacherFaultError for the rest."""
        try:
            reply = await self._upstream.send(api, sent)
        except TeacherFaultError as fault:
            if fault.kind != "unreachable":
                self._health.note_answer()
            if fault.kind == "refused":
                return Refusal(status=fault.status, code=fault.code, message=fault.message)
            raise
        self._health.note_success()
        return reply

    async def _keep(
        self, key: str, api: Api, body: Body, answered: _Answered
    ) -> tuple[int, JournalRecord]:
        """Put the answer on disk; where that fails the run stops and the answer is not used."""
        reply = answered.reply
        record = JournalRecord(
            key=key,
            api=api,
            request=canonical_request(body),
            reply=reply if isinstance(reply, Reply) else None,
            refusal=reply if isinstance(reply, Refusal) else None,
            attempts=answered.attempts,
            latency_s=round(answered.latency_s, 3),
        )
        try:
            return await self._journal.append(record), record
        except JournalError as error:
            self.stop("journal", f"{error}. Nothing more is paid until it can be written.")
            raise RunStoppedError(str(error)) from error

    def _plan_next_attempt(
        self, fault: TeacherFaultError, sent: Body, counted: int, attempts: int
    ) -> float:
        """Seconds until the next attempt; raises when there is none, for the row or the run."""
        try:
            self._check_run(fault, counted)
        except RunMustStopError as error:
            self.stop(error.reason, error.message)
            raise RunStoppedError(error.message) from error
        if fault.kind == "seed_unsupported" and "seed" in sent:
            self._send_seed = False
            return 0.0
        out_of_attempts = fault.kind == "transient" and counted >= self._max_attempts
        if out_of_attempts or fault.kind in ("bad_request", "seed_unsupported"):
            raise RowFailedError(fault, attempts)
        return choose_wait_s(fault, attempts)

    def _check_run(self, fault: TeacherFaultError, counted: int) -> None:
        if fault.kind == "account":
            self._health.note_account_fault(fault)
        elif fault.kind in ("unreachable", "throttled"):
            self._health.note_wait(fault)
        elif fault.kind == "transient" and counted >= self._max_attempts:
            self._health.note_row_failed(fault)

    def _as_sent(self, body: Body) -> Body:
        """The body for the teacher; the key keeps a dropped `seed`, so samples stay distinct."""
        if self._send_seed:
            return body
        return {name: value for name, value in body.items() if name != "seed"}

    def stop(self, reason: StopReason, message: str) -> None:
        """Send nothing more and say so once; what is in flight may still come in."""
        if self._stopped:
            return
        self._stopped = message
        self._window.stop(message)
        self._emit(Stopped(reason=reason, message=message))

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
                index=index,
                offset=offset,
                from_journal=from_journal,
                attempts=attempts,
                error=error,
            )
        )
