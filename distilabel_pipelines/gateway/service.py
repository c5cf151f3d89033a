"""One run of the gateway, put together from its settings: journal, ledger, teachers, server.

It is told what to do by `obey` and says what happens through `emit`; how both travel to the build
is the process's business (`__main__`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from distilabel_pipelines.gateway.app import build_app
from distilabel_pipelines.gateway.cashier import Cashier
from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.lane import Lane
from distilabel_pipelines.gateway.settings import (
    Admit,
    Command,
    Event,
    Finished,
    GatewaySettings,
    Pulse,
    Ready,
    Stop,
    Stopped,
    StopReason,
    TeacherSettings,
)
from distilabel_pipelines.gateway.window import RunStoppedError
from distilabel_pipelines.journal import Journal, JournalError
from distilabel_pipelines.journal_lines import JournalLine
from distilabel_pipelines.ledger import Ledger
from distilabel_pipelines.wire import TeacherName

_PULSE_S = 0.5
_BUDGET_LOOK_S = 0.2


class Gateway:
    """Everything of one run; `run` serves until `obey` is given a Stop."""

    def __init__(self, settings: GatewaySettings, emit: Callable[[Event], None]) -> None:
        self._settings = settings
        self._tell = emit
        self._finished = 0
        self._heard: int | None = None
        self._budget_look: asyncio.TimerHandle | None = None
        self._is_second_look = False
        self._stopped: Stopped | None = None
        folder = Path(settings.journal_dir)
        self._logs = folder.parent / "logs"
        self._journal = Journal(folder, lock_wait_s=settings.lock_wait_s)
        self._ledger = Ledger(settings.budget)
        self._cashier = Cashier(self._journal, self._ledger, self._stop_run)
        self._teacher = self._make_lane("teacher", settings.teacher)
        judge = settings.judge
        self._judge = None if judge is None else self._make_lane("judge", judge)
        self._lanes = [lane for lane in (self._teacher, self._judge) if lane is not None]
        self._beginning: asyncio.Task[None] | None = None
        self._stop: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def _make_lane(self, name: TeacherName, settings: TeacherSettings) -> Lane:
        return Lane(
            name,
            settings,
            self._cashier,
            emit=self._emit,
            on_stop=self._stop_run,
            copies=Path(self._settings.journal_dir) / "batches",
        )

    def _emit(self, event: Event) -> None:
        if isinstance(event, Finished) and event.index is not None:
            self._finished += 1
        self._tell(event)

    async def run(self) -> None:
        """Serve until the build says stop; raises RunMustStopError when it cannot begin.

        A Stop before the beginning is done cancels this.
        """
        self._beginning = asyncio.current_task()
        try:
            await self._journal.open(self._follow)
        except JournalError as error:
            raise RunMustStopError("journal", str(error)) from error
        try:
            await self._open_lanes()
            await self._serve()
        finally:
            for lane in self._lanes:
                await lane.close()
            await self._journal.close()

    async def _open_lanes(self) -> None:
        try:
            for lane in self._lanes:
                await lane.open(self._logs)
            if problem := self._ledger.find_budget_problem():
                raise RunMustStopError("budget", problem)
        except RunStoppedError as error:
            reason = self._stopped.reason if self._stopped is not None else "failing"
            raise RunMustStopError(reason, str(error)) from error

    def _follow(self, line: JournalLine) -> None:
        self._ledger.follow(line)
        for lane in self._lanes:
            lane.follow(line)

    async def _serve(self) -> None:
        app = build_app(
            {lane.name: (lane.owner, lane.model) for lane in self._lanes},
            access_token=self._settings.access_token,
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        self._beginning = None
        self._tell_ready(int(runner.addresses[0][1]))
        pulse = asyncio.create_task(self._beat())
        grace_s = await self._stop
        with suppress(TimeoutError):  # what is still in flight after the grace is dropped
            await asyncio.wait_for(self._wait_until_idle(), grace_s)
        pulse.cancel()
        await runner.cleanup()

    def _tell_ready(self, port: int) -> None:
        ready = Ready(
            port=port,
            model=self._teacher.model,
            judge_model=self._judge.model if self._judge is not None else "",
            finished_before=len(self._journal),
        )
        self._emit(ready)
        if self._stopped is not None:  # a server died just now: the lanes had no ears yet
            self._stop_lanes(self._stopped)

    async def _wait_until_idle(self) -> None:
        for lane in self._lanes:
            await lane.window.idle.wait()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_PULSE_S)
            spent = self._ledger.spent()
            lanes = self._lanes
            self._emit(
                Pulse(
                    in_flight=sum(lane.window.in_flight for lane in lanes),
                    queued=sum(lane.window.queued for lane in lanes),
                    sent=sum(lane.sender.sent for lane in lanes),
                    retried=sum(lane.sender.retried for lane in lanes),
                    streamed_pieces=sum(lane.pool.streamed_pieces for lane in lanes),
                    in_batches=sum(lane.in_batches for lane in lanes),
                    tokens=spent.tokens,
                    cost=spent.cost,
                )
            )

    def _admit(self, command: Admit) -> None:
        window = self._teacher.window
        self._heard = command.heard
        rises = window.limit is not None and command.limit > window.limit
        waits = rises and not command.final and not self._has_heard_all
        window.admit(window.limit if waits else command.limit, final=command.final)

    def _may_end_at_budget(self) -> bool:
        """Not before the build has heard of the answer that was paid last: it may suffice.

        The answer is settled just before its end is told, hence the second look.
        """
        if self._budget_look is None:
            loop = asyncio.get_running_loop()
            self._budget_look = loop.call_later(_BUDGET_LOOK_S, self._look_at_budget)
            return False
        return self._is_second_look and self._has_heard_all

    def _look_at_budget(self) -> None:
        self._is_second_look = True
        for lane in self._lanes:
            lane.window.look()
        self._is_second_look, self._budget_look = False, None

    @property
    def _has_heard_all(self) -> bool:
        return self._heard is None or self._heard >= self._finished

    def _stop_run(self, reason: StopReason, message: str) -> None:
        """Send nothing more, to any teacher, and say so once."""
        if self._stopped is not None or (reason == "budget" and not self._may_end_at_budget()):
            return
        self._stopped = Stopped(reason=reason, message=message)
        if self._beginning is None:  # else the beginning fails, and says so itself
            self._stop_lanes(self._stopped)

    def _stop_lanes(self, stopped: Stopped) -> None:
        for lane in self._lanes:
            lane.stop(stopped.message)
        self._emit(stopped)

    def obey(self, command: Command) -> None:
        """Carry out one command of the build."""
        if isinstance(command, Admit):
            self._admit(command)
        elif isinstance(command, Stop) and not self._stop.done():
            self._stop.set_result(command.grace_s)
            if self._beginning is not None:
                self._beginning.cancel()
                return
            for lane in self._lanes:
                lane.stop("the build asked to stop")
