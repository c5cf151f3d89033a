"""A desk that dies at any moment, and a new one over the same journal: each request is paid once.

The dead desk's tasks end where they stand, its connections break, nothing more is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel_pipelines.gateway.batch_lines import BatchLineFailedError
from distilabel_pipelines.journal_lines import (
    BatchClosed,
    BatchIntent,
    BatchSubmitted,
    JournalRecord,
)
from tests.fake_dashscope import API_KEY, FakeDashScope
from tests.fake_teacher import FaultKind
from tests.gateway.batching import (
    KEY_VARIABLE,
    Tripwire,
    ask_for,
    in_event_loop,
    keys_of,
    lines_in,
    open_desk,
    service_with,
)
from tests.gateway.serving import wait_until

ROWS = range(12)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)


async def die_at(service: FakeDashScope, folder: Path, wire: Tripwire) -> None:
    """A desk that ends the moment the wire is tripped."""
    # A desk that lived on would look for its batch; this one must not come to it.
    async with open_desk(service, folder, api_changes={"lag_s": 60}) as opened:
        opened.ask(*map(ask_for, ROWS))
        await wait_until(wire.tripped.is_set)


MOMENTS = [
    ("POST /files", FaultKind.RESET, 0, 0),
    ("POST /files", FaultKind.HALF_BODY, 0, 0),
    ("POST /batches", FaultKind.RESET, 1, 0),
    ("POST /batches", FaultKind.HALF_BODY, 1, 0),
    ("GET /batches/", None, 1, 1),
    ("GET /files/", FaultKind.RESET, 1, 1),
    ("GET /files/", FaultKind.HALF_BODY, 1, 1),
]


@pytest.mark.parametrize(("route", "kind", "intents", "submitted"), MOMENTS)
@in_event_loop
async def test_a_kill_at_any_request_pays_once(
    tmp_path: Path, route: str, kind: FaultKind | None, intents: int, submitted: int
) -> None:
    wire = Tripwire(route, kind)
    with service_with(running_s=0.3, faults=wire) as service:
        await die_at(service, tmp_path, wire)
        assert len(lines_in(tmp_path, BatchIntent)) == intents
        assert len(lines_in(tmp_path, BatchSubmitted)) == submitted
        async with open_desk(service, tmp_path) as opened:
            records = await opened.answer(*map(ask_for, ROWS))
            await wait_until(lambda: len(lines_in(tmp_path, BatchClosed)) == 1)
        assert service.batches_created == 1
        assert service.answered_ids == dict.fromkeys(keys_of(ROWS), 1)
    assert [record.request for record in records] == [ask_for(row) for row in ROWS]


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.HALF_BODY])
@in_event_loop
async def test_a_second_kill_before_the_batch_is_made_pays_once(
    tmp_path: Path, kind: FaultKind
) -> None:
    first, second = Tripwire("POST /batches", FaultKind.RESET), Tripwire("POST /batches", kind)
    with service_with(running_s=0.2, faults=lambda call: first(call) or second(call)) as service:
        await die_at(service, tmp_path, first)
        await die_at(service, tmp_path, second)
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(*map(ask_for, ROWS))
        assert service.answered_ids == dict.fromkeys(keys_of(ROWS), 1)


@in_event_loop
async def test_a_kill_in_the_middle_of_collecting_pays_once(tmp_path: Path) -> None:
    rows = range(600)
    with service_with() as service:
        async with open_desk(service, tmp_path) as opened:
            opened.ask(*map(ask_for, rows))
            await wait_until(lambda: len(opened.journal) >= 200)
        before = len(lines_in(tmp_path, JournalRecord))
        assert before < 600
        assert not lines_in(tmp_path, BatchClosed)
        async with open_desk(service, tmp_path) as opened:
            assert opened.desk.submitted == 600 - before
            await opened.answer(*map(ask_for, rows))
            await wait_until(lambda: len(lines_in(tmp_path, BatchClosed)) == 1)
        assert service.batches_created == 1
        assert service.answered_ids == dict.fromkeys(keys_of(rows), 1)
    assert len(lines_in(tmp_path, JournalRecord)) == 600


@in_event_loop
async def test_a_kill_after_the_last_answer_leaves_nothing_to_collect(tmp_path: Path) -> None:
    with service_with() as service:
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(*map(ask_for, ROWS))
            await wait_until(lambda: len(lines_in(tmp_path, BatchClosed)) == 1)
    lines = (tmp_path / "responses.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "responses.jsonl").write_bytes(b"".join(lines[:-1]))  # killed before that line
    with service_with() as other:  # which knows nothing of the batch, and is not asked
        async with open_desk(other, tmp_path) as opened:
            await opened.answer(*map(ask_for, ROWS))
            await wait_until(lambda: len(lines_in(tmp_path, BatchClosed)) == 1)
        assert other.counts()["batches"] == {"created": 0, "files": 0}


@in_event_loop
async def test_answers_that_nobody_asks_for_are_kept_with_what_was_asked(tmp_path: Path) -> None:
    wire = Tripwire("GET /batches/")
    with service_with(running_s=0.2, faults=wire) as service:
        await die_at(service, tmp_path, wire)
        async with open_desk(service, tmp_path):
            await wait_until(lambda: len(lines_in(tmp_path, BatchClosed)) == 1)
    records = [one for one in lines_in(tmp_path, JournalRecord) if isinstance(one, JournalRecord)]
    assert {record.key for record in records} == keys_of(ROWS)
    bodies = sorted((record.request for record in records), key=str)
    assert bodies == sorted(map(ask_for, ROWS), key=str)


@in_event_loop
async def test_without_a_copy_an_answer_nobody_asks_for_still_has_its_model(tmp_path: Path) -> None:
    wire = Tripwire("GET /batches/")
    with service_with(running_s=0.2, faults=wire) as service:
        await die_at(service, tmp_path, wire)
        for copy in (tmp_path / "batches").glob("*/*"):  # a test's own
            copy.unlink()
        async with open_desk(service, tmp_path) as opened:
            await wait_until(lambda: len(lines_in(tmp_path, BatchClosed)) == 1)
            await opened.answer(*map(ask_for, ROWS))
        assert service.batches_created == 1
    records = [one for one in lines_in(tmp_path, JournalRecord) if isinstance(one, JournalRecord)]
    assert {str(record.request) for record in records} == {"{'model': 'qwen-plus'}"}


@in_event_loop
async def test_rows_asked_for_beside_an_adopted_batch_go_into_one_of_their_own(
    tmp_path: Path,
) -> None:
    wire = Tripwire("GET /batches/")
    with service_with(running_s=0.3, faults=wire) as service:
        await die_at(service, tmp_path, wire)
        async with open_desk(service, tmp_path) as opened:
            await opened.answer(*map(ask_for, range(20)))
        assert service.batches_created == 2
        assert service.answered_ids == dict.fromkeys(keys_of(range(20)), 1)


@in_event_loop
async def test_an_adopted_batch_whose_lines_failed_tells_whoever_asks_later(tmp_path: Path) -> None:
    wire = Tripwire("GET /batches/")
    with service_with(running_s=2.0, expires_after_s=0.5, faults=wire) as service:
        await die_at(service, tmp_path, wire)
        async with open_desk(service, tmp_path) as opened:
            await wait_until(lambda: len(lines_in(tmp_path, BatchClosed)) == 1)
            await wait_until(lambda: opened.desk.done == len(ROWS))
            with pytest.raises(BatchLineFailedError, match="expired"):
                await opened.answer(*map(ask_for, ROWS))
        assert service.batches_created == 1
