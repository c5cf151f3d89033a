"""The build's end of the gateway: start it, steer it, follow its events, stop it.

The process's standard input stays open for as long as the build lives; closing it, or dying, is
what ends the gateway (see `supervision`).
"""

from __future__ import annotations

import queue
import secrets
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter

from distilabel_pipelines.child_processes import read_last_lines, start_module
from distilabel_pipelines.gateway.settings import (
    Admit,
    Event,
    GatewaySettings,
    Ready,
    Stop,
    Stopped,
)
from distilabel_pipelines.supervision import stop_child

_LEAVE_GRACE_S = 5.0
_INTERRUPT_GRACE_S = 10.0  # what is in flight at Ctrl-C is paid for: let it come in
_LOG_NAME = "gateway.log"
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class GatewayError(Exception):
    """The gateway could not start or has stopped; `stopped` is its own last word."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__(stopped.message)
        self.stopped = stopped


class GatewayHandle:
    """A running gateway; a context manager whose end stops it.

    `on_event` is called for every event from a thread of its own, in order.
    """

    def __init__(self, settings: GatewaySettings, on_event: Callable[[Event], None]) -> None:
        self._settings = settings
        self._on_event = on_event
        self._log_path = Path(settings.journal_dir).parent / "logs" / _LOG_NAME
        self._begun: queue.Queue[Ready | Stopped] = queue.Queue()
        self._writing = threading.Lock()
        self._leaving = False
        self._event_error: BaseException | None = None

    def __enter__(self) -> Self:
        self._child = start_module("distilabel_pipelines.gateway", self._log_path)
        self._write(self._settings.model_dump_json().encode())
        self._reader = threading.Thread(target=self._follow_events, daemon=True)
        self._reader.start()
        try:
            first = self._begun.get()
        except BaseException:  # Ctrl-C while the teacher starts
            self.close()
            raise
        if isinstance(first, Stopped):
            self.close()
            raise GatewayError(first)
        self.base_url = f"http://127.0.0.1:{first.port}/v1"
        self.model = first.model
        self.judge_model = first.judge_model
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        self.close(grace_s=_INTERRUPT_GRACE_S if kind is KeyboardInterrupt else 0.0)

    @property
    def access_token(self) -> str:
        """What a caller must send as its bearer token."""
        return self._settings.access_token

    @property
    def concurrency(self) -> int:
        """The most requests in flight, over all endpoints of the teacher."""
        teacher = self._settings.teacher
        return teacher.concurrency * max(1, len(teacher.base_urls))

    def admit(self, limit: int, *, final: bool = False, heard: int | None = None) -> None:
        """Let requests with an index below `limit` be sent; `final` turns the others away.

        `heard` counts the indexed requests whose end the limit knows of, None for all.
        """
        self._write(Admit(limit=limit, final=final, heard=heard).model_dump_json().encode())

    def close(self, *, grace_s: float = 0.0) -> None:
        """Stop the gateway, leaving what is in flight `grace_s` to come in; may be called twice."""
        self._leaving = True
        if self._child.poll() is None:
            self._write(Stop(grace_s=grace_s).model_dump_json().encode())
            try:
                self._child.wait(timeout=grace_s + _LEAVE_GRACE_S)
            except subprocess.TimeoutExpired:
                stop_child(self._child, grace_s=_LEAVE_GRACE_S)
        stop_child(self._child, grace_s=_LEAVE_GRACE_S)
        self._reader.join()
        if self._child.stdout is not None:
            self._child.stdout.close()
        if self._event_error is not None:
            error, self._event_error = self._event_error, None
            raise error

    def _write(self, line: bytes) -> None:
        if self._child.stdin is None:
            raise AssertionError("start_module opens standard input")
        with self._writing:
            try:
                self._child.stdin.write(line + b"\n")
                self._child.stdin.flush()
            except (BrokenPipeError, ValueError):
                return  # it has left; the reader thread tells why

    def _follow_events(self) -> None:
        if self._child.stdout is None:
            raise AssertionError("start_module opens standard output")
        last_word: Stopped | None = None
        for line in self._child.stdout:
            if not line.endswith(b"\n"):  # torn: the gateway was killed while it wrote
                break
            event = _EVENT.validate_json(line)
            if isinstance(event, Ready | Stopped):
                self._begun.put(event)
            if isinstance(event, Stopped):
                last_word = event
            self._tell(event)
        if last_word is None and not self._leaving:
            died = self._describe_death()
            self._begun.put(died)
            self._tell(died)

    def _tell(self, event: Event) -> None:
        """Hand an event on. Where that fails nobody follows the run any more: it is stopped.

        The pipe is read on, or the gateway could not leave; `close` raises what went wrong.
        """
        if self._event_error is not None:
            return
        try:
            self._on_event(event)
        except BaseException as error:  # noqa: BLE001  # kept, and raised by `close`
            self._event_error = error
            self._write(Stop().model_dump_json().encode())

    def _describe_death(self) -> Stopped:
        code = self._child.wait()
        lines = read_last_lines(self._log_path, 8)
        return Stopped(
            reason="teacher_died",
            message=f"the gateway process ended with exit code {code}; its log ends:\n{lines}",
        )


def new_access_token() -> str:
    """A token for one run: other users of this machine cannot spend through the gateway."""
    return secrets.token_urlsafe(24)
