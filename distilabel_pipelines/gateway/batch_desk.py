"""Requests that are answered in batches: collected, submitted once, polled and collected later.

Write-ahead (Gray & Reuter, Transaction Processing, 1992): a file is uploaded, which costs nothing;
the journal notes the intent to make a batch of it, then the batch is made, then the journal notes
its id. So a kill at any moment pays once: the next run finds an intent without a batch in the
endpoint's own list, or makes the batch of the same file. What a batch brought is in the journal
before the batch is closed there. Sources of the API: see `batch_api`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from distilabel_pipelines.gateway.batch_api import GONE, BatchApi, Tell
from distilabel_pipelines.gateway.batch_collect import BatchCollector
from distilabel_pipelines.gateway.batch_lines import (
    BatchLine,
    BatchLineFailedError,
    dump_request_line,
    route_of_batch,
)
from distilabel_pipelines.gateway.batch_open import OpenBatch, OpenBatches, Records
from distilabel_pipelines.gateway.batch_queue import BatchQueue
from distilabel_pipelines.gateway.batch_stop import explain_stop
from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.remote_batch import RemoteBatch, name_batch
from distilabel_pipelines.gateway.settings import BatchSettings
from distilabel_pipelines.gateway.window import RunStoppedError
from distilabel_pipelines.journal import JournalError
from distilabel_pipelines.journal_lines import (
    BatchClosed,
    BatchIntent,
    BatchSubmitted,
    JournalLine,
    JournalRecord,
)
from distilabel_pipelines.wire import Api, Body, TeacherName

_MESSAGE_EVERY_S = 30.0


class BatchDesk:
    """The batches of one teacher. The desk journals the answers, its callers do not.

    `prepare` makes a body fit for the teacher; `tell` is given what the user should know.
    `open_batches` are those that the journal tells of; without them it is to be `follow`ed.
    """

    def __init__(
        self,
        api: BatchApi,
        journal: Records,
        settings: BatchSettings,
        *,
        tell: Tell,
        prepare: Callable[[Body], Body],
        teacher: TeacherName = "teacher",
        open_batches: OpenBatches | None = None,
    ) -> None:
        self._api = api
        self._journal = journal
        self._settings = settings
        self._tell = tell
        self._prepare = prepare
        self._teacher = teacher
        self._queue = BatchQueue(settings)
        self._lines: dict[str, BatchLine] = {}
        self._open = OpenBatches(teacher) if open_batches is None else open_batches
        self._room = asyncio.Event()
        self._failed: dict[str, BatchLineFailedError] = {}
        self._stopped: RunMustStopError | None = None
        self._last_message = -_MESSAGE_EVERY_S
        self.done = 0

    @property
    def collected(self) -> int:
        """Requests that wait for their file to be submitted."""
        return len(self._queue)

    @property
    def submitted(self) -> int:
        """Requests in batches without their answers."""
        return len(self._open)

    def follow(self, line: JournalLine) -> None:
        """Take in a line of the journal as it is opened: which batches are open, what they hold."""
        self._open.follow(line)

    def holds(self, key: str) -> bool:
        """Whether an open batch has this request: it is waited for, not sent."""
        return key in self._open

    async def ask(self, key: str, api: Api, body: Body) -> tuple[int, JournalRecord]:
        """The request's record and its offset in the journal, hours later.

        What an open batch holds is not sent again; what is cancelled before its file is full is
        never sent. Raises BatchLineFailedError, and RunStoppedError once `run` has failed.
        """
        found = self._journal.find(key)
        if found is not None:
            return found
        if self._stopped is not None:
            raise RunStoppedError(self._stopped.message)
        if key in self._failed:
            raise self._failed.pop(key)
        line = self._lines.get(key) or self._begin(key, api, body)
        line.waiting += 1
        try:
            return await asyncio.shield(line.answer)
        finally:
            line.waiting -= 1
            if not line.waiting and self._queue.withdraw(key):
                del self._lines[key]

    def _begin(self, key: str, api: Api, body: Body) -> BatchLine:
        dumped = dump_request_line(key, api, self._prepare(body))
        self._lines[key] = line = BatchLine(key, api, body, dumped)
        if key not in self._open:
            self._queue.add(line)
        return line

    async def run(self) -> None:
        """Submit, poll and collect until cancelled; submitted batches go on without us.

        Raises RunMustStopError when nothing can be submitted or collected any more.
        """
        try:
            self._open.sweep()
            async with asyncio.TaskGroup() as tasks:
                for one in self._open.list():
                    tasks.create_task(self._see_through(one, []))
                while True:
                    lines = await self._queue.take_file()
                    one = self._open.hold(OpenBatch({line.key for line in lines}))
                    tasks.create_task(self._see_through(one, lines))
        except* (TeacherFaultError, JournalError, RunStoppedError, OSError) as group:
            self._stop(explain_stop(group))
        finally:
            self._tell_what_runs_on()
        if self._stopped is not None:
            raise self._stopped

    async def _see_through(self, one: OpenBatch, lines: list[BatchLine]) -> None:
        """A file's way from its upload, or from where a killed run left it, to its end."""
        batch = await (self._submit(one, lines) if lines else self._adopt(one))
        while batch is not None and not batch.has_ended:
            batch = await self._poll(one, batch)
        if batch is not None:
            await self._collect(one, batch)

    async def _submit(self, one: OpenBatch, lines: list[BatchLine]) -> RemoteBatch:
        data = b"".join(line.data for line in lines)
        one.file = await self._api.upload(data)
        await asyncio.to_thread(self._open.copies.keep, one.file, data)
        keys = tuple(line.key for line in lines)
        where = {"teacher": self._teacher, "endpoint": self._open.endpoint}
        await self._journal.append(BatchIntent(batch_file=one.file, keys=keys, **where))
        return await self._create(one, lines[0].api)

    async def _create(self, one: OpenBatch, api: Api) -> RemoteBatch:
        window = self._settings.completion_window
        batch = await self._api.create(one.file, route_of_batch(api), window, len(one.keys))
        await self._note_submitted(one, batch)
        self._tell(f"{name_batch(batch.id)}: {len(one.keys)} requests submitted, window {window}")
        return batch

    async def _note_submitted(self, one: OpenBatch, batch: RemoteBatch) -> None:
        one.batch = batch.id
        await self._journal.append(BatchSubmitted(batch=batch.id, input_file=one.file))

    async def _adopt(self, one: OpenBatch) -> RemoteBatch | None:
        """The batch of a killed run; None where there is none and its requests are asked anew."""
        if not one.keys:
            await self._close(one, "answered")
            return None
        if not one.batch:
            found = await self._api.find(one.file)
            if found is None:
                return await self._make_anew(one)
            await self._note_submitted(one, found)
        self._tell(f"{name_batch(one.batch)} of an earlier run: {len(one.keys)} lines to collect")
        return await self._look(one)

    async def _make_anew(self, one: OpenBatch) -> RemoteBatch | None:
        """Make the batch that a killed run did not come to make, of the same file."""
        first = next(self._open.copies.read(one.file), None)
        try:
            if first is not None:
                return await self._create(one, first.api)
        except TeacherFaultError as fault:
            if fault.status not in GONE or await self._api.has_file(one.file):
                raise
        self._tell(f"file {one.file} of an earlier run is gone; its requests are sent anew")
        await self._close(one, "gone")
        return None

    async def _poll(self, one: OpenBatch, batch: RemoteBatch) -> RemoteBatch | None:
        """Wait politely, then look again; None where the endpoint knows the batch no more."""
        self._show(one, batch)
        await asyncio.sleep(batch.choose_wait_s(self._settings.poll_every_s))
        return await self._look(one)

    async def _look(self, one: OpenBatch) -> RemoteBatch | None:
        try:
            return await self._api.get(one.batch)
        except TeacherFaultError as fault:
            if fault.status not in GONE:
                raise
            self._tell(f"{name_batch(one.batch)} is not known here ({fault.message}); asked anew")
            await self._close(one, "gone")
            return None

    async def _collect(self, one: OpenBatch, batch: RemoteBatch) -> None:
        """Journal what the batch brought, close it there, then tell who waits."""
        if batch.is_over_quota and self._open.has_running_beside(one):
            await self._send_later(one)
            return
        collector = BatchCollector(
            self._api,
            self._journal,
            batch,
            lambda: self._open.copies.read(one.file),
            teacher=self._teacher,
            tell=self._tell,
        )
        before = len(one.keys)
        async for offset, record in collector.collect(set(one.keys), self._lines):
            self._open.note_answered(record.key)
            self.done += 1
            line = self._lines.pop(record.key, None)
            if line is not None:
                line.answer.set_result((offset, record))
        failures = collector.failures
        self._tell(collector.describe(before))
        await self._journal.append(BatchClosed(closed_batch=batch.id, outcome=batch.status))
        stop = next((fault for fault in failures.values() if fault.kind == "account"), None)
        for key, fault in failures.items() if stop is None else ():
            self._fail(key, fault)
        self._release(one)
        if stop is not None:
            raise stop

    async def _send_later(self, one: OpenBatch) -> None:
        """The account has no room for this batch before another one has ended."""
        # At once, so that of two without room the second is not told to wait for the first.
        closed, one.batch, done = (
            BatchClosed(closed_batch=one.batch, outcome="no room"),
            "",
            self.done,
        )
        self._tell(f"{name_batch(closed.closed_batch)}: no room beside others; sent again later")
        await self._journal.append(closed)
        self._room.set()
        while self.done == done and self._open.has_running_beside(one):
            self._room.clear()
            await self._room.wait()
        self._release(one)

    def _fail(self, key: str, fault: TeacherFaultError) -> None:
        error = BatchLineFailedError(fault, may_fall_back=fault.kind != "bad_request")
        self.done += 1
        line = self._lines.pop(key, None)
        if line is not None and line.waiting:
            line.answer.set_exception(error)
        else:
            self._failed[key] = error

    async def _close(self, one: OpenBatch, outcome: str) -> None:
        """End a batch that brings nothing; who asks for its requests has them sent anew."""
        await self._journal.append(BatchClosed(closed_batch=one.batch or one.file, outcome=outcome))
        self._release(one)

    def _release(self, one: OpenBatch) -> None:
        self._open.release(one)
        self._room.set()
        for key in one.keys & self._lines.keys():
            self._queue.add(self._lines[key])

    def _show(self, one: OpenBatch, batch: RemoteBatch) -> None:
        """Tell a change of status at once, and what is done now and then."""
        now = time.monotonic()
        if batch.status == one.shown and now - self._last_message < _MESSAGE_EVERY_S:
            return
        self._last_message, one.shown = now, batch.status
        count = f"{batch.completed + batch.failed} of {len(one.keys)} done"
        self._tell(f"{name_batch(batch.id)}: {batch.status}, {count}")

    def _stop(self, error: RunMustStopError) -> None:
        """Nobody waits for an answer any more that cannot come."""
        self._stopped = error
        for line in self._lines.values():
            if line.waiting and not line.answer.done():
                line.answer.set_exception(RunStoppedError(error.message))

    def _tell_what_runs_on(self) -> None:
        for name in (name_batch(one.batch) for one in self._open.list() if one.batch):
            self._tell(f"{name} is still running; the same command collects it")
