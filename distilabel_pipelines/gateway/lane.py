"""Everything one teacher of a build has of its own: server, endpoints, window, sender, owner."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from distilabel_pipelines.gateway.addresses import hide_login, with_api_root
from distilabel_pipelines.gateway.batch_api import BatchApi
from distilabel_pipelines.gateway.batch_desk import BatchDesk
from distilabel_pipelines.gateway.batch_open import OpenBatches
from distilabel_pipelines.gateway.cashier import Cashier
from distilabel_pipelines.gateway.endpoints import Endpoint, EndpointPool
from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import Health, RunMustStopError, choose_wait_s
from distilabel_pipelines.gateway.owner import RequestOwner
from distilabel_pipelines.gateway.pacing import AdaptiveLimit
from distilabel_pipelines.gateway.sender import Sender
from distilabel_pipelines.gateway.servers import TeacherServer
from distilabel_pipelines.gateway.settings import (
    BatchSettings,
    Event,
    StopReason,
    TeacherSettings,
    Told,
    Waiting,
)
from distilabel_pipelines.gateway.upstream import Upstream
from distilabel_pipelines.gateway.window import Window
from distilabel_pipelines.journal_lines import JournalLine
from distilabel_pipelines.wire import TeacherName

_RAMP_FROM = 4
_VARIABLES = re.compile(r"(?<![A-Z_])(MODEL|BASE_URL|API_KEY_ENV)\b")


class Lane:
    """One teacher's way from settings to answers.

    `emit` is given the events of its requests and news of them, `on_stop` why the run cannot go on;
    `copies` is a folder for what open batches ask. `close` ends what
    `open` began.
    """

    def __init__(
        self,
        name: TeacherName,
        settings: TeacherSettings,
        cashier: Cashier,
        *,
        emit: Callable[[Event], None],
        on_stop: Callable[[StopReason, str], None],
        copies: Path,
    ) -> None:
        self.name = name
        self._settings = settings
        self._cashier = cashier
        self._emit = emit
        self._stop_run = on_stop
        self._health = Health(settings, self._tell_waiting)
        self._desk: BatchDesk | None = None
        self._server: TeacherServer | None = None
        self._stack = AsyncExitStack()
        endpoint = hide_login(with_api_root(settings.base_urls[0])) if settings.base_urls else ""
        self._open_batches = OpenBatches(name, copies, endpoint=endpoint)
        self.model = settings.model

    async def open(self, logs: Path) -> None:
        """Start or find the teacher and be ready for requests; raises RunMustStopError."""
        try:
            await self._open(logs)
        except RunMustStopError as error:
            raise RunMustStopError(error.reason, self._as_told(error.message)) from error

    def _as_told(self, message: str) -> str:
        """The judge's troubles name the judge's variables."""
        if self.name == "teacher":
            return message
        return "the judge: " + _VARIABLES.sub(r"JUDGE_\1", message)

    def _on_stop(self, reason: StopReason, message: str) -> None:
        self._stop_run(reason, self._as_told(message))

    def _tell_waiting(self, message: str) -> None:
        self._emit(Waiting(teacher=self.name, message=message))

    async def _open(self, logs: Path) -> None:
        base_urls = self._settings.base_urls or (await self._start_server(logs),)
        upstreams = [
            await self._stack.enter_async_context(
                Upstream(self._settings, url, self._health.note_piece)
            )
            for url in base_urls
        ]
        self.model = await self._wait_for_model(upstreams)
        ramp_from = _RAMP_FROM if self._settings.adaptive else None
        self.pool = EndpointPool(
            [
                Endpoint(upstream, AdaptiveLimit(self._settings.concurrency, ramp_from=ramp_from))
                for upstream in upstreams
            ],
            self._health,
            self._tell,
        )
        self._stack.push_async_callback(self.pool.close)
        await self._cashier.set_tariff(self.name, self.model, self._settings.prices)
        self._build_owner(upstreams[0])

    def _tell(self, message: str) -> None:
        self._emit(Told(message=message))

    @property
    def in_batches(self) -> int:
        """Requests that wait for a batch, submitted or not."""
        return 0 if self._desk is None else self._desk.collected + self._desk.submitted

    def _build_owner(self, upstream: Upstream) -> None:
        settings, cashier = self._settings, self._cashier
        self.window = Window(self.pool, cashier.ledger, limit=settings.admission_limit)
        self.sender = Sender(
            self.name, settings, self.pool, self.window, self._health, cashier, self._on_stop
        )
        self._desk = self._open_desk(upstream)
        self.owner = RequestOwner(
            self.name,
            settings,
            self.window,
            self.sender,
            cashier,
            desk=self._desk,
            emit=self._emit,
            on_stop=self._on_stop,
        )
        self._stack.push_async_callback(self.owner.drop_all)

    def _open_desk(self, upstream: Upstream) -> BatchDesk | None:
        """The batch desk with what killed runs left to it, at work until the lane closes.

        Also where requests go out one by one now: what an open batch holds is paid for.
        """
        if self._settings.batch is None and not self._open_batches:
            return None
        desk = BatchDesk(
            BatchApi(upstream, tell=self._tell),
            self._cashier,
            self._settings.batch or BatchSettings(),
            tell=self._tell,
            prepare=self.sender.as_sent,
            teacher=self.name,
            open_batches=self._open_batches,
        )
        work = asyncio.create_task(desk.run())
        work.add_done_callback(self._note_desk_end)
        self._stack.push_async_callback(_cancel, work)
        return desk

    def _note_desk_end(self, work: asyncio.Task[None]) -> None:
        error = None if work.cancelled() else work.exception()
        if isinstance(error, RunMustStopError):
            self._on_stop(error.reason, error.message)
        elif error is not None:
            self._on_stop("failing", f"the batch desk broke ({error!r}); see logs/gateway.log")

    def follow(self, line: JournalLine) -> None:
        """A line that an earlier run wrote: which batches it left open, and what they hold."""
        self._open_batches.follow(line)

    async def _start_server(self, logs: Path) -> str:
        self._server = TeacherServer(
            self._settings, self.name, logs, self._tell, self._note_server_death
        )
        self._stack.push_async_callback(self._server.stop)
        return await self._server.start()

    def _note_server_death(self, message: str) -> None:
        self._on_stop("teacher_died", message)

    async def _wait_for_model(self, upstreams: list[Upstream]) -> str:
        """The model's name once a server answers; an empty MODEL takes the only one served."""
        failures = 0
        while True:
            try:
                served = await upstreams[failures % len(upstreams)].list_models()
                break
            except TeacherFaultError as fault:
                failures += 1
                self._note_no_answer(fault)
                # Every endpoint is tried once before anybody is waited for.
                if failures % len(upstreams) == 0:
                    await asyncio.sleep(choose_wait_s(fault, failures // len(upstreams)))
        self._health.note_answer()
        return self._settings.model or _take_only_model(served)

    def _note_no_answer(self, fault: TeacherFaultError) -> None:
        if self._server is not None and self._server.death:
            raise RunMustStopError("teacher_died", self._server.death)
        if fault.kind == "account":
            self._health.note_account_fault(fault)
        self._health.note_wait(fault, quiet=self._server is not None)  # it tells its progress

    def stop(self, message: str) -> None:
        """Send nothing more; what is in flight may still come in. Only for an open lane."""
        self.window.stop(message)
        self.owner.stop(message)

    async def close(self) -> None:
        """Drop what is under way and end the server; also after `open` has failed."""
        await self._stack.aclose()


def _take_only_model(served: list[str]) -> str:
    if len(served) == 1:
        return served[0]
    listed = ", ".join(served) if served else "none"
    raise RunMustStopError("account", f"MODEL is empty and the server lists: {listed}. Set MODEL=")


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
