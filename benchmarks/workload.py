"""The work that every benchmarked client gets, and the line that it prints."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.ideal_schedule import read_phase
from benchmarks.loopback_server import MODEL

QUESTION_PREFIX = "Question "


def question(number: int) -> str:
    """A distinct question; its text alone decides how long the loopback server takes."""
    return f"{QUESTION_PREFIX}{number}: how often does the hand of a clock cross the {number}?"


def questions(count: int) -> list[str]:
    """The first `count` questions."""
    return [question(number) for number in range(count)]


@dataclass(frozen=True)
class ClientResult:
    """One client's run. `seconds` is the whole run with its start; `request_phase_s` from the
    first arrival to the last end at the server, or None without a log; `empty` rows came back
    without text. `error` names what ended a run that gave nothing back.
    """

    client: str
    seconds: float
    request_phase_s: float | None
    answered: int
    empty: int
    requests: int | None = None
    share_of_ideal: float | None = None
    error: str = ""


def client_options(description: str | None) -> argparse.ArgumentParser:
    """The options that all clients share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--base-url", required=True, help="with /v1")
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--requests-log", type=Path, default=None, help="the server's log")
    return parser


def summarise(
    client: str,
    started_s: float,
    seconds: float,
    texts: Sequence[str | None],
    options: argparse.Namespace,
) -> ClientResult:
    """The result of a run that started at `started_s` (Unix seconds) and gave these texts."""
    empty = sum(not text for text in texts)
    if options.requests_log is None:
        return ClientResult(client, seconds, None, len(texts) - empty, empty)
    phase = read_phase(
        options.requests_log,
        options.in_flight,
        since_s=started_s,
        question_prefix=QUESTION_PREFIX,
    )
    return ClientResult(
        client,
        seconds,
        phase.request_phase_s,
        len(texts) - empty,
        empty,
        phase.requests,
        phase.share_of_ideal,
    )


def print_result(result: ClientResult) -> None:
    """One JSON line. Clients that log to stdout do so before it: read the last line with a `{`."""
    print(json.dumps(asdict(result)), flush=True)
