"""One run of the gateway, put together from its settings: teacher, window, journal, server.

It is told what to do by `obey` and says what happens through `emit`; how both travel to the build
is the process's business (`__main__`).
"""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import orjson
from aiohttp import web

from distilabel_pipelines.child_processes import read_last_lines, start_module
from distilabel_pipelines.gateway.app import build_app
from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import Health, RunMustStopError, choose_wait_s
from distilabel_pipelines.gateway.owner import RequestOwner
from distilabel_pipelines.gateway.settings import (
    Admit,
    Command,
    EmbeddedSettings,
    Event,
    GatewaySettings,
    Pulse,
    Ready,
    Stop,
    Waiting,
)
from distilabel_pipelines.gateway.upstream import Upstream
from distilabel_pipelines.gateway.window import Window
from distilabel_pipelines.journal import Journal, JournalError

_PULSE_S = 0.5
_EMBEDDED_LOG = "embedded-server.log"


class Gateway:
    """Everything of one run; `run` serves until `obey` is given a Stop."""

    def __init__(self, settings: GatewaySettings, emit: Callable[[Event], None]) -> None:
        self._settings = settings
        self._emit = emit
        self._window = Window(settings.concurrency, limit=settings.admission_limit)
        self._health = Health(settings, lambda message: emit(Waiting(message=message)))
        self._owner: RequestOwner | None = None
        self._embedded: subprocess.Popen[bytes] | None = None
        self._death = ""
        self._beginning: asyncio.Task[None] | None = None
        self._stop: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Serve until the build says stop; raises RunMustStopError when it cannot begin.

        A Stop before the beginning is done cancels this.
        """
        self._beginning = asyncio.current_task()
        try:
            journal = await Journal(
                Path(self._settings.journal_dir), lock_wait_s=self._settings.lock_wait_s
            ).open()
        except JournalError as error:
            raise RunMustStopError("journal", str(error)) from error
        try:
            await self._run_with(journal)
        finally:
            await journal.close()
            if self._embedded is not None and self._embedded.stdin is not None:
                self._embedded.stdin.close()

    async def _run_with(self, journal: Journal) -> None:
        base_url = await self._find_teacher()
        async with Upstream(self._settings, base_url, self._health.note_piece) as upstream:
            model = await self._wait_for_model(upstream)
            owner = RequestOwner(
                journal,
                self._window,
                upstream,
                self._health,
                self._emit,
                max_attempts=self._settings.max_attempts,
                send_seed=self._settings.send_seed,
            )
            self._owner = owner
            await self._serve(owner, upstream, model, len(journal))

    async def _serve(
        self, owner: RequestOwner, upstream: Upstream, model: str, finished_before: int
    ) -> None:
        app = build_app(owner, model=model, access_token=self._settings.access_token)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        port = int(runner.addresses[0][1])
        self._beginning = None
        self._emit(Ready(port=port, model=model, finished_before=finished_before))
        pulse = asyncio.create_task(self._beat(owner, upstream))
        grace_s = await self._stop
        with suppress(TimeoutError):  # what is still in flight after the grace is dropped
            await asyncio.wait_for(self._window.idle.wait(), grace_s)
        pulse.cancel()
        await runner.cleanup()
        await owner.drop_all()

    async def _find_teacher(self) -> str:
        """The teacher's URL; starts the embedded server where that is wanted."""
        if self._settings.embedded is not None:
            return await self._start_embedded(self._settings.embedded)
        if self._settings.base_url is None:
            raise RunMustStopError("account", "neither BASE_URL nor an embedded model is given")
        return self._settings.base_url

    async def _start_embedded(self, settings: EmbeddedSettings) -> str:
        log_path = Path(self._settings.journal_dir).parent / "logs" / _EMBEDDED_LOG
        child = start_module("distilabel_pipelines.embedded_server", log_path)
        self._embedded = child
        if child.stdin is None or child.stdout is None:
            raise AssertionError("start_module opens both pipes")
        told = {"settings": settings.model_dump(), "model": self._settings.model}
        with suppress(BrokenPipeError):  # it died at once; the empty answer says so
            child.stdin.write(orjson.dumps(told) + b"\n")
            child.stdin.flush()
        answer = await asyncio.to_thread(child.stdout.readline)
        if not answer:
            raise RunMustStopError("teacher_died", _describe_death(child, log_path))
        self._watch_embedded(child, log_path)
        return str(orjson.loads(answer)["base_url"])

    def _watch_embedded(self, child: subprocess.Popen[bytes], log_path: Path) -> None:
        loop = asyncio.get_running_loop()

        def wait_for_death() -> None:
            message = _describe_death(child, log_path)
            with suppress(RuntimeError):  # the loop is closed: we have left before it
                loop.call_soon_threadsafe(self._note_death, message)

        threading.Thread(target=wait_for_death, daemon=True).start()

    def _note_death(self, message: str) -> None:
        self._death = message
        if self._owner is not None:
            self._owner.stop("teacher_died", message)

    async def _wait_for_model(self, upstream: Upstream) -> str:
        """The model's name once the server answers; an empty MODEL takes the only one served."""
        failures = 0
        while True:
            try:
                served = await upstream.list_models()
                break
            except TeacherFaultError as fault:
                failures += 1
                self._note_no_answer(fault)
                await asyncio.sleep(choose_wait_s(fault, failures))
        self._health.note_answer()
        if self._settings.model:
            return self._settings.model
        if len(served) == 1:
            return served[0]
        listed = ", ".join(served) if served else "none"
        raise RunMustStopError(
            "account", f"MODEL is empty and the server lists: {listed}. Set MODEL="
        )

    def _note_no_answer(self, fault: TeacherFaultError) -> None:
        if self._death:
            raise RunMustStopError("teacher_died", self._death)
        if fault.kind == "account":
            self._health.note_account_fault(fault)
        self._health.note_wait(fault)

    async def _beat(self, owner: RequestOwner, upstream: Upstream) -> None:
        while True:
            await asyncio.sleep(_PULSE_S)
            self._emit(
                Pulse(
                    in_flight=self._window.in_flight,
                    queued=self._window.queued,
                    sent=owner.sent,
                    retried=owner.retried,
                    streamed_pieces=upstream.streamed_pieces,
                )
            )

    def obey(self, command: Command) -> None:
        """Carry out one command of the build."""
        if isinstance(command, Admit):
            self._window.admit(command.limit, final=command.final)
        elif isinstance(command, Stop) and not self._stop.done():
            self._window.stop("the build asked to stop")
            self._stop.set_result(command.grace_s)
            if self._beginning is not None:
                self._beginning.cancel()


def _describe_death(child: subprocess.Popen[bytes], log_path: Path) -> str:
    child.wait()
    return (
        f"the embedded server ended with exit code {child.returncode}; its last lines in "
        f"logs/{log_path.name}:\n{read_last_lines(log_path, 8)}"
    )
