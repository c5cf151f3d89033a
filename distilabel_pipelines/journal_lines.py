"""The lines of the journal: answered requests, and notes about what was or will be paid.

A request's money is on disk before the request is sent (write-ahead, Gray & Reuter, Transaction
Processing, 1992): a `Reservation` of its worst case, then its `JournalRecord`, or a `Release`. What
a killed build had in flight is a reservation without an end. Batches are three notes: the intent,
the batch that came of it, and its end. Each kind is told by a field that no other has.
"""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter

from distilabel_pipelines.prices import Price
from distilabel_pipelines.wire import Api, Body, Refusal, Reply, TeacherName


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JournalRecord(_Line):
    """An answered request: what was asked and what came back, exactly one of two kinds.

    `batch` says that it was paid at the price of a batch.
    """

    key: str
    api: Api
    request: Body
    reply: Reply | None = None
    refusal: Refusal | None = None
    attempts: int
    latency_s: float
    teacher: TeacherName = "teacher"
    batch: bool = False


class Tariff(_Line):
    """From here on `tariff`, a model, costs the teacher this; no prices where none is known.

    One model may have two prices: a judge that does not think can cost less than a teacher that
    does. `teacher` None, as in journals without the field: for whoever asks the model.
    """

    tariff: str
    teacher: TeacherName | None = None
    prices: tuple[Price, ...]


class Reservation(_Line):
    """The request `reserved` (its key) is about to be sent; at most these tokens.

    It counts until the request's record or release. A second one of the same key replaces it.
    """

    reserved: str
    teacher: TeacherName = "teacher"
    model: str
    prompt_tokens: int
    completion_tokens: int
    batch: bool = False


class Release(_Line):
    """The request `released` (its key) ended without an answer and has nothing more to pay."""

    released: str


class Loss(_Line):
    """An attempt at the request `lost` broke after text had come in: billed for at most this."""

    lost: str
    teacher: TeacherName = "teacher"
    model: str
    prompt_tokens: int
    completion_tokens: int
    batch: bool = False


class BatchIntent(_Line):
    """A batch is about to be made of the file uploaded to `endpoint`, a line for each key."""

    batch_file: str
    teacher: TeacherName = "teacher"
    endpoint: str = ""
    keys: tuple[str, ...]


class BatchSubmitted(_Line):
    """`batch` was made of an uploaded file."""

    batch: str
    input_file: str


class BatchClosed(_Line):
    """Everything that `closed_batch` will ever bring is in the journal; `outcome`: last status.

    For a file of which no batch was ever made, `closed_batch` is the file.
    """

    closed_batch: str
    outcome: str


JournalNote = Tariff | Reservation | Release | Loss | BatchIntent | BatchSubmitted | BatchClosed
JournalLine = JournalRecord | JournalNote
_NOTE: TypeAdapter[JournalNote] = TypeAdapter(JournalNote)


def parse_line(line: bytes) -> JournalLine:
    """One line of the file; raises orjson.JSONDecodeError or pydantic's ValidationError."""
    parsed: Any = orjson.loads(line)
    if isinstance(parsed, dict) and "key" in parsed:
        return JournalRecord.model_validate(parsed)
    return _NOTE.validate_python(parsed)


def dump_line(line: JournalLine) -> bytes:
    """The line as it stands in the file, with its newline."""
    return orjson.dumps(line.model_dump(mode="json")) + b"\n"
