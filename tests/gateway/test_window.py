"""The window: the lowest index first, a limit that moves, and never more than N in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from distilabel_pipelines.gateway.window import NotNeededError, RunStoppedError, Ticket, Window
from distilabel_pipelines.ledger import Ledger
from tests.gateway.serving import make_pool


def make_window(concurrency: int, *, limit: int | None) -> Window:
    return Window(make_pool(concurrency), Ledger(None), limit=limit)


class Crowd:
    """Requests that hold their place until they are let go; `sent` is the order they got in."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.sent: list[int | None] = []
        self.peak = 0
        self.tasks: dict[int | None, asyncio.Task[None]] = {}
        self._gates: dict[int | None, asyncio.Event] = {}

    async def come(self, *indexes: int | None) -> None:
        for index in indexes:
            self._gates[index] = asyncio.Event()
            self.tasks[index] = asyncio.create_task(self._hold(index))
        await settle()

    async def go(self, *indexes: int | None) -> None:
        for index in indexes:
            self._gates[index].set()
        await settle()

    async def _hold(self, index: int | None) -> None:
        async with self.window.place(Ticket(index)):
            self.sent.append(index)
            self.peak = max(self.peak, self.window.in_flight)
            await self._gates[index].wait()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def run_crowd(
    work: Callable[[Crowd], Awaitable[None]], concurrency: int, limit: int | None
) -> None:
    async def run() -> None:
        crowd = Crowd(make_window(concurrency, limit=limit))
        await work(crowd)
        crowd.window.stop("the test ends")
        await crowd.go(*crowd.tasks)
        await asyncio.gather(*crowd.tasks.values(), return_exceptions=True)
        assert (crowd.window.in_flight, crowd.window.queued) == (0, 0)
        assert crowd.window.idle.is_set()

    asyncio.run(run())


def test_the_lowest_index_goes_first_and_the_window_is_never_overfull() -> None:
    async def work(crowd: Crowd) -> None:
        await crowd.come(9, 8)
        await crowd.come(7, 3, 5, 4)
        assert crowd.sent == [9, 8]
        for index in (9, 8, 3, 4):
            await crowd.go(index)
        assert crowd.sent == [9, 8, 3, 4, 5, 7]
        assert crowd.peak == 2

    run_crowd(work, 2, None)


def test_a_request_without_an_index_is_always_admitted() -> None:
    async def work(crowd: Crowd) -> None:
        await crowd.come(0, None)
        assert crowd.sent == [None]

    run_crowd(work, 2, 0)


def test_the_limit_may_rise_and_fall() -> None:
    async def work(crowd: Crowd) -> None:
        await crowd.come(0, 1, 2, 3)
        assert crowd.sent == []
        crowd.window.admit(3, final=False)
        crowd.window.admit(1, final=False)
        await settle()
        assert crowd.sent == [0, 1]  # places that were given are kept
        await crowd.go(0, 1)
        assert crowd.sent == [0, 1]
        crowd.window.admit(4, final=False)
        await settle()
        assert crowd.sent == [0, 1, 2, 3]

    run_crowd(work, 2, 0)


def test_a_final_limit_turns_away_what_lies_beyond_and_keeps_what_is_in_flight() -> None:
    async def work(crowd: Crowd) -> None:
        await crowd.come(5, 0, 1, 6)
        assert crowd.sent == [5]
        crowd.window.admit(1, final=True)
        await settle()
        for index in (1, 6):
            with pytest.raises(NotNeededError):
                await crowd.tasks[index]
        await crowd.go(5)
        assert crowd.sent == [5, 0]
        await crowd.come(7)
        with pytest.raises(NotNeededError):
            await crowd.tasks[7]

    run_crowd(work, 1, None)


def test_a_stop_reaches_everybody_who_waits_and_comes() -> None:
    async def work(crowd: Crowd) -> None:
        await crowd.come(0, 1)
        crowd.window.stop("no money")
        await crowd.come(2)
        for index in (1, 2):
            with pytest.raises(RunStoppedError, match="no money"):
                await crowd.tasks[index]
        assert not crowd.window.idle.is_set()

    run_crowd(work, 1, None)


def test_a_cancelled_waiter_takes_no_place_and_one_cancelled_inside_gives_it_back() -> None:
    async def work(crowd: Crowd) -> None:
        await crowd.come(0, 1, 2)
        crowd.tasks[1].cancel()
        crowd.tasks[0].cancel()
        await settle()
        assert crowd.sent == [0, 2]
        assert (crowd.window.in_flight, crowd.window.queued) == (1, 0)

    run_crowd(work, 1, None)


def test_a_waiter_cancelled_in_the_moment_it_gets_its_place_gives_it_on() -> None:
    async def work(crowd: Crowd) -> None:
        await crowd.come(0, 1, 2)
        crowd._gates[0].set()
        await asyncio.sleep(0)  # 0 has left and 1 been woken, but it has not run yet
        crowd.tasks[1].cancel()
        await settle()
        assert crowd.sent[-1] == 2

    run_crowd(work, 1, None)


def test_a_twin_with_a_lower_index_moves_the_request_forward() -> None:
    async def run() -> list[str]:
        window, order = make_window(1, limit=None), list[str]()
        tickets = {"blocker": Ticket(0), "early": Ticket(4), "late": Ticket(9)}

        async def hold(name: str) -> None:
            async with window.place(tickets[name]):
                order.append(name)
                await settle()

        tasks = [asyncio.create_task(hold(name)) for name in tickets]
        await asyncio.sleep(0)
        window.promote(tickets["late"], 2)
        window.promote(tickets["late"], 7)  # higher: changes nothing
        await asyncio.gather(*tasks)
        assert (window.in_flight, window.queued) == (0, 0)
        return order

    assert asyncio.run(run()) == ["blocker", "late", "early"]


@pytest.mark.parametrize("end", ["stop", "final"])
def test_a_pause_before_a_retry_ends_when_there_will_be_none(end: str) -> None:
    async def run() -> None:
        window = make_window(1, limit=None)
        pausing = asyncio.create_task(window.pause(Ticket(5), 600))
        kept = asyncio.create_task(window.pause(Ticket(1), 0.05))
        await settle()
        window.admit(3, final=False)
        await settle()
        assert not pausing.done()
        if end == "stop":
            window.stop("enough")
        else:
            window.admit(3, final=True)
        await asyncio.wait_for(pausing, 1)
        await asyncio.wait_for(kept, 1)

    asyncio.run(run())


def test_a_thousand_requests_never_exceed_the_window() -> None:
    async def run() -> int:
        window, peak = make_window(16, limit=None), 0

        async def hold(index: int) -> None:
            nonlocal peak
            async with window.place(Ticket(index)):
                peak = max(peak, window.in_flight)
                await asyncio.sleep(0.001 * (index % 3))

        await asyncio.gather(*(hold(index) for index in range(1000)))
        return peak

    assert asyncio.run(run()) == 16
