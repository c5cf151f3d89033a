"""The reasoning pipeline end to end: real distilabel processes, the gateway, the fake teacher."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from distilabel_pipelines.gateway.handle import GatewayHandle
from distilabel_pipelines.gateway.settings import Event, Finished
from distilabel_pipelines.pipeline_process import PipelineError
from distilabel_pipelines.reasoning import (
    ReasoningJob,
    Request,
    expand_samples,
    generate_traces,
    read_system_prompts,
)
from distilabel_pipelines.rows import Question, Trace
from tests.fake_teacher import (
    FakeTeacher,
    Fault,
    FaultKind,
    FaultsByText,
    TeacherScript,
    arithmetic_replier,
)
from tests.gateway.serving import settings_for


def question_of(number: int) -> Question:
    return Question(
        seed_id=f"seed-{number}",
        question=f"What is {number} + 17?" if number % 2 else f"{number}加17等于多少？",
        answer=str(number + 17) if number % 3 else None,
        solution="step by step" if number % 5 == 0 else None,
        language="en" if number % 2 else "zh",
    )


def job_for(gateway: GatewayHandle, **changes: object) -> ReasoningJob:
    given: dict[str, object] = {
        "model": gateway.model,
        "base_url": gateway.base_url,
        "connections": 32,
        "opening_tag_in_prompt": False,
        "generation_kwargs": {
            "max_new_tokens": 64,
            "temperature": 0.6,
            "extra_body": {"chat_template_kwargs": {"enable_thinking": True}},
        },
    }
    return ReasoningJob.model_validate({**given, **changes})


class Build:
    """A gateway and what it said, ready to generate."""

    def __init__(self, gateway: GatewayHandle, folder: Path, events: list[Event]) -> None:
        self.gateway = gateway
        self.folder = folder
        self.events = events
        self.stopped = threading.Event()

    def generate(self, requests: list[Request], **changes: object) -> list[Trace]:
        return list(
            generate_traces(
                requests,
                job_for(self.gateway, **changes),
                access_token=self.gateway.access_token,
                work_dir=self.folder / "work",
                log_path=self.folder / "logs" / "distilabel.log",
                stopped=self.stopped,
            )
        )


@contextmanager
def building(teacher: FakeTeacher, folder: Path, **changes: object) -> Iterator[Build]:
    events: list[Event] = []
    with GatewayHandle(settings_for(teacher.base_url, folder, **changes), events.append) as gateway:
        yield Build(gateway, folder, events)


def test_rows_come_back_in_order_in_batches_with_all_that_the_wire_said(tmp_path: Path) -> None:
    """30 rows in batches of 8 on two replicas; one is a bad request and one is refused."""
    requests = expand_samples([question_of(n) for n in range(15)], samples=2, seed=100)
    faults = FaultsByText(
        {"What is 3 ": Fault(FaultKind.BAD_REQUEST), "What is 5 ": Fault(FaultKind.CONTENT_FILTER)}
    )
    script = TeacherScript(replier=arithmetic_replier(mean_delay_s=0.1), faults=faults)
    with FakeTeacher(script) as teacher, building(teacher, tmp_path) as build:
        traces = build.generate(requests, batch_rows=8, replicas=2)
        again = build.generate(requests, batch_rows=1000)
        records = teacher.records()
    assert [(trace.seed_id, trace.sample) for trace in traces] == [
        (request.question.seed_id, request.sample) for request in requests
    ]
    assert [trace.answer for trace in traces] == [request.question.answer for request in requests]
    errors = {trace.seed_id: trace.error for trace in traces if trace.error}
    assert errors == {"seed-3": "teacher_error", "seed-5": "refused_by_provider"}
    assert all("HTTP 400" in trace.error_message for trace in traces if trace.error)
    whole = [trace for trace in traces if trace.error is None]
    assert all(trace.reasoning_content and "boxed" in trace.content for trace in whole)
    assert all(trace.thought_form == "field" and trace.attempts == 1 for trace in whole)
    assert all(trace.completion_tokens and trace.reasoning_tokens for trace in whole)
    assert {trace.served_model for trace in whole} == {"fake-teacher"}
    assert len({trace.request_id for trace in whole}) == len(whole)
    assert [trace for trace in again if trace.seed_id != "seed-3"] == [
        trace for trace in traces if trace.seed_id != "seed-3"
    ]
    assert sorted({record.body["seed"] for record in records}) == [100, 101]
    assert len(records) == 30 + 2  # the bad request is tried again, nothing else is paid twice
    assert not (tmp_path / "work").exists()
    check_messages_sent([record.body for record in records])


def check_messages_sent(bodies: list[object]) -> None:
    """The bare question, with an instruction in its language where it has a gold answer."""
    prompts = read_system_prompts()
    for body in bodies:
        assert isinstance(body, dict)
        assert body["max_tokens"] == 64
        assert body["temperature"] == 0.6
        assert body["chat_template_kwargs"] == {"enable_thinking": True}
        *system, user = body["messages"]
        (question,) = (one for one in map(question_of, range(15)) if one.question in user.values())
        expected = [prompts[question.language]] if question.answer is not None else []
        assert [message["content"] for message in system] == expected


def test_rows_that_are_not_needed_are_left_out(tmp_path: Path) -> None:
    requests = expand_samples([question_of(n) for n in range(12)], samples=1, seed=0)
    script = TeacherScript(replier=arithmetic_replier())
    with FakeTeacher(script) as teacher, building(teacher, tmp_path, admission_limit=0) as build:
        build.gateway.admit(5, final=True)
        traces = build.generate(requests)
        assert len(teacher.records()) == 5
    assert [trace.seed_id for trace in traces] == [f"seed-{n}" for n in range(5)]
    indexes = [event.index for event in build.events if isinstance(event, Finished)]
    assert sorted(index for index in indexes if index is not None) == list(range(5))


def test_a_gateway_that_dies_loses_no_row_silently(tmp_path: Path) -> None:
    requests = expand_samples([question_of(n) for n in range(40)], samples=1, seed=0)
    script = TeacherScript(replier=arithmetic_replier(mean_delay_s=1.0))
    with FakeTeacher(script) as teacher, building(teacher, tmp_path) as build:

        def kill() -> None:
            while len(teacher.records()) < 12:
                time.sleep(0.02)
            build.gateway._child.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(PipelineError, match=r"of 40 rows|exit code"):
            build.generate(requests)
        killer.join()


@pytest.mark.slow
def test_a_stopped_run_ends_its_pipeline_soon(tmp_path: Path) -> None:
    requests = expand_samples([question_of(n) for n in range(40)], samples=1, seed=0)
    script = TeacherScript(faults=FaultsByText({"7": Fault(FaultKind.PAYMENT_REQUIRED)}))
    with FakeTeacher(script) as teacher, building(teacher, tmp_path, concurrency=1) as build:
        traces = build.generate(requests)
    assert len(traces) < 40
    assert all(trace.error is None for trace in traces)
    journal = (tmp_path / "responses" / "responses.jsonl").read_text().splitlines()
    records = [record for line in journal if "key" in (record := json.loads(line))]
    assert {record["attempts"] for record in records} <= {1}


@pytest.mark.slow
def test_a_run_that_was_stopped_in_the_middle_is_not_waited_for(tmp_path: Path) -> None:
    requests = expand_samples([question_of(n) for n in range(4)], samples=1, seed=0)
    script = TeacherScript(replier=arithmetic_replier(mean_delay_s=300.0))
    with FakeTeacher(script) as teacher, building(teacher, tmp_path) as build:
        threading.Timer(6.0, build.stopped.set).start()
        started = time.monotonic()
        with pytest.raises(PipelineError, match="the run has stopped"):
            build.generate(requests)
        assert time.monotonic() - started < 90
