"""The key stays in the environment, whatever the server repeats of what it was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from distilabel_pipelines.gateway.health import RunMustStopError
from tests.fake_teacher import reserve_port
from tests.gateway.serving import serving

KEY = "sk-secret-key-0123456789-never-told"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)


@asynccontextmanager
async def server(models: Handler, chat: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/v1/models", models)
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    port = reserve_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        await runner.cleanup()


async def list_one(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"data": [{"id": "m"}]})


async def echo_unauthorized(request: web.Request) -> web.StreamResponse:
    told = f"Incorrect API key provided: {request.headers['Authorization']}."
    return web.json_response({"error": {"code": told, "message": told}}, status=401)


async def echo_refusal(request: web.Request) -> web.StreamResponse:
    told = request.headers["Authorization"]
    error = {"code": f"content_filter {told}", "message": "x" * 290 + told}
    return web.json_response({"error": error}, status=400)


async def echo_in_a_stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    told = {"error": {"code": 400, "message": f"bad {request.headers['Authorization']}"}}
    line = f"data: {json.dumps(told)}\n\n".encode()
    await response.write(line[:40])
    await asyncio.sleep(0.05)
    await response.write(line[40:])
    return response


def leavings(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_key_that_the_list_of_models_repeats_is_not_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            server(echo_unauthorized, echo_unauthorized) as url,
            serving(url, tmp_path, api_key_env="MY_KEY"),
        ):
            raise AssertionError("it must not start")

    with pytest.raises(RunMustStopError) as stopped:
        asyncio.run(run())
    assert "sk-secret" not in stopped.value.message
    assert "***" in stopped.value.message


async def answer_with_the_key_in_it(request: web.Request) -> web.StreamResponse:
    text = request.headers["Authorization"].removeprefix("Bearer ")
    choice = {"message": {"content": f"a {text} box"}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 7, "completion_tokens": 5}
    return web.json_response({"choices": [choice], "usage": usage})


@pytest.mark.parametrize("key", ["EMPTY", "token", "k", "prompt_tokens"])
def test_a_key_that_is_a_word_changes_no_reply(
    tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many run their own server with such a key."""
    monkeypatch.setenv("MY_KEY", key)

    async def run() -> dict[str, Any]:
        async with (
            server(list_one, answer_with_the_key_in_it) as url,
            serving(url, tmp_path, api_key_env="MY_KEY", stream=False) as served,
        ):
            return (await served.ask(model="m")).body

    body = asyncio.run(run())
    assert body["choices"][0]["message"]["content"] == f"a {key} box"
    assert body["usage"] == {"prompt_tokens": 7, "completion_tokens": 5}


@pytest.mark.parametrize("chat", [echo_unauthorized, echo_refusal, echo_in_a_stream])
def test_a_key_that_an_error_repeats_is_not_told_nor_kept(tmp_path: Path, chat: Handler) -> None:
    async def run() -> str:
        async with (
            server(list_one, chat) as url,
            serving(url, tmp_path, api_key_env="MY_KEY", max_attempts=1) as served,
        ):
            answer = await served.ask(model="m")
            assert answer.status != 200
            return f"{answer.body} {served.events}"

    told = asyncio.run(run())
    assert "sk-secret" not in told
    assert b"sk-secret" not in leavings(tmp_path)
