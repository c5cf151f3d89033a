"""The gateway as a process: started, steered, followed and stopped by the build's end."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path

import openai
import pytest

from distilabel_pipelines.gateway.handle import GatewayError, GatewayHandle
from distilabel_pipelines.gateway.settings import (
    EmbeddedSettings,
    Event,
    Finished,
    Pulse,
    Stopped,
)
from distilabel_pipelines.journal import JOURNAL_FILE, read_journal
from distilabel_pipelines.prices import Price
from distilabel_pipelines.wire import INDEX_HEADER
from tests.fake_teacher import FakeTeacher, FixedReplier, Reply, TeacherScript, reserve_port
from tests.gateway.serving import settings_for


class Build:
    """A gateway's process, what it said, and an `openai` client of it."""

    def __init__(self, handle: GatewayHandle, events: list[Event]) -> None:
        self.handle = handle
        self.events = events
        self.client = openai.OpenAI(
            base_url=handle.base_url, api_key=handle.access_token, max_retries=0, timeout=30
        )

    def ask(self, question: str = "2 + 2?", index: int | None = None) -> str:
        headers = {} if index is None else {INDEX_HEADER: str(index)}
        completion = self.client.chat.completions.create(
            model=self.handle.model,
            messages=[{"role": "user", "content": question}],
            extra_headers=headers,
        )
        return completion.choices[0].message.content or ""

    def start_asking(self, question: str, index: int | None = None) -> threading.Thread:
        """Ask from a thread; what becomes of the answer is told by the events and the journal."""

        def ask() -> None:
            try:
                self.ask(question, index)
            except openai.APIError:
                return

        thread = threading.Thread(target=ask)
        thread.start()
        return thread

    def wait_for(self, kind: type[Event], timeout_s: float = 15.0) -> Event:
        """The first event of a kind."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for event in tuple(self.events):
                if isinstance(event, kind):
                    return event
            time.sleep(0.01)
        raise AssertionError(f"no {kind.__name__} in {self.events}")


@contextmanager
def building(base_url: str | None, folder: Path, **changes: object) -> Iterator[Build]:
    events: list[Event] = []
    settings = settings_for(base_url, folder, **changes)
    # The client is closed after the gateway: a thread may still be about to ask when that ends.
    with ExitStack() as last, GatewayHandle(settings, events.append) as handle:
        build = Build(handle, events)
        last.enter_context(build.client)
        yield build


def journalled(folder: Path) -> int:
    return len(list(read_journal(folder / "responses")))


def slow_teacher(seconds: float) -> FakeTeacher:
    return FakeTeacher(TeacherScript(replier=FixedReplier(Reply(content="late", delay_s=seconds))))


def test_a_build_starts_asks_and_stops_and_the_next_one_pays_nothing(tmp_path: Path) -> None:
    with FakeTeacher() as teacher:
        with building(teacher.base_url, tmp_path) as build:
            first = build.ask(index=3)
            assert build.handle.model == "fake-teacher"
            build.wait_for(Pulse)
        with building(teacher.root_url, tmp_path) as again:  # another URL, the same requests
            assert again.ask(index=3) == first
            finished = again.wait_for(Finished)
        assert len(teacher.records()) == 1
    assert isinstance(finished, Finished)
    assert (finished.index, finished.offset, finished.from_journal) == (3, 0, True)
    assert [event for event in build.events if isinstance(event, Stopped)] == []


def test_the_cost_so_far_reaches_the_build(tmp_path: Path) -> None:
    price = Price(currency="USD", input=Decimal(1), output=Decimal(10))
    with (
        FakeTeacher() as teacher,
        building(teacher.base_url, tmp_path, prices=(price,)) as build,
    ):
        build.ask(index=0)
        deadline = time.monotonic() + 10.0
        costs: list[object] = []
        while not any(costs) and time.monotonic() < deadline:
            costs = [event.cost for event in tuple(build.events) if isinstance(event, Pulse)]
            time.sleep(0.05)
    assert any(costs)


def test_a_slow_follower_of_events_holds_no_request_up(tmp_path: Path) -> None:
    held = threading.Event()

    def block(_: Event) -> None:
        held.wait(60)

    with FakeTeacher() as teacher:
        handle = GatewayHandle(settings_for(teacher.base_url, tmp_path), block)
        releaser = threading.Timer(20, held.set)
        releaser.start()
        with handle:
            build = Build(handle, [])
            for number in range(40):
                build.ask(f"{number}?")
            assert not held.is_set()
            held.set()
            build.client.close()
        releaser.cancel()
    assert journalled(tmp_path) == 40


def ask_for_ever(build: Build) -> None:
    for number in itertools.count():
        build.ask(f"{number}?")


def test_a_follower_that_fails_stops_the_run_and_is_told(tmp_path: Path) -> None:
    def fail(event: Event) -> None:
        if isinstance(event, Finished):
            raise BrokenPipeError("nobody reads the progress line")

    def build_once(base_url: str) -> None:
        with GatewayHandle(settings_for(base_url, tmp_path), fail) as handle:
            build = Build(handle, [])
            with build.client, pytest.raises(openai.APIError):
                ask_for_ever(build)

    with FakeTeacher() as teacher, pytest.raises(BrokenPipeError, match="progress line"):
        build_once(teacher.base_url)


def test_a_teacher_that_never_answers_is_waited_for_and_then_the_run_ends(tmp_path: Path) -> None:
    events: list[Event] = []
    url = f"http://127.0.0.1:{reserve_port()}"
    settings = settings_for(url, tmp_path, first_answer_wait_s=1.2)
    started = time.monotonic()
    with pytest.raises(GatewayError, match=r"waited 1 s\. Start the teacher") as caught:
        GatewayHandle(settings, events.append).__enter__()
    assert time.monotonic() - started > 1.2
    assert caught.value.stopped.reason == "unreachable"
    assert [event.event for event in events] == ["waiting", "stopped"]


def test_ctrl_c_while_the_teacher_is_waited_for_ends_at_once(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{reserve_port()}"
    main = threading.main_thread().ident
    assert main is not None
    started = time.monotonic()

    def interrupt(_: Event) -> None:
        signal.pthread_kill(main or 0, signal.SIGINT)

    handle = GatewayHandle(settings_for(url, tmp_path, first_answer_wait_s=60), interrupt)
    with pytest.raises(KeyboardInterrupt):
        handle.__enter__()
    assert time.monotonic() - started < 8
    assert handle._child.returncode == 0


def test_after_ctrl_c_the_replies_in_flight_come_in(tmp_path: Path) -> None:
    with slow_teacher(2.0) as teacher:

        def interrupted() -> None:
            with building(teacher.base_url, tmp_path, concurrency=2) as build:
                threads.extend(build.start_asking(f"{number}?", number) for number in range(3))
                wait_for_requests(teacher, 2)
                raise KeyboardInterrupt

        threads: list[threading.Thread] = []
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        for thread in threads:
            thread.join()
        assert len(teacher.records()) == 2  # the third was never sent
    assert journalled(tmp_path) == 2


def wait_for_requests(teacher: FakeTeacher, count: int) -> None:
    deadline = time.monotonic() + 15
    while len(teacher.records()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_killed_gateway_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with FakeTeacher() as teacher, building(teacher.base_url, tmp_path) as build:
        os.kill(build.handle._child.pid, signal.SIGKILL)
        stopped = build.wait_for(Stopped)
    assert isinstance(stopped, Stopped)
    assert "the gateway process ended with exit code -9" in stopped.message


def test_a_second_build_in_the_same_folder_is_refused_with_a_message(tmp_path: Path) -> None:
    with FakeTeacher() as teacher, building(teacher.base_url, tmp_path):
        settings = settings_for(teacher.base_url, tmp_path, lock_wait_s=0.5)
        with pytest.raises(GatewayError, match="another build is writing") as caught:
            GatewayHandle(settings, lambda _: None).__enter__()
    assert caught.value.stopped.reason == "journal"


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits another process: Linux only")
def test_a_full_disk_stops_the_run_with_a_message_and_hands_nothing_out(tmp_path: Path) -> None:
    replier = FixedReplier(Reply(content="x" * 3000))
    with (
        FakeTeacher(TeacherScript(replier=replier)) as teacher,
        building(teacher.base_url, tmp_path) as build,
    ):
        pid = build.handle._child.pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (10_000, 10_000))
        answered = 0
        with pytest.raises(openai.APIError):  # noqa: PT012  # which of them fails is not fixed
            while answered < 10:
                build.ask(f"{answered}?")
                answered += 1
        stopped = build.wait_for(Stopped)
    assert isinstance(stopped, Stopped)
    assert stopped.reason == "journal"
    assert "File too large" in stopped.message
    assert 0 < answered < 10
    assert journalled(tmp_path) == answered
    assert (tmp_path / "responses" / JOURNAL_FILE).read_bytes().endswith(b"\n")


def test_an_embedded_server_without_its_model_file_is_told(tmp_path: Path) -> None:
    settings = EmbeddedSettings(
        model_path=str(tmp_path / "none.gguf"), parallel=1, context_tokens=64, threads=1
    )
    handle = GatewayHandle(
        settings_for(None, tmp_path, embedded=settings, model="m"), lambda _: None
    )
    with pytest.raises(GatewayError, match="the embedded server ended with exit code") as caught:
        handle.__enter__()
    assert caught.value.stopped.reason == "teacher_died"
