"""The gateway's adaptive window beside fixed ones, against servers with a hidden capacity.

    python -m benchmarks.capacity [--requests 1500] [--ceiling 256] [--guess 64]

The real gateway and a real HTTP server on the loopback, log-normal latency (mean 2 s, sigma 0.8).
The server refuses with 429 at once what exceeds its capacity, which no client is told. Every window
gets a fresh server and the same questions. Share of the capacity: what the server accepted from
the ramp's end until the last request was accepted. `capacity_simulation` has many more servers.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks.capacity_servers import CappedServer, RateServer, Server, constant, overlap
from benchmarks.capacity_simulation import RAMP_S
from benchmarks.loopback_server import MODEL, running_server
from benchmarks.workload import questions
from distilabel_pipelines.gateway.handle import GatewayHandle, new_access_token
from distilabel_pipelines.gateway.settings import GatewaySettings, TeacherSettings
from distilabel_pipelines.wire import INDEX_HEADER
from tests.fake_teacher.record import RequestRecord, read_request_log


@dataclass(frozen=True)
class Hidden:
    """A server's name, its options, and its capacity: places, or requests a second."""

    name: str
    options: tuple[str, ...]
    places: int = 0
    rate: float = 0.0

    def twin(self) -> Server:
        """The same capacity as a simulated server, which knows its ideal schedule."""
        if self.places:
            return CappedServer(constant(self.places))
        return RateServer(self.rate, self.rate)


SERVERS = {
    "places": Hidden("48 at once", ("--places=48",), places=48),
    "retry-after": Hidden(
        "48 at once, Retry-After 2", ("--places=48", "--retry-after=2"), places=48
    ),
    "rate": Hidden("24 a second", ("--rate=24",), rate=24.0),
}


async def ask_through(gateway: GatewayHandle, count: int) -> int:
    """Ask everything at once, in the order of the index; returns how many were answered."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    headers = {"Authorization": f"Bearer {gateway.access_token}"}
    url = f"{gateway.base_url}/chat/completions"
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers=headers
    ) as session:

        async def ask(index: int, text: str) -> bool:
            body = {"model": MODEL, "messages": [{"role": "user", "content": text}]}
            place = {INDEX_HEADER: str(index)}
            async with session.post(url, json=body, headers=place) as response:
                await response.read()
                return response.ok

        answered = await asyncio.gather(*(ask(*each) for each in enumerate(questions(count))))
        return sum(answered)


def run_window(
    hidden: Hidden, requests: int, *, ceiling: int, adaptive: bool
) -> tuple[list[RequestRecord], int]:
    """The server's record of one run, and the number of answers that came out."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "requests.jsonl"
        with running_server(log, *hidden.options) as base_url:
            teacher = TeacherSettings(
                base_urls=(base_url,),
                model=MODEL,
                concurrency=ceiling,
                adaptive=adaptive,
                stream=False,
            )
            settings = GatewaySettings(
                journal_dir=f"{folder}/responses",
                access_token=new_access_token(),
                teacher=teacher,
            )
            with GatewayHandle(settings, lambda _: None) as gateway:
                answered = asyncio.run(ask_through(gateway, requests))
        return read_request_log(log), answered


def format_row(
    hidden: Hidden, window: str, records: list[RequestRecord], ceiling: int, answered: int
) -> str:
    """One row of the table."""
    taken = [record for record in records if record.paid and record.ended_s is not None]
    began = min(record.arrived_s for record in records)
    since, until = began + RAMP_S, max(record.arrived_s for record in taken)
    ends = [(record.arrived_s, record.ended_s or 0.0) for record in taken]
    if hidden.places:
        used = sum(overlap(*span, since, until) for span in ends) / hidden.places
    else:
        used = sum(since <= arrived < until for arrived, _ in ends) / hidden.rate
    seconds = max(end for _, end in ends) - began
    ideal_s = hidden.twin().ideal_s([record.planned_s or 0.0 for record in taken], ceiling)
    refused = 1 - len(taken) / len(records)
    cells = [
        hidden.name,
        window,
        f"{used / (until - since):.3f}",
        f"{refused:.1%}",
        f"{seconds:.1f}",
        f"{ideal_s / seconds:.3f}",
        f"{answered}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Run the windows one after the other and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1_500)
    parser.add_argument("--ceiling", type=int, default=256)
    parser.add_argument("--guess", type=int, default=64, help="a fixed window's usual size")
    parser.add_argument("--servers", nargs="*", choices=SERVERS, default=list(SERVERS))
    options = parser.parse_args()
    windows = {
        f"adaptive, ceiling {options.ceiling}": (options.ceiling, True),
        f"fixed at {options.ceiling}": (options.ceiling, False),
        f"fixed at {options.guess}": (options.guess, False),
    }
    print("| server | window | share of capacity | refused | s | share of ideal | answered |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for hidden in (SERVERS[name] for name in options.servers):
        for window, (ceiling, adaptive) in windows.items():
            records, answered = run_window(
                hidden, options.requests, ceiling=ceiling, adaptive=adaptive
            )
            print(format_row(hidden, window, records, options.ceiling, answered), flush=True)


if __name__ == "__main__":
    main()
