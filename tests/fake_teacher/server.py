"""The fake teacher's HTTP server: an OpenAI-compatible endpoint whose every move is scripted.

Endpoints as in the OpenAI API reference: `GET /v1/models`, `POST /v1/chat/completions`,
`POST /v1/completions`. Tests fake this one boundary and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from tests.fake_teacher.error_bodies import ERROR_ANSWERS
from tests.fake_teacher.faults import Call, Fault, FaultKind, FaultSchedule, no_faults
from tests.fake_teacher.payloads import Endpoint
from tests.fake_teacher.record import CLIENT_GONE, OUTAGE, RequestLog, RequestRecord
from tests.fake_teacher.repliers import echo_replier
from tests.fake_teacher.reply import Replier, request_key, thinking_wanted
from tests.fake_teacher.send import Exchange, reset_connection, send_fault, send_reply
from tests.fake_teacher.wire import WireStyle

HOST = "127.0.0.1"
MAX_BODY_BYTES = 64 << 20
STOP_S = 0.1  # how long open requests may go on when the server stops


@dataclass(frozen=True)
class Outage:
    """The port is closed for `seconds` when request number `at_request` (from 0) arrives."""

    at_request: int
    seconds: float


@dataclass(frozen=True)
class TeacherScript:
    """All that a fake teacher will do. Must be picklable to run in a process of its own.

    `list_models` False answers 404 to `/models`. `check_model` answers 404 to models not in
    `models`; `api_key` 401 to other keys. The port refuses connections for the first
    `listen_after_s`. `log_path` gets the JSONL record (record.py). `thinks_anyway` sends thoughts
    that a request forbids.
    """

    replier: Replier = echo_replier
    style: WireStyle = field(default_factory=WireStyle)
    faults: FaultSchedule = no_faults
    models: tuple[str, ...] = ("fake-teacher",)
    list_models: bool = True
    check_model: bool = False
    api_key: str | None = None
    port: int = 0
    listen_after_s: float = 0.0
    outages: tuple[Outage, ...] = ()
    log_path: Path | None = None
    keep_bodies: bool = True
    thinks_anyway: bool = False


class TeacherServer:
    """The server inside an event loop; `process.py` and `teacher.py` wrap it for tests."""

    def __init__(self, script: TeacherScript, port: int) -> None:
        self.script = script
        self.port = port
        self.log = RequestLog(script.log_path, keep_bodies=script.keep_bodies)
        self._outages = {outage.at_request: outage for outage in script.outages}
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def start(self) -> None:
        """Set up; listens at once, or after the script's `listen_after_s` in the background."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/completions", self._completions)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=STOP_S
        )
        await self._runner.setup()
        if self.script.listen_after_s:
            self._spawn(self._come_back_after(self.script.listen_after_s))
        else:
            await self.come_back()

    async def stop(self) -> None:
        """Close the port, every connection and the log."""
        for task in tuple(self._tasks):
            task.cancel()
        await self.go_down()
        if self._runner is not None:
            await self._runner.cleanup()
        self.log.close()

    async def come_back(self) -> None:
        """Listen on the port (again)."""
        if self._site is None and self._runner is not None:
            self._site = web.TCPSite(
                self._runner, HOST, self.port, reuse_address=True, backlog=4096
            )
            await self._site.start()

    async def go_down(self) -> None:
        """Refuse new connections and reset the open ones."""
        if self._site is None or self._runner is None or self._runner.server is None:
            return
        site, self._site = self._site, None
        await site.stop()
        for connection in tuple(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def _come_back_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.come_back()

    async def _suffer_outage(self, outage: Outage) -> None:
        await self.go_down()
        await self._come_back_after(outage.seconds)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if not self.script.list_models:
            return web.json_response({"detail": "Not Found"}, status=404)
        if not self._key_accepted(request):
            answer = ERROR_ANSWERS[FaultKind.UNAUTHORIZED]
            return web.json_response(answer.body(""), status=answer.status)
        cards = [
            {"id": name, "object": "model", "created": 0, "owned_by": "tests"}
            for name in self.script.models
        ]
        return web.json_response({"object": "list", "data": cards})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._handle(request, "chat")

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        return await self._handle(request, "completions")

    async def _handle(self, request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
        arrived = asyncio.get_running_loop().time()
        try:
            body = orjson.loads(await request.read())
        except ValueError:
            answer = ERROR_ANSWERS[FaultKind.BAD_REQUEST]
            return web.json_response(answer.body(""), status=answer.status)
        record = self.log.arrive(request_key(body), request.path, body, request.headers)
        outage = self._outages.pop(record.number, None)
        if outage is not None:
            self._spawn(self._suffer_outage(outage))
            self.log.end(record.number, OUTAGE, None)
            return reset_connection(request)
        exchange = Exchange(request, body, endpoint, self.script.style, record.number, arrived)
        return await self._answer(exchange, record)

    async def _answer(self, exchange: Exchange, record: RequestRecord) -> web.StreamResponse:
        reply = self.script.replier(exchange.body)
        if not self.script.thinks_anyway and not thinking_wanted(exchange.body):
            reply = replace(reply, reasoning="")
        fault = self._fault(exchange, record)
        planned_s = reply.delay_s if fault is None else fault.delay_s
        try:
            if fault is None:
                sent = await send_reply(exchange, reply)
            else:
                sent = await send_fault(exchange, fault, reply)
        except (asyncio.CancelledError, ConnectionError):
            outcome = OUTAGE if self._site is None else CLIENT_GONE
            self.log.end(record.number, outcome, None, planned_s)
            raise
        status = None if fault and fault.kind is FaultKind.RESET else sent.response.status
        self.log.end(record.number, sent.outcome, status, planned_s)
        return sent.response

    def _fault(self, exchange: Exchange, record: RequestRecord) -> Fault | None:
        if not self._key_accepted(exchange.request):
            return Fault(FaultKind.UNAUTHORIZED)
        if self.script.check_model and exchange.body.get("model") not in self.script.models:
            return Fault(FaultKind.UNKNOWN_MODEL)
        if exchange.body.get("n", 1) != 1:
            return Fault(FaultKind.FIELD_REFUSED, subject="n")  # one choice a request
        call = Call(record.number, record.attempt, record.key, exchange.body)
        return self.script.faults(call)

    def _key_accepted(self, request: web.Request) -> bool:
        expected = self.script.api_key
        return expected is None or request.headers.get("Authorization") == f"Bearer {expected}"
