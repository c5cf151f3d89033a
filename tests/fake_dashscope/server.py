"""The fake DashScope's HTTP server: `/compatible-mode/v1` on loopback.

Addresses by region, https://www.alibabacloud.com/help/en/model-studio/base-url (11 October 2026):
dashscope.aliyuncs.com (Beijing), dashscope-intl.aliyuncs.com (Singapore),
dashscope-us.aliyuncs.com (Virginia), cn-hongkong.dashscope.aliyuncs.com (Hong Kong), each followed
by `/compatible-mode/v1`, or {workspace}.{region}.maas.aliyuncs.com for one workspace; a key belongs
to one region and gets 401 in the others. The transport (ports, outages, the record of requests) is
that of tests/fake_teacher.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace

import orjson
from aiohttp import web

from tests.fake_dashscope.batch_routes import BatchRoutes
from tests.fake_dashscope.batches import BatchStore
from tests.fake_dashscope.chat import FOREIGN_FIELDS, Completion, Refused, check_request
from tests.fake_dashscope.chat import cut_reply as cut_to_limits
from tests.fake_dashscope.errors import ERRORS, DashScopeFault
from tests.fake_dashscope.limits import Meter
from tests.fake_dashscope.models import ModelCard
from tests.fake_dashscope.script import DashScopeScript
from tests.fake_dashscope.send import (
    error_body,
    not_found,
    send_completion,
    send_cut_stream,
    send_error,
)
from tests.fake_teacher import Reply, TeacherScript, WireStyle, request_key
from tests.fake_teacher.faults import Call, Fault, FaultKind
from tests.fake_teacher.record import CLIENT_GONE, OUTAGE, RequestRecord
from tests.fake_teacher.reply import count_tokens
from tests.fake_teacher.send import Exchange, Sent, reset_connection, send_fault
from tests.fake_teacher.server import MAX_BODY_BYTES, STOP_S, TeacherServer

BASE_PATH = "/compatible-mode/v1"


class DashScopeServer(TeacherServer):
    """The server inside an event loop; run.py wraps it for tests."""

    def __init__(self, script: DashScopeScript, port: int) -> None:
        super().__init__(TeacherScript(port=port, log_path=script.log_path), port)
        self.rules = script
        self.foreign_fields: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.meters: dict[str, Meter] = defaultdict(lambda: Meter(script.limits))
        self.batches = BatchStore(script, self.answered, self.foreign_fields)
        self._side_requests: Counter[str] = Counter()
        self._seen_prompts: set[str] = set()
        self._streams = 0

    async def start(self) -> None:
        """Set up and listen."""
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._admit])
        app.router.add_get(f"{BASE_PATH}/models", self._models)
        app.router.add_post(f"{BASE_PATH}/chat/completions", self._chat)
        BatchRoutes(self.batches, BASE_PATH).add_to(app)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=STOP_S
        )
        await self._runner.setup()
        await self.come_back()

    @web.middleware
    async def _admit(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """The key and scripted faults of everything but chat, which sees to its own."""
        if request.path.endswith("/chat/completions"):
            return await handler(request)
        name = self._key_refusal(request)
        if name is not None:
            return web.json_response(error_body(ERRORS[name]), status=ERRORS[name].status)
        fault = self._side_fault(request)
        if isinstance(fault, DashScopeFault):
            return web.json_response(error_body(fault.row), status=fault.row.status)
        if fault is not None and fault.kind is FaultKind.RESET:
            return reset_connection(request)
        try:
            response = await handler(request)
        except web.HTTPNotFound:
            return not_found("Not found!")
        return response if fault is None else reset_connection(request)

    def _side_fault(self, request: web.Request) -> Fault | None:
        """The scripted fault of a request for files or batches."""
        path = request.path.removeprefix(BASE_PATH)
        if not path.startswith(("/files", "/batches")):
            return None
        key = f"{request.method} {path}"
        call = Call(self._side_requests.total(), self._side_requests[key], key, {})
        self._side_requests[key] += 1
        return self.rules.batch.faults(call)

    def _key_refusal(self, request: web.Request) -> str | None:
        given = request.headers.get("Authorization")
        if given is None:
            return "no_key"
        return None if given == f"Bearer {self.rules.api_key}" else "invalid_api_key"

    async def _models(self, _request: web.Request) -> web.StreamResponse:
        if not self.rules.list_models:
            return not_found("Request path not found.")
        cards = [
            {"id": card.name, "object": "model", "created": 0, "owned_by": "system"}
            for card in self.rules.models
        ]
        return web.json_response({"object": "list", "data": cards})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        arrived = asyncio.get_running_loop().time()
        try:
            body = orjson.loads(await request.read())
        except ValueError:
            return web.json_response(error_body(ERRORS["bad_body"]), status=400)
        record = self.log.arrive(request_key(body), request.path, body, request.headers)
        self.foreign_fields.update(FOREIGN_FIELDS & body.keys())
        style = self._style(streamed=bool(body.get("stream")))
        exchange = Exchange(request, body, "chat", style, record.number, arrived)
        try:
            sent, planned_s = await self._respond(exchange, record)
        except (asyncio.CancelledError, ConnectionError):
            outcome = OUTAGE if self._site is None else CLIENT_GONE
            self.log.end(record.number, outcome, None)
            raise
        status = None if sent.outcome == FaultKind.RESET else sent.response.status
        self.log.end(record.number, sent.outcome, status, planned_s)
        return sent.response

    def counts(self) -> dict[str, dict[str, int]]:
        """Stray fields, bodies and batch lines answered, requests refused by rate limits."""
        self.batches.settle()
        refused = sum(meter.refused for meter in self.meters.values())
        return {
            "foreign_fields": dict(self.foreign_fields),
            "answered": dict(self.answered),
            "answered_ids": dict(self.batches.answered_ids),
            "batches": {"created": len(self.batches.batches), "files": len(self.batches.files)},
            "refused": {"limits": refused},
        }

    def _style(self, *, streamed: bool) -> WireStyle:
        style, every = self.rules.style, self.rules.byte_by_byte_every
        if not streamed or every is None:
            return style
        self._streams += 1
        return replace(style, write_bytes=1) if self._streams % every == 0 else style

    async def _respond(self, exchange: Exchange, record: RequestRecord) -> tuple[Sent, float]:
        refused = self._refusal(exchange)
        if isinstance(refused, Refused):
            return await send_error(exchange, refused.row, refused.subject), 0.0
        card = refused
        fault = self.rules.faults(Call(record.number, record.attempt, record.key, exchange.body))
        if isinstance(fault, DashScopeFault) and not fault.cut_stream:
            return await send_error(exchange, fault.row, fault=fault), fault.delay_s
        reply = self._reply(exchange, card, fault)
        if fault is None or fault.kind is FaultKind.SLOW_FIRST_TOKEN:
            return await self._complete(exchange, card, reply, None), reply.delay_s
        if isinstance(fault, DashScopeFault):
            return await self._complete(exchange, card, reply, fault), fault.delay_s
        return await send_fault(exchange, fault, reply), fault.delay_s

    def _refusal(self, exchange: Exchange) -> Refused | ModelCard:
        """Why the request is not answered, or the model that answers it."""
        body, name = exchange.body, self._key_refusal(exchange.request)
        if name is not None:
            return Refused(ERRORS[name])
        if not body.get("model"):
            return Refused(ERRORS["no_model_given"])
        card = self.rules.card(body["model"])
        if card is None:
            return Refused(ERRORS["model_not_found"], str(body["model"]))
        allowed = self.rules.workspace_models
        if allowed is not None and card.name not in allowed:
            return Refused(ERRORS["model_access_denied"])
        limited = self.meters[card.name].refusal(asyncio.get_running_loop().time())
        if limited is not None:
            return Refused(ERRORS[limited])
        return check_request(body, card, budget_must_fit=self.rules.budget_must_fit) or card

    def _reply(self, exchange: Exchange, card: ModelCard, fault: Fault | None) -> Reply:
        reply = self.rules.replier(exchange.body)
        if fault is not None and fault.kind is FaultKind.SLOW_FIRST_TOKEN:
            delay_s = max(reply.delay_s, fault.delay_s)
            reply = replace(reply, first_token_s=fault.delay_s, delay_s=delay_s)
        return cut_to_limits(reply, exchange.body, card)

    async def _complete(
        self, exchange: Exchange, card: ModelCard, reply: Reply, fault: DashScopeFault | None
    ) -> Sent:
        completion = Completion.of(reply, exchange.body, self._cached_tokens(exchange, card))
        tokens = completion.usage["total_tokens"]
        self.meters[card.name].charge(asyncio.get_running_loop().time(), tokens)
        if fault is not None:
            return await send_cut_stream(exchange, completion, fault)
        sent = await send_completion(exchange, completion)
        self.answered[request_key(exchange.body)] += 1
        return sent

    def _cached_tokens(self, exchange: Exchange, card: ModelCard) -> int:
        """The system message's tokens, once the model has seen it."""
        if not self.rules.cached_prompts:
            return 0
        first = exchange.body["messages"][0]
        text = f"{card.name}\n{first['content']}"
        seen = text in self._seen_prompts
        self._seen_prompts.add(text)
        return count_tokens(str(first["content"])) if seen and first["role"] == "system" else 0
