"""Serve the committed weights with the real llama.cpp server, and ask it questions.

`xllamacpp` is llama.cpp's own server in a wheel; it lives as long as the Server object. One
thread is right for a model this small: two were slower at every concurrency measured.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xllamacpp

from distilabel_pipelines.embedded_server import make_server_params
from distilabel_pipelines.gateway.settings import EmbeddedSettings

from .weight_files import BUNDLED_GGUFS

MODEL_NAME = "embedded-model"
CONTEXT_TOKENS = 1024  # of each slot; a question and its thought take at most about 400
REQUEST_TIMEOUT_S = 120


@dataclass(frozen=True)
class Reply:
    """What came back on the wire, before any judgement."""

    reasoning: str
    content: str
    finish_reason: str


@contextmanager
def served(
    gguf_file: Path = BUNDLED_GGUFS["reasoner"],
    parallel: int = 8,
    threads: int = 1,
    context_tokens: int = CONTEXT_TOKENS,
) -> Iterator[str]:
    """Run the server for the length of a `with` block; gives its base URL, ending in /v1."""
    settings = EmbeddedSettings(
        model_path=str(gguf_file),
        parallel=parallel,
        context_tokens=context_tokens,
        threads=threads,
    )
    server = xllamacpp.Server(make_server_params(settings, MODEL_NAME))
    try:
        yield f"{server.listening_address.rstrip('/')}/v1"
    finally:
        del server


def post(base_url: str, body: dict[str, Any], path: str = "chat/completions") -> dict[str, Any]:
    """One completion, parsed."""
    request = urllib.request.Request(  # noqa: S310 - always http on loopback
        f"{base_url}/{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S) as response:  # noqa: S310
        completion: dict[str, Any] = json.load(response)
    return completion


def ask(
    base_url: str,
    question: str,
    *,
    system: str | None = None,
    thinking: bool = True,
    temperature: float = 0.0,
    seed: int = 0,
) -> Reply:
    """Ask one question; greedy unless a temperature is given."""
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": question})
    body = {
        "model": MODEL_NAME,
        "messages": messages,
        "temperature": temperature,
        "seed": seed,
        "max_tokens": 600,
        "chat_template_kwargs": {"enable_thinking": thinking},
    }
    choice = post(base_url, body)["choices"][0]
    message = choice["message"]
    reasoning, content = message.get("reasoning_content"), message.get("content")
    return Reply(reasoning or "", content or "", choice["finish_reason"])


def write_on(
    base_url: str,
    prompt: str,
    *,
    raw: bool,
    seed: int,
    stop: list[str],
    temperature: float = 1.0,
    max_tokens: int = 1200,
) -> Reply:
    """Continue a prompt of another kind, as chat without thinking or as raw text."""
    body: dict[str, Any] = {"model": MODEL_NAME, "temperature": temperature, "top_p": 0.95}
    body |= {"seed": seed, "max_tokens": max_tokens, "stop": stop}
    if raw:
        choice = post(base_url, body | {"prompt": prompt}, "completions")["choices"][0]
        return Reply("", choice["text"], choice["finish_reason"])
    body["messages"] = [{"role": "user", "content": prompt}]
    body["chat_template_kwargs"] = {"enable_thinking": False}
    choice = post(base_url, body)["choices"][0]
    message = choice["message"]
    reasoning, content = message.get("reasoning_content"), message.get("content")
    return Reply(reasoning or "", content or "", choice["finish_reason"])
