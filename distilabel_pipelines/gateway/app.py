"""The gateway's loopback HTTP server: `/v1/chat/completions`, `/v1/completions`, `/v1/models`.

The header `x-teacher` chooses the teacher, `x-request-index` a request's place in the build.
It answers in the OpenAI API's own shapes, so the `openai` client can talk to it, with one more
object, `gateway`, beside the reply. Errors carry a code of our own: `not_needed`, `run_stopped`,
`row_failed`, `refused_by_provider`.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from distilabel_pipelines.gateway.owner import RequestOwner
from distilabel_pipelines.gateway.sender import RowFailedError
from distilabel_pipelines.gateway.window import NotNeededError, RunStoppedError
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.wire import INDEX_HEADER, ROUTES, TEACHER_HEADER, Api, Reply, TeacherName

_MAX_BODY_BYTES = 64 * 2**20
_STATUS = {"not_needed": 409, "run_stopped": 503, "row_failed": 502, "refused_by_provider": 400}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(
    teachers: Mapping[TeacherName, tuple[RequestOwner, str]], *, access_token: str
) -> web.Application:
    """The server's routes; `teachers` has each one's owner and model.

    Every caller must carry the token, since answers cost money.
    """
    owners = {name: owner for name, (owner, _) in teachers.items()}

    @web.middleware
    async def check_token(request: web.Request, handler: _Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(errors="replace"), access_token.encode()):
            return _error(401, "invalid_token", "this gateway belongs to another build")
        return await handler(request)

    async def list_models(_: web.Request) -> web.Response:
        models = [{"id": model, "object": "model"} for _, model in teachers.values()]
        return _json(200, {"object": "list", "data": models})

    app = web.Application(client_max_size=_MAX_BODY_BYTES, middlewares=[check_token])
    app.router.add_get("/v1/models", list_models)
    app.router.add_post(f"/v1{ROUTES['chat']}", _answer_route(owners, "chat"))
    app.router.add_post(f"/v1{ROUTES['completions']}", _answer_route(owners, "completions"))
    return app


def _answer_route(owners: Mapping[TeacherName, RequestOwner], api: Api) -> _Handler:
    by_header: dict[str, RequestOwner] = dict(owners.items())

    async def answer(request: web.Request) -> web.Response:
        name = request.headers.get(TEACHER_HEADER, "teacher")
        try:
            body = orjson.loads(await request.read())
        except orjson.JSONDecodeError as error:
            return _error(400, "invalid_json", f"the body is no JSON: {error}")
        index = request.headers.get(INDEX_HEADER, "")
        problem = _find_problem(body, api, index)
        if name not in by_header:
            problem = f"{TEACHER_HEADER} is {name!r}: no such teacher"
        if problem:
            return _error(400, "invalid_request", problem)
        owner, place = by_header[name], int(index) if index else None
        try:
            record, from_journal = await owner.answer(api, body, place)
        except NotNeededError as error:
            return _error(_STATUS["not_needed"], "not_needed", str(error))
        except RunStoppedError as error:
            return _error(_STATUS["run_stopped"], "run_stopped", str(error))
        except RowFailedError as error:
            return _error(_STATUS["row_failed"], "row_failed", str(error), error.attempts)
        return _render(record, from_journal=from_journal)

    return answer


def _find_problem(body: object, api: Api, index: str) -> str:
    if not isinstance(body, dict):
        return f"the body is a {type(body).__name__}, not an object"
    needed = "messages" if api == "chat" else "prompt"
    if needed not in body:
        return f"{needed} is missing"
    if index and not (index.isascii() and index.isdigit()):
        return f"{INDEX_HEADER} is {index!r}, not a whole number"
    if body.get("n") not in (None, 1):
        return "n must be 1: each sample is a request of its own, so that each is journalled"
    if body.get("stream"):
        return "stream must be off: the gateway streams from the teacher and answers whole replies"
    return ""


def _render(record: JournalRecord, *, from_journal: bool) -> web.Response:
    if record.refusal is not None:
        message = record.refusal.message
        return _error(
            _STATUS["refused_by_provider"],
            "refused_by_provider",
            message,
            record.attempts,
            record.key,
        )
    if record.reply is None:
        raise AssertionError(f"journal record {record.key} holds neither a reply nor a refusal")
    gateway = {
        "key": record.key,
        "attempts": record.attempts,
        "from_journal": from_journal,
        "latency_s": record.latency_s,
    }
    return _json(200, {**_as_completion(record.api, record.reply), "gateway": gateway})


def _as_completion(api: Api, reply: Reply) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "finish_reason": reply.finish_reason}
    if api == "chat":
        choice["message"] = {"role": "assistant", **reply.message}
    else:
        choice["text"] = reply.message.get("content") or ""
    return {
        "id": reply.response_id,
        "object": "chat.completion" if api == "chat" else "text_completion",
        "created": 0,
        "model": reply.served_model,
        "choices": [choice],
        "usage": reply.usage,
    }


def _error(status: int, code: str, message: str, attempts: int = 0, key: str = "") -> web.Response:
    error = {"message": message, "type": "gateway", "code": code, "attempts": attempts, "key": key}
    return _json(status, {"error": error})


def _json(status: int, body: dict[str, Any]) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")
