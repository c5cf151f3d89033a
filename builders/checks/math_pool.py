"""A pool of warmed math-verify processes with a hard limit on every comparison.

`multiprocessing.Pool` and `ProcessPoolExecutor` cannot give up on one task, and their spawned
children import the caller's `__main__` again. Here each worker is a child process with its own
socket; the caller waits on the socket, and a worker that misses the outer limit is killed and
replaced. No signals: a comparison may be asked for from any thread.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Literal, NamedTuple, Self

from builders.errors import BuildError

_WORKER = Path(__file__).with_name("math_worker.py")

Outcome = Literal["equal", "different", "answer_unread", "gold_unread", "timeout", "error", "died"]


class MathPoolError(BuildError):
    """The math-verify processes cannot be started."""


class Comparison(NamedTuple):
    """`outcome` of one comparison; `detail` says more where it is not equal or different."""

    outcome: Outcome
    detail: str = ""


class _Worker:
    """One child process. Not shared: a worker has one owner at a time."""

    def __init__(self) -> None:
        self.done = 0
        self.warm = False
        self._pipe, child = Pipe()
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_WORKER), str(child.fileno())],
            pass_fds=[child.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        child.close()

    def wait_until_warm(self, timeout_s: float) -> None:
        if self.warm:
            return
        try:
            ready = self._pipe.poll(timeout_s) and self._pipe.recv_bytes()
        except (EOFError, ConnectionError) as error:
            code = self._process.wait()
            raise MathPoolError(
                f"the answer checker's process ended with code {code} while loading math-verify;"
                f" try `{sys.executable} -c 'import math_verify'`"
            ) from error
        if not ready:
            raise MathPoolError(f"math-verify was not loaded within {timeout_s:g} s; run again")
        self.warm = True

    def compare(self, answer: str, gold: str, inner_s: int, outer_s: float) -> Comparison:
        """Ask for one comparison; after `timeout` or `died` the worker must be closed."""
        self.done += 1
        try:
            request = [answer, gold, inner_s, int(outer_s) + 1]
            self._pipe.send_bytes(json.dumps(request).encode())
            if not self._pipe.poll(outer_s):
                return Comparison("died", f"no result within {outer_s:g} s")
            reply = json.loads(self._pipe.recv_bytes())
        except (EOFError, ConnectionError):
            return Comparison("died", f"the process ended with code {self._process.wait()}")
        if reply["outcome"] == "timeout":
            return Comparison("timeout", f"no result within {inner_s} s")
        return Comparison(reply["outcome"], reply.get("detail", ""))

    def close(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.wait()


class MathPool:
    """Workers for `compare`, started when first needed; thread-safe.

    `inner_timeout_s` is math-verify's own limit for each step, `outer_timeout_s` the limit after
    which a worker is killed. A worker is replaced after `recycle_after` comparisons, since sympy's
    caches only grow (about 95 MB a process when fresh).
    """

    def __init__(
        self,
        workers: int,
        inner_timeout_s: int = 5,
        outer_timeout_s: float = 15.0,
        recycle_after: int = 2000,
        start_timeout_s: float = 180.0,
    ) -> None:
        self._inner_timeout_s = inner_timeout_s
        self._outer_timeout_s = outer_timeout_s
        self._recycle_after = recycle_after
        self._start_timeout_s = start_timeout_s
        self._size = workers
        self._started = 0
        self._lock = Lock()
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def started(self) -> int:
        """How many workers run now."""
        return self._started

    def close(self) -> None:
        """End all idle workers. To be called when no comparison is running."""
        with self._lock:
            while not self._idle.empty():
                self._idle.get_nowait().close()
                self._started -= 1

    def compare(self, answer: str, gold: str) -> Comparison:
        """Compare two answers in one worker; returns within the outer limit, whatever they are."""
        worker = self._take_worker()
        keep = False
        try:
            worker.wait_until_warm(self._start_timeout_s)
            result = worker.compare(answer, gold, self._inner_timeout_s, self._outer_timeout_s)
            keep = result.outcome != "died" and worker.done < self._recycle_after
        finally:
            self._give_back(worker, keep=keep)
        return result

    def compare_many(self, pairs: Sequence[tuple[str, str]]) -> list[Comparison]:
        """Compare (answer, gold) pairs in all workers at once; results in their order."""
        if not pairs:
            return []
        with ThreadPoolExecutor(min(self._size, len(pairs))) as threads:
            return list(threads.map(lambda pair: self.compare(*pair), pairs))

    def _take_worker(self) -> _Worker:
        with self._lock:
            if self._idle.empty() and self._started < self._size:
                worker = _Worker()
                self._started += 1
                return worker
        return self._idle.get()

    def _give_back(self, worker: _Worker, *, keep: bool) -> None:
        """A worker that is not kept is replaced at once, so that nobody waits for an empty seat."""
        if not keep:
            worker.close()
            worker = _Worker()
        self._idle.put(worker)
