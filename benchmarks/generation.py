"""The request phase of each client against the ideal greedy schedule, side by side in one run.

    python -m benchmarks.generation [--requests 2000] [--in-flight 64] [--skip stock]

Each client gets a fresh loopback server (log-normal latency, mean 2 s, sigma 0.8, cut at 60 s) and
the same questions. Bespoke Curator needs a virtual environment of its own: CURATOR_PYTHON names its
interpreter. Ratios are what counts; seconds depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.loopback_server import running_server

CLIENTS: dict[str, list[str]] = {
    "raw": ["benchmarks.raw_aiohttp_client"],
    "ours": ["benchmarks.our_client"],
    "build": ["benchmarks.build_client"],
    "curator": ["benchmarks.curator_client"],
    "stock": ["benchmarks.stock_distilabel_client", "--batch-size=64"],
}


def run_client(name: str, requests: int, in_flight: int, server_options: list[str]) -> str:
    """Run one client against a server of its own; returns its row of the table."""
    interpreter = sys.executable
    if name == "curator":
        interpreter = os.environ.get("CURATOR_PYTHON", "")
        if not interpreter:
            return "| Bespoke Curator | not run: CURATOR_PYTHON is not set | | | | |"
    module, *extra = CLIENTS[name]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "requests.jsonl"
        with running_server(log, *server_options) as base_url:
            command = [
                interpreter,
                "-m",
                module,
                f"--base-url={base_url}",
                f"--requests={requests}",
            ]
            command += [f"--in-flight={in_flight}", f"--requests-log={log}", *extra]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        return f"| {name} | failed with exit code {done.returncode} | | | | |"
    return format_row(json.loads(lines[-1]))


def format_row(result: dict[str, Any]) -> str:
    """One row: client, whole run, request phase, share of ideal, requests, rows, empty rows."""
    phase, share = result["request_phase_s"], result["share_of_ideal"]
    cells = [
        result["client"],
        f"{result['seconds']:.1f}",
        "" if phase is None else f"{phase:.1f}",
        "" if share is None else f"{share:.3f}",
        f"{result['requests']}",
        f"{result['answered']} ({result['empty']} empty)",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Run the clients one after the other and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--only", nargs="*", choices=CLIENTS, default=list(CLIENTS))
    parser.add_argument("--skip", nargs="*", choices=CLIENTS, default=[])
    parser.add_argument("--fail-rate", type=float, default=0.0, help="the hostile server")
    options = parser.parse_args()
    server_options = [f"--fail-rate={options.fail_rate}"] if options.fail_rate else []
    print("| client | run, s | request phase, s | share of ideal | requests | rows |", flush=True)
    print("|---|---|---|---|---|---|", flush=True)
    for name in options.only:
        if name not in options.skip:
            row = run_client(name, options.requests, options.in_flight, server_options)
            print(row, flush=True)


if __name__ == "__main__":
    main()
