"""A real `vllm serve` of the bundled weights, that tests start, kill and start again.

The flags make it small and steady on two busy CPU cores: no compiling, little memory, one thread.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

from distilabel_pipelines.vllm_processes import list_descendants
from tests.fake_teacher.traces import REPOSITORY

WEIGHTS = REPOSITORY / "distilabel_pipelines/embedded_model/weights"
NAME = "bundled"
CONTEXT_TOKENS = 2048
FLAGS = (
    *("--max-model-len", str(CONTEXT_TOKENS)),
    *("--dtype", "float32"),
    "--enforce-eager",
    *("--gpu-memory-utilization", "0.1"),
    *("--kv-cache-memory-bytes", str(128 * 2**20)),
    *("--max-num-seqs", "16"),
    # Small models write white space for ever where JSON allows it.
    *(
        "--structured-outputs-config",
        '{"backend":"xgrammar","disable_any_whitespace":true}',
    ),
)
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
}
_START_LIMIT_S = 240.0
_ASKED = "POST /v1/chat/completions"


def make_environment() -> dict[str, str]:
    """Ours, with bytecode: without it every start would compile all of PyTorch's modules again."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ENVIRONMENT}


def find_command() -> str:
    """The real `vllm`; a test without it fails, since nothing is proven then."""
    command = shutil.which("vllm")
    if command is None:
        pytest.fail("there is no vllm on PATH: run these tests by `make test-vllm`")
    return command


class RealServer:
    """One server on one port; `start_s` are the seconds that each start took."""

    def __init__(self, log_path: Path, port: int) -> None:
        self.root_url = f"http://127.0.0.1:{port}"
        self.start_s: list[float] = []
        self._log_path = log_path
        self._command = [
            *(find_command(), "serve", str(WEIGHTS)),
            *("--host", "127.0.0.1", "--port", str(port)),
            *("--served-model-name", NAME, "--reasoning-parser", "qwen3"),
            *FLAGS,
        ]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it is healthy."""
        begin = time.monotonic()
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=make_environment(),
                start_new_session=True,
            )
        while not self.is_healthy():
            assert self._process.poll() is None, self._log_path.read_text()[-4000:]
            assert time.monotonic() - begin < _START_LIMIT_S, self._log_path.read_text()[-4000:]
            time.sleep(0.25)
        self.start_s.append(time.monotonic() - begin)

    def is_healthy(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self.root_url}/health", timeout=2) as response:  # noqa: S310  # loopback
                return bool(response.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """`kill -9` of the API server, its engine and workers; trackers free the shared memory."""
        processes = find_tree(self._process.pid)
        for pid, command in processes.items():
            if "resource_tracker" not in command:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def count_asked(self) -> int:
        """Requests that it has begun to answer, in all its lives, by its access log."""
        return self._log_path.read_text(errors="replace").count(_ASKED)


def find_tree(top: int) -> dict[int, str]:
    """A process and all below it, by their ids, with their command lines.

    vLLM's engine writes its title over its environment: no mark there finds it.
    """
    return {pid: read_command(pid) for pid in (top, *list_descendants(top))}


def read_command(pid: int) -> str:
    """Empty for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
