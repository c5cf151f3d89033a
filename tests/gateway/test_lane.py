"""Two teachers of one build: each its own way to answers, one journal, one end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.journal import read_journal
from distilabel_pipelines.wire import TEACHER_HEADER
from tests.fake_teacher import (
    FakeTeacher,
    Fault,
    FaultKind,
    FaultsInRange,
    FixedReplier,
    Reply,
    TeacherScript,
    arithmetic_replier,
    reserve_port,
)
from tests.gateway.serving import Answer, Served, serving, teacher_settings

JUDGE = TeacherScript(replier=FixedReplier(Reply(content="correct")), models=("the-judge",))


async def ask_judge(served: Served, question: str, to: str = "judge") -> Answer:
    body = {"model": "the-judge", "messages": [{"role": "user", "content": question}]}
    url = f"http://127.0.0.1:{served.ready.port}/v1/chat/completions"
    async with served.session.post(url, json=body, headers={TEACHER_HEADER: to}) as response:
        return Answer(response.status, await response.json())


def test_a_header_chooses_the_judge_and_its_answers_are_journalled_as_its(tmp_path: Path) -> None:
    async def run(teacher: FakeTeacher, judge: FakeTeacher) -> None:
        settings = teacher_settings(judge.base_url)
        async with serving(teacher.base_url, tmp_path, judge=settings) as served:
            assert served.ready.judge_model == "the-judge"
            assert (await served.ask(index=0)).status == 200
            assert (await ask_judge(served, "is it right?")).text == "correct"
            assert (await ask_judge(served, "is it right?")).text == "correct"  # from the journal
            assert [one.index for one in served.all(Finished)] == [0, None, None]

    with (
        FakeTeacher(TeacherScript(replier=arithmetic_replier())) as teacher,
        FakeTeacher(JUDGE) as judge,
    ):
        asyncio.run(run(teacher, judge))
        assert (len(teacher.records()), len(judge.records())) == (1, 1)
    records = [record for _, record in read_journal(tmp_path / "responses")]
    assert [record.teacher for record in records] == ["teacher", "judge"]


def test_a_teacher_that_the_build_does_not_have_is_refused(tmp_path: Path) -> None:
    async def run(teacher: FakeTeacher) -> None:
        async with serving(teacher.base_url, tmp_path) as served:
            for name in ("judge", "nobody"):
                answer = await ask_judge(served, "?", to=name)
                assert (answer.status, answer.code) == (400, "invalid_request")
                assert "no such teacher" in answer.body["error"]["message"]

    with FakeTeacher() as teacher:
        asyncio.run(run(teacher))
        assert teacher.records() == []


def test_a_judge_without_credit_stops_the_whole_run(tmp_path: Path) -> None:
    poor = TeacherScript(faults=FaultsInRange(Fault(FaultKind.PAYMENT_REQUIRED)))

    async def run(teacher: FakeTeacher, judge: FakeTeacher) -> None:
        settings = teacher_settings(judge.base_url)
        async with serving(teacher.base_url, tmp_path, judge=settings) as served:
            assert (await ask_judge(served, "?")).code == "run_stopped"
            assert (await served.stopped()).reason == "account"
            assert (await served.ask(index=0)).code == "run_stopped"

    with FakeTeacher() as teacher, FakeTeacher(poor) as judge:
        asyncio.run(run(teacher, judge))


def test_the_admission_limit_is_the_teachers_and_never_the_judges(tmp_path: Path) -> None:
    async def run(teacher: FakeTeacher, judge: FakeTeacher) -> None:
        settings = teacher_settings(judge.base_url)
        async with serving(teacher.base_url, tmp_path, judge=settings, admission_limit=0) as served:
            waiting = asyncio.create_task(served.ask(index=0))
            assert (await ask_judge(served, "?")).status == 200
            assert not waiting.done()
            waiting.cancel()

    with FakeTeacher() as teacher, FakeTeacher(JUDGE) as judge:
        asyncio.run(run(teacher, judge))


def test_a_judge_that_is_not_there_ends_the_beginning(tmp_path: Path) -> None:
    async def run(teacher: FakeTeacher) -> None:
        nobody = teacher_settings(f"http://127.0.0.1:{reserve_port()}/v1", first_answer_wait_s=0.3)
        async with serving(teacher.base_url, tmp_path, judge=nobody):
            raise AssertionError("it must not start")

    with FakeTeacher() as teacher, pytest.raises(RunMustStopError) as caught:
        asyncio.run(run(teacher))
    assert caught.value.reason == "unreachable"
    assert caught.value.message.startswith("the judge: ")
    assert "JUDGE_BASE_URL" in caught.value.message


def test_an_empty_model_takes_the_only_one_of_the_first_server_that_answers(
    tmp_path: Path,
) -> None:
    async def run(teacher: FakeTeacher) -> str:
        nobody = f"http://127.0.0.1:{reserve_port()}/v1"
        async with serving(f"{nobody},{teacher.base_url}", tmp_path) as served:
            return served.ready.model

    with FakeTeacher(JUDGE) as teacher:
        assert asyncio.run(run(teacher)) == "the-judge"
