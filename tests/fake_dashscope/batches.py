"""Batches of the fake DashScope over time (rules and sources: batch_rules.py).

A batch is what the clock makes of it: nothing runs in the background, each look at it works off the
lines that were due by then. So it goes on while the client is dead, and what it bills is exact.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.fake_dashscope.batch_input import BatchLine, read_lines
from tests.fake_dashscope.chat import FOREIGN_FIELDS, Completion, check_request, cut_reply
from tests.fake_dashscope.errors import ERRORS, DashScopeFault, ErrorRow
from tests.fake_dashscope.script import DashScopeScript
from tests.fake_dashscope.send import error_body
from tests.fake_teacher import Call, FaultKind, request_key

Json = dict[str, Any]
OPEN = frozenset({"validating", "in_progress", "finalizing"})
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_EXPIRED = ErrorRow(
    408, "batch_expired", "This request was not reached before the batch's window ended."
)
_CANCELLED = ErrorRow(400, "batch_cancelled", "This request was not reached before cancellation.")


@dataclass
class StoredFile:
    """An uploaded or produced file."""

    file_id: str
    name: str
    purpose: str
    content: bytes
    created: int

    def view(self) -> Json:
        """The file object."""
        return {
            "id": self.file_id,
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.name,
            "object": "file",
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
        }


@dataclass
class Batch:
    """One batch; times are Unix seconds, `done` counts the lines that were worked off."""

    batch_id: str
    input_file_id: str
    endpoint: str
    window: str
    metadata: Json | None
    lines: list[BatchLine]
    errors: list[Json]
    created: float
    cancelling: float | None = None
    done: int = 0
    outputs: list[bytes] = field(default_factory=list)
    failures: list[bytes] = field(default_factory=list)
    completed: int = 0
    failed: int = 0
    output_file_id: str | None = None
    error_file_id: str | None = None
    closed: bool = False


class BatchStore:
    """All files and batches of an account."""

    def __init__(
        self, script: DashScopeScript, answered: Counter[str], foreign_fields: Counter[str]
    ) -> None:
        self.script = script
        self.files: dict[str, StoredFile] = {}
        self.batches: dict[str, Batch] = {}
        self.answered_ids: Counter[str] = Counter()
        self._answered = answered
        self._foreign_fields = foreign_fields

    def add_file(self, name: str, purpose: str, content: bytes) -> StoredFile:
        """Keep a file under a new id."""
        file_id = f"file-{purpose}-{uuid.uuid4().hex[:24]}"
        self.files[file_id] = StoredFile(file_id, name, purpose, content, int(time.time()))
        return self.files[file_id]

    def create(self, source: StoredFile, asked: Json) -> Batch:
        """Start a batch on an uploaded file; a file with errors ends it at once."""
        lines, errors = read_lines(source.content, asked["endpoint"], self.script)
        batch = Batch(
            f"batch_{uuid.uuid4()}",
            source.file_id,
            asked["endpoint"],
            asked["completion_window"],
            asked.get("metadata"),
            lines,
            errors,
            time.time(),
        )
        for line in lines:
            strays = (FOREIGN_FIELDS | {"stream"}) & {name for name, on in line.body.items() if on}
            self._foreign_fields.update(strays)
        self.batches[batch.batch_id] = batch
        return batch

    def settle(self) -> None:
        """Bring all batches up to the present."""
        for batch in self.batches.values():
            self.view(batch)

    def cancel(self, batch: Batch) -> bool:
        """Stop a batch; False where it has ended already."""
        if self.view(batch)["status"] not in OPEN:
            return False
        batch.cancelling = time.time()
        return True

    def view(self, batch: Batch) -> Json:
        """The batch object of this moment."""
        now = time.time()
        status = self._status(batch, now)
        self._work(batch, now)
        if status in ENDED and not batch.closed:
            self._close(batch, status)
        total = len(batch.lines) if status not in {"validating", "failed"} else 0
        counts = {"total": total, "completed": batch.completed, "failed": batch.failed}
        return {
            "id": batch.batch_id,
            "object": "batch",
            "endpoint": batch.endpoint,
            "errors": self._error_list(batch) if status == "failed" else None,
            "input_file_id": batch.input_file_id,
            "completion_window": batch.window,
            "status": status,
            "output_file_id": batch.output_file_id,
            "error_file_id": batch.error_file_id,
            **self._moments(batch, status),
            "request_counts": counts,
            "metadata": batch.metadata,
        }

    def _error_list(self, batch: Batch) -> Json:
        return {"object": "list", "data": batch.errors}

    def _moments(self, batch: Batch, status: str) -> Json:
        _, started, run, ended = self._times(batch)
        moments: dict[str, float | None] = {
            "created_at": batch.created,
            "in_progress_at": None if status in {"validating", "failed"} else started,
            "expires_at": None,
            "finalizing_at": run if status in {"finalizing", "completed"} else None,
            "completed_at": ended if status == "completed" else None,
            "failed_at": started if status == "failed" else None,
            "expired_at": self._expiry(batch) if status == "expired" else None,
            "cancelling_at": batch.cancelling,
            "cancelled_at": batch.cancelling if status == "cancelled" else None,
        }
        return {name: None if at is None else int(at) for name, at in moments.items()}

    def _times(self, batch: Batch) -> tuple[float, float, float, float]:
        """When the batch was created, starts, has run and is complete."""
        rules = self.script.batch
        started = batch.created + rules.validating_s
        run = started + rules.running_s
        return batch.created, started, run, run + rules.finalizing_s

    def _expiry(self, batch: Batch) -> float | None:
        after_s = self.script.batch.expires_after_s
        if after_s is None or batch.created + after_s >= self._times(batch)[3]:
            return None
        return batch.created + after_s

    def _status(self, batch: Batch, now: float) -> str:
        _, started, run, ended = self._times(batch)
        expiry = self._expiry(batch)
        if now < started and batch.cancelling is None:
            return "validating"
        if batch.errors:
            return "failed"
        if batch.cancelling is not None:
            over = now >= batch.cancelling + self.script.batch.cancelling_s
            return "cancelled" if over else "cancelling"
        if expiry is not None and now >= expiry:
            return "expired"
        return "in_progress" if now < run else "finalizing" if now < ended else "completed"

    def _work(self, batch: Batch, now: float) -> None:
        """Answer the lines that were due by now, or by the batch's early end."""
        if batch.errors:
            return
        _, started, run, _ = self._times(batch)
        ends = [end for end in (batch.cancelling, self._expiry(batch), now) if end is not None]
        elapsed, whole = min(ends) - started, run - started
        due = len(batch.lines) if elapsed >= whole else int(len(batch.lines) * elapsed / whole)
        for line in batch.lines[batch.done : max(due, batch.done)]:
            self._answer(batch, line)
            batch.done += 1

    def _answer(self, batch: Batch, line: BatchLine) -> None:
        card = self.script.card(line.body["model"])
        if card is None:
            raise RuntimeError(f"the input of {batch.batch_id} was not checked")
        key = request_key(line.body)
        fault = self.script.batch.line_faults(Call(line.number, 0, key, line.body))
        refused = check_request(line.body, card, in_batch=True)
        if isinstance(fault, DashScopeFault):
            self._fail(batch, line, fault.row)
        elif refused is not None:
            self._fail(batch, line, refused.row, refused.subject)
        elif fault is None or fault.kind is not FaultKind.RESET:
            reply = cut_reply(self.script.replier(line.body), line.body, card)
            whole = Completion.of(reply, line.body).whole()
            empty = fault is not None and fault.kind is FaultKind.EMPTY_BODY
            written = _line(line, {"status_code": 200, "body": {} if empty else whole}, None)
            torn = fault is not None and fault.kind is FaultKind.GARBAGE_JSON
            batch.outputs.append(written[: len(written) // 2] if torn else written)
            batch.completed += 1
            self._answered[key] += 1
            self.answered_ids[line.custom_id] += 1

    def _fail(self, batch: Batch, line: BatchLine, row: ErrorRow, subject: str = "") -> None:
        rules = self.script.batch
        body = error_body(row, subject)
        message = body["message"] if row.native else body["error"]["message"]
        error = {"code": row.code, "message": message} if rules.error_form != "response" else None
        answer = {"status_code": row.status, "body": body} if rules.error_form != "error" else None
        hidden = rules.failed_lines == "output_file" and row not in {_EXPIRED, _CANCELLED}
        (batch.outputs if hidden else batch.failures).append(_line(line, answer, error))
        batch.failed += 0 if hidden else 1
        batch.completed += 1 if hidden else 0

    def _close(self, batch: Batch, status: str) -> None:
        """Write the files; lines come in no order that a client may rely on."""
        batch.closed = True
        row = {"expired": _EXPIRED, "cancelled": _CANCELLED}.get(status)
        if row is not None and (
            row is _CANCELLED or self.script.batch.expired_lines == "error_file"
        ):
            for line in batch.lines[batch.done :]:
                self._fail(batch, line, row)
        if batch.outputs:
            batch.output_file_id = self._result_file(batch.outputs)
        if batch.failures:
            batch.error_file_id = self._result_file(batch.failures)

    def _result_file(self, rows: list[bytes]) -> str:
        content = b"".join(row + b"\n" for row in reversed(rows))
        return self.add_file("result.jsonl", "batch_output", content).file_id


def _line(line: BatchLine, answer: Json | None, error: Json | None) -> bytes:
    """A line of a result file."""
    request_id = str(uuid.uuid4())
    response = None if answer is None else {**answer, "request_id": request_id}
    ids = {"id": request_id, "custom_id": line.custom_id}
    return orjson.dumps({**ids, "response": response, "error": error})


def no_such(name: str) -> tuple[ErrorRow, str]:
    """The refusal of an unknown file or batch."""
    return ErrorRow(404, "NotFound", "Not found! {}"), name


ROWS_FOR_UPLOADS = {
    "too_large": ErrorRow(400, "BadRequest.TooLarge", "Payload Too Large."),
    "too_many": ErrorRow(400, "invalid_request_error", "Upload file number exceed limit."),
    "no_file": ERRORS["bad_body"],
}
