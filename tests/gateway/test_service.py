"""A whole gateway between a client and the fake teacher: attempts, stops, and what is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.settings import Admit, Finished, Stop, Stopped, Waiting
from distilabel_pipelines.journal import read_journal
from tests.fake_teacher import (
    FakeTeacher,
    Fault,
    FaultKind,
    FaultsByNumber,
    FaultsByText,
    FaultSchedule,
    FaultsInRange,
    FixedReplier,
    Outage,
    RefusedFields,
    Reply,
    TeacherScript,
    WireStyle,
    arithmetic_replier,
    reserve_port,
)
from tests.gateway.serving import Answer, Served, serving, wait_until

Work = Callable[[Served], Awaitable[None]]


def run(script: TeacherScript, folder: Path, work: Work, **changes: object) -> FakeTeacher:
    """Do the work with a gateway in front of this teacher; returns the teacher for its records."""

    async def run_all(base_url: str) -> None:
        async with serving(base_url, folder, None, **changes) as served:
            await work(served)

    with FakeTeacher(script) as teacher:
        asyncio.run(run_all(teacher.base_url))
    return teacher


def journalled(folder: Path) -> int:
    return len(list(read_journal(folder / "responses")))


STREAMED_FAULTS = [
    FaultKind.SERVER_ERROR,
    FaultKind.UNAVAILABLE,
    FaultKind.REQUEST_TIMEOUT,
    FaultKind.RESET,
    FaultKind.HALF_STREAM,
    FaultKind.QUIET_HALF_STREAM,
    FaultKind.GARBAGE_JSON,
    FaultKind.EMPTY_BODY,
    FaultKind.ERROR_EVENT,
]
WHOLE_FAULTS = [
    FaultKind.HALF_BODY,
    FaultKind.CUT_JSON,
    FaultKind.GARBAGE_JSON,
    FaultKind.EMPTY_BODY,
    FaultKind.ERROR_EVENT,
]


@pytest.mark.parametrize(
    ("kind", "stream"),
    [(kind, True) for kind in STREAMED_FAULTS] + [(kind, False) for kind in WHOLE_FAULTS],
)
def test_a_transient_failure_is_tried_again(
    tmp_path: Path, kind: FaultKind, *, stream: bool
) -> None:
    async def work(served: Served) -> None:
        answer = await served.ask("2 + 2?")
        assert answer.body["gateway"]["attempts"] == 2
        assert "\\boxed{4}" in answer.text

    script = TeacherScript(replier=arithmetic_replier(), faults=FaultsByNumber({0: Fault(kind)}))
    teacher = run(script, tmp_path, work, stream=stream)
    assert len(teacher.records()) == 2
    ((_, record),) = read_journal(tmp_path / "responses")
    assert record.attempts == 2


@pytest.mark.parametrize("as_http_date", [True, False])
def test_retry_after_is_obeyed_as_seconds_and_as_a_date(
    tmp_path: Path, *, as_http_date: bool
) -> None:
    async def work(served: Served) -> None:
        await served.ask()

    fault = Fault(FaultKind.RATE_LIMITED, retry_after_s=1.0, as_http_date=as_http_date)
    teacher = run(TeacherScript(faults=FaultsByNumber({0: fault})), tmp_path, work)
    first, second = teacher.records()
    assert 1.0 <= second.arrived_s - first.arrived_s < 2.6


def test_requests_to_slow_down_never_use_a_rows_attempts_up(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask()).status == 200

    fault = Fault(FaultKind.RATE_LIMITED, retry_after_s=0.05)
    script = TeacherScript(faults=FaultsInRange(fault, end=8))
    assert len(run(script, tmp_path, work, max_attempts=2).records()) == 9


@pytest.mark.parametrize("kind", [FaultKind.BAD_REQUEST, FaultKind.CONTEXT_LENGTH])
def test_a_bad_request_fails_its_row_alone_and_is_tried_again_by_the_next_run(
    tmp_path: Path, kind: FaultKind
) -> None:
    async def work(served: Served) -> None:
        bad, good = await asyncio.gather(served.ask("a bad row", 0), served.ask("fine", 1))
        assert (bad.status, bad.code) == (502, "row_failed")
        assert good.status == 200
        by_index = {event.index: event for event in await served.finished(2)}
        assert by_index[0].offset is None
        assert "HTTP 400" in by_index[0].error

    faults = FaultsByText({"bad": Fault(kind)})
    assert len(run(TeacherScript(faults=faults), tmp_path, work).records()) == 2
    assert journalled(tmp_path) == 1
    assert len(run(TeacherScript(faults=faults), tmp_path, work).records()) == 1


def test_a_row_whose_attempts_ran_out_fails_alone_and_is_not_journalled(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        bad, good = await asyncio.gather(served.ask("a bad row", 0), served.ask("fine", 1))
        assert (bad.code, bad.body["error"]["attempts"]) == ("row_failed", 2)
        assert good.status == 200
        assert not served.all(Stopped)

    faults = FaultsByText({"bad": Fault(FaultKind.SERVER_ERROR)})
    run(TeacherScript(faults=faults), tmp_path, work, max_attempts=2)
    assert journalled(tmp_path) == 1


@pytest.mark.parametrize("kind", [FaultKind.CONTENT_FILTER, FaultKind.DATA_INSPECTION])
def test_a_refusal_is_journalled_and_never_paid_again(tmp_path: Path, kind: FaultKind) -> None:
    async def work(served: Served) -> None:
        for _ in range(2):
            answer = await served.ask("forbidden", 0)
            assert (answer.status, answer.code) == (400, "refused_by_provider")
        assert [event.offset for event in await served.finished(2)] == [0, 0]

    script = TeacherScript(faults=FaultsByText({"forbidden": Fault(kind)}))
    assert len(run(script, tmp_path, work).records()) == 1
    assert len(run(script, tmp_path, work).records()) == 0


ACCOUNT_FAULTS = [
    FaultKind.UNAUTHORIZED,
    FaultKind.PAYMENT_REQUIRED,
    FaultKind.FORBIDDEN,
    FaultKind.UNKNOWN_MODEL,
    FaultKind.ARREARAGE,
    FaultKind.QUOTA,
]


@pytest.mark.parametrize("kind", ACCOUNT_FAULTS)
def test_an_account_failure_stops_the_run_and_loses_no_row(tmp_path: Path, kind: FaultKind) -> None:
    async def work(served: Served) -> None:
        answers = [await served.ask(f"{number}?", number) for number in range(3)]
        rest = await asyncio.gather(*(served.ask(f"{number}?", number) for number in range(3, 20)))
        assert [answer.status for answer in answers] == [200] * 3
        assert {answer.code for answer in rest} == {"run_stopped"}
        stopped = await served.stopped()
        assert stopped.reason == "account"
        assert "run the same command again" in stopped.message
        assert len(served.all(Stopped)) == 1
        assert len(served.all(Finished)) == 3  # no row is rejected for it

    faults = FaultsInRange(Fault(kind), first=3)
    teacher = run(TeacherScript(faults=faults), tmp_path, work, concurrency=2)
    assert len(teacher.records()) <= 5
    assert journalled(tmp_path) == 3


def test_a_wrong_key_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    async def work(_: Served) -> None:
        raise AssertionError("must not begin")

    with pytest.raises(RunMustStopError, match="HTTP 401") as caught:
        run(TeacherScript(api_key="sk-right"), tmp_path, work)
    assert caught.value.reason == "account"


def test_the_key_is_read_from_its_variable_without_the_line_end_of_a_paste(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask()).status == 200

    monkeypatch.setenv("MY_TEACHERS_KEY", "sk-right\n")
    run(TeacherScript(api_key="sk-right"), tmp_path, work, api_key_env="MY_TEACHERS_KEY")
    assert "sk-right" not in (tmp_path / "responses" / "responses.jsonl").read_text()


def test_a_server_that_refuses_seeds_is_told_so_once_and_samples_stay_distinct(
    tmp_path: Path,
) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask("first", seed=0)).status == 200
        for seed in (0, 1, 2):
            answer = await served.ask("2 + 2?", seed=seed)
            assert answer.body["gateway"]["from_journal"] is False

    teacher = run(TeacherScript(faults=RefusedFields(("seed",))), tmp_path, work)
    assert ["seed" in record.body for record in teacher.records()] == [True] + [False] * 4
    assert journalled(tmp_path) == 4


def test_a_server_known_to_refuse_seeds_never_sees_one(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask(seed=5)).status == 200

    teacher = run(TeacherScript(faults=RefusedFields(("seed",))), tmp_path, work, send_seed=False)
    assert len(teacher.records()) == 1


def test_a_row_that_is_refused_for_another_seed_problem_fails_after_it_went_without(
    tmp_path: Path,
) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask(seed=1)).code == "row_failed"

    fault = Fault(FaultKind.FIELD_REFUSED, subject="seed")
    assert len(run(TeacherScript(faults=FaultsInRange(fault)), tmp_path, work).records()) == 2


def test_an_outage_in_the_middle_is_waited_out(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        answers = await asyncio.gather(*(served.ask(f"{number}?", number) for number in range(12)))
        assert {answer.status for answer in answers} == {200}
        assert served.all(Waiting)

    script = TeacherScript(
        replier=FixedReplier(Reply(content="a", delay_s=0.1)), outages=(Outage(4, 1.5),)
    )
    run(script, tmp_path, work, concurrency=3)
    assert journalled(tmp_path) == 12


def test_an_outage_beyond_the_limit_stops_resumably(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask("first")).status == 200
        answers = await asyncio.gather(*(served.ask(f"{number}?", number) for number in range(5)))
        assert {answer.code for answer in answers} == {"run_stopped"}
        stopped = await served.stopped()
        assert stopped.reason == "unreachable"
        assert "every finished response is kept" in stopped.message

    script = TeacherScript(outages=(Outage(1, 60.0),))
    run(script, tmp_path, work, outage_wait_s=1.0, concurrency=1)
    assert journalled(tmp_path) == 1


def test_a_server_that_comes_up_late_is_waited_for(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask()).status == 200
        assert "does not answer" in served.all(Waiting)[0].message

    run(TeacherScript(listen_after_s=1.0), tmp_path, work)


def test_a_stream_that_falls_silent_is_given_up_and_asked_again(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask()).body["gateway"]["attempts"] == 2

    script = TeacherScript(faults=FaultsByNumber({0: Fault(FaultKind.STALL)}))
    run(script, tmp_path, work, idle_timeout_s=0.5)


@pytest.mark.parametrize("stream", [True, False])
def test_there_is_no_total_time_out(tmp_path: Path, *, stream: bool) -> None:
    """The reply takes four idle time-outs; a stream never falls silent for one."""

    async def work(served: Served) -> None:
        assert (await served.ask()).body["gateway"]["attempts"] == 1

    reply = Reply(content="slow " * 40, delay_s=1.2)
    style = WireStyle(stream_steps=16)
    script = TeacherScript(replier=FixedReplier(reply), style=style)
    run(script, tmp_path, work, stream=stream, idle_timeout_s=0.3)


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_the_base_url_is_taken_with_and_without_its_version(tmp_path: Path, suffix: str) -> None:
    async def ask(root_url: str) -> None:
        async with serving(root_url + suffix, tmp_path) as served:
            assert (await served.ask()).status == 200

    with FakeTeacher() as teacher:
        asyncio.run(ask(teacher.root_url))


def test_a_server_without_a_list_of_models_works_where_model_is_given(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert served.ready.model == "org/mine"
        assert (await served.ask(model="org/mine")).status == 200

    run(TeacherScript(list_models=False), tmp_path, work, model="org/mine")


@pytest.mark.parametrize(
    ("models", "told"), [((), "none"), (("a", "b/c"), "a, b/c"), (("only/one",), None)]
)
def test_an_empty_model_takes_the_only_one_that_is_served(
    tmp_path: Path, models: tuple[str, ...], told: str | None
) -> None:
    async def work(served: Served) -> None:
        assert served.ready.model == "only/one"

    if told is None:
        run(TeacherScript(models=models), tmp_path, work)
        return
    with pytest.raises(RunMustStopError, match=rf"the server lists: {told}\. Set MODEL="):
        run(TeacherScript(models=models), tmp_path, work)


def test_an_unknown_model_stops_the_run(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask(model="typo")).code == "run_stopped"
        assert "typo" in (await served.stopped()).message

    run(TeacherScript(check_model=True), tmp_path, work, model="typo")


@pytest.mark.parametrize("url", ["localhost:8000", "not a url", "ftp://host/v1"])
def test_what_is_no_url_is_told_at_once(tmp_path: Path, url: str) -> None:
    async def begin() -> None:
        async with serving(url, tmp_path):
            raise AssertionError("must not begin")

    with pytest.raises(RunMustStopError, match="is no URL of the form"):
        asyncio.run(begin())


def test_requests_go_by_index_within_the_window_and_below_the_limit(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        asking = [
            asyncio.create_task(served.ask(f"{number}?", number)) for number in reversed(range(30))
        ]
        await wait_until(lambda: served.gateway._teacher.window.queued == 30)
        served.gateway.obey(Admit(limit=10))
        await served.finished(10)
        served.gateway.obey(Admit(limit=20, final=True))
        answers = await asyncio.gather(*asking)
        assert [answer.status for answer in reversed(answers)] == [200] * 20 + [409] * 10
        assert {answer.code for answer in answers if answer.status == 409} == {"not_needed"}

    reply = Reply(content="a", delay_s=0.02)
    script = TeacherScript(replier=FixedReplier(reply))
    teacher = run(script, tmp_path, work, concurrency=3, admission_limit=0)
    texts = [record.body["messages"][0]["content"] for record in teacher.records()]
    assert sorted(texts[:10]) == sorted(f"{number}?" for number in range(10))
    assert len(texts) == 20
    assert teacher.peak_in_flight == 3


def test_a_retry_keeps_its_place_in_the_order(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        answers = [served.ask(f"question {number}", number) for number in range(40)]
        await asyncio.gather(*answers)

    script = TeacherScript(
        replier=FixedReplier(Reply(content="a", delay_s=0.1)),
        faults=FaultsByText({"question 0": Fault(FaultKind.RATE_LIMITED, 0.2)}, attempts=1),
    )
    teacher = run(script, tmp_path, work, concurrency=2)
    texts = [record.body["messages"][0]["content"] for record in teacher.records()]
    again = [number for number, text in enumerate(texts) if text == "question 0"][1]
    assert again < 20  # not behind the 40 that were there before its second attempt


def test_one_slow_reply_holds_nobody_up(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        slow = asyncio.create_task(served.ask("slow", 0))
        await asyncio.gather(*(served.ask(f"{number}?", number) for number in range(1, 40)))
        assert not slow.done()
        await slow

    fault = Fault(FaultKind.SLOW_FIRST_TOKEN, delay_s=1.5)
    run(TeacherScript(faults=FaultsByText({"slow": fault})), tmp_path, work, concurrency=2)


def test_identical_requests_at_once_are_sent_once_and_each_is_told(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        answers = await asyncio.gather(*(served.ask("same", number) for number in range(10)))
        assert len({answer.text for answer in answers}) == 1
        assert {event.index for event in await served.finished(10)} == set(range(10))

    script = TeacherScript(replier=FixedReplier(Reply(content="a", delay_s=0.3)))
    assert len(run(script, tmp_path, work).records()) == 1


def test_identical_requests_that_fail_are_each_told(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        answers = await asyncio.gather(*(served.ask("same", number) for number in range(5)))
        assert {answer.code for answer in answers} == {"row_failed"}
        assert {event.index for event in await served.finished(5)} == set(range(5))

    fault = Fault(FaultKind.BAD_REQUEST, delay_s=0.3)
    assert len(run(TeacherScript(faults=FaultsInRange(fault)), tmp_path, work).records()) == 1


def test_a_twin_within_the_limit_brings_a_held_back_request_in(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        held_back = asyncio.create_task(served.ask("same", 50))
        await wait_until(lambda: served.gateway._teacher.window.queued == 1)
        assert (await served.ask("same", 3)).status == 200
        assert (await held_back).status == 200

    run(TeacherScript(), tmp_path, work, admission_limit=10)


def test_a_caller_who_went_away_changes_nothing_about_the_journal(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        asking = asyncio.create_task(served.ask("2 + 2?", 0))
        await wait_until(lambda: served.gateway._teacher.window.in_flight == 1)
        asking.cancel()
        await served.finished(1)

    script = TeacherScript(replier=FixedReplier(Reply(content="a", delay_s=0.5)))
    run(script, tmp_path, work)
    assert journalled(tmp_path) == 1


def test_rows_that_are_not_needed_any_more_do_not_wait_for_their_retry(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        asking = asyncio.create_task(served.ask("2 + 2?", 7))
        await wait_until(lambda: bool(served.all(Waiting)))
        started = time.monotonic()
        served.gateway.obey(Admit(limit=0, final=True))
        assert (await asking).code == "not_needed"
        assert time.monotonic() - started < 2

    fault = Fault(FaultKind.RATE_LIMITED, retry_after_s=300)
    run(TeacherScript(faults=FaultsInRange(fault)), tmp_path, work)


def test_a_teacher_that_is_at_work_is_not_down_whatever_others_are_told(tmp_path: Path) -> None:
    """One long stream flows while another request is told to slow down, beyond the patience."""

    async def work(served: Served) -> None:
        long, short = await asyncio.gather(served.ask("long", 0), served.ask("limited", 1))
        assert (long.status, short.status) == (200, 200)

    def faults(call: object) -> Fault | None:
        return limited(call) if time.monotonic() < until else None  # type: ignore[arg-type]

    until = time.monotonic() + 1.2
    limited: FaultSchedule = FaultsByText({"limited": Fault(FaultKind.RATE_LIMITED, 0.1)})
    reply = Reply(content="word " * 400, delay_s=1.5)
    style = WireStyle(stream_steps=40)
    script = TeacherScript(replier=FixedReplier(reply), style=style, faults=faults)
    run(script, tmp_path, work, outage_wait_s=0.4)


def test_a_teacher_that_fails_every_row_stops_the_run(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        await asyncio.gather(*(served.ask(f"{number}?", number) for number in range(40)))
        assert (await served.stopped()).reason == "failing"

    fault = Fault(FaultKind.SERVER_ERROR)
    run(TeacherScript(faults=FaultsInRange(fault)), tmp_path, work, max_attempts=1, concurrency=4)


def test_completions_are_asked_kept_and_answered_in_their_own_form(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        body = {"model": "fake-teacher", "prompt": "2 + 2?", "seed": 1}
        for from_journal in (False, True):
            answer = await served.post("/completions", body, 0)
            assert "boxed{4}" in answer.body["choices"][0]["text"]
            assert answer.body["gateway"]["from_journal"] is from_journal

    script = TeacherScript(replier=arithmetic_replier())
    (record,) = run(script, tmp_path, work).records()
    assert record.path == "/v1/completions"


@pytest.mark.parametrize("stop", ["grace", "none"])
def test_a_stop_leaves_what_is_in_flight_its_grace(
    tmp_path: Path, stop: Literal["grace", "none"]
) -> None:
    async def ask(base_url: str) -> None:
        grace_s = 5.0 if stop == "grace" else 0.0
        async with serving(base_url, tmp_path, Stop(grace_s=grace_s)) as served:
            asking.append(asyncio.create_task(served.ask("2 + 2?")))
            await wait_until(lambda: served.gateway._teacher.window.in_flight == 1)
        await asyncio.gather(*asking, return_exceptions=True)

    asking: list[asyncio.Task[Answer]] = []
    script = TeacherScript(replier=FixedReplier(Reply(content="a", delay_s=0.8)))
    with FakeTeacher(script) as teacher:
        asyncio.run(ask(teacher.base_url))
    assert journalled(tmp_path) == (1 if stop == "grace" else 0)


def test_a_reply_of_many_megabytes_arrives_whole(tmp_path: Path) -> None:
    text = "é\x00" * 3_000_000

    async def work(served: Served) -> None:
        assert (await served.ask()).text == text

    script = TeacherScript(
        replier=FixedReplier(Reply(content=text)), style=WireStyle(delta_characters=None)
    )
    run(script, tmp_path, work)


def test_a_row_that_is_always_too_much_for_the_server_is_given_up(tmp_path: Path) -> None:
    """Others are answered all the while: it is no outage, and must not become one."""
    script = TeacherScript(
        faults=FaultsByText({"huge": Fault(FaultKind.RATE_LIMITED, retry_after_s=0.0)})
    )

    async def work(served: Served) -> None:
        huge = asyncio.create_task(served.ask("huge", 0))
        for number in range(1, 200):
            await served.ask(f"{number}?", number)
            if huge.done():
                break
        answer = await asyncio.wait_for(huge, 60)
        assert answer.code == "row_failed"
        assert served.all(Stopped) == []

    run(script, tmp_path, work, outage_wait_s=60.0)


def test_a_higher_limit_waits_until_the_build_has_heard_of_all_answers(tmp_path: Path) -> None:
    """One of them may have been the last row that was wanted."""

    async def work(served: Served) -> None:
        asking = [asyncio.create_task(served.ask(f"{number}?", number)) for number in range(6)]
        served.gateway.obey(Admit(limit=2, heard=0))
        await served.finished(2)
        served.gateway.obey(Admit(limit=4, heard=1))
        await asyncio.sleep(0.2)
        assert len(served.all(Finished)) == 2
        served.gateway.obey(Admit(limit=4, heard=2))
        await served.finished(4)
        served.gateway.obey(Admit(limit=0, final=True, heard=2))  # the end is always obeyed
        answers = await asyncio.gather(*asking)
        assert sorted(answer.status for answer in answers) == [200] * 4 + [409] * 2

    run(TeacherScript(), tmp_path, work, admission_limit=0)


def test_connections_are_used_again_after_a_stream(tmp_path: Path) -> None:
    """Else 20,000 streams are 20,000 connections, each with its own handshake."""

    async def work(served: Served) -> None:
        for number in range(20):
            await served.ask(f"{number}?")
        assert len(served.connector._conns) == 1

    run(replace(TeacherScript(), port=reserve_port()), tmp_path, work)
