"""vLLM and all that it starts, kept so that none of it outlives this process or its parent.

`python -m distilabel_pipelines.vllm_processes` reads one line of `ServeOrder` from standard input,
starts the command, writes `{"pid": …}` and ends with the command's exit code. When its input ends
it brings the whole tree down.

vLLM's engine, its workers and its resource trackers do not notice when the API server is killed
(seen with 0.32: they stay for ever, 400 MB of shared memory each time), and may leave its session.
On Linux this process is therefore their subreaper: orphans become its children, so walking /proc
downwards from here always finds them all (prctl(2), PR_SET_CHILD_SUBREAPER). Elsewhere there is
the process group alone. The command itself is killed by the kernel when this process dies
(PR_SET_PDEATHSIG), and the parent of this process is a subreaper as well, so it ends the rest.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.supervision import PARENT_VARIABLE, follow_parent, take_parent_pipe

_REPOSITORY = Path(__file__).resolve().parents[1]
_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self" / "stat").exists()
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LOOK_EVERY_S = 0.1
POLITE_S = 2.0  # after SIGTERM
_TRACKERS_S = 0.5  # to unlink the shared memory of those that were killed
_KILL_S = 5.0
_TRACKER = b"multiprocessing.resource_tracker"
_COMMAND_NOT_FOUND = 127  # as in a shell
_BY_SIGNAL = 128


class ServeOrder(BaseModel):
    """What to start, and the file that takes its output."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[str, ...]
    log_path: str


class ParentPipe:
    """The process at the other end of standard input; `gone` is set when there is none."""

    def __init__(self) -> None:
        self._pipe = take_parent_pipe()
        self.first_line = self._pipe.readline()
        self.gone = threading.Event()
        self.keeping = False  # whether there is anything to bring down

    def follow(self) -> None:
        """Start to notice its end; while there is nothing to bring down, leave with it at once."""

        def wait_for_end() -> None:
            try:
                for _ in follow_parent(self._pipe):
                    pass
            finally:
                self.gone.set()
                if not self.keeping:
                    os._exit(0)

        threading.Thread(target=wait_for_end, name="follow-parent", daemon=True).start()


def become_subreaper() -> None:
    """Orphans among this process's descendants become its children; Linux only, else nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def start_command(order: ServeOrder) -> subprocess.Popen[bytes]:
    """Start it in a session of its own, killed by the kernel (Linux) when this thread ends.

    No other thread may run yet: code runs between fork and exec. Raises OSError.
    """
    log = Path(order.log_path)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab", buffering=0) as output:
        output.write(f"$ {shlex.join(order.command)}\n".encode())
        return subprocess.Popen(
            order.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=_clean_environment(),
            preexec_fn=_tie_to_parent(),  # noqa: PLW1509  # single-threaded, see above
        )


def _tie_to_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return tie


def _clean_environment() -> dict[str, str]:
    """The user's own environment, without what `start_module` has added for our modules."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.pop(PARENT_VARIABLE, None)
    paths = environment.pop("PYTHONPATH", "").split(os.pathsep)
    kept = [path for path in paths if path and path != str(_REPOSITORY)]
    return environment | ({"PYTHONPATH": os.pathsep.join(kept)} if kept else {})


def list_descendants(ancestor: int) -> list[int]:
    """Ids of the living processes below one, whatever their session; empty without a /proc."""
    children: dict[int, list[int]] = defaultdict(list)
    dead: set[int] = set()
    for pid, state, parent in _read_processes():
        children[parent].append(pid)
        if state in "ZX":
            dead.add(pid)
    found: list[int] = []
    level = [ancestor]
    while level:
        level = [child for parent in level for child in children[parent]]
        found += level
    return [pid for pid in found if pid not in dead]


def _read_processes() -> list[tuple[int, str, int]]:
    """Id, state and parent of every process."""
    processes: list[tuple[int, str, int]] = []
    for entry in _PROC.iterdir() if _HAS_PROC else ():
        if not entry.name.isdigit():
            continue
        try:
            # The name stands in brackets and may hold some itself.
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):  # it has ended meanwhile
            continue
        processes.append((int(entry.name), state, int(parent)))
    return processes


def end_descendants(group: int) -> None:
    """Kill every process below this one; where there is no /proc, the group.

    Resource trackers come last: they unlink the shared memory of those that were killed.
    """
    if not _HAS_PROC:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        return
    me = os.getpid()
    _kill_until_gone(lambda: [p for p in list_descendants(me) if not _is_tracker(p)], _KILL_S)
    deadline = time.monotonic() + _TRACKERS_S
    while list_descendants(me) and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S / 2)
    _kill_until_gone(lambda: list_descendants(me), _KILL_S)


def _kill_until_gone(find: Callable[[], list[int]], limit_s: float) -> None:
    """Kill again and again: a process that is being killed may just have started another."""
    deadline = time.monotonic() + limit_s
    while (left := find()) and time.monotonic() < deadline:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_LOOK_EVERY_S / 5)


def _is_tracker(pid: int) -> bool:
    try:
        return _TRACKER in (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return False


def reap_adopted(own: int) -> None:
    """Collect orphans that have ended, but never our own child, whose exit code is wanted.

    Left to whoever is process 1 they may stay in the table for ever: in a container that is often
    a program that collects nobody.
    """
    me = os.getpid()
    for pid, state, parent in _read_processes():
        if parent == me and state == "Z" and pid != own:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def as_exit_code(returncode: int) -> int:
    """As a shell tells it: 128 and the signal's number for a process that a signal ended."""
    return _BY_SIGNAL - returncode if returncode < 0 else returncode


def stop_politely(command: subprocess.Popen[bytes], wait_s: float) -> None:
    """Ask it to leave, and wait until it and all that it started have, or the time is over."""
    command.terminate()
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if command.poll() is not None and not list_descendants(os.getpid()):
            return
        time.sleep(_LOOK_EVERY_S / 2)


def keep(command: subprocess.Popen[bytes], asked: threading.Event) -> int:
    """Wait for its end or for the parent's; leaves nothing of it behind.

    Returns its exit code, never 0: unless it was asked to, a server has no reason to end.
    """
    while command.poll() is None and not asked.wait(_LOOK_EVERY_S):
        reap_adopted(command.pid)
    ended_by_itself = command.poll() is not None
    if not ended_by_itself:
        stop_politely(command, POLITE_S)
    end_descendants(command.pid)
    reap_adopted(command.pid)
    return as_exit_code(command.wait()) or int(ended_by_itself)


def main() -> None:
    """Keep one command as the child of `vllm_server`."""
    parent = ParentPipe()
    if not parent.first_line:
        return
    order = ServeOrder.model_validate_json(parent.first_line)
    become_subreaper()
    try:
        command = start_command(order)
    except OSError as error:
        sys.stderr.write(f"{order.command[0]} cannot be started: {error.strerror}\n")
        sys.exit(_COMMAND_NOT_FOUND)
    parent.keeping = True
    parent.follow()
    with suppress(BrokenPipeError):  # the parent has just gone: the pipe says so too
        sys.stdout.buffer.write(orjson.dumps({"pid": command.pid}) + b"\n")
        sys.stdout.buffer.flush()
    os._exit(keep(command, parent.gone))  # the thread on standard input cannot be joined


if __name__ == "__main__":
    main()
