"""Run a distilabel pipeline in a process and session of its own, and read its rows.

The child leaves with its parent and takes distilabel's own children along: they share its session,
whose group it kills. stock distilabel 1.5.3 can end a broken run with exit code 0 and rows missing,
so the rows are counted here.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Self

import orjson
from pydantic import BaseModel

from distilabel_pipelines.child_processes import read_last_lines, start_module
from distilabel_pipelines.supervision import (
    kill_own_group,
    leave_with_parent,
    raise_open_files_limit,
    take_parent_pipe,
)

TOKEN_VARIABLE = "GATEWAY_ACCESS_TOKEN"  # noqa: S105  # a variable's name
_LOOK_EVERY_S = 0.1
_STOP_GRACE_S = 60.0  # replies in flight are paid for: let them come in


class PipelineError(Exception):
    """The pipeline's process failed or did not give back every row."""


class PipelineProcess:
    """A pipeline of `kind` in a process and session of its own; leaving it ends all of it.

    `work_dir` is emptied first; `files` is what the pipeline finds there, content by name.
    """

    def __init__(
        self, kind: str, job: BaseModel, *, access_token: str, work_dir: Path, log_path: Path
    ) -> None:
        self._told = {
            "kind": kind,
            "job": job.model_dump(),
            "token": access_token,
            "work_dir": str(work_dir),
        }
        self._work_dir = work_dir
        self._log_path = log_path
        self.files: dict[str, bytes] = {}
        self._stopped_for_s = 0.0

    def __enter__(self) -> Self:
        _prepare(self._work_dir)
        for name, content in self.files.items():
            (self._work_dir / name).write_bytes(content)
        self._child = start_module("distilabel_pipelines.pipeline_process", self._log_path)
        try:
            _tell(self._child, self._told)
        except BaseException:
            _kill_session(self._child)
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        _kill_session(self._child)

    def look(self, stopped: threading.Event, wait_s: float) -> None:
        """Wait for a moment; raises PipelineError where the process has ended, or should have."""
        if stopped.is_set():
            self._stopped_for_s += wait_s
        if self._stopped_for_s > _STOP_GRACE_S:
            raise PipelineError("the run has stopped")
        with suppress(subprocess.TimeoutExpired):
            raise self._describe_end(self._child.wait(timeout=wait_s))

    def wait(self, stopped: threading.Event) -> None:
        """Wait for the end, no longer than the grace once the run has stopped; PipelineError."""
        code = _wait_for_end(self._child, stopped)
        if code != 0:
            raise self._describe_end(code)

    def _describe_end(self, code: int) -> PipelineError:
        return PipelineError(
            f"the distilabel process ended with exit code {code}; "
            f"the end of logs/{self._log_path.name}:\n"
            f"{read_last_lines(self._log_path, 12)}"
        )


def run_in_own_process(
    kind: str,
    job: BaseModel,
    rows: Sequence[dict[str, Any]],
    *,
    access_token: str,
    work_dir: Path,
    log_path: Path,
    stopped: threading.Event,
) -> list[dict[str, Any]]:
    """Run the pipeline of `kind` over `rows`; returns one result a row, in the rows' order.

    Each row has an `index`, its place; results carry it back. Once `stopped` is set the process has
    a few seconds to end by itself. Raises PipelineError.
    """
    process = PipelineProcess(
        kind, job, access_token=access_token, work_dir=work_dir, log_path=log_path
    )
    process.files["rows.json"] = orjson.dumps(list(rows))
    with process:
        process.wait(stopped)
    results = _read_results(work_dir, len(rows), log_path)
    shutil.rmtree(work_dir)
    return results


def _prepare(work_dir: Path) -> None:
    if work_dir.exists():
        shutil.rmtree(work_dir)
    work_dir.mkdir(parents=True)


