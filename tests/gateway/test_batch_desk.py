"""Batches over HTTP against the fake DashScope: what is answered, what fails, what is told."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from distilabel_pipelines.gateway.batch_lines import BatchLineFailedError
from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.window import RunStoppedError
from distilabel_pipelines.journal import Journal
from distilabel_pipelines.journal_lines import (
    BatchClosed,
    BatchIntent,
    BatchSubmitted,
    JournalRecord,
)
from distilabel_pipelines.wire import Body
from tests.fake_dashscope import API_KEY, refusal
from tests.fake_teacher import Call, Fault, FaultKind, FaultsByNumber, FaultsByText
from tests.gateway.batching import (
    KEY_VARIABLE,
    Tripwire,
    ask_for,
    in_event_loop,
    key_of,
    keys_of,
    lines_in,
    open_desk,
    service_with,
)
from tests.gateway.serving import wait_until


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)


@in_event_loop
async def test_requests_are_answered_by_one_batch_and_journalled(tmp_path: Path) -> None:
    bodies = [ask_for(number) for number in range(5)]
    with service_with(running_s=0.2) as service:
        async with open_desk(service, tmp_path) as opened:
            records = await opened.answer(*bodies)
            assert opened.desk.done == 5
            assert opened.desk.collected == opened.desk.submitted == 0
            await wait_until(lambda: not list((tmp_path / "batches").glob("*/*")))
        assert service.batches_created == 1
        assert set(service.answered_ids.values()) == {1}
    assert [record.request for record in records] == bodies
    assert all(record.batch and record.reply is not None for record in records)
    assert "\\boxed{3}" in str(records[2].reply)
    (intent,) = lines_in(tmp_path, BatchIntent)
    (submitted,) = lines_in(tmp_path, BatchSubmitted)
    (closed,) = lines_in(tmp_path, BatchClosed)
    assert isinstance(intent, BatchIntent)
    assert set(intent.keys) == keys_of(range(5))
    assert isinstance(submitted, BatchSubmitted)
    assert closed == BatchClosed(closed_batch=submitted.batch, outcome="completed")


@in_event_loop
async def test_the_user_is_told_of_each_change(tmp_path: Path) -> None:
    with service_with(validating_s=0.2, running_s=0.4) as service:
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(*map(ask_for, range(3)))
    told = "\n".join(opened.told)
    assert "3 requests submitted, window 24h" in told
    assert "validating, 0 of 3 done" in told
    assert "in_progress" in told
    assert "completed: 3 of 3 answered" in told
    assert len(opened.told) <= 6


@in_event_loop
async def test_a_thought_is_kept(tmp_path: Path) -> None:
    body = ask_for(1, model="qwen3.7-plus", enable_thinking=True)
    with service_with() as service:
        async with open_desk(service, tmp_path) as opened:
            (record,) = await opened.answer(body)
    assert record.reply is not None
    assert record.reply.message["reasoning_content"]
    assert record.reply.usage is not None


@in_event_loop
async def test_each_kind_of_request_gets_a_file_of_its_own(tmp_path: Path) -> None:
    bodies = [
        ask_for(1),
        ask_for(2, model="qwen-max"),
        ask_for(3, model="qwen3.7-plus", enable_thinking=True),
        ask_for(4, model="qwen3.7-plus", enable_thinking=False),
    ]
    with service_with() as service:
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(*bodies)
        assert service.batches_created == 4


@in_event_loop
async def test_a_large_wave_is_split_and_its_batches_run_side_by_side(tmp_path: Path) -> None:
    with service_with(running_s=0.5) as service:
        async with open_desk(service, tmp_path, max_lines=4) as opened:
            started = time.monotonic()
            await opened.answer(*map(ask_for, range(12)))
            assert time.monotonic() - started < 1.4
        assert service.batches_created == 3


@in_event_loop
async def test_what_is_prepared_is_sent_and_what_was_asked_is_kept(tmp_path: Path) -> None:
    def drop_seed(body: Body) -> Body:
        return {name: value for name, value in body.items() if name != "seed"}

    body = ask_for(1, seed=2**40)  # beyond what DashScope takes
    with service_with() as service:
        async with open_desk(service, tmp_path, prepare=drop_seed) as opened:
            (record,) = await opened.answer(body)
    assert record.request == body
    assert record.reply is not None


@in_event_loop
async def test_a_request_asked_for_twice_is_paid_once(tmp_path: Path) -> None:
    with service_with(running_s=0.3) as service:
        async with open_desk(service, tmp_path) as opened:
            first, second = await opened.answer(ask_for(1), ask_for(1))
            (third,) = await opened.answer(ask_for(1))
        assert sum(service.answered_ids.values()) == 1
    assert first == second == third


@in_event_loop
async def test_who_gives_up_before_the_file_is_full_has_nothing_sent(tmp_path: Path) -> None:
    with service_with() as service:
        async with open_desk(service, tmp_path, quiet_s=0.3) as opened:
            kept, dropped = opened.ask(ask_for(1), ask_for(2))
            await asyncio.sleep(0.05)
            assert opened.desk.collected == 2
            dropped.cancel()
            await kept
        assert set(service.answered_ids) == keys_of([1])


def read_all_files(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("error_form", ["error", "response", "both"])
@pytest.mark.parametrize("failed_lines", ["error_file", "output_file"])
@in_event_loop
async def test_failed_lines_say_why_and_who_may_try_again(
    tmp_path: Path, error_form: str, failed_lines: str
) -> None:
    faults = FaultsByText(
        {
            "What is 1 +": refusal("input_inspection"),
            "What is 2 +": refusal("bad_max_tokens"),
            "What is 3 +": refusal("internal_error"),
            "What is 4 +": refusal("rate_quota"),
        }
    )
    rules = {"line_faults": faults, "error_form": error_form, "failed_lines": failed_lines}
    with service_with(**rules) as service:
        async with open_desk(service, tmp_path) as opened:
            results = await asyncio.gather(
                *opened.ask(*map(ask_for, range(5))), return_exceptions=True
            )
    good, moderated, bad, broken, throttled = results
    assert isinstance(good, tuple)
    assert isinstance(moderated, tuple)
    assert moderated[1].refusal is not None
    assert "inappropriate content" in moderated[1].refusal.message
    assert isinstance(bad, BatchLineFailedError)
    assert (bad.fault.kind, bad.may_fall_back) == ("bad_request", False)
    assert isinstance(broken, BatchLineFailedError)
    assert isinstance(throttled, BatchLineFailedError)
    assert broken.may_fall_back
    assert throttled.may_fall_back
    assert len(lines_in(tmp_path, JournalRecord)) == 2


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.EMPTY_BODY, FaultKind.GARBAGE_JSON])
@in_event_loop
async def test_a_line_that_is_missing_or_torn_fails_alone(tmp_path: Path, kind: FaultKind) -> None:
    with service_with(line_faults=FaultsByText({"What is 1 +": Fault(kind)})) as service:
        async with open_desk(service, tmp_path) as opened:
            good, failed = opened.ask(ask_for(0), ask_for(1))
            await good
            with pytest.raises(BatchLineFailedError) as caught:
                await failed
    assert caught.value.may_fall_back


@pytest.mark.parametrize("expired_lines", ["error_file", "missing"])
@in_event_loop
async def test_expired_lines_may_be_asked_one_by_one(tmp_path: Path, expired_lines: str) -> None:
    with service_with(running_s=2.0, expires_after_s=1.0, expired_lines=expired_lines) as service:
        async with open_desk(service, tmp_path) as opened:
            results = await asyncio.gather(
                *opened.ask(*map(ask_for, range(10))), return_exceptions=True
            )
    failed = [result for result in results if isinstance(result, BatchLineFailedError)]
    assert 3 <= len(failed) <= 7
    assert all(one.may_fall_back and "expired" in one.fault.message for one in failed)
    assert "expired" in "\n".join(opened.told)


@in_event_loop
async def test_a_file_that_is_refused_is_explained_in_the_endpoints_words(tmp_path: Path) -> None:
    with service_with(max_lines=2) as service:
        async with open_desk(service, tmp_path) as opened:
            results = await asyncio.gather(
                *opened.ask(*map(ask_for, range(3))), return_exceptions=True
            )
    assert all(isinstance(one, BatchLineFailedError) and one.may_fall_back for one in results)
    assert "3 requests, more than 2" in str(results[0])
    assert any("3 requests, more than 2" in line for line in opened.told)
    assert len(lines_in(tmp_path, BatchClosed)) == 1


@in_event_loop
async def test_a_model_without_batches_stops_the_run(tmp_path: Path) -> None:
    with service_with() as service:
        async with open_desk(service, tmp_path) as opened:
            with pytest.raises(RunStoppedError, match="not supported by the Batch API"):
                await opened.answer(ask_for(1, model="qwen3-32b"))
            with pytest.raises(RunMustStopError, match="BATCH=0") as stopped:
                await opened.running
            with pytest.raises(RunStoppedError):
                await opened.answer(ask_for(2))
    assert stopped.value.reason == "account"
    assert len(lines_in(tmp_path, BatchClosed)) == 1


@in_event_loop
async def test_an_empty_account_stops_the_run_and_keeps_what_was_answered(tmp_path: Path) -> None:
    faults = FaultsByNumber({2: refusal("arrearage")})
    with service_with(line_faults=faults) as service:
        async with open_desk(service, tmp_path) as opened:
            results = await asyncio.gather(
                *opened.ask(*map(ask_for, range(3))), return_exceptions=True
            )
            with pytest.raises(RunMustStopError, match="good standing"):
                await opened.running
            assert "still running" not in opened.told[-1]
    assert sum(isinstance(result, tuple) for result in results) == 2
    assert sum(isinstance(result, RunStoppedError) for result in results) == 1


@in_event_loop
async def test_a_wrong_key_stops_the_run_and_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "sk-wrong-key-of-somebody")
    with service_with() as service:
        async with open_desk(service, tmp_path) as opened:
            with pytest.raises(RunStoppedError):
                await opened.answer(ask_for(1))
            with pytest.raises(RunMustStopError) as stopped:
                await opened.running
    told = "\n".join([*opened.told, stopped.value.message])
    assert "Incorrect API key" in told
    assert "sk-wrong" not in told


@in_event_loop
async def test_a_creation_whose_answer_was_lost_is_looked_up_not_repeated(tmp_path: Path) -> None:
    lost = Tripwire("POST /batches", FaultKind.HALF_BODY)
    with service_with(faults=lost) as service:
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(*map(ask_for, range(3)))
        assert lost.tripped.is_set()
        assert service.batches_created == 1
        assert set(service.answered_ids.values()) == {1}


@pytest.mark.parametrize("route", ["POST /files", "POST /batches", "GET /batches/", "GET /files/"])
@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.HALF_BODY])
@in_event_loop
async def test_a_lost_answer_costs_nothing(tmp_path: Path, route: str, kind: FaultKind) -> None:
    lost = Tripwire(route, kind)
    with service_with(running_s=0.2, faults=lost) as service:
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(*map(ask_for, range(2)))
        assert lost.tripped.is_set()
        assert service.batches_created == 1


@pytest.mark.parametrize("route", ["GET /batches/", "GET /files/"])
@in_event_loop
async def test_what_is_missing_for_a_moment_is_not_paid_again(tmp_path: Path, route: str) -> None:
    misses = iter(range(2))

    def miss_twice(call: Call) -> Fault | None:
        is_missed = call.key.startswith(route) and next(misses, None) is not None
        return refusal("model_not_found_native") if is_missed else None  # any 404

    with service_with(running_s=0.2, faults=miss_twice) as service:
        async with open_desk(service, tmp_path, api_changes={"lag_s": 0.3}) as opened:
            await opened.answer(*map(ask_for, range(2)))
        assert service.batches_created == 1
    assert next(misses, None) is None


@in_event_loop
async def test_result_files_that_are_gone_may_be_asked_one_by_one(tmp_path: Path) -> None:
    def gone(call: Call) -> Fault | None:
        return refusal("model_not_found_native") if call.key.startswith("GET /files/") else None

    with service_with(faults=gone) as service:
        async with open_desk(service, tmp_path) as opened:
            with pytest.raises(BatchLineFailedError) as caught:
                await opened.answer(ask_for(1))
    assert caught.value.may_fall_back
    assert any("is gone" in line for line in opened.told)


@in_event_loop
async def test_throttled_calls_are_waited_out(tmp_path: Path) -> None:
    faults = FaultsByNumber({0: refusal("limit_requests"), 1: refusal("batch_busy")})
    with service_with(faults=faults) as service:
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(ask_for(1))
    assert any("still trying" in line for line in opened.told)


@in_event_loop
async def test_an_outage_while_a_batch_runs_is_survived_and_told(tmp_path: Path) -> None:
    with service_with(running_s=0.5) as service:
        async with open_desk(service, tmp_path) as opened:
            asking = opened.ask(*map(ask_for, range(3)))
            await wait_until(lambda: any("submitted" in line for line in opened.told))
            service.go_down()
            await wait_until(lambda: any("still trying" in line for line in opened.told))
            service.come_back()
            await asyncio.gather(*asking)
        assert service.batches_created == 1


@in_event_loop
async def test_an_outage_beyond_all_patience_stops_the_run(tmp_path: Path) -> None:
    with service_with(running_s=0.5) as service:
        service.go_down()
        async with open_desk(service, tmp_path, api_changes={"submit_patience_s": 0.2}) as opened:
            with pytest.raises(RunStoppedError):
                await opened.answer(ask_for(1))
            with pytest.raises(RunMustStopError) as stopped:
                await opened.running
        service.come_back()
    assert stopped.value.reason == "unreachable"


@in_event_loop
async def test_a_stop_leaves_the_batch_running_and_says_so(tmp_path: Path) -> None:
    with service_with(running_s=0.6) as service:
        async with open_desk(service, tmp_path) as opened:
            opened.ask(*map(ask_for, range(4)))
            await wait_until(lambda: opened.desk.submitted == 4 and len(opened.told) > 1)
        assert "is still running; the same command collects it" in opened.told[-1]
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(*map(ask_for, range(4)))
        assert service.batches_created == 1
        assert set(service.answered_ids.values()) == {1}


@in_event_loop
async def test_two_teachers_share_a_journal_and_keep_to_their_own_batches(tmp_path: Path) -> None:
    mine, theirs = [ask_for(n) for n in range(4)], [ask_for(n, "qwen-max") for n in range(4)]
    with service_with(running_s=0.4) as service:
        journal = await Journal(tmp_path).open()
        async with (
            open_desk(service, tmp_path, journal=journal) as teacher,
            open_desk(service, tmp_path, journal=journal, teacher="judge") as judge,
        ):
            teacher.ask(*mine)
            judge.ask(*theirs)
            await wait_until(lambda: len(lines_in(tmp_path, BatchSubmitted)) == 2)
        await journal.close()
        async with open_desk(service, tmp_path, teacher="judge") as judge:
            assert judge.desk.submitted == 4
            records = await judge.answer(*theirs)
        async with open_desk(service, tmp_path) as teacher:
            await teacher.answer(*mine)
        assert set(service.answered_ids.values()) == {1}
        assert service.batches_created == 2
    assert {record.teacher for record in records} == {"judge"}


@in_event_loop
async def test_two_thousand_lines_take_seconds(tmp_path: Path) -> None:
    bodies = [ask_for(number) for number in range(2000)]
    with service_with() as service:
        async with open_desk(service, tmp_path) as opened:
            started = time.monotonic()
            await opened.answer(*bodies)
            took_s = time.monotonic() - started
        assert service.batches_created == 1
    assert took_s < 15


@in_event_loop
async def test_the_key_is_in_nothing_that_is_told_or_written(tmp_path: Path) -> None:
    faults = FaultsByText({"What is 1 +": refusal("internal_error")})
    with service_with(line_faults=faults) as service:
        async with open_desk(service, tmp_path) as opened:
            opened.ask(ask_for(0), ask_for(1))
            await wait_until(lambda: opened.desk.done == 2)
    written = read_all_files(tmp_path)
    assert API_KEY not in "\n".join([*opened.told, *written])


@in_event_loop
async def test_a_batch_the_endpoint_has_forgotten_is_asked_anew(tmp_path: Path) -> None:
    with service_with(running_s=5.0) as before:
        async with open_desk(before, tmp_path) as opened:
            opened.ask(*map(ask_for, range(2)))
            await wait_until(lambda: len(lines_in(tmp_path, BatchSubmitted)) == 1)
    with service_with() as service:
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(*map(ask_for, range(2)))
        assert service.batches_created == 1
    assert any("is not known here" in line for line in opened.told)


@in_event_loop
async def test_a_file_that_is_gone_is_uploaded_anew(tmp_path: Path) -> None:
    wire = Tripwire("POST /batches", FaultKind.RESET)
    with service_with(faults=wire) as service:
        async with open_desk(service, tmp_path, api_changes={"lag_s": 60}) as opened:
            opened.ask(ask_for(1))
            await wait_until(wire.tripped.is_set)
        (intent,) = lines_in(tmp_path, BatchIntent)
        assert isinstance(intent, BatchIntent)
        headers = {"Authorization": f"Bearer {API_KEY}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            url = f"{service.base_url}/files/{intent.batch_file}"
            assert (await session.delete(url)).status == 200
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(ask_for(1))
        assert set(service.answered_ids) == {key_of(ask_for(1))}
    assert any("is gone" in line for line in opened.told)
