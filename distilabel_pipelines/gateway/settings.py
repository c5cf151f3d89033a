"""What the gateway is told when it starts, and the messages it exchanges with the build.

Settings and commands are JSON lines on its standard input, events JSON lines on its standard
output. A key is never among them: `api_key_env` names the environment variable that holds it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

StopReason = Literal["account", "unreachable", "failing", "journal", "teacher_died", "asked"]


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


class GatewaySettings(_Message):
    """Where the teacher is and how patient to be with it.

    `base_url` is None when the embedded server is started. `first_answer_wait_s` bounds the wait
    for a server that has never answered, `outage_wait_s` the one for a server that has.
    `idle_timeout_s` is the longest silence within a stream; there is no total time-out.
    `lock_wait_s` is left to the gateway of a killed build, to leave the journal.
    """

    journal_dir: str
    base_url: str | None
    embedded: EmbeddedSettings | None = None
    model: str = ""
    api_key_env: str | None = None
    access_token: str
    concurrency: int = Field(gt=0)
    stream: bool
    send_seed: bool = True
    max_attempts: int = Field(default=10, gt=0)
    first_answer_wait_s: float = Field(default=60.0, ge=0)
    outage_wait_s: float = Field(default=1800.0, ge=0)
    idle_timeout_s: float = Field(default=600.0, gt=0)
    lock_wait_s: float = Field(default=15.0, ge=0)
    admission_limit: int | None = None


class Admit(_Message):
    """Requests with an index below `limit` may be sent; `final` says it will not rise again."""

    do: Literal["admit"] = "admit"
    limit: int
    final: bool = False


class Stop(_Message):
    """Send nothing more; what is in flight has `grace_s` to come in, then the gateway leaves."""

    do: Literal["stop"] = "stop"
    grace_s: float = 0.0


class Ready(_Message):
    """The gateway listens on `port`; `model` is the name that requests should carry."""

    event: Literal["ready"] = "ready"
    port: int
    model: str
    finished_before: int


class Waiting(_Message):
    """The teacher does not answer just now; the gateway goes on trying."""

    event: Literal["waiting"] = "waiting"
    message: str


class Finished(_Message):
    """A request's way has ended; `offset` is its record in the journal, None for a failed row."""

    event: Literal["finished"] = "finished"
    index: int | None
    offset: int | None
    from_journal: bool
    attempts: int
    error: str = ""


class Pulse(_Message):
    """Once a second: what is under way."""

    event: Literal["pulse"] = "pulse"
    in_flight: int
    queued: int
    sent: int
    retried: int
    streamed_pieces: int


class Stopped(_Message):
    """The run cannot go on; `message` says why and what to do. The journal keeps what was paid."""

    event: Literal["stopped"] = "stopped"
    reason: StopReason
    message: str


Command = Annotated[Admit | Stop, Field(discriminator="do")]
Event = Annotated[Ready | Waiting | Finished | Pulse | Stopped, Field(discriminator="event")]
