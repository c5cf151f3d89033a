"""A teacher's server that is started for the user: llama.cpp or vLLM, as a child of the gateway.

The child is a module of this repository that owns the server (`embedded_server`, `vllm_server`).
It answers its settings with a line `{"base_url": …}`, may tell its progress in further lines, and
leaves with the gateway.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from distilabel_pipelines.child_processes import read_last_lines, start_module
from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.settings import EmbeddedSettings, TeacherSettings, VllmSettings
from distilabel_pipelines.supervision import stop_child

_LAST_LINES = 12
_LEAVE_S = 10.0


class TeacherServer:
    """One started server. `tell` is given its progress, `on_death` why it ended."""

    def __init__(
        self,
        settings: TeacherSettings,
        name: str,
        logs: Path,
        tell: Callable[[str], None],
        on_death: Callable[[str], None],
    ) -> None:
        started: EmbeddedSettings | VllmSettings | None = settings.embedded or settings.vllm
        if started is None:
            raise AssertionError("only a teacher without a URL is started")
        self._is_vllm = settings.vllm is not None
        self._told = {"settings": started.model_dump(), "model": settings.model}
        suffix = "" if name == "teacher" else f"-{name}"
        self._child_log = logs / f"{'vllm' if self._is_vllm else 'embedded'}-server{suffix}.log"
        self._log = logs / f"vllm{suffix}.log" if self._is_vllm else self._child_log
        self._tell = tell
        self._on_death = on_death
        self._is_leaving = False
        self.death = ""

    async def start(self) -> str:
        """Start the server and return its URL; it may still be loading.

        Raises RunMustStopError where it ends at once.
        """
        kind = "vllm" if self._is_vllm else "embedded"
        self._child = start_module(f"distilabel_pipelines.{kind}_server", self._child_log)
        if self._child.stdin is None or self._child.stdout is None:
            raise AssertionError("start_module opens both pipes")
        told = {**self._told, "log_path": str(self._log)} if self._is_vllm else self._told
        with suppress(BrokenPipeError):  # it died at once; the empty answer says so
            self._child.stdin.write(orjson.dumps(told) + b"\n")
            self._child.stdin.flush()
        answer = await asyncio.to_thread(self._child.stdout.readline)
        if not answer:
            raise RunMustStopError("teacher_died", self._describe_death())
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._follow, args=(loop,), daemon=True).start()
        return str(orjson.loads(answer)["base_url"])

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read what the child says until it ends, then tell of its death."""
        if self._child.stdout is None:
            raise AssertionError("start_module opens standard output")
        for line in self._child.stdout:
            said: dict[str, Any] = orjson.loads(line)
            if "progress" in said:
                self._call(loop, self._tell, str(said["progress"]))
        self._call(loop, self._note_death, self._describe_death())

    def _call(
        self, loop: asyncio.AbstractEventLoop, act: Callable[[str], None], message: str
    ) -> None:
        with suppress(RuntimeError):  # the loop is closed: we have left before it
            loop.call_soon_threadsafe(act, message)

    def _note_death(self, message: str) -> None:
        if self._is_leaving:
            return
        self.death = message
        self._on_death(message)

    def _describe_death(self) -> str:
        code = self._child.wait()
        own = read_last_lines(self._log, _LAST_LINES)
        return (
            f"the {'vLLM' if self._is_vllm else 'embedded'} server ended with exit code {code}; "
            f"the end of logs/{self._log.name} in OUT:\n"
            f"{own or read_last_lines(self._child_log, _LAST_LINES)}"
        )

    async def stop(self) -> None:
        """Close the child's pipe and wait until its server is gone."""
        self._is_leaving = True
        await asyncio.to_thread(stop_child, self._child, grace_s=_LEAVE_S)