def _wait_for_end(child: subprocess.Popen[bytes], stopped: threading.Event) -> int:
    """The exit code; the child is left no more than the grace once the run has stopped."""
    while not stopped.is_set():
        try:
            return child.wait(timeout=_LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            continue
    try:
        return child.wait(timeout=_STOP_GRACE_S)
    except subprocess.TimeoutExpired as error:
        raise PipelineError("the run has stopped") from error


def _tell(child: subprocess.Popen[bytes], told: dict[str, Any]) -> None:
    if child.stdin is None:
        raise AssertionError("start_module opens standard input")
    with suppress(BrokenPipeError):  # it has died already; its exit code says so
        child.stdin.write(orjson.dumps(told) + b"\n")
        child.stdin.flush()


def _kill_session(child: subprocess.Popen[bytes]) -> None:
    """End the child and everything distilabel started; all of it shares the child's group."""
    with suppress(ProcessLookupError, PermissionError):  # macOS refuses a group of zombies
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def _read_results(work_dir: Path, expected: int, log_path: Path) -> list[dict[str, Any]]:
    """The results by index; a row whose step broke comes back from distilabel with nulls."""
    path = work_dir / "results.json"
    results: list[dict[str, Any]] = orjson.loads(path.read_bytes()) if path.exists() else []
    whole = [result for result in results if None not in result.values()]
    by_index = {result["index"]: result for result in whole}
    if len(results) != expected or set(by_index) != set(range(expected)):
        raise PipelineError(
            f"the distilabel pipeline gave back {len(whole)} of {expected} rows; nothing is "
            f"lost, run the same command again. The end of logs/{log_path.name}:\n"
            f"{read_last_lines(log_path, 12)}"
        )
    return [by_index[index] for index in range(expected)]


def end_with_any_step(before_leaving: Callable[[], None]) -> None:
    """Start a thread that ends this process when a process of its pool dies of itself.

    distilabel 1.5.3 runs its steps in a pool, which replaces a process that was killed (for
    memory, mostly) and waits for its rows for ever. A pool that is closed ends its processes by
    SIGTERM, or lets them end with 0.
    """

    def watch() -> None:
        known: dict[int | None, BaseProcess] = {}
        while True:
            workers = (one for one in multiprocessing.active_children() if "PoolWorker" in one.name)
            known |= {one.pid: one for one in workers}
            for pid, child in known.items():
                if child.exitcode not in {None, 0, -signal.SIGTERM}:
                    sys.stderr.write(
                        f"process {pid} of the pipeline ended with exit code {child.exitcode}\n"
                    )
                    sys.stderr.flush()
                    before_leaving()
                    os._exit(1)
            time.sleep(_LOOK_EVERY_S)

    threading.Thread(target=watch, name="end-with-any-step", daemon=True).start()


def main() -> None:
    """The child: run one pipeline, leave its rows in `results.json`."""
    pipe = take_parent_pipe()
    told = orjson.loads(pipe.readline())
    leave_with_parent(pipe, before_leaving=kill_own_group)
    raise_open_files_limit()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.environ[TOKEN_VARIABLE] = told["token"]
    end_with_any_step(before_leaving=kill_own_group)
    _run(told["kind"], told["job"], Path(told["work_dir"]))


def _run(kind: str, job: dict[str, Any], work_dir: Path) -> None:
    """The heavy imports come after the guard of `main`, and each kind loads its own."""
    if kind == "reasoning":
        from distilabel_pipelines import reasoning, reasoning_task  # noqa: PLC0415

        _put_hook_back()
        rows = orjson.loads((work_dir / "rows.json").read_bytes())
        told = reasoning.ReasoningJob.model_validate(job)
        results = reasoning_task.run_pipeline(told, rows, str(work_dir / "cache"))
        (work_dir / "results.json").write_bytes(orjson.dumps(results))
    elif kind == "pretraining":
        from distilabel_pipelines import pretraining, pretraining_task  # noqa: PLC0415

        _put_hook_back()
        rows = orjson.loads((work_dir / "rows.json").read_bytes())
        writing = pretraining.WritingJob.model_validate(job)
        results = pretraining_task.run_pipeline(writing, rows, str(work_dir / "cache"))
        (work_dir / "results.json").write_bytes(orjson.dumps(results))
    elif kind == "instruction":
        from distilabel_pipelines import instruction, instruction_tasks  # noqa: PLC0415

        _put_hook_back()
        instruction_tasks.run_pipeline(instruction.InstructionJob.model_validate(job), work_dir)
    else:
        raise ValueError(f"no pipeline for the kind {kind!r}")


def _put_hook_back() -> None:
    """distilabel puts rich's there, which prints every local variable into the log."""
    sys.excepthook = sys.__excepthook__


if __name__ == "__main__":
    main()
