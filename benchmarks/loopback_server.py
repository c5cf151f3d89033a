"""The benchmark's teacher: replies of a realistic size after log-normal times, in its own process.

    python -m benchmarks.loopback_server --port 0 --requests-log FILE
    python -m benchmarks.loopback_server --port 0 --requests-log FILE --fail-rate 0.3
    python -m benchmarks.loopback_server --port 0 --requests-log FILE --places 48

The time and text of a reply depend on the question alone, so every client, whatever its sampling
fields, meets the same work. Default: mean 2 s, sigma 0.8, cut at 60 s. With `--fail-rate` (the
hostile trial) every attempt takes 0.5 s and that share of them fails: 429 with Retry-After 1, 500,
503, reset, half a stream, garbage JSON. With `--places` more in flight than that are refused at
once with 429, with `--rate` what exceeds a token bucket of so many a second. The first line on
stdout is JSON with the port; the server ends at the end of stdin (or never with `--forever`) or on
SIGINT and SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

from benchmarks.capacity_servers import CappedServer, RateServer, Refused, Server, constant
from tests.fake_teacher.faults import (
    Call,
    Fault,
    FaultKind,
    FaultSchedule,
    hostile_faults,
    no_faults,
)
from tests.fake_teacher.reply import Body, Replier, Reply, hash_share, last_user_text
from tests.fake_teacher.server import TeacherScript, TeacherServer
from tests.fake_teacher.teacher import reserve_port
from tests.fake_teacher.traces import REPOSITORY
from tests.fake_teacher.wire import WireStyle

MODEL = "loopback"
MEAN_S = 2.0
SIGMA = 0.8
CUT_S = 60.0
HOSTILE_ROW_S = 0.5
THOUGHT_CHARACTERS = 2_000
# A stream has about 20 events in 6 writes: real ones have hundreds, which would make this server
# the slower side.
STREAM_STYLE = WireStyle(delta_characters=100, events_per_write=4)
SENTENCE = "Let me weigh what is given here against what is asked, one step after the other. "


def lognormal_s(question: str, mean_s: float, sigma: float, cut_s: float) -> float:
    """The question's time: a log-normal quantile picked by its hash, cut at `cut_s`."""
    share = hash_share("latency", question)
    quantile = NormalDist().inv_cdf(min(max(share, 1e-12), 1 - 1e-12))
    return min(math.exp(math.log(mean_s) - sigma * sigma / 2 + sigma * quantile), cut_s)


@dataclass(frozen=True)
class LognormalReplier:
    """A thought of about 2,000 characters and a short answer; sigma 0 makes all times equal."""

    mean_s: float = MEAN_S
    sigma: float = SIGMA
    cut_s: float = CUT_S
    thought_characters: int = THOUGHT_CHARACTERS

    def __call__(self, body: Body) -> Reply:
        """The reply to the last user message."""
        question = last_user_text(body)
        delay_s = 0.0
        if self.mean_s:
            delay_s = lognormal_s(question, self.mean_s, self.sigma, self.cut_s)
        repeats = self.thought_characters // len(SENTENCE) + 1
        return Reply(
            reasoning=f"The question: {question}\n{SENTENCE * repeats}",
            content=f"Answer to {question}",
            delay_s=delay_s,
        )


@dataclass(frozen=True)
class HiddenCapacity:
    """429 for what a server of `capacity_servers` refuses, by the real clock."""

    server: Server
    replier: Replier

    def __call__(self, call: Call) -> Fault | None:
        """Refuse this request or let it begin."""
        answer = self.server.arrive(time.monotonic(), self.replier(call.body).delay_s)
        if isinstance(answer, Refused):
            return Fault(FaultKind.RATE_LIMITED, retry_after_s=answer.retry_after_s)
        return None


def choose_faults(options: argparse.Namespace, replier: LognormalReplier) -> FaultSchedule:
    """What goes wrong at a server with these options."""
    if options.fail_rate > 0:
        return hostile_faults(options.fail_rate, seed=options.seed, delay_s=replier.mean_s)
    if options.places:
        return HiddenCapacity(CappedServer(constant(options.places), options.retry_after), replier)
    if options.rate:
        return HiddenCapacity(RateServer(options.rate, options.rate), replier)
    return no_faults


def benchmark_script(options: argparse.Namespace, port: int) -> TeacherScript:
    """The script of a server with these options."""
    hostile = options.fail_rate > 0
    mean_s = HOSTILE_ROW_S if hostile and options.mean_s is None else options.mean_s
    replier = LognormalReplier(
        mean_s=MEAN_S if mean_s is None else mean_s,
        sigma=0.0 if hostile else options.sigma,
        cut_s=options.cut_s,
    )
    return TeacherScript(
        replier=replier,
        style=STREAM_STYLE,
        faults=choose_faults(options, replier),
        models=(MODEL,),
        port=port,
        log_path=options.requests_log,
    )


@contextlib.contextmanager
def running_server(requests_log: Path, *arguments: str) -> Iterator[str]:
    """The server in a process of its own; gives its base URL, and ends it at the end."""
    command = [sys.executable, "-m", "benchmarks.loopback_server", "--requests-log"]
    server = subprocess.Popen(
        [*command, str(requests_log.resolve()), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    with server:  # leaving closes stdin, which ends it
        if server.stdout is None or not (line := server.stdout.readline()):
            raise RuntimeError(f"the loopback server did not start: exit code {server.wait()}")
        yield json.loads(line)["base_url"]


async def serve(script: TeacherScript, *, forever: bool) -> None:
    """Serve until stdin ends (if not `forever`) or a signal to stop."""
    server = TeacherServer(script, script.port)
    await server.start()
    print(json.dumps({"port": script.port, "base_url": f"http://127.0.0.1:{script.port}/v1"}))
    sys.stdout.flush()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if not forever:
        loop.add_reader(sys.stdin.fileno(), lambda: _stop_at_end(stopped))
    await stopped.wait()
    await server.stop()


def _stop_at_end(stopped: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        stopped.set()


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--requests-log", type=Path, required=True, help="JSONL, appended")
    parser.add_argument("--mean-s", type=float, default=None, help="mean time; 0: none at all")
    parser.add_argument("--sigma", type=float, default=SIGMA)
    parser.add_argument("--cut-s", type=float, default=CUT_S)
    parser.add_argument("--fail-rate", type=float, default=0.0)
    parser.add_argument("--places", type=int, default=0, help="refuse more than so many at once")
    parser.add_argument("--rate", type=float, default=0.0, help="refuse more than so many a second")
    parser.add_argument("--retry-after", type=float, default=None, help="told with --places")
    parser.add_argument("--seed", type=int, default=0, help="which attempts fail")
    parser.add_argument("--forever", action="store_true", help="do not end with stdin")
    return parser.parse_args(arguments)


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Keeps the docstring's lines."""


def main() -> None:
    """Run the server."""
    options = parse_options()
    script = benchmark_script(options, options.port or reserve_port())
    asyncio.run(serve(script, forever=options.forever))


if __name__ == "__main__":
    main()
