"""Nobody goes on spending when the build is gone.

A child process is handed the reading end of a pipe whose writing end only its parent holds. The
kernel closes that end when the parent dies, however it dies (`kill -9` included), on Linux and
macOS alike; the child reads end-of-file and leaves at once. Signals and process groups cannot do
this: a group does not die with its leader, and SIGKILL runs no handler.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def take_parent_pipe() -> io.FileIO:
    """Take standard input over as the pipe to the parent; `sys.stdin` reads nothing from now on.

    The pipe is unbuffered: a thread waiting in a buffered reader holds its lock, and a process
    forked meanwhile (distilabel's are) would wait for that lock for ever when it closes stdin.
    """
    pipe = io.FileIO(os.dup(0), "rb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return pipe


def leave_with_parent(pipe: io.FileIO, before_leaving: Callable[[], None] | None = None) -> None:
    """Start a thread that ends this process as soon as `pipe` reaches end-of-file.

    Whatever the parent writes is ignored. `before_leaving` runs first (for example to kill the
    process's own group); it must not block.
    """

    def wait_for_end() -> None:
        while pipe.read(65536):
            pass
        if before_leaving is not None:
            before_leaving()
        os._exit(1)

    threading.Thread(target=wait_for_end, name="leave-with-parent", daemon=True).start()


def kill_own_group() -> None:
    """Kill every process of this process's group, itself included; only for a session leader."""
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)


def stop_child(child: subprocess.Popen[bytes], *, grace_s: float) -> None:
    """Close the child's pipe, wait for it to leave, and kill it when it does not."""
    if child.stdin is not None:
        with suppress(BrokenPipeError):  # it has left already
            child.stdin.close()
    try:
        child.wait(timeout=grace_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
