"""A tree of processes, found through /proc and ended, whatever session its members are in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from distilabel_pipelines.vllm_processes import as_exit_code, list_descendants

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
TREE = """
import os, subprocess, sys, time
child = "import time; time.sleep(60)"
subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
dead = subprocess.Popen([sys.executable, "-c", "pass"])
os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is never reaped
print("ready", flush=True)
time.sleep(60)
"""


@needs_proc
def test_descendants_are_those_that_live_in_any_session() -> None:
    top = subprocess.Popen([sys.executable, "-c", TREE], stdout=subprocess.PIPE)
    assert top.stdout is not None
    try:
        assert top.stdout.readline() == b"ready\n"
        (below,) = list_descendants(top.pid)
        assert {top.pid, below} <= set(list_descendants(os.getpid()))
        assert os.getsid(below) == below
    finally:
        for pid in (*list_descendants(top.pid), top.pid):
            os.kill(pid, signal.SIGKILL)
        top.communicate()


@pytest.mark.parametrize(("code", "shown"), [(0, 0), (3, 3), (-9, 137), (-15, 143)])
def test_exit_codes_are_those_of_a_shell(code: int, shown: int) -> None:
    assert as_exit_code(code) == shown
