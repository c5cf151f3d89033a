"""Trial: the real Alpaca 52k, as if a teacher had just written it to the real 175 seed tasks.

A loopback server answers in the public format with lists built from all 52,002 rows, in their
order, and begins again when it has told them all: then nothing is new, and the build ends. Every
real row must be found in exactly one place: published, rejected with a reason, or in the part of a
reply that the server cut at a stop sequence or at the token limit. 75 of the real rows hold pieces
of other lists, which Alpaca's own parser had left in; their lists cannot be read as they were.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from distilabel_pipelines.instruction_replies import clean_input
from tests.fake_teacher import FakeTeacherProcess, Reply, TeacherScript, shared_data
from tests.fake_teacher.task_lists import (
    ListForm,
    TaskListReplier,
    cut_as_servers_do,
    write_list,
)
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
LIMITS = {"stop": ["\n20", "\n20."], "max_tokens": 3072}
LABELLED = re.compile(
    r"^[ #*>-]*\d+\s*[.)]\s*(instruction|input|output)\b|^\s*#{3,}", re.IGNORECASE | re.MULTILINE
)


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


def is_plain(task: WordedTask) -> bool:
    return not any(LABELLED.search(text) for text in task)


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
    manifest = read_manifest_json(out)
    rows = [*read_rows(out, "dataset/data"), *read_rows(out, "rejected")]
    told = [ended.said, describe(manifest, wall_s, peak), *check_places(rows, alpaca)]
    print("\n".join(told))  # noqa: T201  # the trial's figures
    assert manifest["ended_by"] == "fruitless"


def describe(manifest: Row, wall_s: float, peak: Peak) -> str:
    funnel = dict(manifest["funnel"])
    fallen = {
        step: {reason: count for reason, count in counts.items() if count}
        for step, counts in funnel.pop("rejected").items()
    }
    figures = f"{wall_s:.0f} s, main process {peak.main:.0f} MiB, together {peak.together:.0f} MiB"
    return "\n".join([json.dumps(funnel, indent=1), json.dumps(fallen, indent=1), figures])


def check_places(rows: Sequence[Row], alpaca: Sequence[WordedTask]) -> Iterator[str]:
    """Each list's tasks are in its rows, in their order and nowhere else; yields the figures."""
    by_request: dict[int, dict[int, Row]] = defaultdict(dict)
    for row in rows:
        assert row["item"] not in by_request[row["request"]]
        by_request[row["request"]][row["item"]] = row
    kinds, unsaid = Counter[str](), 0
    for number in range(-(-len(alpaca) // PER_REPLY)):
        told = alpaca[number * PER_REPLY :][:PER_REPLY]
        whole = count_whole(told)
        unsaid += len(told) - whole
        kind = "plain" if all(map(is_plain, told)) else "of broken lists"
        kind += "" if whole == len(told) else ", cut"
        kinds[kind] += 1
        if kind.startswith("plain"):
            check_list(by_request[number], told[:whole])
    yield f"lists by kind: {dict(kinds)}; {unsaid} tasks cut off or never said"


def count_whole(told: Sequence[WordedTask]) -> int:
    """The tasks that a server with these stops and this limit lets through from end to end."""
    whole = 0
    for count in range(1, len(told) + 1):
        text = write_list(told[:count], ListForm.PLAIN, language="en", first=4)
        whole += cut_as_servers_do(Reply(content=text), LIMITS).content == text
    return whole


def check_list(listed: dict[int, Row], told: Sequence[WordedTask]) -> None:
    """The rows of one list are its tasks, text by text; a blank output could not be read."""
    for item, task in enumerate(told):
        row = listed[item]
        if not row.get("raw"):
            assert row["instruction"] == " ".join(task.instruction.split())
            assert row["output"] == task.output.strip()
            assert row["input"] == clean_input(task.input)
        else:
            assert not task.output.strip()
            assert row["reason"] == "unparsable"
