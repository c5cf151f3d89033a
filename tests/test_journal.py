"""The journal: on disk before it is used, one writer, torn lines, full disks, little memory."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from distilabel_pipelines.journal import (
    JOURNAL_FILE,
    Journal,
    JournalError,
    read_journal,
    read_record,
)
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.wire import Reply, request_key

REPOSITORY = Path(__file__).resolve().parents[1]


def record_of(number: int, text: str = "forty-two") -> JournalRecord:
    body = {"model": "m", "messages": [], "seed": number}
    reply = Reply(
        message={"content": text},
        finish_reason="stop",
        usage=None,
        served_model="m",
        response_id="",
    )
    return JournalRecord(
        key=request_key("chat", body),
        api="chat",
        request=body,
        reply=reply,
        attempts=1,
        latency_s=0.1,
    )


async def write(folder: Path, *records: JournalRecord) -> list[int]:
    journal = await Journal(folder).open()
    try:
        return list(await asyncio.gather(*(journal.append(record) for record in records)))
    finally:
        await journal.close()


async def find_all(folder: Path, *records: JournalRecord) -> list[bool]:
    journal = await Journal(folder).open()
    found = {record.key: journal.find(record.key) for record in records}
    await journal.close()
    whole = {each[1].key for each in found.values() if each is not None and each[1] in records}
    return [record.key in whole for record in records]


def test_what_was_appended_is_found_again_after_reopening(tmp_path: Path) -> None:
    records = [record_of(number, f"两百 {number}\u2028\x00") for number in range(50)]
    offsets = asyncio.run(write(tmp_path, *records))
    assert asyncio.run(find_all(tmp_path, *records, record_of(99))) == [True] * 50 + [False]
    assert [record for _, record in read_journal(tmp_path)] == records
    with (tmp_path / JOURNAL_FILE).open("rb") as file:
        assert read_record(file, offsets[17]) == records[17]
        with pytest.raises(JournalError, match="byte 3"):
            read_record(file, 3)


def test_the_newest_record_of_a_request_counts(tmp_path: Path) -> None:
    asyncio.run(write(tmp_path, record_of(1, "old"), record_of(1, "new")))
    assert asyncio.run(find_all(tmp_path, record_of(1, "new"))) == [True]


def test_a_torn_last_line_is_skipped_and_closed_so_that_the_next_record_is_whole(
    tmp_path: Path,
) -> None:
    asyncio.run(write(tmp_path, record_of(1), record_of(2)))
    path = tmp_path / JOURNAL_FILE
    path.write_bytes(path.read_bytes()[:-20])
    asyncio.run(write(tmp_path, record_of(3)))
    assert [record for _, record in read_journal(tmp_path)] == [record_of(1), record_of(3)]
    expected = [True, False, True]
    assert asyncio.run(find_all(tmp_path, *map(record_of, (1, 2, 3)))) == expected


def test_a_whole_last_line_without_its_line_end_is_kept(tmp_path: Path) -> None:
    asyncio.run(write(tmp_path, record_of(1)))
    path = tmp_path / JOURNAL_FILE
    path.write_bytes(path.read_bytes()[:-1])
    asyncio.run(write(tmp_path, record_of(2)))
    assert [record for _, record in read_journal(tmp_path)] == [record_of(1), record_of(2)]


def test_bytes_that_are_no_record_are_skipped(tmp_path: Path) -> None:
    lines = b"\xff\x00\n[1]\n\n" + orjson.dumps(record_of(1).model_dump()) + b"\n"
    (tmp_path / JOURNAL_FILE).write_bytes(lines)
    assert [record for _, record in read_journal(tmp_path)] == [record_of(1)]


def test_a_second_writer_is_refused_with_a_message(tmp_path: Path) -> None:
    async def open_twice() -> None:
        first = await Journal(tmp_path).open()
        try:
            with pytest.raises(JournalError, match="another build is writing to this OUT"):
                await Journal(tmp_path, lock_wait_s=0.3).open()
        finally:
            await first.close()

    asyncio.run(open_twice())


def test_the_lock_of_a_writer_that_is_leaving_is_waited_for(tmp_path: Path) -> None:
    async def hand_over() -> None:
        first = await Journal(tmp_path).open()
        second = asyncio.create_task(Journal(tmp_path, lock_wait_s=10).open())
        await asyncio.sleep(0.3)
        assert not second.done()
        await first.close()
        await (await second).close()

    asyncio.run(hand_over())


def test_a_killed_writer_leaves_no_lock_and_no_unsynced_record_that_was_handed_out(
    tmp_path: Path,
) -> None:
    program = (
        "import asyncio, os, sys; from pathlib import Path\n"
        "from distilabel_pipelines.journal import Journal\n"
        "from tests.test_journal import record_of\n"
        "async def main():\n"
        "    journal = await Journal(Path(sys.argv[1])).open()\n"
        "    for number in range(1000):\n"
        "        await journal.append(record_of(number))\n"
        "        if number == 20: os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=REPOSITORY, check=False, timeout=60
    )
    assert asyncio.run(find_all(tmp_path, *map(record_of, range(21)))) == [True] * 21


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="counts write calls in /proc")
def test_records_that_finish_together_share_one_write(tmp_path: Path) -> None:
    def count_writes() -> int:
        lines = Path("/proc/self/io").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("syscw"))

    async def append_all() -> int:
        journal = await Journal(tmp_path).open()
        before = count_writes()
        await asyncio.gather(*(journal.append(record_of(number)) for number in range(300)))
        written = count_writes() - before
        await journal.close()
        return written

    assert asyncio.run(append_all()) < 30


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """A disk that is full for files beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_refuses_the_record_and_leaves_nothing_of_it_behind(tmp_path: Path) -> None:
    async def fill() -> None:
        journal = await Journal(tmp_path).open()
        await journal.append(record_of(1))
        with largest_file(2000), pytest.raises(JournalError, match="cannot be written"):
            await journal.append(record_of(2, "x" * 5000))
        with pytest.raises(JournalError, match="cannot be written"):
            await journal.append(record_of(3))
        assert journal.find(record_of(2).key) is None
        await journal.close()

    asyncio.run(fill())
    assert (tmp_path / JOURNAL_FILE).read_bytes().count(b"\n") == 1
    assert [record for _, record in read_journal(tmp_path)] == [record_of(1)]


def test_a_folder_that_cannot_be_made_is_a_journal_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be opened"):
        asyncio.run(Journal(tmp_path / "file" / "responses").open())


def measure_index(folder: str) -> float:
    """Bytes of memory a response in the index; the count is the worst just after it has grown."""
    count = 22_000
    line = orjson.dumps(record_of(0).model_dump())
    old = record_of(0).key.encode()
    with (Path(folder) / JOURNAL_FILE).open("wb") as file:
        for number in range(count):
            file.write(line.replace(old, record_of(number).key.encode()) + b"\n")

    async def open_and_measure() -> float:
        tracemalloc.start()
        journal = await Journal(Path(folder)).open()
        held = tracemalloc.get_traced_memory()[0]
        assert len(journal) == count
        await journal.close()
        return held / count

    return asyncio.run(open_and_measure())


def test_the_index_takes_at_most_200_bytes_a_response(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(measure_index, (os.fspath(tmp_path),)) <= 200
