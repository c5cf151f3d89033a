"""Endpoints that keep to the OpenAI manual in their own way: a small scripted server each."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import web

from distilabel_pipelines.gateway.batch_api import BatchApi
from distilabel_pipelines.gateway.body_lines import cut_lines
from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.remote_batch import RemoteBatch
from distilabel_pipelines.gateway.settings import TeacherSettings
from distilabel_pipelines.gateway.upstream import Upstream
from tests.gateway.batching import in_event_loop

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BATCH = {"id": "batch_1", "status": "validating", "input_file_id": "file-1", "object": "batch"}


@asynccontextmanager
async def api_of(
    handler: Handler, told: list[str] | None = None, **changes: float
) -> AsyncIterator[BatchApi]:
    """The client of a server that answers everything with `handler`."""
    app = web.Application(client_max_size=8 << 20)
    app.router.add_route("*", "/{anything:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    settings = TeacherSettings(concurrency=1, stream=False)
    try:
        async with Upstream(settings, f"http://{host}:{port}/v1", lambda: None) as upstream:
            tell = (told if told is not None else []).append
            yield BatchApi(upstream, tell, **{"lag_s": 0.0, **changes})
    finally:
        await runner.cleanup()


def refuse(message: str, status: int = 400) -> web.Response:
    error = {"code": "invalid_request_error", "message": message}
    return web.json_response({"error": error}, status=status)


@in_event_loop
async def test_an_upload_is_a_form_with_a_purpose() -> None:
    seen: dict[str, Any] = {}

    async def handler(request: web.Request) -> web.Response:
        form = await request.post()
        upload = form["file"]
        assert isinstance(upload, web.FileField)
        seen.update(purpose=form["purpose"], name=upload.filename, content=upload.file.read())
        return web.json_response({"id": "file-1", "object": "file"})

    lines = b'{"a": 1}\n' * 300_000  # 2.7 MB: more than aiohttp likes in one piece
    async with api_of(handler) as api:
        assert await api.upload(lines) == "file-1"
    assert seen == {"purpose": "batch", "name": "requests.jsonl", "content": lines}


@in_event_loop
async def test_an_endpoint_that_takes_no_metadata_gets_none() -> None:
    bodies: list[dict[str, Any]] = []

    async def handler(request: web.Request) -> web.Response:
        bodies.append(orjson.loads(await request.read()))
        if "metadata" in bodies[-1]:
            return refuse("Unknown field: metadata")
        return web.json_response(BATCH)

    async with api_of(handler) as api:
        batch = await api.create("file-1", "/v1/chat/completions", "24h", 3)
    assert batch.id == "batch_1"
    assert bodies[-1] == {
        "input_file_id": "file-1",
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }


@in_event_loop
async def test_a_creation_that_broke_is_looked_for_before_it_is_repeated() -> None:
    routes: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        routes.append(request.method)
        if request.method == "GET":
            return web.json_response(
                {"data": [BATCH] if len(routes) > 3 else [], "has_more": False}
            )
        return web.Response(status=502, text="bad gateway")

    async with api_of(handler) as api:
        await api.create("file-1", "/v1/chat/completions", "24h", 3)
    assert routes == ["POST", "GET", "POST", "GET"]


@in_event_loop
async def test_a_batch_is_found_on_a_later_page_without_a_filter() -> None:
    async def handler(request: web.Request) -> web.Response:
        if "input_file_ids" in request.query:
            return refuse("Unknown parameter: 'input_file_ids'.")
        page = int(request.query.get("after", "batch_x0").removeprefix("batch_x"))
        batches = [{"id": f"batch_x{page + n}", "input_file_id": "other"} for n in range(1, 4)]
        if page == 6:
            batches = [BATCH]
        return web.json_response({"data": batches, "has_more": page < 6})

    async with api_of(handler) as api:
        found = await api.find("file-1")
        assert found is not None
        assert found.id == "batch_1"
        assert await api.find("file-2") is None


@pytest.mark.parametrize("listed", [{"data": None}, {"data": []}, {"data": [], "has_more": True}])
@in_event_loop
async def test_an_empty_list_is_empty(listed: dict[str, Any]) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response({"object": "list", **listed})

    async with api_of(handler) as api:
        assert await api.find("file-1") is None


@in_event_loop
async def test_a_download_that_breaks_goes_on_behind_the_last_whole_line() -> None:
    attempts: list[int] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        attempts.append(1)
        lines = [f"line {number}\n".encode() for number in range(6)]
        response = web.StreamResponse()
        response.content_length = sum(map(len, lines))
        await response.prepare(request)
        for line in lines[: 2 * len(attempts)]:
            await response.write(line)
        if len(attempts) < 3:
            await response.write(b"li")
            assert request.transport is not None
            request.transport.abort()
        return response

    async with api_of(handler) as api:
        lines = [line async for line in api.download("file-1")]
    assert lines == [f"line {number}".encode() for number in range(6)]
    assert len(attempts) >= 2


@in_event_loop
async def test_a_retry_after_is_honoured_and_told() -> None:
    calls: list[float] = []
    told: list[str] = []

    async def handler(_request: web.Request) -> web.Response:
        calls.append(time.monotonic())
        if len(calls) == 1:
            error = {"error": {"code": "rate_limit", "message": "slow down"}}
            return web.json_response(error, status=429, headers={"Retry-After": "1"})
        return web.json_response(BATCH)

    async with api_of(handler, told) as api:
        await api.get("batch_1")
    assert calls[1] - calls[0] >= 1.0
    assert told == ["batches: HTTP 429 rate_limit: slow down; still trying"]


@in_event_loop
async def test_a_fault_that_will_not_pass_is_raised_at_once() -> None:
    async def handler(_request: web.Request) -> web.Response:
        return refuse("no Files API here", status=404)

    async with api_of(handler) as api:
        with pytest.raises(TeacherFaultError, match="no Files API here") as caught:
            await api.upload(b"{}\n")
        assert not await api.has_file("file-1")
    assert caught.value.kind == "account"


@in_event_loop
async def test_patience_ends() -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=500, text="oh dear")

    async with api_of(handler, collect_patience_s=0.3) as api:
        with pytest.raises(TeacherFaultError, match="oh dear"):
            await api.get("batch_1")


@pytest.mark.parametrize("answer", ["<html>", "[]", '{"object": "batch"}'])
@in_event_loop
async def test_nonsense_is_asked_again(answer: str) -> None:
    calls: list[int] = []

    async def handler(_request: web.Request) -> web.Response:
        calls.append(1)
        return web.Response(text=answer) if len(calls) == 1 else web.json_response(BATCH)

    async with api_of(handler) as api:
        assert (await api.cancel("batch_1")).status == "validating"
    assert len(calls) == 2


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@in_event_loop
async def test_lines_are_cut_whatever_pieces_they_arrive_in(size: int) -> None:
    body = b"one\n\nthree\r\n" + "四".encode() + b"\nlast"

    async def arrive() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    assert [line async for line in cut_lines(arrive())] == body.split(b"\n")


def test_a_batch_object_is_read_in_each_providers_spelling() -> None:
    counts = {"total": 4, "completed": 2, "failed": 1}
    given = {**BATCH, "status": "COMPLETED", "request_counts": counts, "output_file_id": None}
    batch = RemoteBatch.read({"job": given, "warning": ""})
    assert batch.has_ended
    assert (batch.total, batch.completed, batch.failed) == (4, 2, 1)
    assert batch.output_file == ""
    assert not RemoteBatch.read({**BATCH, "status": "cancelling"}).has_ended


@pytest.mark.parametrize(
    ("errors", "read"),
    [
        (None, ()),
        ("bad", (("", "bad"),)),
        (["bad"], (("", "bad"),)),
        ({"data": [{"code": "c", "message": "m", "line": 3}]}, (("c", "m"),)),
        ({"object": "list"}, ()),
    ],
)
def test_the_errors_of_a_refused_file(errors: object, read: object) -> None:
    assert RemoteBatch.read({**BATCH, "errors": errors}).errors == read


@pytest.mark.parametrize(
    ("created_at", "is_old"),
    [(1, True), (1_000, True), (10**12, True), (None, False), ("2026", False)],
)
def test_an_age_is_told_in_seconds_whatever_the_clock(created_at: object, *, is_old: bool) -> None:
    age_s = RemoteBatch.read({**BATCH, "created_at": created_at}).age_s()
    assert (age_s > 10**8) is is_old


def test_polls_grow_rarer_with_a_batchs_age_to_a_bound() -> None:
    ages = {0: (27, 30), 600: (27, 30), 2000: (90, 101), 80_000: (270, 300)}
    for age_s, (least, most) in ages.items():
        batch = RemoteBatch.read({**BATCH, "created_at": time.time() - age_s})
        assert least <= batch.choose_wait_s(30.0) <= most
