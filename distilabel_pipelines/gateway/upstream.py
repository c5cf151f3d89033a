"""One attempt at the teacher over HTTP; every way it can fail becomes a TeacherFaultError.

Sources: the aiohttp client reference; vLLM, llama.cpp and DashScope document the same two routes.
There is no total time-out: a thought may take hours. A stream that falls silent for
`idle_timeout_s`, or a whole reply that is not there after an hour, is given up. Proxies and
`SSL_CERT_FILE` are honoured, except for loopback.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Self

import aiohttp
import orjson

from distilabel_pipelines.gateway.addresses import find_proxy, hide_login, with_api_root
from distilabel_pipelines.gateway.body_lines import cut_lines
from distilabel_pipelines.gateway.faults import TeacherFaultError, read_error_response
from distilabel_pipelines.gateway.replies import read_streamed_reply, read_whole_reply
from distilabel_pipelines.gateway.settings import TeacherSettings
from distilabel_pipelines.wire import ROUTES, Api, Body, Reply

# Shorter than the 5 s after which uvicorn (vLLM) and llama.cpp close an idle connection: a request
# on one that is just being closed would fail and wait for its next attempt.
_KEEPALIVE_S = 4.0
_NO_ACCESS = frozenset({401, 402, 403})
_NO_LIST_YET = frozenset({429, 502, 503, 504})  # the server is still loading its model
_CONNECT_TIMEOUT_S = 30.0
_MODELS_TIMEOUT_S = 30.0
_END_OF_BODY_S = 1.0
_CALL_IDLE_TIMEOUT_S = 300.0  # a large file may be read for minutes before a word comes back
_LONGEST_WHOLE_REPLY_S = 3600.0
_SHORTEST_SECRET = 8
_HIDDEN = "***"
_READ_BYTES = 2**16
_PROBES = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 8}  # seconds, seconds, probes


class Attempt:
    """What became of one sending, also where it failed.

    `text_bytes` counts the streamed text, None where a reply was not streamed; `first_piece_s` is
    the time to the first streamed piece, or to the whole reply.
    """

    def __init__(self, *, streamed: bool) -> None:
        self.sent_at = time.monotonic()
        self.text_bytes: int | None = 0 if streamed else None
        self.first_piece_s = 0.0

    def note_piece(self, text_bytes: int) -> None:
        """A piece of the reply is here."""
        if not self.first_piece_s:
            self.first_piece_s = time.monotonic() - self.sent_at
        if self.text_bytes is not None:
            self.text_bytes += text_bytes


class Upstream:
    """One endpoint's HTTP side; use as an async context manager.

    `on_piece` is called for every streamed piece: the teacher is alive.
    """

    def __init__(
        self, settings: TeacherSettings, base_url: str, on_piece: Callable[[], None]
    ) -> None:
        self._root = with_api_root(base_url)
        self.shown_root = hide_login(self._root)
        self._settings = settings
        self.dialect = settings.dialect
        self._key = os.environ.get(settings.api_key_env or "", "").strip()
        self._on_piece = on_piece
        self._proxy, self._proxy_headers = find_proxy(self._root)
        self._headers = self._choose_headers()
        self.streamed_pieces = 0

    def _choose_headers(self) -> dict[str, str]:
        """A request's own headers. As the session's default aiohttp would tell the proxy the key.

        Over plain HTTP the proxy reads its login here; over TLS it is asked for a tunnel instead.
        """
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        return headers | (self._proxy_headers if self._root.startswith("http:") else {})

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=_KEEPALIVE_S, socket_factory=_make_socket
            ),
            proxy=self._proxy,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT_S),
            json_serialize=lambda body: orjson.dumps(body).decode(),
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._session.close()

    async def list_models(self) -> list[str]:
        """The served models' names; empty where the server has no `/models` route."""
        with self._telling_faults():
            try:
                response, body = await self._get_models()
            except TimeoutError as error:
                raise TeacherFaultError(
                    "unreachable",
                    f"{self.shown_root}/models did not answer in {_MODELS_TIMEOUT_S:.0f} s",
                ) from error
            if response.status in _NO_LIST_YET | _NO_ACCESS:
                raise read_error_response(response.status, body, response.headers, self.dialect)
        return _read_model_names(body) if response.status == 200 else []

    async def _get_models(self) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self._session.get(
            f"{self._root}/models",
            timeout=aiohttp.ClientTimeout(total=_MODELS_TIMEOUT_S),
            headers=self._headers,
            proxy_headers=self._proxy_headers,
        ) as response:
            return response, await response.read()

    async def send(self, api: Api, body: Body, attempt: Attempt) -> Reply:
        """Send one request and read the whole reply; raises TeacherFaultError."""
        if self._settings.stream:
            body = {**body, "stream": True, "stream_options": {"include_usage": True}}
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=_CONNECT_TIMEOUT_S,
            sock_read=self._longest_silence_s,
        )
        with self._telling_faults():
            async with self._session.post(
                self._root + ROUTES[api],
                json=body,
                timeout=timeout,
                headers=self._headers,
                proxy_headers=self._proxy_headers,
            ) as response:
                return await self._read(response, attempt)

    @contextmanager
    def _telling_faults(self) -> Iterator[None]:
        """Whatever fails inside is a TeacherFaultError, and the key is not in its words."""
        try:
            yield
        except TeacherFaultError as fault:
            self._hide_key(fault)
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _as_fault(error, self.shown_root) from error

    @property
    def _longest_silence_s(self) -> float:
        """A whole reply is one long silence, a stream has many short ones."""
        idle_s = self._settings.idle_timeout_s
        return idle_s if self._settings.stream else max(idle_s, _LONGEST_WHOLE_REPLY_S)

    def _hide_key(self, fault: TeacherFaultError) -> None:
        """Some servers repeat the request in what they say of it.

        Once the fault is classified, and in its words alone: a key such as `EMPTY` or `token` is a
        word of replies and field names too. A cut message may end in the middle of the key.
        """
        if len(self._key) < _SHORTEST_SECRET:
            return
        fault.code = fault.code.replace(self._key, _HIDDEN)
        fault.message = fault.message.replace(self._key, _HIDDEN)
        for length in range(len(self._key) - 1, _SHORTEST_SECRET - 1, -1):
            fault.message = fault.message.replace(self._key[:length], _HIDDEN)
            fault.code = fault.code.replace(self._key[:length], _HIDDEN)

    async def call(
        self,
        method: str,
        route: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Body | None = None,
        form: aiohttp.FormData | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """Yield the lines that another route of the same API answers; raises TeacherFaultError.

        A long key is blotted out of every line, so nothing that is told of them can repeat it.
        """
        # A short one is no secret, but a word that replies and field names hold.
        secret = self._key.encode() if len(self._key) >= 2 * _SHORTEST_SECRET else b"\0"
        with self._telling_faults():
            async with self._session.request(
                method,
                self._root + route,
                params=params,
                json=json,
                data=form,
                timeout=aiohttp.ClientTimeout(
                    sock_connect=_CONNECT_TIMEOUT_S, sock_read=_CALL_IDLE_TIMEOUT_S
                ),
                headers=self._headers,
                proxy_headers=self._proxy_headers,
            ) as response:
                if response.status // 100 != 2:
                    told = await response.read()
                    raise read_error_response(response.status, told, response.headers, self.dialect)
                async for line in cut_lines(self._iterate_bytes(response)):
                    yield line.replace(secret, _HIDDEN.encode())

    async def _read(self, response: aiohttp.ClientResponse, attempt: Attempt) -> Reply:
        if response.status != 200:
            told = await response.read()
            raise read_error_response(response.status, told, response.headers, self.dialect)
        if "text/event-stream" in response.headers.get("Content-Type", "").lower():
            return await self._read_stream(response, attempt)
        whole = await response.read()
        attempt.note_piece(len(whole))
        return read_whole_reply(whole, self.dialect)

    async def _read_stream(self, response: aiohttp.ClientResponse, attempt: Attempt) -> Reply:
        def note_piece(text_bytes: int) -> None:
            attempt.note_piece(text_bytes)
            self._count_piece()

        chunks = self._iterate_bytes(response)
        reply = await read_streamed_reply(chunks, note_piece, self.dialect)
        # The end of the body comes with `[DONE]` or just after it; read, the connection lives on.
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with asyncio.timeout(_END_OF_BODY_S):
                while await response.content.read(_READ_BYTES):
                    pass
        return reply

    async def _iterate_bytes(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            while chunk := await response.content.read(_READ_BYTES):
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _as_fault(error, self.shown_root) from error

    def _count_piece(self) -> None:
        self.streamed_pieces += 1
        self._on_piece()


def _make_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket that probes a silent line, so that a host that vanished is noticed in minutes.

    A whole reply has no idle time-out: without the probes it would be waited for for ever.
    """
    family, kind, protocol = address[:3]
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES.items():
        if hasattr(socket, name):  # macOS lacks some
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made


def _read_model_names(body: bytes) -> list[str]:
    try:
        parsed: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    models = parsed.get("data") if isinstance(parsed, dict) else None
    if not isinstance(models, list):
        return []
    return [str(model["id"]) for model in models if isinstance(model, dict) and "id" in model]


def _as_fault(error: BaseException, root: str) -> TeacherFaultError:
    if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)):
        return TeacherFaultError("account", f"{root} is no URL of the form http://host:port/v1")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return TeacherFaultError(
            "account",
            f"{root}: certificate refused ({error}); SSL_CERT_FILE names your own CA file",
        )
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError)) and (
        not isinstance(error, aiohttp.SocketTimeoutError)
    ):
        return TeacherFaultError("unreachable", f"{root} does not answer: {error}")
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        message = "the server fell silent (idle time-out)"
        return TeacherFaultError("transient", message, timed_out=True)
    return TeacherFaultError("transient", f"{type(error).__name__}: {error}")
