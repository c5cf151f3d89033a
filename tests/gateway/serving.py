"""A gateway in this process's event loop, the fake teacher behind it, HTTP on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from distilabel_pipelines.gateway.endpoints import Endpoint, EndpointPool
from distilabel_pipelines.gateway.health import Health
from distilabel_pipelines.gateway.pacing import AdaptiveLimit
from distilabel_pipelines.gateway.service import Gateway
from distilabel_pipelines.gateway.settings import (
    Event,
    Finished,
    GatewaySettings,
    Ready,
    Stop,
    Stopped,
    TeacherSettings,
)
from distilabel_pipelines.gateway.upstream import Upstream
from distilabel_pipelines.wire import INDEX_HEADER

TOKEN = "token-of-this-build"  # noqa: S105  # a loopback test's own
SETTLE_S = 20.0
EventKind = TypeVar("EventKind", bound=Event)


@dataclass(frozen=True)
class Answer:
    """What the gateway's client saw."""

    status: int
    body: dict[str, Any]

    @property
    def text(self) -> str:
        content: str = self.body["choices"][0]["message"]["content"]
        return content

    @property
    def code(self) -> str:
        code: str = self.body["error"]["code"]
        return code


@dataclass
class Served:
    """A gateway that runs, everything it said, and a client's session."""

    gateway: Gateway
    events: list[Event]
    running: asyncio.Task[None]
    session: aiohttp.ClientSession = field(repr=False)
    ready: Ready

    def all(self, kind: type[EventKind]) -> list[EventKind]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    async def stopped(self) -> Stopped:
        """The run's last word, waited for."""
        await wait_until(lambda: bool(self.all(Stopped)))
        return self.all(Stopped)[0]

    @property
    def connector(self) -> aiohttp.BaseConnector:
        """The gateway's connections to its first endpoint."""
        connector = self.gateway._teacher.pool._endpoints[0].upstream._session.connector
        assert connector is not None
        return connector

    async def finished(self, count: int) -> list[Finished]:
        """The first `count` requests whose way has ended."""
        await wait_until(lambda: len(self.all(Finished)) >= count)
        return self.all(Finished)

    async def ask(
        self, question: str = "2 + 2?", index: int | None = None, **more: object
    ) -> Answer:
        """One chat request; `more` are fields of its body."""
        body = {"model": "fake-teacher", "messages": [{"role": "user", "content": question}]}
        return await self.post("/chat/completions", {**body, **more}, index)

    async def post(self, route: str, body: object, index: int | str | None) -> Answer:
        """One request as it is."""
        headers = {} if index is None else {INDEX_HEADER: str(index)}
        url = f"http://127.0.0.1:{self.ready.port}/v1{route}"
        async with self.session.post(url, json=body, headers=headers) as response:
            return Answer(response.status, await response.json())


def settings_for(base_url: str | None, folder: Path, **changes: object) -> GatewaySettings:
    """Settings with short patience; `changes` are of the teacher or of the gateway.

    `base_url` may list several addresses, separated by commas. The window is fixed unless
    `adaptive` says otherwise.
    """
    own = {name: changes.pop(name) for name in GatewaySettings.model_fields if name in changes}
    teacher = teacher_settings(base_url, **changes)
    given = {"journal_dir": str(folder / "responses"), "access_token": TOKEN, "teacher": teacher}
    return GatewaySettings.model_validate({**given, **own})


def teacher_settings(base_url: str | None, **changes: object) -> TeacherSettings:
    """One teacher's settings with short patience."""
    given = {
        "base_urls": base_url.split(",") if base_url else (),
        "concurrency": 8,
        "adaptive": False,
        "stream": True,
        "first_answer_wait_s": 5.0,
        "outage_wait_s": 5.0,
        "idle_timeout_s": 10.0,
    }
    return TeacherSettings.model_validate({**given, **changes})


def make_pool(*ceilings: int) -> EndpointPool:
    """Endpoints that nobody sends anything to, each with a fixed window."""
    settings = teacher_settings("http://127.0.0.1:9")
    health = Health(settings, lambda _message: None)
    endpoints = [
        Endpoint(
            Upstream(settings, f"http://127.0.0.1:{port}", lambda: None),
            AdaptiveLimit(ceiling, ramp_from=None),
        )
        for port, ceiling in enumerate(ceilings, start=9)
    ]
    return EndpointPool(endpoints, health, lambda _message: None)


@asynccontextmanager
async def serving(
    base_url: str | None, folder: Path, stop: Stop | None = None, **changes: object
) -> AsyncIterator[Served]:
    """Run a gateway until the block ends; raises RunMustStopError when it cannot begin."""
    events: list[Event] = []
    gateway = Gateway(settings_for(base_url, folder, **changes), events.append)
    running = asyncio.create_task(gateway.run())
    while not any(isinstance(event, Ready) for event in events):
        if running.done():
            running.result()
        await asyncio.sleep(0.005)
    ready = next(event for event in events if isinstance(event, Ready))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        async with aiohttp.ClientSession(headers=headers) as session:
            yield Served(gateway, events, running, session, ready)
    finally:
        gateway.obey(stop or Stop())
        await asyncio.wait_for(running, SETTLE_S)


async def wait_until(condition: Callable[[], bool], timeout_s: float = SETTLE_S) -> None:
    """Wait for a condition that events make true."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  # what is waited for happens in the code under test
            await asyncio.sleep(0.005)
