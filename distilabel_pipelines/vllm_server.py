"""A `vllm serve` that is started for the user, told as the embedded server is.

`python -m distilabel_pipelines.vllm_server` reads one line from standard input, with `settings`
(`VllmSettings`), `model` (the name to serve it by) and `log_path` (the file for vLLM's own output).
It answers with JSON lines: `{"base_url": …}` at once, `{"progress": …}` while vLLM starts and
`{"healthy": true}` once. It ends with vLLM's exit code, or, when its input ends, after having
brought vLLM down.

Two processes share the work, so that either may be killed: this one speaks, its child
(`vllm_processes`) keeps vLLM. Each brings everything down when the other one is gone.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.child_processes import start_module
from distilabel_pipelines.gateway.settings import VllmSettings
from distilabel_pipelines.supervision import stop_child
from distilabel_pipelines.vllm_command import (
    LOOPBACK,
    Address,
    VllmCommandError,
    build_command,
    choose_address,
    find_vllm,
    is_given,
    wants_layout,
)
from distilabel_pipelines.vllm_devices import Layout, choose_layout, find_gpus, weigh_model
from distilabel_pipelines.vllm_processes import (
    POLITE_S,
    ParentPipe,
    ServeOrder,
    as_exit_code,
    become_subreaper,
    end_descendants,
    reap_adopted,
)
from distilabel_pipelines.vllm_progress import StartLog, describe_phase
from distilabel_pipelines.vllm_reasoning_parsers import choose_reasoning_parser

_LOOK_EVERY_S = 0.25
_PROGRESS_EVERY_S = 10.0
_HEALTH_TIMEOUT_S = 2.0
_KEEPER_GRACE_S = POLITE_S + 2.0
_UNUSABLE = 2  # exit code for settings that cannot be started
logger = logging.getLogger(__name__)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: VllmSettings
    model: str
    log_path: str


class _Keeper(NamedTuple):
    process: subprocess.Popen[bytes]
    group: int


class _Answers:
    """Standard output, one JSON line an answer; `gone` is set when nobody reads any more."""

    def __init__(self, gone: threading.Event) -> None:
        self._gone = gone

    def write(self, **answer: object) -> None:
        try:
            sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            self._gone.set()


class _StartReport:
    """Tells what vLLM is doing until it is healthy."""

    def __init__(self, address: Address, log: StartLog, answers: _Answers) -> None:
        self._health_url = f"{address.root_url}/health"
        self._log = log
        self._answers = answers
        self._phase = self._line = ""
        self._told_line = ""
        self._told_s = time.monotonic()
        self.healthy = False

    def look(self) -> None:
        """Ask for its health and read on in its log."""
        if self.healthy:
            return
        if _is_healthy(self._health_url):
            self.healthy = True
            self._answers.write(healthy=True)
            return
        phase, line = describe_phase(self._log.read_new())
        changed = bool(phase) and phase != self._phase
        self._phase = phase or self._phase
        # A line without a phase is told only where nothing better is known.
        self._line = line if phase or not self._phase else self._line or line
        due = time.monotonic() - self._told_s >= _PROGRESS_EVERY_S and self._line != self._told_line
        if self._line and (changed or due):
            self._answers.write(progress=self._line)
            self._told_line, self._told_s = self._line, time.monotonic()


def _is_healthy(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_HEALTH_TIMEOUT_S) as response:
            return bool(response.status == 200)
    except (OSError, HTTPException):  # refused, silent, an HTTP error, or no HTTP at all
        return False


def find_free_port() -> int:
    """A loopback port that nobody listens on just now; vLLM binds it early in its start."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def plan_command(told: _Told, executable: str, address: Address) -> list[str]:
    """The command for this machine; looks for GPUs, and weighs the model where there are some."""
    settings = told.settings
    model = str(Path(settings.model).expanduser())
    layout = Layout(1, 1)
    if wants_layout(settings.arguments):
        memories = [gpu.memory_bytes for gpu in find_gpus()]
        layout = choose_layout(weigh_model(model) if len(memories) > 1 else None, memories)
        logger.info("%d GPUs: tensor parallel %d, data parallel %d", len(memories), *layout)
    theirs = any(is_given(settings.arguments, flag) for flag in ("--reasoning-parser", "--config"))
    parser = None if theirs else choose_reasoning_parser(model)
    if parser is None and not theirs:
        logger.info("no reasoning parser is known for %s: a thought stays in the text", model)
    return build_command(
        executable,
        model,
        settings.arguments,
        served_name=told.model or settings.model,
        address=address,
        layout=layout,
        reasoning_parser=parser,
    )


def _start_keeper(command: list[str], log_path: Path) -> _Keeper:
    """Start the process that keeps vLLM; raises VllmCommandError where it did not begin."""
    process = start_module("distilabel_pipelines.vllm_processes", log_path)
    if process.stdin is None or process.stdout is None:
        raise AssertionError("start_module opens both pipes")
    order = ServeOrder(command=tuple(command), log_path=str(log_path))
    with suppress(BrokenPipeError):
        process.stdin.write(order.model_dump_json().encode() + b"\n")
        process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise VllmCommandError(f"vLLM was not started: exit code {process.wait()}")
    return _Keeper(process, int(orjson.loads(answer)["pid"]))


def _watch(keeper: _Keeper, report: _StartReport, gone: threading.Event) -> int:
    """Tell of its start, wait for its end or the parent's; returns this process's exit code."""
    while keeper.process.poll() is None and not gone.wait(_LOOK_EVERY_S):
        report.look()
    if keeper.process.poll() is None:
        stop_child(keeper.process, grace_s=_KEEPER_GRACE_S)
        end_descendants(keeper.group)
        reap_adopted(keeper.process.pid)
        return 0
    end_descendants(keeper.group)  # nothing is left, unless the keeper was killed
    reap_adopted(keeper.process.pid)
    return as_exit_code(keeper.process.returncode) or 1


def _serve(told: _Told, parent: ParentPipe) -> int:
    log_path = Path(told.log_path)
    log = StartLog(log_path)
    answers = _Answers(parent.gone)
    executable = find_vllm()
    address = choose_address(told.settings.arguments, find_free_port())
    answers.write(base_url=f"{address.root_url}/v1")
    command = plan_command(told, executable, address)
    parent.keeping = True
    keeper = _start_keeper(command, log_path)
    code = _watch(keeper, _StartReport(address, log, answers), parent.gone)
    if not parent.gone.is_set():
        _write_last_words(log, log_path, code)
    return code


def _write_last_words(log: StartLog, log_path: Path, code: int) -> None:
    """End the log with what its reader looks for first."""
    error = log.find_first_error()
    cause = f"\nthe first error above: {error}" if error else ""
    killed = " (killed; where nobody did, the machine ran out of memory)" if code == 137 else ""
    with log_path.open("a", encoding="utf-8") as file:
        file.write(f"\nvLLM ended with exit code {code}{killed}{cause}\n")


def main() -> int:
    """Serve as the gateway's child; returns the exit code."""
    parent = ParentPipe()
    if not parent.first_line:
        return 0
    told = _Told.model_validate_json(parent.first_line)
    become_subreaper()
    parent.follow()
    try:
        return _serve(told, parent)
    except VllmCommandError as error:
        log_path = Path(told.log_path)
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("a", encoding="utf-8") as file:
            file.write(f"{error}\n")
        return _UNUSABLE


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    os._exit(main())  # the thread on standard input cannot be joined
