"""Client of an OpenAI-compatible Files and Batches API: files of requests at a discount.

Sources: the OpenAI API reference ("Files", "Batch"); Alibaba Cloud Model Studio, "Batch inference"
(https://www.alibabacloud.com/help/en/model-studio/batch-inference) and "List batches"
(https://platform.qianwenai.com/docs/api-reference/platform-api/batch/list-batches). Both: a JSONL
file of at most 50,000 requests to one model, each with a `custom_id` unique in it; OpenAI takes
200 MB a file, Model Studio 500 MB and 6 MB a line. `completion_window` is `24h` at OpenAI, `24h` to
`336h` (or days, `14d`) at Model Studio. A batch is `validating`, `in_progress`, `finalizing` or
`cancelling`, and ends `completed`, `failed` (its file was refused), `expired` or `cancelled`; what
was done until then is billed and in the result files. Model Studio keeps those for 30 days.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import aiohttp
import orjson

from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import choose_wait_s
from distilabel_pipelines.gateway.remote_batch import RemoteBatch
from distilabel_pipelines.gateway.upstream import Upstream
from distilabel_pipelines.wire import Body

Answer = TypeVar("Answer")
Tell = Callable[[str], None]

GONE = frozenset({400, 404})  # what is answered about a file or batch that is not there
_PASSING = frozenset({"transient", "throttled", "unreachable"})
_PAGE = 100  # batches a page of the list: the most that both providers give
_MAX_PAGES = 100
_MESSAGE_EVERY_S = 30.0
_NAME = "synthetic-dataset-builders"


class BatchApi:
    """One endpoint's files and batches. Every failure is a TeacherFaultError.

    What may pass (an outage, a request to slow down, a broken answer) is tried again for
    `submit_patience_s`, and for `collect_patience_s` where work that is paid for is waited for;
    `tell` is given a line about it twice a minute at most. `lag_s` is what the endpoint may need to
    know of a batch or file it has just made: nothing is taken to be missing before that.
    """

    def __init__(
        self,
        upstream: Upstream,
        tell: Tell,
        *,
        submit_patience_s: float = 1800.0,
        collect_patience_s: float = 86_400.0,
        lag_s: float = 5.0,
    ) -> None:
        self._upstream = upstream
        self.dialect = upstream.dialect
        self._tell = tell
        self._submit_patience_s = submit_patience_s
        self._collect_patience_s = collect_patience_s
        self._lag_s = lag_s
        self._last_message = -_MESSAGE_EVERY_S

    async def upload(self, lines: bytes) -> str:
        """Upload a file of request lines; returns its id. Sent twice it costs nothing more."""

        async def send() -> str:
            form = aiohttp.FormData()
            form.add_field("purpose", "batch")
            form.add_field(
                "file",
                io.BytesIO(lines),
                filename="requests.jsonl",
                content_type="application/jsonl",
            )
            parsed = await self._ask("POST", "/files", form=form)
            if not parsed.get("id"):
                raise TeacherFaultError("transient", f"no file object: {str(parsed)[:200]}")
            return str(parsed["id"])

        return await self._persist(send, self._submit_patience_s)

    async def has_file(self, file_id: str) -> bool:
        """Whether an uploaded file is still there."""
        try:
            await self._persist(
                lambda: self._ask("GET", f"/files/{file_id}"), self._collect_patience_s
            )
        except TeacherFaultError as fault:
            if fault.status not in GONE:
                raise
            return False
        return True

    async def create(
        self, input_file: str, endpoint: str, completion_window: str, lines: int
    ) -> RemoteBatch:
        """Make a batch of an uploaded file, and never a second one of the same file.

        After a failure that leaves open whether there is one, the endpoint's list is read first.
        """
        body: dict[str, Any] = {
            "input_file_id": input_file,
            "endpoint": endpoint,
            "completion_window": completion_window,
            "metadata": {"ds_name": _NAME, "ds_description": f"{lines} requests"},
        }
        tried = False

        async def send() -> RemoteBatch:
            nonlocal tried
            if tried:
                await asyncio.sleep(self._lag_s)
                found = await self._look_for(input_file)
                if found is not None:
                    return found
            tried = True
            return RemoteBatch.read(await self._ask("POST", "/batches", json=body))

        try:
            return await self._persist(send, self._submit_patience_s)
        except TeacherFaultError as fault:
            if fault.kind != "bad_request" or "metadata" not in fault.message:
                raise
        del body["metadata"]  # only a tag for the provider's console, which some refuse
        tried = False
        return await self._persist(send, self._submit_patience_s)

    async def find(self, input_file: str) -> RemoteBatch | None:
        """The batch that was made of a file, None where there is none."""
        return await self._persist(lambda: self._look_for(input_file), self._collect_patience_s)

    async def _look_for(self, input_file: str) -> RemoteBatch | None:
        # Model Studio filters by `input_file_ids`; who does not know it answers with all.
        params = {"limit": str(_PAGE), "input_file_ids": input_file}
        for _ in range(_MAX_PAGES):
            page, has_more = await self._list(params)
            for batch in page:
                if batch.input_file == input_file:
                    return batch
            if not page or not has_more:
                return None
            params["after"] = page[-1].id
        return None

    async def _list(self, params: dict[str, str]) -> tuple[list[RemoteBatch], bool]:
        """One page of the list, the newest batches first, and whether there are more."""
        try:
            parsed = await self._ask("GET", "/batches", params=params)
        except TeacherFaultError as fault:
            if fault.kind != "bad_request" or "input_file_ids" not in params:
                raise
            del params["input_file_ids"]
            parsed = await self._ask("GET", "/batches", params=params)
        found = parsed.get("data") or []  # Model Studio's empty list is null
        if "data" not in parsed or not isinstance(found, list):
            raise TeacherFaultError("transient", f"no list of batches: {str(parsed)[:200]}")
        page = [RemoteBatch.read(one) for one in found if isinstance(one, dict) and one.get("id")]
        return page, bool(parsed.get("has_more", len(page) >= _PAGE))

    async def get(self, batch_id: str) -> RemoteBatch:
        """How the batch stands."""

        async def send() -> RemoteBatch:
            return RemoteBatch.read(await self._ask("GET", f"/batches/{batch_id}"))

        return await self._persist(send, self._collect_patience_s, lag_s=self._lag_s)

    async def cancel(self, batch_id: str) -> RemoteBatch:
        """Ask for the batch to be ended; what is done by then is billed and can be collected."""

        async def send() -> RemoteBatch:
            return RemoteBatch.read(await self._ask("POST", f"/batches/{batch_id}/cancel"))

        return await self._persist(send, self._collect_patience_s)

    async def download(self, file_id: str) -> AsyncGenerator[bytes, None]:
        """Yield a file's lines. A download that breaks off goes on behind the last whole line."""
        taken = 0
        patience = _Patience(self._collect_patience_s, self._lag_s)
        while True:
            seen = 0
            try:
                answer = self._upstream.call("GET", f"/files/{file_id}/content")
                async with aclosing(answer) as lines:
                    async for line in lines:
                        seen += 1
                        if seen > taken:
                            taken = seen
                            patience.renew()
                            yield line
            except TeacherFaultError as fault:
                await self._wait(patience, fault)
            else:
                return

    async def _ask(
        self,
        method: str,
        route: str,
        *,
        params: dict[str, str] | None = None,
        json: Body | None = None,
        form: aiohttp.FormData | None = None,
    ) -> dict[str, Any]:
        answer = self._upstream.call(method, route, params=params, json=json, form=form)
        told = b"\n".join([line async for line in answer])
        try:
            parsed: Any = orjson.loads(told)
        except orjson.JSONDecodeError as error:
            message = f"{method} {route} answered with no JSON: {told[:200]!r}"
            raise TeacherFaultError("transient", message) from error
        if not isinstance(parsed, dict):
            raise TeacherFaultError("transient", f"{method} {route}: no object: {told[:200]!r}")
        return parsed

    async def _persist(
        self, send: Callable[[], Awaitable[Answer]], patience_s: float, *, lag_s: float = 0.0
    ) -> Answer:
        patience = _Patience(patience_s, lag_s)
        while True:
            try:
                return await send()
            except TeacherFaultError as fault:
                await self._wait(patience, fault)

    async def _wait(self, patience: _Patience, fault: TeacherFaultError) -> None:
        """Wait for the next attempt; raises the fault where there is none."""
        wait_s = patience.plan_wait_s(fault)
        now = time.monotonic()
        if now - self._last_message >= _MESSAGE_EVERY_S:
            self._last_message = now
            self._tell(f"batches: {fault.message}; still trying")
        await asyncio.sleep(wait_s)


class _Patience:
    """How long one call has been failing; what is not there is looked for again for `lag_s`."""

    def __init__(self, patience_s: float, lag_s: float) -> None:
        self._patience_s = patience_s
        self._lag_s = lag_s
        self.renew()

    def renew(self) -> None:
        """Something came of it."""
        self._since = time.monotonic()
        self._failures = 0

    def plan_wait_s(self, fault: TeacherFaultError) -> float:
        """Seconds until the next attempt; raises the fault that will not pass, or not in time."""
        self._failures += 1
        waited_s = time.monotonic() - self._since
        if fault.status in GONE and waited_s < self._lag_s:
            return self._lag_s / 2
        if fault.kind not in _PASSING or waited_s >= self._patience_s:
            raise fault
        return choose_wait_s(fault, self._failures)
