"""A fake DashScope on a thread (`FakeDashScope`) or in a process (`FakeDashScopeProcess`).

    script = DashScopeScript(faults=FaultsByNumber({0: refusal("arrearage")}))
    with FakeDashScope(script) as service:
        client = OpenAI(base_url=service.base_url, api_key=service.api_key)

The process outlives a kill of the client and of the build, and ends when the test does.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from typing import Any, Self

from tests.fake_dashscope.script import DashScopeScript
from tests.fake_dashscope.server import BASE_PATH, DashScopeServer
from tests.fake_teacher import FakeTeacher, FakeTeacherProcess, TeacherScript
from tests.fake_teacher.traces import REPOSITORY


class _Service:
    """What both ways of running share."""

    rules: DashScopeScript
    root_url: str

    @property
    def base_url(self) -> str:
        """The address as OpenAI clients want it."""
        return f"{self.root_url}{BASE_PATH}"

    @property
    def api_key(self) -> str:
        """The key that is let in."""
        return self.rules.api_key

    def counts(self) -> dict[str, dict[str, int]]:
        """What the server counted (server.py)."""
        raise NotImplementedError

    @property
    def foreign_fields(self) -> Counter[str]:
        """Fields of the native API and other strays, and how often they came."""
        return Counter(self.counts()["foreign_fields"])

    @property
    def answered(self) -> Counter[str]:
        """How often each body (by request key) was answered, so billed: realtime and batch."""
        return Counter(self.counts()["answered"])

    @property
    def answered_ids(self) -> Counter[str]:
        """How often each batch line was answered, by its custom_id."""
        return Counter(self.counts()["answered_ids"])

    @property
    def batches_created(self) -> int:
        """Batches that were ever created."""
        return self.counts()["batches"]["created"]

    @property
    def refused_by_limits(self) -> int:
        """Requests that a rate limit refused."""
        return self.counts()["refused"].get("limits", 0)


class FakeDashScope(_Service, FakeTeacher):
    """The server on a thread with its own event loop."""

    def __init__(self, script: DashScopeScript | None = None) -> None:
        self.rules = script or DashScopeScript()
        super().__init__(TeacherScript(port=self.rules.port))
        self._server: DashScopeServer = DashScopeServer(self.rules, self.port)

    def counts(self) -> dict[str, dict[str, int]]:
        """What the server counted."""
        if not self._loop.is_running():
            return self._server.counts()
        taken: dict[str, dict[str, int]] = {}
        self._call(self._take_counts(taken))
        return taken

    async def _take_counts(self, taken: dict[str, dict[str, int]]) -> None:
        taken.update(self._server.counts())  # on the server's own thread


class FakeDashScopeProcess(_Service, FakeTeacherProcess):
    """The server in a child process; the script must be picklable."""

    def __init__(self, script: DashScopeScript | None = None) -> None:
        given = script or DashScopeScript()
        super().__init__(TeacherScript(port=given.port, log_path=given.log_path))
        self.rules = replace(given, port=self.port, log_path=self.log_path)

    def __enter__(self) -> Self:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.fake_dashscope"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            start_new_session=True,  # a kill of the client's process group must not reach it
        )
        self._child = child
        self._send(pickle.dumps(self.rules))
        if not self._answer():
            raise RuntimeError(f"the fake DashScope did not start: exit code {child.wait()}")
        return self

    def counts(self) -> dict[str, dict[str, int]]:
        """What the server counted."""
        self._send(b"counts\n")
        answer: dict[str, Any] = json.loads(self._answer())
        return {name: dict(counts) for name, counts in answer.items()}
