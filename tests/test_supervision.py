"""Nobody goes on spending: children leave with their parent, however it dies."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from distilabel_pipelines.embedded_model.weight_files import BUNDLED_GGUFS
from distilabel_pipelines.journal import read_journal
from distilabel_pipelines.supervision import follow_parent, stop_child
from tests.fake_teacher import FakeTeacher, FixedReplier, Reply, TeacherScript

REPOSITORY = Path(__file__).resolve().parents[1]
LEAVE_S = 5.0


def test_lines_of_the_parent_come_whole_and_a_torn_last_one_never() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"one\ntwo\nthr")
    os.close(writing)
    with io.FileIO(reading, "rb") as pipe:
        assert list(follow_parent(pipe)) == [b"one", b"two"]


def test_a_child_that_does_not_leave_is_killed() -> None:
    program = "import time; time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    stop_child(child, grace_s=0.2)
    assert child.returncode == -signal.SIGKILL


# A build in small, and whatever the test lets it start; it prints the pids of all it has begun.
BUILD = """
import os, sys, threading, time
from pathlib import Path
from distilabel_pipelines.gateway.handle import GatewayHandle
from distilabel_pipelines.gateway.settings import EmbeddedSettings
from distilabel_pipelines.reasoning import ReasoningJob, expand_samples, generate_traces
from distilabel_pipelines.rows import Question
from tests.gateway.serving import settings_for

def main():
    teacher, folder = sys.argv[1], Path(sys.argv[2])
    changes = {"embedded": None, "model": "m"}
    if teacher.endswith(".gguf"):
        changes["embedded"] = EmbeddedSettings(
            model_path=teacher, parallel=2, context_tokens=2048, threads=1
        )
    questions = [
        Question(seed_id=str(n), question=f"What is {n} + 17?", answer=None, language="en")
        for n in range(400)
    ]
    with GatewayHandle(
        settings_for(None if changes["embedded"] else teacher, folder, **changes), lambda _: None
    ) as gateway:
        if "forked" in sys.argv and os.fork() == 0:
            time.sleep(60)  # holds the pipes to all of the build's children open
            os._exit(0)
        job = ReasoningJob(
            model="m", base_url=gateway.base_url, connections=16, opening_tag_in_prompt=False,
            generation_kwargs={"max_new_tokens": 400},
        )
        list(generate_traces(
            expand_samples(questions, samples=1, seed=0), job,
            access_token=gateway.access_token, work_dir=folder / "work",
            log_path=folder / "logs" / "distilabel.log", stopped=threading.Event(),
        ))

if __name__ == "__main__":
    main()
"""


@contextmanager
def running_build(teacher: str, folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The build as a process of its own; every process it started is killed at the end."""
    program = folder / "build.py"
    program.write_text(BUILD)
    build = subprocess.Popen(
        [sys.executable, str(program), teacher, str(folder), *options],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "SMALL_BUILD": str(folder)},
        start_new_session=True,
    )
    try:
        yield build
    finally:
        for pid in find_processes(folder):
            os.kill(pid, signal.SIGKILL)
        build.wait()


def find_processes(folder: Path) -> list[int]:
    """All living processes that carry the build's mark in their environment."""
    mark = f"SMALL_BUILD={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            marked = mark in (entry / "environ").read_bytes().split(b"\0")
            alive = b") Z" not in (entry / "stat").read_bytes()
        except OSError:
            continue
        if marked and alive:
            found.append(int(entry.name))
    return found


def wait_for(condition: str, check: Callable[[], bool], timeout_s: float) -> None:
    """Wait until `check` is true."""
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, condition
        time.sleep(0.05)


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds processes in /proc"
)


@needs_proc
@pytest.mark.parametrize("options", [(), pytest.param(("forked",), marks=pytest.mark.slow)])
def test_killing_the_main_process_alone_stops_all_requests_and_every_child(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Also where a process that the build forked holds the pipes to its children open."""
    reply = Reply(content="a thought in pieces " * 10, delay_s=20.0)
    script = TeacherScript(replier=FixedReplier(reply))
    with (
        FakeTeacher(script) as teacher,
        running_build(teacher.base_url, tmp_path, *options) as build,
    ):
        wait_for("requests are in flight", lambda: teacher.in_flight == 8, 60)
        assert len(find_processes(tmp_path)) >= 6  # build, gateway, pipeline, distilabel's own
        build.kill()
        build.wait()
        left = len(options)  # the forked holder itself is not ours to end
        wait_for("requests end", lambda: teacher.in_flight == 0, LEAVE_S)
        wait_for("children leave", lambda: len(find_processes(tmp_path)) <= left, LEAVE_S)
        asked = len(teacher.records())
        time.sleep(0.5)
        assert len(teacher.records()) == asked == 8


@needs_proc
def test_ctrl_c_keeps_what_was_in_flight_and_leaves_nobody_behind(tmp_path: Path) -> None:
    script = TeacherScript(replier=FixedReplier(Reply(content="paid", delay_s=1.5)))
    with FakeTeacher(script) as teacher, running_build(teacher.base_url, tmp_path) as build:
        wait_for("requests are in flight", lambda: teacher.in_flight == 8, 60)
        build.send_signal(signal.SIGINT)
        build.wait(timeout=20)
        asked = len(teacher.records())
        wait_for("children leave", lambda: not find_processes(tmp_path), LEAVE_S)
    assert asked == 8
    assert len(list(read_journal(tmp_path / "responses"))) == 8


@needs_proc
def test_killing_the_main_process_alone_stops_the_embedded_server(tmp_path: Path) -> None:
    model = BUNDLED_GGUFS["reasoner"]
    journal = tmp_path / "responses" / "responses.jsonl"
    with running_build(str(model), tmp_path) as build:
        wait_for("replies come in", lambda: journal.exists() and journal.stat().st_size > 0, 90)
        build.kill()
        build.wait()
        wait_for("children leave", lambda: not find_processes(tmp_path), LEAVE_S)
