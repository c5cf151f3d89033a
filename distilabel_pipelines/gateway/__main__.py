"""The gateway's process: settings and commands on standard input, events on standard output.

The build holds the other end of standard input. When that end closes, because the build is done or
because it was killed, this process leaves at once, and with it all spending; the embedded server
holds the same kind of pipe to this process and leaves too.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import resource
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import orjson
from aiohttp import web
from pydantic import TypeAdapter

from distilabel_pipelines.child_processes import read_last_lines, start_module
from distilabel_pipelines.gateway.app import build_app
from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import Health, RunMustStopError, choose_wait_s
from distilabel_pipelines.gateway.owner import RequestOwner
from distilabel_pipelines.gateway.settings import (
    Admit,
    Command,
    Event,
    GatewaySettings,
    Pulse,
    Ready,
    Stop,
    Stopped,
    Waiting,
)
from distilabel_pipelines.gateway.upstream import Upstream
from distilabel_pipelines.gateway.window import Window
from distilabel_pipelines.journal import Journal, JournalError
from distilabel_pipelines.supervision import take_parent_pipe

_PULSE_S = 0.5
_OPEN_FILES = 65536
_EMBEDDED_LOG = "embedded-server.log"


def emit(event: Event) -> None:
    """Write one event; the build reads them all, in order."""
    sys.stdout.buffer.write(orjson.dumps(event.model_dump()) + b"\n")
    sys.stdout.buffer.flush()


class Gateway:
    """Everything of one run, put together from the settings."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._window = Window(settings.concurrency, limit=settings.admission_limit)
        self._health = Health(settings, lambda message: emit(Waiting(message=message)))
        self._owner: RequestOwner | None = None
        self._stop: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Serve until the build says stop; raises RunMustStopError when it cannot begin."""
        try:
            journal = await Journal(Path(self._settings.journal_dir)).open()
        except JournalError as error:
            raise RunMustStopError("journal", str(error)) from error
        base_url, model_name = await self._find_teacher()
        async with Upstream(self._settings, base_url) as upstream:
            model = await self._wait_for_model(upstream, model_name)
            owner = RequestOwner(
                journal,
                self._window,
                upstream,
                self._health,
                emit,
                max_attempts=self._settings.max_attempts,
                send_seed=self._settings.send_seed,
            )
            self._owner = owner
            await self._serve(owner, upstream, model, len(journal))
            await journal.close()

    async def _serve(
        self, owner: RequestOwner, upstream: Upstream, model: str, finished_before: int
    ) -> None:
        app = build_app(owner, model=model, access_token=self._settings.access_token)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        port = int(runner.addresses[0][1])
        emit(Ready(port=port, model=model, finished_before=finished_before))
        pulse = asyncio.create_task(self._beat(owner, upstream))
        grace_s = await self._stop
        with suppress(TimeoutError):  # what is still in flight after the grace is dropped
            await asyncio.wait_for(self._window.idle.wait(), grace_s)
        pulse.cancel()
        await runner.cleanup()

    async def _find_teacher(self) -> tuple[str, str]:
        """The teacher's URL and model name; starts the embedded server where that is wanted."""
        if self._settings.embedded is None:
            if self._settings.base_url is None:
                raise RunMustStopError("account", "neither BASE_URL nor an embedded model is given")
            return self._settings.base_url, self._settings.model
        log_path = Path(self._settings.journal_dir).parent / "logs" / _EMBEDDED_LOG
        child = start_module("distilabel_pipelines.embedded_server", log_path)
        if child.stdin is None or child.stdout is None:
            raise AssertionError("start_module opens both pipes")
        told = {"settings": self._settings.embedded.model_dump(), "model": self._settings.model}
        child.stdin.write(orjson.dumps(told) + b"\n")
        child.stdin.flush()
        answer = await asyncio.to_thread(child.stdout.readline)
        if not answer:
            raise RunMustStopError("teacher_died", _describe_death(child, log_path))
        self._watch_embedded(child, log_path)
        return str(orjson.loads(answer)["base_url"]), self._settings.model

    def _watch_embedded(self, child: subprocess.Popen[bytes], log_path: Path) -> None:
        loop = asyncio.get_running_loop()

        def wait_for_death() -> None:
            child.wait()
            message = _describe_death(child, log_path)
            loop.call_soon_threadsafe(self._note_death, message)

        threading.Thread(target=wait_for_death, daemon=True).start()

    def _note_death(self, message: str) -> None:
        if self._owner is not None:
            self._owner.stop("teacher_died", message)

    async def _wait_for_model(self, upstream: Upstream, wanted: str) -> str:
        """The model's name once the server answers; an empty MODEL takes the only one served."""
        failures = 0
        while True:
            try:
                served = await upstream.list_models()
                break
            except TeacherFaultError as fault:
                if fault.kind == "account":
                    self._health.note_account_fault(fault)
                failures += 1
                self._health.note_wait(fault)
                await asyncio.sleep(choose_wait_s(fault, failures))
        self._health.note_answer()
        if wanted:
            return wanted
        if len(served) == 1:
            return served[0]
        listed = ", ".join(served) if served else "none"
        raise RunMustStopError(
            "account", f"MODEL is empty and the server lists: {listed}. Set MODEL="
        )

    async def _beat(self, owner: RequestOwner, upstream: Upstream) -> None:
        while True:
            await asyncio.sleep(_PULSE_S)
            emit(
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


def _describe_death(child: subprocess.Popen[bytes], log_path: Path) -> str:
    child.wait()
    return (
        f"the embedded server ended with exit code {child.returncode}; its last lines in "
        f"logs/{log_path.name}:\n{read_last_lines(log_path, 8)}"
    )


def _follow_commands(pipe: io.FileIO, gateway: Gateway, loop: asyncio.AbstractEventLoop) -> None:
    """Read commands for as long as the build lives; its end is ours."""
    adapter: TypeAdapter[Command] = TypeAdapter(Command)
    for line in pipe:
        loop.call_soon_threadsafe(gateway.obey, adapter.validate_json(line))
    os._exit(1)


def _raise_open_files_limit() -> None:
    """Each request holds two sockets; the soft limit of many systems is 1,024 files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


async def main() -> int:
    """Run one gateway; the exit code is 0 after a stop that was asked for."""
    pipe = take_parent_pipe()
    settings = GatewaySettings.model_validate_json(pipe.readline())
    gateway = Gateway(settings)
    loop = asyncio.get_running_loop()
    threading.Thread(target=_follow_commands, args=(pipe, gateway, loop), daemon=True).start()
    try:
        await gateway.run()
    except RunMustStopError as error:
        emit(Stopped(reason=error.reason, message=error.message))
        return 1
    return 0


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    _raise_open_files_limit()
    code = asyncio.run(main())
    sys.stdout.flush()
    os._exit(code)  # the thread on standard input cannot be joined
