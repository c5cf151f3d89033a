"""The whole gateway in batch mode: HTTP to the build, and HTTP to the fake DashScope."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from distilabel_pipelines.gateway.settings import Stop, Told, Waiting
from distilabel_pipelines.journal_lines import (
    BatchClosed,
    BatchSubmitted,
    JournalRecord,
    Release,
    Reservation,
)
from tests.fake_dashscope import API_KEY, FakeDashScope, refusal
from tests.fake_teacher import FaultsByText
from tests.gateway.batching import (
    KEY_VARIABLE,
    QUICK,
    Tripwire,
    in_event_loop,
    lines_in,
    service_with,
)
from tests.gateway.serving import Answer, Served, serving, teacher_settings, wait_until

ROWS = range(10)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)


@asynccontextmanager
async def batching(
    service: FakeDashScope, folder: Path, fallback: str = "live", **changes: object
) -> AsyncIterator[Served]:
    """A gateway that asks in batches; leaving the block stops it without grace."""
    given: dict[str, object] = {
        "batch": {**QUICK, "fallback": fallback},
        "api_key_env": KEY_VARIABLE,
        "model": "qwen-plus",
        "dialect": "dashscope",
    }
    async with serving(service.base_url, folder, Stop(), **{**given, **changes}) as served:
        yield served


def start(served: Served, rows: Iterable[int]) -> list[asyncio.Task[Answer]]:
    """Ask for all rows, without waiting."""
    return [
        asyncio.create_task(
            served.ask(f"What is {row} + 1?", row, model="qwen-plus", max_tokens=100)
        )
        for row in rows
    ]


async def leave(asking: list[asyncio.Task[Answer]]) -> None:
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


def records_in(folder: Path) -> list[JournalRecord]:
    found = lines_in(folder / "responses", JournalRecord)
    return [line for line in found if isinstance(line, JournalRecord)]


def told_by(served: Served) -> str:
    return "\n".join(event.message for event in served.events if isinstance(event, Told | Waiting))


@in_event_loop
async def test_more_rows_than_the_window_is_wide_are_answered_by_one_batch(tmp_path: Path) -> None:
    with service_with(running_s=0.2) as service:
        async with batching(service, tmp_path, concurrency=2) as served:
            answers = await asyncio.gather(*start(served, ROWS))
            finished = await served.finished(len(ROWS))
        assert service.batches_created == 1
        assert service.records() == []  # nothing went out one by one
    assert [answer.status for answer in answers] == [200] * len(ROWS)
    assert "\\boxed{10}" in answers[9].text
    assert all(event.offset is not None and not event.error for event in finished)
    assert all(record.batch for record in records_in(tmp_path))
    assert "10 requests submitted" in told_by(served)


@in_event_loop
async def test_a_gateway_that_ends_between_submit_and_collect_pays_once(tmp_path: Path) -> None:
    with service_with(running_s=0.5) as service:
        async with batching(service, tmp_path) as served:
            asking = start(served, ROWS)
            await wait_until(lambda: len(lines_in(tmp_path / "responses", BatchSubmitted)) == 1)
        await leave(asking)
        assert "is still running; the same command collects it" in told_by(served)
        assert records_in(tmp_path) == []
        async with batching(service, tmp_path) as served:
            answers = await asyncio.gather(*start(served, ROWS))
        assert service.batches_created == 1
        assert set(service.answered_ids.values()) == {1}
        assert len(service.answered_ids) == len(ROWS)
    assert [answer.status for answer in answers] == [200] * len(ROWS)


@in_event_loop
async def test_a_run_without_batches_waits_for_the_one_that_was_paid(tmp_path: Path) -> None:
    with service_with(running_s=0.5) as service:
        async with batching(service, tmp_path) as served:
            asking = start(served, ROWS)
            await wait_until(lambda: len(lines_in(tmp_path / "responses", BatchSubmitted)) == 1)
        await leave(asking)
        async with batching(service, tmp_path, batch=None) as served:
            answers = await asyncio.gather(*start(served, range(12)))
        assert set(service.answered_ids.values()) == {1}
        assert len(service.records()) == 2  # the two that no batch held
    assert [answer.status for answer in answers] == [200] * 12


@in_event_loop
async def test_a_batch_at_another_endpoint_is_left_alone(tmp_path: Path) -> None:
    with service_with(running_s=0.5) as first, service_with(running_s=0.1) as second:
        async with batching(first, tmp_path) as served:
            asking = start(served, ROWS)
            await wait_until(lambda: len(lines_in(tmp_path / "responses", BatchSubmitted)) == 1)
        await leave(asking)
        async with batching(second, tmp_path) as served:
            await asyncio.gather(*start(served, range(20, 23)))
        async with batching(first, tmp_path) as served:
            await asyncio.gather(*start(served, ROWS))
        assert first.batches_created == second.batches_created == 1
        assert set(first.answered_ids.values()) == {1}


@in_event_loop
async def test_answers_collected_before_anybody_asks_come_from_the_journal(tmp_path: Path) -> None:
    with service_with(running_s=0.3) as service:
        async with batching(service, tmp_path) as served:
            asking = start(served, ROWS)
            await wait_until(lambda: len(lines_in(tmp_path / "responses", BatchSubmitted)) == 1)
        await leave(asking)
        async with batching(service, tmp_path) as served:
            await wait_until(lambda: len(lines_in(tmp_path / "responses", BatchClosed)) == 1)
            await asyncio.gather(*start(served, ROWS))
            finished = await served.finished(len(ROWS))
        assert service.batches_created == 1
    assert all(event.from_journal for event in finished)


@in_event_loop
async def test_failed_lines_are_asked_one_by_one_where_that_is_wanted(tmp_path: Path) -> None:
    faults = FaultsByText({"What is 3 +": refusal("internal_error")})
    with service_with(line_faults=faults) as service:
        async with batching(service, tmp_path) as served:
            answers = await asyncio.gather(*start(served, ROWS))
        assert len(service.records()) == 1
    assert [answer.status for answer in answers] == [200] * len(ROWS)
    assert sum(not record.batch for record in records_in(tmp_path)) == 1


@in_event_loop
async def test_failed_lines_are_rejected_with_the_reason_where_that_is_wanted(
    tmp_path: Path,
) -> None:
    faults = FaultsByText({"What is 3 +": refusal("internal_error")})
    with service_with(line_faults=faults) as service:
        async with batching(service, tmp_path, fallback="reject") as served:
            answers = await asyncio.gather(*start(served, ROWS))
            finished = await served.finished(len(ROWS))
        assert service.records() == []
    assert sum(answer.status == 200 for answer in answers) == len(ROWS) - 1
    (failed,) = [event for event in finished if event.offset is None]
    assert failed.index == 3
    assert "internal error" in failed.error


@in_event_loop
async def test_a_request_that_no_way_can_answer_is_not_asked_again_one_by_one(
    tmp_path: Path,
) -> None:
    faults = FaultsByText({"What is 3 +": refusal("input_too_long")})
    with service_with(line_faults=faults) as service:
        async with batching(service, tmp_path) as served:
            await asyncio.gather(*start(served, ROWS))
            finished = await served.finished(len(ROWS))
        assert service.records() == []
    assert [event.index for event in finished if event.offset is None] == [3]


@in_event_loop
async def test_moderation_in_a_batch_is_kept_as_a_refusal(tmp_path: Path) -> None:
    faults = FaultsByText({"What is 3 +": refusal("input_inspection")})
    with service_with(line_faults=faults) as service:
        async with batching(service, tmp_path) as served:
            await asyncio.gather(*start(served, ROWS))
        assert service.records() == []
    (refused,) = [record for record in records_in(tmp_path) if record.refusal is not None]
    assert refused.batch


@in_event_loop
async def test_an_expired_batchs_rest_is_asked_one_by_one(tmp_path: Path) -> None:
    with service_with(running_s=2.0, expires_after_s=1.0) as service:
        async with batching(service, tmp_path) as served:
            answers = await asyncio.gather(*start(served, ROWS))
        assert 3 <= len(service.records()) <= 7
        assert set(service.answered.values()) == {1}  # what the batch did is not done again
    assert [answer.status for answer in answers] == [200] * len(ROWS)


@in_event_loop
async def test_an_empty_account_stops_the_run_with_what_to_do(tmp_path: Path) -> None:
    faults = FaultsByText({"What is 3 +": refusal("arrearage")})
    with service_with(line_faults=faults) as service:
        async with batching(service, tmp_path) as served:
            asking = start(served, ROWS)
            stopped = await served.stopped()
            await leave(asking)
    assert stopped.reason == "account"
    assert "good standing" in stopped.message
    assert "run the same command again" in stopped.message
    assert len(records_in(tmp_path)) == len(ROWS) - 1


@in_event_loop
async def test_an_endpoint_without_a_batches_api_says_so(tmp_path: Path) -> None:
    with service_with(faults=lambda _call: refusal("model_not_found_native")) as service:
        async with batching(service, tmp_path) as served:
            asking = start(served, ROWS)
            stopped = await served.stopped()
            await leave(asking)
    assert stopped.reason == "account"


@in_event_loop
async def test_each_batch_request_is_reserved_once_and_settled(tmp_path: Path) -> None:
    with service_with(running_s=0.5) as service:
        async with batching(service, tmp_path) as served:
            asking = start(served, ROWS)
            await wait_until(lambda: len(lines_in(tmp_path / "responses", BatchSubmitted)) == 1)
        await leave(asking)
        reserved = lines_in(tmp_path / "responses", Reservation)
        assert len(reserved) == len(ROWS)
        assert all(isinstance(line, Reservation) and line.batch for line in reserved)
        async with batching(service, tmp_path) as served:
            await asyncio.gather(*start(served, ROWS))
            spent = served.gateway._ledger.spent()
    assert not lines_in(tmp_path / "responses", Release)
    reserved = lines_in(tmp_path / "responses", Reservation)
    assert len(reserved) == len(ROWS)  # adopted, not sent again
    assert spent.interrupted.count == 0
    usages = [record.reply.usage or {} for record in records_in(tmp_path) if record.reply]
    assert spent.tokens == sum(int(usage["total_tokens"]) for usage in usages)


@in_event_loop
async def test_teacher_and_judge_both_ask_in_batches(tmp_path: Path) -> None:
    with service_with(running_s=0.2) as service:
        judge = teacher_settings(
            service.base_url,
            batch=QUICK,
            api_key_env=KEY_VARIABLE,
            model="qwen-max",
            dialect="dashscope",
        )
        async with batching(service, tmp_path, judge=judge) as served:
            url = f"http://127.0.0.1:{served.ready.port}/v1/chat/completions"
            body = {"model": "qwen-max", "messages": [{"role": "user", "content": "1 + 1?"}]}

            async def ask_judge() -> int:
                headers = {"x-teacher": "judge"}
                async with served.session.post(url, json=body, headers=headers) as response:
                    return response.status

            *answers, judged = await asyncio.gather(*start(served, ROWS), ask_judge())
        assert service.batches_created == 2
    assert judged == 200
    assert len(answers) == len(ROWS)
    assert {record.teacher for record in records_in(tmp_path)} == {"teacher", "judge"}


@in_event_loop
async def test_the_key_is_in_no_event_and_no_file(tmp_path: Path) -> None:
    wire = Tripwire("GET /batches/")
    with service_with(running_s=0.2, faults=wire) as service:
        async with batching(service, tmp_path) as served:
            await asyncio.gather(*start(served, ROWS))
    said = "\n".join(event.model_dump_json() for event in served.events)
    assert API_KEY not in said + read_all(tmp_path)


def read_all(folder: Path) -> str:
    return "\n".join(path.read_text() for path in folder.rglob("*") if path.is_file())
