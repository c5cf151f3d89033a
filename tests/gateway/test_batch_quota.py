"""An account with room for a few batches only, as OpenAI's limit of enqueued tokens makes it."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from distilabel_pipelines.gateway.batch_desk import BatchDesk
from distilabel_pipelines.gateway.batch_lines import BatchLineFailedError
from distilabel_pipelines.gateway.settings import BatchSettings
from distilabel_pipelines.journal import Journal
from tests.gateway.batching import QUICK, OpenDesk, ask_for, in_event_loop
from tests.gateway.test_batch_api import api_of

_FULL = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached."}


class CrampedEndpoint:
    """Takes `room` batches at once; a batch ends when it has been looked at three times."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._ids = itertools.count()
        self._files: dict[str, bytes] = {}
        self._looks: dict[str, int] = {}
        self._batches: dict[str, dict[str, Any]] = {}
        self.refused = 0
        self.peak = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        where = request.path.removeprefix("/v1/").split("/")
        if where == ["files"]:
            form = await request.post()
            upload = form["file"]
            assert isinstance(upload, web.FileField)
            return web.json_response({"id": self._keep(upload.file.read())})
        if where == ["batches"]:
            return web.json_response(self._create(orjson.loads(await request.read())))
        if where[0] == "batches":
            return web.json_response(self._look(where[1]))
        return web.Response(body=self._files[where[1]])

    def _keep(self, content: bytes) -> str:
        name = f"file-{next(self._ids)}"
        self._files[name] = content
        return name

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        running = sum(one["status"] == "in_progress" for one in self._batches.values())
        name = f"batch_{next(self._ids)}"
        batch: dict[str, Any] = {"id": name, "input_file_id": asked["input_file_id"]}
        if running >= self._room:
            self.refused += 1
            batch |= {"status": "failed", "errors": {"data": [_FULL]}}
        else:
            self.peak = max(self.peak, running + 1)
            batch["status"] = "in_progress"
        self._batches[name], self._looks[name] = batch, 0
        return batch

    def _look(self, name: str) -> dict[str, Any]:
        batch = self._batches[name]
        self._looks[name] += 1
        if batch["status"] == "in_progress" and self._looks[name] == 3:
            batch["status"] = "completed"
            lines = self._files[batch["input_file_id"]].splitlines()
            batch["output_file_id"] = self._keep(b"\n".join(map(_answer, lines)))
        return batch


def _answer(line: bytes) -> bytes:
    choice = {"message": {"content": "4"}, "finish_reason": "stop"}
    response = {"status_code": 200, "body": {"model": "m", "choices": [choice]}}
    return orjson.dumps({"custom_id": orjson.loads(line)["custom_id"], "response": response})


async def ask_six(endpoint: CrampedEndpoint, folder: Path) -> tuple[list[object], list[str]]:
    """Six requests in files of two; their outcomes, and what was told."""
    told: list[str] = []
    settings = BatchSettings.model_validate({**QUICK, "max_lines": 2})
    async with api_of(endpoint.answer) as api:
        journal = Journal(folder)
        desk = BatchDesk(api, journal, settings, tell=told.append, prepare=dict)
        await journal.open(desk.follow)
        opened = OpenDesk(desk, journal, api, told, asyncio.create_task(desk.run()))
        asking = opened.ask(*map(ask_for, range(6)))
        results = await asyncio.gather(*asking, return_exceptions=True)
        await opened.end()
        await journal.close()
    return list(results), told


@in_event_loop
async def test_a_batch_without_room_is_sent_again_when_another_has_ended(tmp_path: Path) -> None:
    endpoint = CrampedEndpoint(room=1)
    results, told = await ask_six(endpoint, tmp_path)
    assert all(isinstance(result, tuple) for result in results)
    assert 2 <= endpoint.refused <= 4
    assert endpoint.peak == 1
    assert any("no room" in line for line in told)


@in_event_loop
async def test_a_batch_too_large_for_an_idle_account_fails_with_the_reason(tmp_path: Path) -> None:
    endpoint = CrampedEndpoint(room=0)
    results, _ = await ask_six(endpoint, tmp_path)
    assert all(isinstance(one, BatchLineFailedError) and one.may_fall_back for one in results)
    assert "Enqueued token limit reached" in str(results[0])
    assert endpoint.refused <= 9  # three files, two of them sent again, one a third time
