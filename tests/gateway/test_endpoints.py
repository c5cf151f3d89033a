"""Several servers of one teacher: the least busy healthy one, the dead left out and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.settings import Finished, Stopped, Told, Waiting
from distilabel_pipelines.gateway.upstream import Attempt
from tests.fake_teacher import (
    FakeTeacher,
    Fault,
    FaultKind,
    FaultsInRange,
    TeacherScript,
    arithmetic_replier,
    reserve_port,
)
from tests.gateway.serving import Served, make_pool, serving, wait_until

SLOW = TeacherScript(replier=arithmetic_replier(mean_delay_s=0.1))
QUICK = TeacherScript(replier=arithmetic_replier(mean_delay_s=0.01))


def addresses(teachers: Sequence[FakeTeacher]) -> str:
    return ",".join(teacher.base_url for teacher in teachers)


async def ask_all(served: Served, count: int) -> None:
    answers = await asyncio.gather(
        *(served.ask(f"What is {number} + 1?", number) for number in range(count))
    )
    assert [answer.status for answer in answers] == [200] * count


def test_the_endpoint_with_the_smallest_share_in_use_is_next() -> None:
    pool = make_pool(4, 2)
    large, small = pool._endpoints
    chosen = []
    for _ in range(6):
        endpoint = pool.find_free()
        assert endpoint is not None
        endpoint.enter()
        chosen.append(endpoint)
    assert chosen.count(large) == 4
    assert chosen.count(small) == 2
    assert pool.find_free() is None
    small.leave()
    assert pool.find_free() is small


def test_where_a_request_has_failed_is_avoided_while_others_have_room() -> None:
    pool = make_pool(4, 1)
    first, second = pool._endpoints
    assert pool.find_free(avoid=first) is second
    second.enter()
    assert pool.find_free(avoid=first) is first


def test_all_servers_share_the_work(tmp_path: Path) -> None:
    async def run(teachers: Sequence[FakeTeacher]) -> None:
        async with serving(addresses(teachers), tmp_path, concurrency=4) as served:
            await ask_all(served, 60)

    with FakeTeacher(SLOW) as first, FakeTeacher(replace(SLOW)) as second:
        asyncio.run(run([first, second]))
        counts = [len(first.records()), len(second.records())]
        assert sum(counts) == 60
        assert min(counts) >= 20
        assert max(first.peak_in_flight, second.peak_in_flight) <= 4


def test_a_dead_server_is_left_out_and_taken_back(tmp_path: Path) -> None:
    async def run(first: FakeTeacher, second: FakeTeacher) -> None:
        async with serving(addresses([first, second]), tmp_path, concurrency=4) as served:
            pool = served.gateway._teacher.pool
            await ask_all(served, 10)
            await asyncio.to_thread(second.go_down)
            await ask_all(served, 40)
            assert pool.down == [second.base_url]
            assert "is left out" in served.all(Told)[0].message
            before = len(second.records())
            await asyncio.to_thread(second.come_back)
            await wait_until(lambda: not pool.down)
            assert "answers again" in served.all(Told)[-1].message
            await ask_all(served, 80)
            assert len(second.records()) > before
            assert all(one.error == "" for one in served.all(Finished))

    with (
        FakeTeacher(replace(SLOW, port=reserve_port())) as first,
        FakeTeacher(replace(SLOW, port=reserve_port())) as second,
    ):
        asyncio.run(run(first, second))


def test_a_run_begins_while_one_of_its_servers_is_not_there(tmp_path: Path) -> None:
    async def run(alive: FakeTeacher) -> None:
        nobody = f"http://127.0.0.1:{reserve_port()}/v1"
        async with serving(f"{nobody},{alive.base_url}", tmp_path) as served:
            await ask_all(served, 20)
            assert served.all(Waiting) == [] or "does not answer" in served.all(Waiting)[0].message

    with FakeTeacher(QUICK) as alive:
        asyncio.run(run(alive))


def test_a_server_that_fails_at_once_does_not_draw_every_request(tmp_path: Path) -> None:
    """It is always the least busy: without a rest each row would run out of attempts there."""
    broken = replace(SLOW, faults=FaultsInRange(Fault(FaultKind.SERVER_ERROR)))

    async def run(teachers: Sequence[FakeTeacher]) -> None:
        async with serving(addresses(teachers), tmp_path, concurrency=4) as served:
            await ask_all(served, 40)

    with FakeTeacher(broken) as bad, FakeTeacher(SLOW) as good:
        asyncio.run(run([bad, good]))
        assert len(bad.records()) <= 12
        assert len([one for one in good.records() if one.status == 200]) == 40


def test_one_server_that_refuses_the_key_does_not_end_the_run(tmp_path: Path) -> None:
    locked = replace(SLOW, faults=FaultsInRange(Fault(FaultKind.UNAUTHORIZED)))

    async def run(teachers: Sequence[FakeTeacher]) -> None:
        async with serving(addresses(teachers), tmp_path, concurrency=4) as served:
            await ask_all(served, 40)
            assert served.all(Stopped) == []

    with FakeTeacher(locked) as bad, FakeTeacher(SLOW) as good:
        asyncio.run(run([bad, good]))
        assert len(bad.records()) <= 8


def test_when_the_last_server_is_dead_the_patience_counts() -> None:
    async def run() -> None:
        pool = make_pool(2, 2)
        fault = TeacherFaultError("unreachable", "nobody listens")
        first, second = pool._endpoints
        pool._health._settings = pool._health._settings.model_copy(
            update={"first_answer_wait_s": 0.0}
        )
        pool.note_fault(first, fault, Attempt(streamed=True))  # the other one may still work
        with pytest.raises(RunMustStopError, match="nobody listens"):
            pool.note_fault(second, fault, Attempt(streamed=True))
        await pool.close()

    asyncio.run(run())
