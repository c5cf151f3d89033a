"""Addresses of files and batches: upload, create, look, list, cancel, download, delete."""

from __future__ import annotations

import re
from typing import Any

import orjson
from aiohttp import web

from tests.fake_dashscope.batch_input import URLS
from tests.fake_dashscope.batches import ROWS_FOR_UPLOADS, Batch, BatchStore, StoredFile, no_such
from tests.fake_dashscope.errors import ErrorRow, invalid
from tests.fake_dashscope.send import error_body

Json = dict[str, Any]
PURPOSES = frozenset({"batch", "file-extract", "fine-tune"})
RESULTS = "file-batch_output"
PAGE, LARGEST_PAGE = 20, 100
LONGEST = {"ds_name": 100, "ds_description": 200}
_WINDOW = re.compile(r"(\d+)([hd])")


class _RefusedError(Exception):
    """A request that is answered with an error of the table."""

    def __init__(self, row: ErrorRow, subject: str = "") -> None:
        super().__init__(row.code)
        self.row = row
        self.subject = subject


class BatchRoutes:
    """The handlers over one store."""

    def __init__(self, store: BatchStore, base_path: str) -> None:
        self._store = store
        self._base = base_path

    def add_to(self, app: web.Application) -> None:
        """Register all addresses."""
        routes = (
            ("POST", "/files", self._upload),
            ("GET", "/files", self._list_files),
            ("GET", "/files/{id}", self._file_view),
            ("DELETE", "/files/{id}", self._delete_file),
            ("GET", "/files/{id}/content", self._content),
            ("POST", "/batches", self._create),
            ("GET", "/batches", self._list_batches),
            ("GET", "/batches/{id}", self._batch_view),
            ("POST", "/batches/{id}/cancel", self._cancel),
        )
        for method, path, handler in routes:
            app.router.add_route(method, f"{self._base}{path}", _answering(handler))

    async def _upload(self, request: web.Request) -> Json:
        rules = self._store.script.batch
        form = await request.post()
        upload, purpose = form.get("file"), str(form.get("purpose"))
        if not isinstance(upload, web.FileField) or purpose not in PURPOSES:
            raise _RefusedError(ROWS_FOR_UPLOADS["no_file"])
        content = upload.file.read()
        if len(content) > rules.max_file_bytes:
            raise _RefusedError(ROWS_FOR_UPLOADS["too_large"])
        if len(self._store.files) >= rules.max_files:
            raise _RefusedError(ROWS_FOR_UPLOADS["too_many"])
        return self._store.add_file(upload.filename, purpose, content).view()

    async def _list_files(self, request: web.Request) -> Json:
        purpose = request.query.get("purpose")
        files = [file.view() for file in self._store.files.values()]
        return _page([file for file in files if purpose in {None, file["purpose"]}], request)

    async def _file_view(self, request: web.Request) -> Json:
        return self._file(request.match_info["id"]).view()

    async def _delete_file(self, request: web.Request) -> Json:
        file = self._file(request.match_info["id"])
        del self._store.files[file.file_id]
        return {"id": file.file_id, "object": "file", "deleted": True}

    async def _content(self, request: web.Request) -> web.StreamResponse:
        file = self._file(request.match_info["id"])
        if not file.file_id.startswith(RESULTS):
            raise _RefusedError(invalid("Only results of batches can be downloaded."))
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def _create(self, request: web.Request) -> Json:
        asked = orjson.loads(await request.read())
        _check_creation(asked)
        source = self._file(str(asked.get("input_file_id")))
        return self._store.view(self._store.create(source, asked))

    async def _batch_view(self, request: web.Request) -> Json:
        return self._store.view(self._batch(request))

    async def _list_batches(self, request: web.Request) -> Json:
        views = [self._store.view(batch) for batch in self._store.batches.values()]
        return _page([view for view in reversed(views) if _wanted(view, request)], request)

    async def _cancel(self, request: web.Request) -> Json:
        batch = self._batch(request)
        if not self._store.cancel(batch):
            raise _RefusedError(invalid("The batch has ended and cannot be cancelled."))
        return self._store.view(batch)

    def _file(self, file_id: str) -> StoredFile:
        file = self._store.files.get(file_id)
        if file is None:
            raise _RefusedError(*no_such(file_id))
        return file

    def _batch(self, request: web.Request) -> Batch:
        batch = self._store.batches.get(request.match_info["id"])
        if batch is None:
            raise _RefusedError(*no_such(request.match_info["id"]))
        return batch


def _answering(handler: Any) -> Any:  # noqa: ANN401  # aiohttp's handler types are generic
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            result = await handler(request)
        except _RefusedError as refused:
            body = error_body(refused.row, refused.subject)
            return web.json_response(body, status=refused.row.status)
        return result if isinstance(result, web.StreamResponse) else web.json_response(result)

    return answer


def _check_creation(asked: Json) -> None:
    window = _WINDOW.fullmatch(str(asked.get("completion_window")))
    hours = int(window[1]) * (24 if window[2] == "d" else 1) if window else 0
    if not 24 <= hours <= 336:
        raise _RefusedError(invalid("completion_window must be between 24h and 336h"))
    if asked.get("endpoint") not in URLS:
        raise _RefusedError(invalid("endpoint is not supported by the Batch API"))
    for name, longest in LONGEST.items():
        if len((asked.get("metadata") or {}).get(name, "")) > longest:
            raise _RefusedError(invalid(f"metadata.{name} is longer than {longest} characters"))


def _wanted(view: Json, request: web.Request) -> bool:
    """Whether a batch passes the filters of a listing."""
    query = request.query
    name = (view["metadata"] or {}).get("ds_name", "")
    if "ds_name" in query and query["ds_name"] not in name:
        return False
    if "status" in query and view["status"] not in query["status"].split(","):
        return False
    files = query.get("input_file_ids")
    return files is None or view["input_file_id"] in files.split(",")


def _page(views: list[Json], request: web.Request) -> Json:
    """A page after the cursor; `data` is null where there is nothing, as recorded."""
    limit = int(request.query.get("limit", PAGE))
    if not 1 <= limit <= LARGEST_PAGE:
        raise _RefusedError(invalid("limit must be between 1 and 100"))
    ids = [view["id"] for view in views]
    after = request.query.get("after")
    start = ids.index(after) + 1 if after in ids else 0
    page = views[start : start + limit]
    return {
        "object": "list",
        "data": page or None,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": start + limit < len(views),
    }
