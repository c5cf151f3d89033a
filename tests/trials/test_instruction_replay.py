"""Trial: the real Alpaca 52k, as if a teacher had just written it to the real 175 seed tasks.

A loopback server answers in the public format with lists built from all 52,002 rows, in their
order, and begins again when it has told them all: then nothing is new, and the build ends. Every
real row must be found in exactly one place: published, rejected with a reason, or in the part of a
reply that the server cut at a stop sequence or at the token limit.
"""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fake_teacher import FakeTeacherProcess, TeacherScript, shared_data
from tests.fake_teacher.task_lists import TaskListReplier
from tests.fake_teacher.task_words import WordedTask
from tests.trials.build_command import (
    Row,
    RunningInstructionBuild,
    list_processes,
    read_manifest_json,
    read_rows,
)

DATA = shared_data() / "instruct"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_data,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not DATA.exists(), reason=f"no shared data at {DATA}"),
]
PER_REPLY = 16


@dataclass
class Peak:
    """The largest resident memory seen, in MiB: of the main process, and of all together."""

    main: float = 0.0
    together: float = 0.0
    readings: list[float] = field(default_factory=list)

    def look(self, main: int, out: Path) -> None:
        """Take a reading."""
        sizes = dict(read_sizes(list_processes(out)))
        self.main = max(self.main, sizes.get(main, 0.0))
        self.together = max(self.together, sum(sizes.values()))
        self.readings.append(sum(sizes.values()))


def read_sizes(pids: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Resident memory in MiB of each process that still lives."""
    for pid in pids:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        line = next((line for line in status.splitlines() if line.startswith("VmRSS")), None)
        if line is not None:
            yield pid, int(line.split()[1]) / 1024


def load_alpaca() -> list[WordedTask]:
    with gzip.open(DATA / "alpaca_en_52k.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [WordedTask(row["instruction"], row["input"], row["output"]) for row in rows]


def flatten(text: str) -> str:
    return " ".join(text.split())


def test_every_row_of_the_real_alpaca_is_published_or_rejected_once(tmp_path: Path) -> None:
    alpaca = load_alpaca()
    assert len(alpaca) == 52_002
    replier = TaskListReplier(tasks=alpaca, per_reply=PER_REPLY)
    config, out = tmp_path / "recipe.toml", tmp_path / "out"
    config.write_text('method = "alpaca"\n[generation]\nfruitless_requests = 40\n')
    variables = {"llm": "vllm", "seeds": DATA / "seed_tasks.jsonl", "rows": 60_000}
    begun, peak = time.monotonic(), Peak()
    with (
        FakeTeacherProcess(TeacherScript(replier=replier)) as teacher,
        RunningInstructionBuild(
            out, base_url=teacher.root_url, config=config, concurrency=64, **variables
        ) as build,
    ):
        while build.child.poll() is None:
            peak.look(build.child.pid, out)
            time.sleep(1.0)
        ended = build.wait()
    wall_s = time.monotonic() - begun
    assert ended.code == 0, ended.said
    print(ended.said)
    manifest = read_manifest_json(out)
    tell(manifest, wall_s, peak)
    rows = [*read_rows(out, "dataset/data"), *read_rows(out, "rejected")]
    check_places(rows, alpaca)
    assert manifest["ended_by"] == "fruitless"


def tell(manifest: Row, wall_s: float, peak: Peak) -> None:
    funnel = dict(manifest["funnel"])
    fallen = {step: {r: n for r, n in by.items() if n} for step, by in funnel.pop("rejected").items()}
    print(json.dumps(funnel, indent=1))
    print(json.dumps(fallen, indent=1))
    print(f"{wall_s:.0f} s, main process {peak.main:.0f} MiB, together {peak.together:.0f} MiB")


def check_places(rows: Sequence[Row], alpaca: Sequence[WordedTask]) -> None:
    """Each real row's own place (request and item) holds it, and nothing else."""
    places = Counter((row["request"], row["item"]) for row in rows)
    assert max(places.values()) == 1
    first_pass = -(-len(alpaca) // PER_REPLY)
    wrong, cut, found = [], 0, 0
    by_place = {(row["request"], row["item"]): row for row in rows}
    for number, task in enumerate(alpaca):
        row = by_place.get(divmod(number, PER_REPLY))
        if row is None:
            cut += 1
        elif row["raw"] or flatten(task.instruction) == row["instruction"]:
            found += 1
            same = (task.input.strip(), task.output.strip()) == (row["input"], row["output"])
            if not row["raw"] and not same:
                wrong.append((number, task, row))
        else:
            wrong.append((number, task, row))
    print(f"{found} in their place, {cut} never said, {len(wrong)} read otherwise")
    for number, task, row in wrong[:12]:
        print(number, task, {k: row.get(k) for k in ("instruction", "input", "output", "reason")})
    assert max(row["request"] for row in rows) >= first_pass
