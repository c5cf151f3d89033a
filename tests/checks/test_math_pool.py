"""Processes with hard limits: recycled, killed, ended with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from builders.checks.math_pool import MathPool


def test_a_worker_is_recycled_and_the_next_one_works() -> None:
    with MathPool(workers=1, recycle_after=2) as pool:
        outcomes = [pool.compare("x+1", "1+x").outcome for _ in range(3)]
        assert outcomes == ["equal"] * 3
        assert pool.started == 1
    assert pool.started == 0


def test_a_stuck_worker_is_killed_and_replaced() -> None:
    with MathPool(workers=1, inner_timeout_s=30, outer_timeout_s=1.0) as pool:
        assert pool.compare("x", "y").outcome == "different"
        start = time.monotonic()
        stuck = pool.compare("(x+1)^{5000}", r"x+\pi")
        assert time.monotonic() - start < 3
        assert (stuck.outcome, stuck.detail) == ("died", "no result within 1 s")


def test_results_keep_the_order_of_the_pairs() -> None:
    with MathPool(workers=2) as pool:
        pairs = [("a+b", "b+a" if n % 2 else "a-b") for n in range(10)]
        outcomes = [result.outcome for result in pool.compare_many(pairs)]
    assert outcomes == ["different", "equal"] * 5


def test_the_interpreter_main_module_is_not_imported_again() -> None:
    """A script without a `__main__` guard may verify: spawn would start it again and again."""
    script = textwrap.dedent(
        """
        import sys
        from builders.checks.math_pool import MathPool
        sys.stdout.write("started ")
        with MathPool(workers=1) as pool:
            sys.stdout.write(pool.compare("x+1", "1+x").outcome)
        """
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert (run.stdout, run.returncode) == ("started equal", 0)


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc to see processes")  # noqa: PTH112
def test_workers_end_with_a_killed_parent() -> None:
    script = textwrap.dedent(
        """
        import sys, time
        from builders.checks.math_pool import MathPool
        pool = MathPool(workers=1)
        pool.compare("x", "y")
        sys.stdout.write(str(pool._idle.queue[0]._process.pid) + "\\n")
        sys.stdout.flush()
        time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 5
        while _runs(worker) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
