"""`FakeTeacher`: the scripted server as a context manager, in a thread or a process of its own.

    with FakeTeacher(TeacherScript(faults=FaultsByNumber({0: Fault(FaultKind.RESET)}))) as teacher:
        client = OpenAI(base_url=teacher.base_url, api_key="any")

A process of its own takes no time from the code under test and leaves its record on disk whoever
is killed; it ends by itself when the process that started it dies.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fake_teacher.record import RequestRecord, read_request_log
from tests.fake_teacher.server import HOST, TeacherScript, TeacherServer
from tests.fake_teacher.traces import REPOSITORY

START_S = 30.0


def reserve_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class _Teacher:
    """What both ways of running share."""

    port: int

    @property
    def root_url(self) -> str:
        """The address without `/v1`."""
        return f"http://{HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        """The address as OpenAI clients want it."""
        return f"{self.root_url}/v1"

    def records(self) -> list[RequestRecord]:
        """All requests so far, in order of arrival."""
        raise NotImplementedError

    @property
    def peak_in_flight(self) -> int:
        """The most requests that were ever open at once."""
        return max((record.in_flight for record in self.records()), default=0)


class FakeTeacher(_Teacher):
    """The server on a thread with its own event loop."""

    def __init__(self, script: TeacherScript | None = None) -> None:
        self.script = script or TeacherScript()
        self.port = self.script.port or reserve_port()
        self._server = TeacherServer(self.script, self.port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-teacher")

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._call(self._server.start())
        except BaseException:
            self._end_loop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._call(self._server.stop())
        self._end_loop()

    def records(self) -> list[RequestRecord]:
        """All requests so far, in order of arrival."""
        if self._loop.is_running():
            self._call(asyncio.sleep(0))  # lets the answer that was just read be written down
        return self._server.log.records()

    @property
    def in_flight(self) -> int:
        """Requests that are open now."""
        return self._server.log.in_flight

    def go_down(self) -> None:
        """Refuse and reset all connections until `come_back`."""
        self._call(self._server.go_down())

    def come_back(self) -> None:
        """Listen again on the same port."""
        self._call(self._server.come_back())

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_S)


class FakeTeacherProcess(_Teacher):
    """The server in a child process; the script's replier must be importable there."""

    def __init__(self, script: TeacherScript | None = None) -> None:
        given = script or TeacherScript()
        self.port = given.port or reserve_port()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.log_path = given.log_path or self._make_log_path()
        self.script = replace(given, port=self.port, log_path=self.log_path)
        self._child: subprocess.Popen[bytes] | None = None
        self._last_records: list[RequestRecord] | None = None

    def __enter__(self) -> Self:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.fake_teacher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            start_new_session=True,  # a kill of the client's process group must not reach it
        )
        self._child = child
        self._send(pickle.dumps(self.script))
        if not self._answer():
            raise RuntimeError(f"the fake teacher did not start: exit code {child.wait()}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child is not None:
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    pipe.close()
            self._child.wait(START_S)
        if self._folder is not None:
            self._last_records = read_request_log(self.log_path)
            self._folder.cleanup()

    @property
    def pid(self) -> int:
        """The child's process id."""
        if self._child is None:
            raise RuntimeError("the fake teacher has not been started")
        return self._child.pid

    def records(self) -> list[RequestRecord]:
        """All requests so far, read from the log file."""
        if self._last_records is not None:
            return self._last_records
        if self._child is not None and self._child.poll() is None:
            self._command("sync")  # lets the answer that was just read be written down
        return read_request_log(self.log_path)

    def go_down(self) -> None:
        """Refuse and reset all connections until `come_back`."""
        self._command("down")

    def come_back(self) -> None:
        """Listen again on the same port."""
        self._command("up")

    def _command(self, word: str) -> None:
        self._send(f"{word}\n".encode())
        self._answer()

    def _send(self, message: bytes) -> None:
        if self._child is None or self._child.stdin is None:
            raise RuntimeError("the fake teacher has not been started")
        self._child.stdin.write(message)
        self._child.stdin.flush()

    def _answer(self) -> bytes:
        """The child's next line; empty when it has ended."""
        if self._child is None or self._child.stdout is None:
            return b""
        return self._child.stdout.readline()

    def _make_log_path(self) -> Path:
        self._folder = tempfile.TemporaryDirectory()
        return Path(self._folder.name) / "requests.jsonl"
