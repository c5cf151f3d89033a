"""Nobody goes on spending when the build is gone.

A child process is handed the reading end of a pipe whose writing end only its parent holds. The
kernel closes that end when the parent dies, however it dies (`kill -9` included), on Linux and
macOS alike; the child reads end-of-file and leaves at once. Signals and process groups cannot do
this: a group does not die with its leader, and SIGKILL runs no handler.

A process that the parent forked may hold the writing end open after the parent's death, so the
child also looks, twice a second, whether it has been handed to another parent.
"""

from __future__ import annotations

import io
import os
import resource
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

PARENT_VARIABLE = "DISTILABEL_PIPELINES_PARENT"
_LOOK_EVERY_S = 0.5
_READ_BYTES = 65536
_OPEN_FILES = 65536
_OPEN_FILES_MACOS = 10240  # OPEN_MAX, where "unlimited" is refused


def take_parent_pipe() -> io.FileIO:
    """Take standard input over as the pipe to the parent; `sys.stdin` reads nothing from now on.

    The pipe is unbuffered: a thread waiting in a buffered reader holds its lock, and a process
    forked meanwhile (distilabel's are) would wait for that lock for ever when it closes stdin.
    """
    pipe = io.FileIO(os.dup(0), "rb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return pipe


def follow_parent(pipe: io.FileIO) -> Iterator[bytes]:
    """Yield each whole line that the parent writes, until the parent is gone.

    A line torn by the parent's death is never yielded.
    """
    rest = b""
    while True:
        readable, _, _ = select.select([pipe], [], [], _LOOK_EVERY_S)
        if not readable:
            if _has_new_parent():
                return
            continue
        data = pipe.read(_READ_BYTES)
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        yield from lines


def _has_new_parent() -> bool:
    expected = os.environ.get(PARENT_VARIABLE)
    return expected is not None and os.getppid() != int(expected)


def leave_with_parent(pipe: io.FileIO, before_leaving: Callable[[], None] | None = None) -> None:
    """Start a thread that ends this process as soon as the parent is gone.

    Whatever the parent writes is ignored. `before_leaving` runs first (for example to kill the
    process's own group); it must not block.
    """

    def wait_for_end() -> None:
        try:
            for _ in follow_parent(pipe):
                pass
            if before_leaving is not None:
                before_leaving()
        finally:
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


def raise_open_files_limit() -> None:
    """Each request holds a socket or two; the soft limit of many systems is 1,024 files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (_OPEN_FILES, _OPEN_FILES_MACOS):
        limit = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        if limit <= soft:
            return
        with suppress(ValueError, OSError):  # macOS refuses more than its own maximum
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return
