"""A batch desk in this process's event loop, the fake DashScope behind it, HTTP in between."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec

from distilabel_pipelines.gateway.batch_api import BatchApi
from distilabel_pipelines.gateway.batch_desk import BatchDesk
from distilabel_pipelines.gateway.batch_open import OpenBatches
from distilabel_pipelines.gateway.settings import BatchSettings, TeacherSettings
from distilabel_pipelines.gateway.upstream import Upstream
from distilabel_pipelines.journal import Journal, read_lines
from distilabel_pipelines.journal_lines import JournalLine, JournalRecord
from distilabel_pipelines.wire import Body, TeacherName, request_key
from tests.fake_dashscope import BatchRules, DashScopeScript, FakeDashScope
from tests.fake_teacher import Call, Fault, FaultKind

KEY_VARIABLE = "BATCH_TEST_API_KEY"
QUICK = {"poll_every_s": 0.05, "quiet_s": 0.05}
Given = ParamSpec("Given")
Answer = tuple[int, JournalRecord]


def ask_for(number: int, model: str = "qwen-plus", **more: object) -> Body:
    """A request of its own for each number."""
    question = {"role": "user", "content": f"What is {number} + 1?"}
    return {"model": model, "messages": [question], "max_tokens": 100, **more}


def key_of(body: Body) -> str:
    return request_key("chat", body)


def keys_of(numbers: Iterable[int]) -> set[str]:
    return {key_of(ask_for(number)) for number in numbers}


def service_with(**rules: Any) -> FakeDashScope:  # noqa: ANN401  # fields of BatchRules
    """A fake DashScope with these rules for batches."""
    return FakeDashScope(DashScopeScript(batch=BatchRules(**rules)))


def in_event_loop(test: Callable[Given, Coroutine[Any, Any, None]]) -> Callable[Given, None]:
    """The test, run in an event loop of its own."""

    @functools.wraps(test)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


@dataclass
class OpenDesk:
    """A desk at work, its journal, and what it told the user."""

    desk: BatchDesk
    journal: Journal
    api: BatchApi
    told: list[str]
    running: asyncio.Task[None]
    asking: list[asyncio.Task[Answer]] = field(default_factory=list)

    def ask(self, *bodies: Body) -> list[asyncio.Task[Answer]]:
        """Ask for all of them, without waiting."""
        tasks = [asyncio.create_task(self.desk.ask(key_of(body), "chat", body)) for body in bodies]
        self.asking.extend(tasks)
        return tasks

    async def answer(self, *bodies: Body) -> list[JournalRecord]:
        """Their records, waited for."""
        return [record for _, record in await asyncio.gather(*self.ask(*bodies))]

    async def end(self) -> None:
        """Whoever asks has gone, and so has the desk."""
        for task in (*self.asking, self.running):
            task.cancel()
        await asyncio.gather(*self.asking, self.running, return_exceptions=True)


@asynccontextmanager
async def open_desk(
    service: FakeDashScope,
    folder: Path,
    *,
    prepare: Callable[[Body], Body] = lambda body: body,
    journal: Journal | None = None,
    teacher: TeacherName = "teacher",
    api_changes: dict[str, float] | None = None,
    **changes: object,
) -> AsyncIterator[OpenDesk]:
    """A desk over the journal in `folder`; leaving the block is what a stop does to it."""
    given = TeacherSettings(concurrency=8, stream=True, api_key_env=KEY_VARIABLE)
    settings = BatchSettings.model_validate({**QUICK, **changes})
    told: list[str] = []
    async with Upstream(given, service.base_url, lambda: None) as upstream:
        api = BatchApi(upstream, told.append, **{"lag_s": 0.0, **(api_changes or {})})
        kept = Journal(folder) if journal is None else journal
        desk = BatchDesk(
            api,
            kept,
            settings,
            tell=told.append,
            prepare=prepare,
            teacher=teacher,
            open_batches=OpenBatches(teacher, folder / "batches"),
        )
        if journal is None:
            await kept.open(desk.follow)
        opened = OpenDesk(desk, kept, api, told, asyncio.create_task(desk.run()))
        try:
            yield opened
        finally:
            await opened.end()
            if journal is None:
                await kept.close()


def lines_in(folder: Path, kind: type[JournalLine]) -> list[JournalLine]:
    """The journal's lines of one kind."""
    return [line for _, line in read_lines(folder) if isinstance(line, kind)]


@dataclass
class Tripwire:
    """A fault at the first request for files or batches whose key begins so; sets `tripped`.

    Without a `kind` the request is answered as if nothing were.
    """

    key: str
    kind: FaultKind | None = None
    tripped: threading.Event = field(default_factory=threading.Event)

    def __call__(self, call: Call) -> Fault | None:
        if self.tripped.is_set() or not call.key.startswith(self.key):
            return None
        self.tripped.set()
        return None if self.kind is None else Fault(self.kind)
