"""`vllm serve`, as far as its processes, its log and `/health` go.

Its words may hold `--fake-start-s S`, `--fake-die-s S` with `--fake-code N`, and `--fake-deaf` (an
API server that ignores SIGTERM). As with the real one nobody but the API server heeds SIGTERM, and
the engine stays when the API server is killed; here it also leaves the session and its parent.
"""
# ruff: noqa: T201  # its log is its standard output

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Timer

PREFIX = "(APIServer pid=7) INFO 11-21 14:07:26 [model.py:733]"


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the base class's name
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002
        return


def read_word(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def start_role(role: str) -> None:
    """A process in a session of its own; the engine's starter leaves it an orphan."""
    subprocess.Popen([sys.executable, "-I", __file__, role], start_new_session=True)


def sleep_deaf() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def leave_engine_behind() -> None:
    """Fork twice, as a daemon does."""
    if os.fork():
        os._exit(0)
    os.setsid()
    start_role("worker")
    sleep_deaf()


def die() -> None:
    print("(EngineCore pid=8) ERROR 11-21 14:07:26 [core.py:9] ValueError: no room for the cache")
    print("RuntimeError: Engine core initialization failed. See root cause above.", flush=True)
    os._exit(int(read_word("--fake-code", "1")))


def serve() -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if "--fake-deaf" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    start_role("engine")
    start_role("worker")
    print(f"{PREFIX} Resolved architecture: Qwen3ForCausalLM", flush=True)
    if "--fake-die-s" in sys.argv:
        Timer(float(read_word("--fake-die-s", "0")), die).start()
    start_s = float(read_word("--fake-start-s", "0"))
    time.sleep(start_s / 2)
    print("Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:00<00:00]\r", end="")
    print(f"\n{PREFIX} key: {'VLLM_API_KEY' in os.environ}", flush=True)
    time.sleep(start_s / 2)
    HTTPServer(("127.0.0.1", int(read_word("--port", "0"))), Health).serve_forever()


if __name__ == "__main__":
    {"serve": serve, "engine": leave_engine_behind, "worker": sleep_deaf}[sys.argv[1]]()
