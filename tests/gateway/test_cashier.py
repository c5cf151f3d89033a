"""A hard cap: reserved before it is sent, never exceeded, kept over kills, told at the end."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.settings import Admit, Finished, Stopped
from distilabel_pipelines.journal import read_lines
from distilabel_pipelines.journal_lines import JournalRecord, Loss, Release, Reservation, Tariff
from distilabel_pipelines.ledger import Ledger
from distilabel_pipelines.prices import Budget, Price
from distilabel_pipelines.spend import Spend
from tests.fake_teacher import (
    FakeTeacher,
    Fault,
    FaultKind,
    FaultsByNumber,
    FaultsByText,
    TeacherScript,
    arithmetic_replier,
)
from tests.gateway.serving import Answer, Served, serving

SCRIPT = TeacherScript(replier=arithmetic_replier(mean_delay_s=0.02))
PRICE = Price(currency="USD", input=Decimal(1), output=Decimal(10))
BAD: list[dict[str, Any]] = [{}, {"max_tokens": None}]
TOKENS = Budget(amount=Decimal(3000), unit="tokens")


async def ask_all(served: Served, count: int, first: int = 0) -> list[Answer]:
    return await asyncio.gather(
        *(
            served.ask(f"What is {number} + 1?", number, max_tokens=500)
            for number in range(first, first + count)
        )
    )


def read_spend(folder: Path) -> Spend:
    ledger = Ledger(None)
    for _, line in read_lines(folder / "responses"):
        ledger.follow(line)
    return ledger.spent()


def lines_of(folder: Path) -> list[str]:
    return [type(line).__name__ for _, line in read_lines(folder / "responses")]


def test_the_worst_case_is_on_disk_before_the_request_arrives(tmp_path: Path) -> None:
    async def run(teacher: FakeTeacher) -> None:
        async with serving(teacher.base_url, tmp_path) as served:
            await ask_all(served, 5)

    with FakeTeacher(SCRIPT) as teacher:
        asyncio.run(run(teacher))
    seen: set[str] = set()
    for _, line in read_lines(tmp_path / "responses"):
        if isinstance(line, Reservation):
            seen.add(line.reserved)
            assert line.completion_tokens >= 500
        elif isinstance(line, JournalRecord):
            assert line.key in seen
    assert len(seen) == 5


def test_a_cap_in_tokens_stops_the_run_and_is_never_exceeded(tmp_path: Path) -> None:
    async def run(teacher: FakeTeacher, budget: Budget) -> tuple[int, str]:
        async with serving(teacher.base_url, tmp_path, budget=budget) as served:
            answers = await ask_all(served, 200)
            stopped = await served.stopped()
            assert stopped.reason == "budget"
            assert {answer.code for answer in answers if answer.status != 200} == {"run_stopped"}
            return sum(answer.status == 200 for answer in answers), stopped.message

    with FakeTeacher(SCRIPT) as teacher:
        answered, message = asyncio.run(run(teacher, TOKENS))
        assert "BUDGET=" in message
        assert "PACKAGE_PARTIAL=1" in message
        first = read_spend(tmp_path)
        assert 0 < first.tokens <= 3000
        assert first.reserved.count == 0
        larger = Budget(amount=Decimal(4500), unit="tokens")
        more, _ = asyncio.run(run(teacher, larger))
        assert more > answered  # those of the first run came from the journal
        second = read_spend(tmp_path)
        assert first.tokens < second.tokens <= 4500
        assert len(teacher.records()) == more
    assert "Release" not in lines_of(tmp_path)


def test_a_cap_waits_for_a_build_that_has_not_heard_of_all_answers(tmp_path: Path) -> None:
    """What it has not heard of may complete its rows: then nothing more is needed."""
    small = Budget(amount=Decimal(850), unit="tokens")

    async def run(teacher: FakeTeacher) -> None:
        async with serving(teacher.base_url, tmp_path, budget=small, admission_limit=2) as served:
            served.gateway.obey(Admit(limit=2, heard=0))
            asking = asyncio.create_task(ask_all(served, 2))
            await served.finished(1)
            await asyncio.sleep(0.3)
            assert not served.all(Stopped)
            served.gateway.obey(Admit(limit=0, final=True, heard=1))
            assert [answer.status for answer in await asking] == [200, 409]

    with FakeTeacher(SCRIPT) as teacher:
        asyncio.run(run(teacher))


def test_money_is_counted_at_the_price_of_the_model(tmp_path: Path) -> None:
    budget = Budget(amount=Decimal("0.02"), unit="USD")

    async def run(teacher: FakeTeacher) -> None:
        async with serving(teacher.base_url, tmp_path, budget=budget, prices=(PRICE,)) as served:
            await ask_all(served, 100)
            assert (await served.stopped()).reason == "budget"

    with FakeTeacher(SCRIPT) as teacher:
        asyncio.run(run(teacher))
    spend = read_spend(tmp_path)
    assert spend.cost is not None
    assert Decimal(0) < spend.cost["USD"] <= Decimal("0.02")
    tariffs = [line for _, line in read_lines(tmp_path / "responses") if isinstance(line, Tariff)]
    assert [line.prices for line in tariffs] == [(PRICE,)]


def test_a_request_without_a_worst_case_is_not_sent_under_a_budget(tmp_path: Path) -> None:
    async def run(teacher: FakeTeacher, budget: Budget | None) -> list[Answer]:
        async with serving(teacher.base_url, tmp_path, budget=budget) as served:
            return [await served.ask(f"What is {n} + 1?", n, **BAD[n]) for n in range(len(BAD))]

    with FakeTeacher(SCRIPT) as teacher:
        for answer in asyncio.run(run(teacher, TOKENS)):
            assert (answer.status, answer.code) == (502, "row_failed")
            message = answer.body["error"]["message"]
            assert "BUDGET every request needs a worst case" in message
        assert teacher.records() == []
        assert lines_of(tmp_path) == []
        free = asyncio.run(run(teacher, None))
        assert [answer.status for answer in free] == [200] * len(BAD)


def test_money_does_not_start_where_earlier_spending_has_no_price(tmp_path: Path) -> None:
    dollars = Budget(amount=Decimal(5), unit="USD")

    async def run(teacher: FakeTeacher) -> None:
        async with serving(teacher.base_url, tmp_path) as served:
            await served.ask(model="a-model-of-unknown-price", max_tokens=500)
        async with serving(teacher.base_url, tmp_path, budget=dollars, prices=(PRICE,)):
            raise AssertionError("it must not start")

    with FakeTeacher(SCRIPT) as teacher, pytest.raises(RunMustStopError, match="unknown") as caught:
        asyncio.run(run(teacher))
    assert caught.value.reason == "budget"
    assert read_spend(tmp_path).cost is None


def test_a_row_that_fails_for_good_gives_its_reservation_back(tmp_path: Path) -> None:
    script = TeacherScript(
        replier=arithmetic_replier(),
        faults=FaultsByText({"What is 1 + 1?": Fault(FaultKind.CONTEXT_LENGTH)}),
    )

    async def run(teacher: FakeTeacher) -> None:
        async with serving(teacher.base_url, tmp_path) as served:
            answers = await ask_all(served, 3)
            assert [answer.status for answer in answers] == [200, 502, 200]

    with FakeTeacher(script) as teacher:
        asyncio.run(run(teacher))
    assert lines_of(tmp_path).count("Release") == 1
    assert read_spend(tmp_path).reserved.count == 0


@pytest.mark.parametrize(
    ("kind", "losses"),
    [(FaultKind.HALF_STREAM, 1), (FaultKind.RATE_LIMITED, 0), (FaultKind.SERVER_ERROR, 0)],
)
def test_a_reply_that_broke_off_counts_as_lost(
    tmp_path: Path, kind: FaultKind, losses: int
) -> None:
    script = TeacherScript(
        replier=arithmetic_replier(), faults=FaultsByNumber({0: Fault(kind, retry_after_s=0.1)})
    )

    async def run(teacher: FakeTeacher) -> None:
        async with serving(teacher.base_url, tmp_path) as served:
            assert (await served.ask(max_tokens=500)).status == 200

    with FakeTeacher(script) as teacher:
        asyncio.run(run(teacher))
    lost = [line for _, line in read_lines(tmp_path / "responses") if isinstance(line, Loss)]
    assert len(lost) == losses
    assert all(line.completion_tokens < 500 for line in lost)  # what had come in, not the worst
    assert lines_of(tmp_path).count("Reservation") == 1 + losses


def test_a_row_between_two_attempts_keeps_nothing_reserved_when_the_run_stops(
    tmp_path: Path,
) -> None:
    faults = FaultsByText(
        {
            "What is 0 + 1?": Fault(FaultKind.RATE_LIMITED, retry_after_s=60),
            "What is 1 + 1?": Fault(FaultKind.PAYMENT_REQUIRED, delay_s=0.3),
        }
    )

    async def run(teacher: FakeTeacher) -> None:
        async with serving(teacher.base_url, tmp_path) as served:
            answers = await ask_all(served, 2)
            assert {answer.code for answer in answers} == {"run_stopped"}

    with FakeTeacher(TeacherScript(faults=faults)) as teacher:
        asyncio.run(run(teacher))
    assert read_spend(tmp_path).reserved.count == 0


def test_what_was_in_flight_at_a_kill_stays_charged_until_answered(tmp_path: Path) -> None:
    slow = TeacherScript(replier=arithmetic_replier(mean_delay_s=30.0))

    async def die(teacher: FakeTeacher) -> None:
        async with serving(teacher.base_url, tmp_path) as served:
            asking = asyncio.create_task(ask_all(served, 3))
            while len(lines_of(tmp_path)) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            asking.cancel()

    async def go_on(teacher: FakeTeacher, amount: int) -> list[Finished]:
        budget = Budget(amount=Decimal(amount), unit="tokens")
        async with serving(teacher.base_url, tmp_path, budget=budget) as served:
            await ask_all(served, 1, first=7)  # another request: it does not fit beside them
            assert (await served.stopped()).reason == "budget"
        async with serving(teacher.base_url, tmp_path, budget=budget) as served:
            await ask_all(served, 3)  # the same ones: they cost nothing more
            return served.all(Finished)

    with FakeTeacher(slow) as teacher:
        asyncio.run(die(teacher))
    held = read_spend(tmp_path).reserved
    assert held.count == 3
    with FakeTeacher(SCRIPT) as teacher:
        finished = asyncio.run(go_on(teacher, held.prompt_tokens + held.completion_tokens + 100))
    assert len(finished) == 3
    after = read_spend(tmp_path)
    assert after.reserved.count == 0
    assert after.interrupted.count == 3
    assert Release.__name__ not in lines_of(tmp_path)
