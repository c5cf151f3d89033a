"""Attempt after attempt until a request is answered, each in a place of the window.

It judges every fault once: for the endpoint (its window, its health), for the row (another
attempt, or none) and for the run (nothing will work any more).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from distilabel_pipelines.gateway.cashier import Cashier
from distilabel_pipelines.gateway.endpoints import Endpoint, EndpointPool
from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import Health, RunMustStopError, choose_wait_s
from distilabel_pipelines.gateway.settings import StopReason, TeacherSettings
from distilabel_pipelines.gateway.upstream import Attempt
from distilabel_pipelines.gateway.window import RunStoppedError, Ticket, Window
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.wire import (
    Api,
    Body,
    Refusal,
    Reply,
    TeacherName,
    canonical_request,
    request_key,
)

# So often refused while as many others were answered: the row itself is too much for the server.
_MOST_THROTTLES = 30


class RowFailedError(Exception):
    """This request cannot be answered in this run; others can. Tried again by the next run."""

    def __init__(self, fault: TeacherFaultError, attempts: int) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.attempts = attempts


class Work(NamedTuple):
    """One request: what is asked, and its key."""

    key: str
    api: Api
    body: Body

    @classmethod
    def of(cls, api: Api, body: Body) -> Work:
        """The request with the key of its content."""
        return cls(request_key(api, body), api, body)


class Sender:
    """Sends requests to one teacher; `on_stop` is told why the run cannot go on."""

    def __init__(
        self,
        name: TeacherName,
        settings: TeacherSettings,
        pool: EndpointPool,
        window: Window,
        health: Health,
        cashier: Cashier,
        on_stop: Callable[[StopReason, str], None],
    ) -> None:
        self._name = name
        self._settings = settings
        self._pool = pool
        self._window = window
        self._health = health
        self._cashier = cashier
        self._on_stop = on_stop
        self._send_seed = settings.send_seed
        self.sent = 0
        self.retried = 0
        pool.on_end = lambda error: on_stop(error.reason, error.message)
        window.on_end = lambda message: on_stop("budget", message)

    async def send(self, work: Work, ticket: Ticket) -> tuple[int, JournalRecord]:
        """Ask until the answer is on disk; returns its offset and record.

        Raises RowFailedError, window.NotNeededError or window.RunStoppedError. Waits are spent
        outside of the window, but a place is held until the reply is on disk: so a kill never
        costs more replies than the window is wide.
        """
        counted = throttled = 0
        successes_before = self._health.successes
        for attempts in itertools.count(1):
            # A fault is judged inside: where it stops the run, nobody gets the place after it.
            async with self._window.place(ticket) as endpoint:
                if endpoint is None:
                    raise AssertionError("only a ticket of a batch has no endpoint")
                await self._cashier.reserve(ticket)
                self.sent += 1
                attempt = Attempt(streamed=self._settings.stream)
                sent = self.as_sent(work.body)
                try:
                    reply = await self._ask_once(endpoint, work.api, sent, ticket, attempt)
                except TeacherFaultError as fault:
                    counted += fault.kind == "transient"
                    throttled += fault.kind == "throttled"
                    ticket.avoid = endpoint
                    others_passed = self._health.successes - successes_before
                    if min(throttled, others_passed) >= _MOST_THROTTLES:
                        raise RowFailedError(fault, attempts) from fault
                    wait_s = self._plan_next_attempt(fault, sent, counted, attempts)
                else:
                    record = self._record(work, reply, attempts, attempt)
                    return await self._cashier.append(record), record
            self.retried += 1
            await self._window.pause(ticket, wait_s)
        raise AssertionError("itertools.count never ends")

    async def _ask_once(
        self, endpoint: Endpoint, api: Api, sent: Body, ticket: Ticket, attempt: Attempt
    ) -> Reply | Refusal:
        """The teacher's word, a refusal included; raises TeacherFaultError for the rest.

        A reply that broke off may be billed, and so may text that an error followed.
        """
        try:
            reply = await endpoint.upstream.send(api, sent, attempt)
        except TeacherFaultError as fault:
            if attempt.text_bytes or (fault.kind == "transient" and fault.status == 0):
                await self._cashier.note_loss(ticket, attempt)
            self._note_fault(endpoint, fault, attempt)
            if fault.kind == "refused":
                return Refusal(status=fault.status, code=fault.code, message=fault.message)
            raise
        self._health.note_success()
        self._pool.note_success(endpoint, attempt)
        return reply

    def _note_fault(self, endpoint: Endpoint, fault: TeacherFaultError, attempt: Attempt) -> None:
        if fault.kind != "unreachable":
            self._health.note_answer()
        try:
            self._pool.note_fault(endpoint, fault, attempt)
        except RunMustStopError as error:
            self._stop_with(error)

    def _record(
        self, work: Work, reply: Reply | Refusal, attempts: int, attempt: Attempt
    ) -> JournalRecord:
        return JournalRecord(
            key=work.key,
            api=work.api,
            request=canonical_request(work.body),
            reply=reply if isinstance(reply, Reply) else None,
            refusal=reply if isinstance(reply, Refusal) else None,
            attempts=attempts,
            latency_s=round(time.monotonic() - attempt.sent_at, 3),
            teacher=self._name,
        )

    def _plan_next_attempt(
        self, fault: TeacherFaultError, sent: Body, counted: int, attempts: int
    ) -> float:
        """Seconds until the next attempt; raises when there is none, for the row or the run."""
        self._end_run_at(fault, counted)
        if fault.kind == "seed_unsupported" and "seed" in sent:
            self._send_seed = False
            return 0.0
        out_of_attempts = fault.kind == "transient" and counted >= self._settings.max_attempts
        if out_of_attempts or fault.kind in ("bad_request", "seed_unsupported"):
            raise RowFailedError(fault, attempts)
        # An endpoint that does not listen is waited for by its pool; another one may have room.
        return 0.0 if fault.kind == "unreachable" else choose_wait_s(fault, attempts)

    def _end_run_at(self, fault: TeacherFaultError, counted: int) -> None:
        """Stop the run where this fault, or too much of its kind, means that no row will work."""
        try:
            if fault.kind == "account":
                self._health.note_account_fault(fault)
            elif fault.kind == "throttled":
                self._health.note_wait(fault)
            elif fault.kind == "transient" and counted >= self._settings.max_attempts:
                self._health.note_row_failed(fault)
        except RunMustStopError as error:
            self._stop_with(error)

    def _stop_with(self, error: RunMustStopError) -> NoReturn:
        self._on_stop(error.reason, error.message)
        raise RunStoppedError(error.message) from error

    def as_sent(self, body: Body) -> Body:
        """The body for the teacher; the key keeps a dropped `seed`, so samples stay distinct."""
        if self._send_seed:
            return body
        return {name: value for name, value in body.items() if name != "seed"}
