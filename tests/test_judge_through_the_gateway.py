"""The judge behind the gateway: journalled, resumed, retried and stopped like any request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from builders.judge import FAILED, Judge
from builders.judged import CheckedTrace
from builders.opinions import STOPPED, apply_opinion, show_row
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.journal import read_journal
from distilabel_pipelines.judging import JudgeJob
from tests.fake_teacher import (
    FakeTeacher,
    Fault,
    FaultKind,
    FaultsByNumber,
    FaultSchedule,
    FaultsInRange,
    TeacherScript,
    count_paid_twice,
    no_faults,
)
from tests.fake_teacher.judge_replier import JudgeReplier
from tests.gateway.serving import TOKEN, Served, serving, teacher_settings
from tests.outcomes import rejected

VERDICTS = {"forty-two": "correct"}
JOB = JudgeJob(model="fake-teacher", accepts=True)


def rows(count: int) -> list[CheckedTrace]:
    return [
        rejected(
            f"What is 6 * {number}?",
            "refuted",
            verdict="refuted",
            content="\\boxed{forty-two}",
            final_answer="forty-two",
        )
        for number in range(count)
    ]


async def judge_all(served: Served, asked: Sequence[CheckedTrace]) -> list[CheckedTrace]:
    url = f"http://127.0.0.1:{served.ready.port}/v1"
    with Judge(url, TOKEN, JOB) as judge:
        futures = [asyncio.wrap_future(judge.ask(show_row(one))) for one in asked]
        words = await asyncio.gather(*futures)
    return [
        apply_opinion(one, *word, accepts=JOB.accepts)
        for one, word in zip(asked, words, strict=True)
    ]


def run_once(
    folder: Path, judge_url: str, asked: Sequence[CheckedTrace], teacher_url: str
) -> list[CheckedTrace]:
    """One run of the gateway with a teacher and a judge of its own."""

    async def run() -> list[CheckedTrace]:
        async with serving(teacher_url, folder, judge=teacher_settings(judge_url)) as served:
            judged = await judge_all(served, asked)
            assert all(event.index is None for event in served.all(Finished))
            return judged

    return asyncio.run(run())


def judge_script(
    *, broken: tuple[str, ...] = (), faults: FaultSchedule = no_faults, delay_s: float = 0.0
) -> TeacherScript:
    replier = JudgeReplier(VERDICTS, broken=broken, mean_delay_s=delay_s)
    return TeacherScript(replier=replier, faults=faults)


def test_a_resumed_run_asks_the_judge_nothing_again_not_even_the_repairs(tmp_path: Path) -> None:
    script = judge_script(broken=("It is right.",))
    with FakeTeacher() as teacher, FakeTeacher(script) as judge:
        first = run_once(tmp_path, judge.base_url, rows(5), teacher.base_url)
        again = run_once(tmp_path, judge.base_url, rows(8), teacher.base_url)
        assert len(judge.records()) == 16  # a reply and its repair for each of eight rows
        assert teacher.records() == []
    assert [one.judge_verdict for one in again] == ["correct"] * 8
    assert [one.reason for one in again] == [None] * 8
    assert again[:5] == first
    teachers = [record.teacher for _, record in read_journal(tmp_path / "responses")]
    assert teachers == ["judge"] * 16


def test_a_judge_that_fails_for_a_while_is_asked_again(tmp_path: Path) -> None:
    faults = FaultsByNumber(
        {0: Fault(FaultKind.SERVER_ERROR), 1: Fault(FaultKind.RESET), 2: Fault(FaultKind.CUT_JSON)}
    )
    with FakeTeacher() as teacher, FakeTeacher(judge_script(faults=faults)) as judge:
        judged = run_once(tmp_path, judge.base_url, rows(3), teacher.base_url)
        assert count_paid_twice(judge.records()) == 0
    assert [one.judge_verdict for one in judged] == ["correct"] * 3


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FaultKind.BAD_REQUEST, FAILED),
        (FaultKind.CONTENT_FILTER, "the judge's provider refused the content"),
        (FaultKind.DATA_INSPECTION, "the judge's provider refused the content"),
    ],
)
def test_a_row_that_the_judge_cannot_take_is_not_judged(
    tmp_path: Path, kind: FaultKind, reason: str
) -> None:
    script = judge_script(faults=FaultsInRange(Fault(kind)))
    with FakeTeacher() as teacher, FakeTeacher(script) as judge:
        [judged] = run_once(tmp_path, judge.base_url, rows(1), teacher.base_url)
    assert (judged.judge_verdict, judged.judge_reason) == ("not_judged", reason)
    assert judged.reason == "refuted"


def test_a_run_that_stops_leaves_rows_unjudged_and_the_next_one_asks_only_for_those(
    tmp_path: Path,
) -> None:
    async def stop_in_the_middle(judge: FakeTeacher, teacher: FakeTeacher) -> list[CheckedTrace]:
        settings = teacher_settings(judge.base_url, concurrency=2)
        async with serving(teacher.base_url, tmp_path, judge=settings) as served:
            judged = await judge_all(served, rows(12))
            assert (await served.stopped()).reason == "account"
            return judged

    closed = FaultsInRange(Fault(FaultKind.UNAUTHORIZED), first=5)
    with FakeTeacher() as teacher:
        with FakeTeacher(judge_script(faults=closed, delay_s=0.02)) as judge:
            judged = asyncio.run(stop_in_the_middle(judge, teacher))
            paid = {record.key for record in judge.records() if record.paid}
        words = [one.judge_verdict for one in judged]
        assert 4 <= words.count("correct") <= 5
        assert words.count("not_judged") == 12 - words.count("correct")
        assert {one.judge_reason for one in judged if one.judge_verdict == "not_judged"} == {
            STOPPED
        }
        with FakeTeacher(judge_script()) as healed:
            again = run_once(tmp_path, healed.base_url, rows(12), teacher.base_url)
            asked = {record.key for record in healed.records()}
    assert [one.judge_verdict for one in again] == ["correct"] * 12
    assert paid.isdisjoint(asked)
    assert len(asked) == 12 - len(paid)
