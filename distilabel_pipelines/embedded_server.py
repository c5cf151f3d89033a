"""The embedded teacher: llama.cpp's own HTTP server, from the `xllamacpp` wheel, on loopback.

`python -m distilabel_pipelines.embedded_server` reads one line of `EmbeddedSettings` plus the
model's name from standard input, writes `{"base_url": …}` and serves until its input ends.
Source: llama.cpp `tools/server/README.md`. Reasoning comes back in `reasoning_content`.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

import orjson

from distilabel_pipelines.gateway.settings import EmbeddedSettings
from distilabel_pipelines.supervision import leave_with_parent, take_parent_pipe


def make_server_params(settings: EmbeddedSettings, model_name: str) -> Any:  # noqa: ANN401  # untyped
    """llama.cpp's parameters for a loopback server on a port of its own choice."""
    import xllamacpp  # noqa: PLC0415  # 40 MB of native code, only where a server runs

    params = xllamacpp.CommonParams()
    params.model.path = settings.model_path
    params.model_alias = {model_name}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = settings.parallel
    params.n_ctx = settings.parallel * settings.context_tokens
    params.n_gpu_layers = 0
    params.cpuparams.n_threads = settings.threads
    params.cpuparams_batch.n_threads = settings.threads
    params.use_jinja = True
    params.warmup = False
    return params


def serve(settings: EmbeddedSettings, model_name: str) -> str:
    """Start the server in this process; returns its base URL. It runs until the process ends."""
    import xllamacpp  # noqa: PLC0415  # see make_server_params

    server = xllamacpp.Server(make_server_params(settings, model_name))
    _KEEP_ALIVE.append(server)
    return str(server.listening_address)


_KEEP_ALIVE: list[object] = []  # the server stops when its object is collected


def main() -> None:
    """Serve as the gateway's child."""
    pipe = take_parent_pipe()
    first_line = orjson.loads(pipe.readline())
    leave_with_parent(pipe)
    # llama.cpp logs to standard output, which here carries the one line the gateway reads.
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    base_url = serve(EmbeddedSettings.model_validate(first_line["settings"]), first_line["model"])
    answer.write(orjson.dumps({"base_url": base_url}) + b"\n")
    answer.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
