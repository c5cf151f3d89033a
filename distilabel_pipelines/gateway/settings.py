"""What the gateway is told when it starts, and the messages it exchanges with the build.

Settings and commands are JSON lines on its standard input, events JSON lines on its standard
output. A key is never among them: `api_key_env` names the environment variable that holds it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from distilabel_pipelines.prices import Budget, Price
from distilabel_pipelines.wire import TeacherName

StopReason = Literal[
    "account", "unreachable", "failing", "journal", "teacher_died", "budget", "asked"
]
Dialect = Literal["openai", "dashscope"]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EmbeddedSettings(_Message):
    """The llama.cpp server to start: a GGUF file, how many replies at once, tokens a reply."""

    model_path: str
    parallel: int = Field(gt=0)
    context_tokens: int = Field(gt=0)
    threads: int = Field(gt=0)


class VllmSettings(_Message):
    """The `vllm serve` to start: a Hub id or local folder, and the user's own flags as words."""

    model: str
    arguments: tuple[str, ...] = ()


class BatchSettings(_Message):
    """Requests go out in batches (Files and Batches API) instead of one by one.

    A batch is submitted when `max_lines` or `max_bytes` are reached or nothing new has come for
    `quiet_s`. `fallback` says what becomes of lines that expired or failed for the server's own
    reasons: asked again one by one at the full price, or rejected.
    """

    completion_window: str = "24h"
    poll_every_s: float = Field(default=30.0, gt=0)
    quiet_s: float = Field(default=2.0, gt=0)
    max_lines: int = Field(default=20_000, gt=0)
    max_bytes: int = Field(default=200 * 2**20, gt=0)
    fallback: Literal["live", "reject"] = "live"


class TeacherSettings(_Message):
    """Where one teacher is and how patient to be with it.

    Exactly one of `base_urls`, `embedded` and `vllm` says where. `first_answer_wait_s` bounds the
    wait for a server that has never answered, `outage_wait_s` the one for a server that has.
    `idle_timeout_s` is the longest silence within a stream; there is no total time-out.
    `concurrency` is the ceiling of each endpoint; `adaptive` False sends that many at once.
    `prices` is empty where none is known; `thought_tokens` is what the teacher may think beyond
    `max_tokens`.
    """

    base_urls: tuple[str, ...] = ()
    embedded: EmbeddedSettings | None = None
    vllm: VllmSettings | None = None
    model: str = ""
    api_key_env: str | None = None
    dialect: Dialect = "openai"
    concurrency: int = Field(gt=0)
    adaptive: bool = True
    stream: bool
    send_seed: bool = True
    batch: BatchSettings | None = None
    prices: tuple[Price, ...] = ()
    thought_tokens: int = Field(default=0, ge=0)
    max_attempts: int = Field(default=10, gt=0)
    first_answer_wait_s: float = Field(default=60.0, ge=0)
    outage_wait_s: float = Field(default=1800.0, ge=0)
    idle_timeout_s: float = Field(default=600.0, gt=0)
    admission_limit: int | None = None


class GatewaySettings(_Message):
    """One build's gateway: its journal, its teacher and, where wanted, a second one as judge.

    `lock_wait_s` is left to the gateway of a killed build, to leave the journal.
    """

    journal_dir: str
    access_token: str
    teacher: TeacherSettings
    judge: TeacherSettings | None = None
    budget: Budget | None = None
    lock_wait_s: float = Field(default=15.0, ge=0)


class Admit(_Message):
    """Requests with an index below `limit` may be sent; `final` says it will not rise again.

    `heard` counts the indexed `Finished` events that the limit knows of, None for all: a higher
    limit that does not know the last of them is not obeyed, since one of them may have sufficed.
    """

    do: Literal["admit"] = "admit"
    limit: int
    final: bool = False
    heard: int | None = None


class Stop(_Message):
    """Send nothing more; what is in flight has `grace_s` to come in, then the gateway leaves."""

    do: Literal["stop"] = "stop"
    grace_s: float = 0.0


class Ready(_Message):
    """The gateway listens on `port`; the names are those that requests should carry."""

    event: Literal["ready"] = "ready"
    port: int
    model: str
    judge_model: str = ""
    finished_before: int


class Waiting(_Message):
    """A teacher does not answer just now; the gateway goes on trying."""

    event: Literal["waiting"] = "waiting"
    teacher: TeacherName = "teacher"
    message: str


class Told(_Message):
    """News for the user: a server that loads its model, a batch that is under way."""

    event: Literal["told"] = "told"
    message: str


class Finished(_Message):
    """A request's way has ended; `offset` is its record in the journal, None for a failed row."""

    event: Literal["finished"] = "finished"
    teacher: TeacherName = "teacher"
    index: int | None
    offset: int | None
    from_journal: bool
    attempts: int
    error: str = ""


class Pulse(_Message):
    """Twice a second: what is under way. `cost` is None where a price is unknown, by currency.

    `in_batches` are requests that wait for a batch's end; they are not among those in flight.
    """

    event: Literal["pulse"] = "pulse"
    in_flight: int
    queued: int
    sent: int
    retried: int
    streamed_pieces: int
    in_batches: int = 0
    tokens: int = 0
    cost: dict[str, Decimal] | None = None


class Stopped(_Message):
    """The run cannot go on; `message` says why and what to do. The journal keeps what was paid."""

    event: Literal["stopped"] = "stopped"
    reason: StopReason
    message: str


Command = Annotated[Admit | Stop, Field(discriminator="do")]
Event = Annotated[Ready | Waiting | Told | Finished | Pulse | Stopped, Field(discriminator="event")]
