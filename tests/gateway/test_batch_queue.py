"""When collected requests become a file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from distilabel_pipelines.gateway.batch_lines import BatchLine, dump_request_line
from distilabel_pipelines.gateway.batch_queue import BatchQueue
from distilabel_pipelines.gateway.settings import BatchSettings
from tests.gateway.batching import ask_for, in_event_loop, key_of

QUIET_S = 0.4


def line_for(number: int, model: str = "qwen-plus", **more: object) -> BatchLine:
    body = ask_for(number, model, **more)
    return BatchLine(key_of(body), "chat", body, dump_request_line(key_of(body), "chat", body))


def queue_of(lines: Iterable[BatchLine], **settings: object) -> BatchQueue:
    queue = BatchQueue(BatchSettings.model_validate({"quiet_s": QUIET_S, **settings}))
    for line in lines:
        queue.add(line)
    return queue


@in_event_loop
async def test_a_full_file_goes_at_once_and_the_rest_when_it_is_quiet() -> None:
    lines = [line_for(number) for number in range(7)]
    queue = queue_of(lines, max_lines=3)
    started = time.monotonic()
    files = [await queue.take_file(), await queue.take_file()]
    assert time.monotonic() - started < QUIET_S
    files.append(await queue.take_file())
    assert time.monotonic() - started >= QUIET_S
    assert files == [lines[:3], lines[3:6], lines[6:]]
    assert len(queue) == 0


@in_event_loop
async def test_news_puts_the_file_off() -> None:
    queue = queue_of([line_for(0)])
    taking = asyncio.create_task(queue.take_file())
    for number in range(1, 13):
        await asyncio.sleep(QUIET_S / 8)
        assert not taking.done()
        queue.add(line_for(number))
    assert len(await taking) == 13


@in_event_loop
async def test_a_file_keeps_below_its_bytes_but_takes_one_line_whatever_its_size() -> None:
    small, large = line_for(1), line_for(2, note="x" * 1000)
    queue = queue_of([small, large, line_for(3)], max_bytes=len(small.data) + 100)
    assert await queue.take_file() == [small]
    assert await queue.take_file() == [large]
    assert len(await queue.take_file()) == 1


@in_event_loop
async def test_kinds_that_no_file_may_mix_are_kept_apart() -> None:
    lines = [
        line_for(1),
        line_for(2, "qwen-max"),
        line_for(3, enable_thinking=True),
        line_for(4, enable_thinking=False),
        line_for(5),
    ]
    queue = queue_of(lines)
    files = [await queue.take_file() for _ in range(4)]
    assert sorted(map(len, files)) == [1, 1, 1, 2]


@in_event_loop
async def test_a_line_can_be_taken_back_until_a_file_has_it() -> None:
    first, second = line_for(1), line_for(2)
    queue = queue_of([first, second])
    assert queue.withdraw(first.key)
    assert not queue.withdraw(first.key)
    assert await queue.take_file() == [second]
    assert not queue.withdraw(second.key)


@in_event_loop
async def test_a_queue_emptied_while_it_waits_gives_no_empty_file() -> None:
    line = line_for(1)
    queue = queue_of([line])
    taking = asyncio.create_task(queue.take_file())
    await asyncio.sleep(QUIET_S / 2)
    queue.withdraw(line.key)
    await asyncio.sleep(2 * QUIET_S)
    assert not taking.done()
    queue.add(line_for(2))
    assert len(await taking) == 1


@in_event_loop
async def test_twenty_thousand_lines_are_collected_in_no_time() -> None:
    lines = [line_for(number) for number in range(20_000)]
    queue = queue_of([], max_lines=20_000)
    started = time.monotonic()
    taking = asyncio.create_task(queue.take_file())
    for number, line in enumerate(lines):
        queue.add(line)
        if number % 10 == 0:
            await asyncio.sleep(0)
    assert len(await taking) == 20_000
    assert time.monotonic() - started < 3
