"""One request's way: the journal first, then a place in the window, attempts, and the journal.

A request that is asked for twice while it is in flight is sent once. A finished reply is in the
journal before anybody gets it; a caller who has gone away changes nothing about that.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable

from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import Health, RunMustStopError, choose_wait_s
from distilabel_pipelines.gateway.settings import Event, Finished, Stopped, StopReason
from distilabel_pipelines.gateway.upstream import Upstream
from distilabel_pipelines.gateway.window import RunStoppedError, Window
from distilabel_pipelines.journal import Journal, JournalError
from distilabel_pipelines.wire import (
    Api,
    Body,
    JournalRecord,
    Refusal,
    Reply,
    canonical_request,
    request_key,
)


class RowFailedError(Exception):
    """This request cannot be answered in this run; others can. Tried again by the next run."""

    def __init__(self, fault: TeacherFaultError, attempts: int) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.attempts = attempts


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
        self._under_way: dict[str, asyncio.Task[JournalRecord]] = {}
        self._stopped = ""
        self.sent = 0
        self.retried = 0

    async def answer(self, api: Api, body: Body, index: int | None) -> tuple[JournalRecord, bool]:
        """The request's record, and whether it was in the journal before.

        Raises RowFailedError, window.NotNeededError or window.RunStoppedError.
        """
        key = request_key(api, body)
        found = self._journal.find(key)
        if found is not None:
            offset, record = found
            self._tell_finished(index, offset, record.attempts, from_journal=True)
            return record, True
        task = self._under_way.get(key)
        if task is not None:
            await asyncio.shield(task)
            return await self.answer(api, body, index)
        task = asyncio.create_task(self._fetch(key, api, body, index))
        self._under_way[key] = task
        task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task), False

    async def _fetch(self, key: str, api: Api, body: Body, index: int | None) -> JournalRecord:
        started = time.monotonic()
        try:
            reply, attempts = await self._ask_until_answered(api, body, index)
        except RowFailedError as error:
            self._tell_finished(index, None, error.attempts, error=str(error))
            raise
        record = JournalRecord(
            key=key,
            api=api,
            request=canonical_request(body),
            reply=reply if isinstance(reply, Reply) else None,
            refusal=reply if isinstance(reply, Refusal) else None,
            attempts=attempts,
            latency_s=round(time.monotonic() - started, 3),
        )
        try:
            offset = await self._journal.append(record)
        except JournalError as error:
            self.stop("journal", f"{error}. Nothing more is paid until it can be written.")
            raise RunStoppedError(str(error)) from error
        self._tell_finished(index, offset, attempts)
        return record

    async def _ask_until_answered(
        self, api: Api, body: Body, index: int | None
    ) -> tuple[Reply | Refusal, int]:
        """Attempt after attempt, each in a place of the window; waits are spent outside of it."""
        counted = 0
        for attempts in itertools.count(1):
            sent = body
            try:
                async with self._window.place(index):
                    self.sent += 1
                    sent = self._as_sent(body)
                    reply = await self._upstream.send(api, sent)
            except TeacherFaultError as fault:
                if fault.kind != "unreachable":
                    self._health.note_answer()
                if fault.kind == "refused":
                    return _as_refusal(fault), attempts
                counted += fault.kind == "transient"
                wait_s = self._plan_next_attempt(fault, sent, counted, attempts)
            else:
                self._health.note_success()
                return reply, attempts
            self.retried += 1
            await asyncio.sleep(wait_s)
        raise AssertionError("itertools.count never ends")

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


def _as_refusal(fault: TeacherFaultError) -> Refusal:
    return Refusal(status=fault.status, code=fault.code, message=fault.message)
