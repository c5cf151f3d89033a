"""A started vLLM never outlives those who wanted it, and says what it does and why it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from distilabel_pipelines.child_processes import read_last_lines, start_module
from distilabel_pipelines.supervision import stop_child
from distilabel_pipelines.vllm_processes import list_descendants
from tests.fake_vllm import put_on_path
from tests.trials.build_command import list_processes, wait_until

REPOSITORY = Path(__file__).resolve().parents[1]
MODULE = "distilabel_pipelines.vllm_server"
LEAVE_S = 5.0
STARTED = 6  # server, keeper, API server, its worker, the orphaned engine, the engine's worker
Child = subprocess.Popen[bytes]

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc"),
    pytest.mark.skipif(
        (Path(sys.executable).parent / "vllm").exists(), reason="a real vllm is beside this Python"
    ),
]


@pytest.fixture(autouse=True)
def _fake_vllm_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All processes carry the test's mark; whatever a failed test leaves behind is killed."""
    monkeypatch.setenv("PATH", put_on_path(tmp_path / "bin"))
    monkeypatch.setenv("BUILD_OUT", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    yield
    for pid in list_processes(tmp_path):
        os.kill(pid, signal.SIGKILL)


def tell(folder: Path, *arguments: str) -> bytes:
    settings = {"model": "Qwen/Qwen3-8B", "arguments": arguments}
    told = {"settings": settings, "model": "served", "log_path": str(folder / "logs/vllm.log")}
    return orjson.dumps(told) + b"\n"


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[tuple[Child, Iterator[dict[str, Any]]]]:
    """The server as the gateway starts it, and its answers."""
    child = start_module(MODULE, folder / "logs/vllm-server.log")
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdout:
        child.stdin.write(tell(folder, *arguments))
        child.stdin.flush()
        try:
            yield child, map(orjson.loads, child.stdout)
        finally:
            stop_child(child, grace_s=LEAVE_S)


def wait_healthy(answers: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    seen = []
    for answer in answers:
        seen.append(answer)
        if "healthy" in answer:
            return seen
    raise AssertionError(f"it ended after {seen}")


def find_command(folder: Path, words: str) -> int:
    """The id of the process whose command line holds the words."""
    (found,) = [
        pid
        for pid in list_processes(folder)
        if words.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    ]
    return found


def test_it_tells_its_address_at_once_then_progress_then_health(tmp_path: Path) -> None:
    with started(tmp_path, "--fake-start-s", "3") as (_, answers):
        seen = wait_healthy(answers)
        url = seen[0]["base_url"]
        assert url.startswith("http://127.0.0.1:")
        assert [answer["progress"] for answer in seen[1:-1]] == [
            "reading the model's configuration",
            "loading weights 50%",
        ]
        assert seen[-1] == {"healthy": True}
        health = url.removesuffix("v1") + "health"
        with urllib.request.urlopen(health, timeout=5) as response:  # noqa: S310  # http on loopback
            assert response.status == 200
        wait_until(lambda: len(list_processes(tmp_path)) == STARTED)


def test_a_polite_stop_leaves_nobody_and_no_complaint(tmp_path: Path) -> None:
    """Nobody dead either: a container's first process often collects no orphans."""
    with started(tmp_path) as (child, answers):
        wait_healthy(answers)
        wait_until(lambda: len(list_processes(tmp_path)) == STARTED)
        tree = list_descendants(child.pid)
        assert len(tree) == STARTED - 1
        stop_child(child, grace_s=LEAVE_S)
        assert child.returncode == 0
        assert [pid for pid in tree if Path(f"/proc/{pid}").exists()] == []
        assert list_processes(tmp_path) == []
    assert "ended with exit code" not in (tmp_path / "logs/vllm.log").read_text()


PARENT = """
import os, sys, time
from pathlib import Path
from distilabel_pipelines.child_processes import start_module
child = start_module("distilabel_pipelines.vllm_server", Path(sys.argv[1]) / "logs/server.log")
child.stdin.write(sys.stdin.buffer.readline())
child.stdin.flush()
for line in child.stdout:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
"""


@pytest.mark.parametrize("arguments", [(), ("--fake-deaf",), ("--fake-start-s", "60")])
def test_all_leave_when_the_parent_is_killed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Also those that left the session, whether or not the server heeds SIGTERM or has started."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    with parent.stdin, parent.stdout:
        parent.stdin.write(tell(tmp_path, *arguments))
        parent.stdin.flush()
        wait_until(lambda: len(list_processes(tmp_path)) == STARTED + 1)
        parent.kill()
        parent.wait()
        wait_until(lambda: list_processes(tmp_path) == [], LEAVE_S)


@pytest.mark.parametrize(
    "victim", ["distilabel_pipelines.vllm_server", "distilabel_pipelines.vllm_processes"]
)
def test_all_leave_when_one_of_our_own_processes_is_killed(tmp_path: Path, victim: str) -> None:
    with started(tmp_path) as (child, answers):
        wait_healthy(answers)
        wait_until(lambda: len(list_processes(tmp_path)) == STARTED)
        os.kill(find_command(tmp_path, victim), signal.SIGKILL)
        wait_until(lambda: list_processes(tmp_path) == [], LEAVE_S)
        assert child.wait(LEAVE_S) != 0


def test_an_api_server_that_is_killed_takes_its_engine_along(tmp_path: Path) -> None:
    with started(tmp_path) as (child, answers):
        wait_healthy(answers)
        wait_until(lambda: len(list_processes(tmp_path)) == STARTED)
        os.kill(find_command(tmp_path, "serve.py serve"), signal.SIGKILL)
        assert child.wait(LEAVE_S) == 128 + signal.SIGKILL
        assert list_processes(tmp_path) == []
    assert "ran out of memory" in read_last_lines(tmp_path / "logs/vllm.log", 1)


@pytest.mark.parametrize(("code", "expected"), [("7", 7), ("0", 1)])
def test_a_server_that_dies_says_why(tmp_path: Path, code: str, expected: int) -> None:
    """Its exit code is passed on, but 0 is none for a server that nobody stopped."""
    arguments = ("--fake-die-s", "0.3", "--fake-code", code, "--fake-start-s", "9")
    with started(tmp_path, *arguments) as (child, answers):
        told = list(answers)
        assert child.wait(LEAVE_S) == expected
        assert list_processes(tmp_path) == []
    assert not any("healthy" in answer for answer in told)
    *_, last = read_last_lines(tmp_path / "logs/vllm.log", 8).splitlines()
    assert last == "the first error above: ValueError: no room for the cache"


def test_the_log_begins_with_the_command_and_no_key_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "sk-canary")
    with started(tmp_path, "--max-model-len", "2048") as (_, answers):
        wait_healthy(answers)
    text = (tmp_path / "logs/vllm.log").read_text()
    first = text.splitlines()[0]
    assert first.startswith("$ ")
    assert "--reasoning-parser qwen3" in first
    assert first.endswith("--served-model-name served --max-model-len 2048")
    assert "key: True" in text  # it came through the environment
    assert "sk-canary" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("--api-key", "sk-1"), "export VLLM_API_KEY"), (("--uds", "x"), "BASE_URL=")],
)
def test_what_cannot_be_started_is_told_in_the_log(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    with started(tmp_path, *arguments) as (child, answers):
        assert list(answers) == []
        assert child.wait(LEAVE_S) == 2
    log = (tmp_path / "logs/vllm.log").read_text()
    assert message in log
    assert "sk-1" not in log


def test_a_machine_without_vllm_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with started(tmp_path) as (child, answers):
        assert list(answers) == []
        assert child.wait(LEAVE_S) == 2
    assert "pip install vllm" in read_last_lines(tmp_path / "logs/vllm.log", 1)


def test_a_parent_that_says_nothing_gets_nothing(tmp_path: Path) -> None:
    child = start_module(MODULE, tmp_path / "logs/vllm-server.log")
    stop_child(child, grace_s=LEAVE_S)
    assert child.returncode == 0
    assert child.stdout is not None
    child.stdout.close()
