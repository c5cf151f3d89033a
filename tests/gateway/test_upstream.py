"""The way to the teacher: its address, proxies, and certificates of one's own."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web

from distilabel_pipelines.gateway.health import RunMustStopError
from tests.fake_teacher import FakeTeacher, reserve_port
from tests.gateway.serving import serving

DEAD_PROXY = "http://127.0.0.1:9"
REPOSITORY = Path(__file__).resolve().parents[2]
PROXY_VARIABLES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_a_teacher_on_loopback_is_reached_past_a_dead_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", DEAD_PROXY)

    async def ask(base_url: str) -> None:
        async with serving(base_url, tmp_path) as served:
            assert (await served.ask()).status == 200

    with FakeTeacher() as teacher:
        asyncio.run(ask(teacher.base_url))


def test_a_host_that_vanished_is_noticed_by_probes(tmp_path: Path) -> None:
    async def ask(base_url: str) -> int:
        async with serving(base_url, tmp_path) as served:
            await served.ask()
            ((connection, _),) = next(iter(served.connector._conns.values()))
            assert connection.transport is not None
            line = connection.transport.get_extra_info("socket")
            return int(line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    with FakeTeacher() as teacher:
        assert asyncio.run(ask(teacher.base_url)) == 1


def test_a_teacher_elsewhere_is_reached_through_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy gets the whole URL in the request line, and its own login, never the key for it."""
    seen: list[tuple[str, str, str]] = []

    async def forward(request: web.Request) -> web.Response:
        headers = request.headers
        seen.append(
            (str(request.url), headers["Authorization"], headers.get("Proxy-Authorization", ""))
        )
        if request.path.endswith("/models"):
            return web.json_response({"data": [{"id": "far"}]})
        choice = {"message": {"content": "from afar"}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice]})

    async def ask() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        url = "http://teacher.example.com/v1"
        try:
            async with serving(url, tmp_path, api_key_env="FAR_KEY") as served:
                assert (await served.ask()).text == "from afar"
        finally:
            await runner.cleanup()

    port = reserve_port()
    monkeypatch.setenv("http_proxy", f"http://me:secret@127.0.0.1:{port}")
    monkeypatch.setenv("FAR_KEY", "sk-far")
    asyncio.run(ask())
    assert [url for url, _, _ in seen] == [
        "http://teacher.example.com/v1/models",
        "http://teacher.example.com/v1/chat/completions",
    ]
    assert {key for _, key, _ in seen} == {"Bearer sk-far"}
    assert {login for _, _, login in seen} == {"Basic bWU6c2VjcmV0"}


def test_a_proxy_asked_for_a_tunnel_never_sees_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def begin() -> None:
        async with await asyncio.start_server(refuse, "127.0.0.1", port):
            with pytest.raises(RunMustStopError):
                await begin_through_the_proxy()

    async def begin_through_the_proxy() -> None:
        url = "https://teacher.example.com/v1"
        async with serving(url, tmp_path, api_key_env="FAR_KEY", first_answer_wait_s=0.1):
            raise AssertionError("must not begin")

    port = reserve_port()
    monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{port}")
    monkeypatch.setenv("FAR_KEY", "sk-far")
    asyncio.run(begin())
    assert seen[0].startswith(b"CONNECT teacher.example.com:443")
    assert b"Basic bWU6c2VjcmV0" in seen[0]
    assert b"sk-far" not in b"".join(seen)


# A process of its own: a TLS context reads SSL_CERT_FILE when it is made.
ASK_OVER_TLS = """
import asyncio, sys
from pathlib import Path
from distilabel_pipelines.gateway.health import RunMustStopError
from tests.gateway.serving import serving

async def ask():
    try:
        async with serving(sys.argv[1], Path(sys.argv[2])) as served:
            print("model", served.ready.model)
    except RunMustStopError as error:
        print(error.reason, error.message)

asyncio.run(ask())
"""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_certificate_authority_of_ones_own_is_honoured_and_an_unknown_one_told(
    tmp_path: Path,
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        f"-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)

    async def ask_twice() -> list[str]:
        async def list_models(_: web.Request) -> web.Response:
            return web.json_response({"data": [{"id": "own"}]})

        app = web.Application()
        app.router.add_get("/v1/models", list_models)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        runner = web.AppRunner(app)
        await runner.setup()
        port = reserve_port()
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
        told = [
            await ask(f"https://127.0.0.1:{port}", {"SSL_CERT_FILE": str(certificate)}),
            await ask(f"https://127.0.0.1:{port}", {}),
        ]
        await runner.cleanup()
        return told

    async def ask(url: str, variables: dict[str, str]) -> str:
        inherited = {name: each for name, each in os.environ.items() if name != "SSL_CERT_FILE"}
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            ASK_OVER_TLS,
            url,
            str(tmp_path),
            cwd=REPOSITORY,
            env={**inherited, **variables},
            stdout=asyncio.subprocess.PIPE,
        )
        return (await asyncio.wait_for(child.communicate(), 30))[0].decode()

    trusted, unknown = asyncio.run(ask_twice())
    assert trusted == "model own\n"
    assert unknown.startswith("account")
    assert "SSL_CERT_FILE names your own CA file" in unknown
