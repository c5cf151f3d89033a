"""Children of the build: their own session, their log, and their parent's name."""

from __future__ import annotations

import os
import time
from pathlib import Path

from distilabel_pipelines.child_processes import read_last_lines, start_module
from distilabel_pipelines.supervision import PARENT_VARIABLE


def test_a_child_has_a_session_of_its_own_and_its_last_words_are_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    child = start_module("distilabel_pipelines.gateway", log)
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin, child.stdout:
        assert os.getsid(child.pid) == child.pid
        environ = Path(f"/proc/{child.pid}/environ")
        if environ.exists():
            assert f"{PARENT_VARIABLE}={os.getpid()}".encode() in read_when_there(environ)
        child.stdin.write(b"{no settings\n")
        child.stdin.flush()
        assert child.stdout.read() == b""
    assert child.wait() != 0
    assert "ValidationError" in read_last_lines(log, 8)


def read_when_there(environ: Path) -> bytes:
    """The kernel shows an empty environment while the new program is still being set up."""
    deadline = time.monotonic() + 10
    while not (content := environ.read_bytes()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return content


def test_a_log_that_is_not_there_has_no_last_lines(tmp_path: Path) -> None:
    assert read_last_lines(tmp_path / "none.log", 8) == ""
    (tmp_path / "log").write_bytes(b"1\n2\n\xff3\n")
    assert read_last_lines(tmp_path / "log", 2) == "2\n\ufffd3"
