"""A whole `build_reasoning` against the loopback server: the refill decides what is sent.

    python -m benchmarks.build_client --base-url … --requests 2000 --in-flight 64 --requests-log …

Three of ten questions are Chinese, and the server answers in English, so the language gate rejects
them: the refill has to find out the pass rate and keep the window full all the same. `--requests`
is the number of rows wanted divided by that rate, so about that many requests are made.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.memory import PeakMemory
from benchmarks.workload import client_options, print_result, question, summarise

PASS_RATE = 0.7
# The loopback server's thoughts repeat one sentence, which the loop gate would reject.
RECIPE = """
[teacher]
stream = false
[gates]
loop_max_duplicate_share = 1.0
loop_min_repeats = 1000000
[dedup]
keep_numbers = true
"""


def write_seeds(path: Path, count: int) -> None:
    """Questions in file order, without gold answers; 3 of 10 are Chinese."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            text = question(number)
            if number % 10 in (2, 5, 8):
                text = (
                    f"Question {number}: 时钟的指针在一天之内会有多少次经过数字{number}所在的位置?"
                )
            file.write(json.dumps({"question": text}) + "\n")


def run_build(folder: Path, base_url: str, requests: int, in_flight: int) -> int:
    """Build into `folder`; returns the number of published rows."""
    write_seeds(folder / "seeds.jsonl", requests + requests // 2)
    (folder / "recipe.toml").write_text(RECIPE)
    rows = int(requests * PASS_RATE)
    settings = {"llm": "vllm", "base-url": base_url, "concurrency": in_flight, "rows": rows}
    paths = {"seeds": "seeds.jsonl", "config": "recipe.toml", "out": "out"}
    options = [f"--{name}={value}" for name, value in settings.items()]
    options += [f"--{name}={folder / value}" for name, value in paths.items()]
    command = [sys.executable, "-m", "builders.build_reasoning", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    manifest = json.loads((folder / "out" / "manifest.json").read_bytes())
    return int(manifest["rows"]["published"])


def main() -> None:
    """Run and print one JSON line."""
    options = client_options(__doc__).parse_args()
    started_s, clock = time.time(), time.monotonic()
    with PeakMemory() as memory, tempfile.TemporaryDirectory() as folder:
        published = run_build(Path(folder), options.base_url, options.requests, options.in_flight)
    seconds = time.monotonic() - clock
    texts: list[str | None] = ["published"] * published
    print_result(summarise("ours: a whole build with refill", started_s, seconds, texts, options))
    memory.tell()


if __name__ == "__main__":
    main()
