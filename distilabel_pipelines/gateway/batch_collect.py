"""A batch that has ended, brought into the journal: each answered line is a record there.

The desk journals the lines itself, waited for or not: a batch of a killed run may hold requests
that nobody asks for any more, and what is paid is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import NamedTuple

import orjson

from distilabel_pipelines.gateway.batch_api import GONE, BatchApi, Tell
from distilabel_pipelines.gateway.batch_lines import (
    BatchLine,
    LineResult,
    RequestLine,
    read_result_line,
)
from distilabel_pipelines.gateway.batch_open import Records
from distilabel_pipelines.gateway.faults import FaultKind, TeacherFaultError, read_error_response
from distilabel_pipelines.gateway.remote_batch import RemoteBatch, name_batch
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.wire import Refusal, Reply, TeacherName, canonical_request

_AT_ONCE = 256  # records that share a sync of the journal


class Kept(NamedTuple):
    """An answered line's record and its byte offset in the journal."""

    offset: int
    record: JournalRecord


class BatchCollector:
    """Reads one ended batch; `failures` tells afterwards why the other lines have no answer."""

    def __init__(
        self,
        api: BatchApi,
        journal: Records,
        batch: RemoteBatch,
        requests: Callable[[], Iterator[RequestLine]],
        *,
        teacher: TeacherName,
        tell: Tell,
    ) -> None:
        self._api = api
        self._journal = journal
        self._batch = batch
        self._requests = requests
        self._teacher = teacher
        self._tell = tell
        self._latency_s = round(batch.age_s(), 3)
        self.failures: dict[str, TeacherFaultError] = {}

    async def collect(self, keys: set[str], lines: dict[str, BatchLine]) -> AsyncIterator[Kept]:
        """Journal the answers to `keys` and yield each once it is on disk.

        `lines` are the requests that somebody has asked for in this run; of the others `requests`
        tells what they asked.
        """
        left = set(keys)
        asked = self._find_asked(left, lines)
        async for results in _in_groups(self._read_results(left)):
            for kept in await asyncio.gather(*(self._keep(one, asked) for one in results)):
                yield kept
        for key in keys - left:
            self.failures.pop(key, None)
        failure = self._explain_missing()
        for key in left:
            self.failures.setdefault(key, failure)

    def describe(self, asked: int) -> str:
        """What became of the batch's `asked` requests."""
        name, failed = name_batch(self._batch.id), len(self.failures)
        told = f"{name} {self._batch.status}: {asked - failed} of {asked} answered"
        first = next(iter(self.failures.values()), None)
        return told if first is None else f"{told}, the first failure: {first.message}"

    def _find_asked(self, keys: set[str], lines: dict[str, BatchLine]) -> dict[str, RequestLine]:
        asked = {
            key: RequestLine(key, lines[key].api, lines[key].body) for key in keys & lines.keys()
        }
        if len(asked) < len(keys):
            known = {one.key: one for one in self._requests() if one.key in keys}
            asked = {**known, **asked}
        return asked

    async def _read_results(self, left: set[str]) -> AsyncIterator[LineResult]:
        """The answered lines of both files; takes each from `left`, notes the failed ones."""
        for file in filter(None, (self._batch.output_file, self._batch.error_file)):
            try:
                async for data in self._api.download(file):
                    line = read_result_line(data, self._api.dialect)
                    if line is None or line.key not in left:
                        continue
                    if isinstance(line.result, TeacherFaultError):
                        self.failures[line.key] = line.result
                    else:
                        left.discard(line.key)
                        yield line
            except TeacherFaultError as fault:
                if fault.status not in GONE:
                    raise
                self._tell(
                    f"{name_batch(self._batch.id)}: result file {file} is gone ({fault.message})"
                )

    async def _keep(self, line: LineResult, asked: dict[str, RequestLine]) -> Kept:
        request = asked.get(line.key) or _guess_request(line)
        record = JournalRecord(
            key=line.key,
            api=request.api,
            request=canonical_request(request.body),
            reply=line.result if isinstance(line.result, Reply) else None,
            refusal=line.result if isinstance(line.result, Refusal) else None,
            attempts=1,
            latency_s=self._latency_s,
            teacher=self._teacher,
            batch=True,
        )
        return Kept(await self._journal.append(record), record)

    def _explain_missing(self) -> TeacherFaultError:
        """Why a line stands in neither file."""
        batch = self._batch
        if batch.status == "failed":
            code, message = batch.errors[0] if batch.errors else ("", "no reason given")
            told = f"{name_batch(batch.id)} failed (BATCH=0 asks one by one): {code}: {message}"
            # Read as an answer to the whole file: an account's fault is told from the rest.
            body = orjson.dumps({"error": {"code": code, "message": message}})
            meant = read_error_response(400, body, {}, self._api.dialect)
            kind: FaultKind = "account" if meant.kind == "account" else "transient"
            return TeacherFaultError(kind, told, code=code, advice=meant.advice)
        return TeacherFaultError(
            "transient",
            f"{name_batch(batch.id)} is {batch.status} and says nothing of this request",
        )


def _guess_request(line: LineResult) -> RequestLine:
    """Only the model, for the price: the copy of the input file was lost."""
    model = line.result.served_model if isinstance(line.result, Reply) else ""
    return RequestLine(line.key, "chat", {"model": model})


async def _in_groups(results: AsyncIterator[LineResult]) -> AsyncIterator[list[LineResult]]:
    group: list[LineResult] = []
    async for result in results:
        group.append(result)
        if len(group) >= _AT_ONCE:
            yield group
            group = []
    if group:
        yield group
