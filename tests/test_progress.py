"""The progress line: live on a terminal, plain lines when piped, the last state in either."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from builders.checks import AnswerVerifier
from builders.progress import describe_progress
from builders.recipe import Recipe
from builders.refill import Refill
from builders.tally import Tally
from distilabel_pipelines.gateway.settings import Finished, Pulse
from distilabel_pipelines.journal import Journal
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.reasoning import Request
from distilabel_pipelines.rows import Question, question_id
from distilabel_pipelines.wire import Reply

ROOT = Path(__file__).resolve().parents[1]
PULSE = Pulse(in_flight=3, queued=9, sent=8, retried=2, streamed_pieces=100)


@pytest.fixture(scope="module")
def verifier() -> Iterator[AnswerVerifier]:
    with AnswerVerifier() as running:
        yield running


async def write_journal(folder: Path, contents: list[str]) -> list[int]:
    journal = await Journal(folder).open()
    offsets = []
    for number, content in enumerate(contents):
        reply = Reply(
            message={"content": content, "reasoning_content": "Add one."},
            finish_reason="stop",
            served_model="m",
            response_id="r",
            usage={"prompt_tokens": 5, "completion_tokens": 50},
        )
        record = JournalRecord(
            key=f"{number:064x}", api="chat", request={}, reply=reply, attempts=1, latency_s=1
        )
        offsets.append(await journal.append(record))
    await journal.close()
    return offsets


def make_refill(
    tmp_path: Path, verifier: AnswerVerifier, values: list[int], *, from_journal: int = 0
) -> Refill:
    """A refill that has judged `values` as the answers to 0 + 1, 1 + 1, …"""
    requests = [
        Request(
            question=Question(
                seed_id=question_id(str(n)),
                question=f"What is {n} + 1?",
                answer=str(n + 1),
                language="en",
            ),
            sample=0,
            seed=0,
        )
        for n in range(20)
    ]
    responses = tmp_path / "responses"
    offsets = asyncio.run(write_journal(responses, [f"\\boxed{{{value}}}" for value in values]))
    refill = Refill(
        requests, Recipe(rows=10), verifier, responses=responses, work_dir=tmp_path / "work"
    )
    refill.start(lambda _limit, _final, _heard: None, "m")
    for index, offset in enumerate(offsets):
        known = index < from_journal
        refill.note(Finished(index=index, offset=offset, from_journal=known, attempts=1))
    refill.stop()
    return refill


def test_the_line_counts_rows_flight_speed_rejects_and_time_left(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    refill = make_refill(tmp_path, verifier, [1, 2, 99, 4])
    line = describe_progress(refill, 10, PULSE, 10.0)
    assert line == (
        "3/10 rows | 4 replies | ETA 0:23 | 3 in flight | 20 tok/s | 2 retries"
        " | rejected: refuted 1"
    )


def test_money_and_batches_are_shown_where_there_are_any(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    pulse = PULSE.model_copy(update={"in_batches": 40, "cost": {"CNY": Decimal("0.5")}})
    line = describe_progress(make_refill(tmp_path, verifier, [1]), 10, pulse, 10.0)
    assert "| 40 in batches |" in line
    assert "| 0.5000 CNY spent |" in line
    unknown = PULSE.model_copy(update={"cost": None})
    assert "spent" not in describe_progress(make_refill(tmp_path, verifier, [1]), 10, unknown, 9.0)


def test_replies_of_an_earlier_run_are_no_speed(tmp_path: Path, verifier: AnswerVerifier) -> None:
    refill = make_refill(tmp_path, verifier, [1, 2, 3, 4], from_journal=3)
    assert " 5 tok/s" in describe_progress(refill, 10, PULSE, 10.0)


def test_nothing_yet_is_an_unknown_end(tmp_path: Path, verifier: AnswerVerifier) -> None:
    line = describe_progress(make_refill(tmp_path, verifier, []), 10, None, 0.0)
    assert line == "0/10 rows | 0 replies | ETA unknown | 0 in flight | 0 tok/s"


def test_no_more_rows_than_wanted_are_shown(tmp_path: Path, verifier: AnswerVerifier) -> None:
    line = describe_progress(make_refill(tmp_path, verifier, [1, 2, 3]), 2, PULSE, 7300.0)
    assert line.startswith("2/2 rows")
    assert "| ETA 0:00 |" in line


def test_a_sample_counts_replies_and_not_rows(tmp_path: Path, verifier: AnswerVerifier) -> None:
    refill = make_refill(tmp_path, verifier, [1, 2, 99])
    line = describe_progress(refill, 8, PULSE, 30.0, is_sample=True)
    assert line.startswith("sample: 3 of 8 replies | 2 passed | ETA 0:50 | 3 in flight")


def test_hours_are_written_as_hours(tmp_path: Path, verifier: AnswerVerifier) -> None:
    line = describe_progress(make_refill(tmp_path, verifier, [1]), 3, PULSE, 2000.0)
    assert "| ETA 1:06:40 |" in line


class Rounds(NamedTuple):
    """What another kind of build tells of itself."""

    tally: Tally
    accepted: int
    at_the_judge: int


def test_another_kinds_own_parts_follow_the_replies() -> None:
    tally = Tally(8, 500, {"not_novel": 2, "too_short": 1}, ("round 3",))
    line = describe_progress(Rounds(tally, 12, 4), 100, PULSE, 10.0)
    assert line == (
        "12/100 rows | 8 replies | round 3 | ETA 1:13 | 3 in flight | 50 tok/s | 4 at the judge"
        " | 2 retries | rejected: not_novel 2, too_short 1"
    )


SHOW = """
import logging, sys, time
from decimal import Decimal
from pathlib import Path
from builders.checks import AnswerVerifier
from builders.progress import Progress
from builders.recipe import Recipe
from builders.refill import Refill
from distilabel_pipelines.gateway.settings import Waiting
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
with AnswerVerifier() as verifier, Progress(10) as progress:
    here = Path(".")
    progress.follow(Refill([], Recipe(), verifier, responses=here, work_dir=here))
    time.sleep(1.2)
    progress.note(Waiting(message="no answer from it"))
"""


def test_a_terminal_shows_one_line_written_over(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    try:
        environment = {**os.environ, "COLUMNS": "30", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", SHOW],
            cwd=tmp_path,
            stderr=terminal,
            check=False,
            env=environment,
        )
        os.close(terminal)
        said = b""
        while chunk := _read(controller):
            said += chunk
    finally:
        os.close(controller)
    assert done.returncode == 0, said
    text = said.decode()
    shown = re.findall(r"\r(0/10 rows[^\r\n]*)", text)
    assert len(shown) >= 2
    assert max(map(len, shown)) < 30
    assert re.search(r"\r +\rwaiting for the teacher: no answer from it", text)
    assert text.endswith("\n")


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 65536)
    except OSError:  # Linux: the other end is closed
        return b""


def test_a_pipe_gets_plain_lines_and_the_last_state(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert "\r" not in done.stderr
    assert done.stderr.splitlines() == [
        "waiting for the teacher: no answer from it",
        "0/10 rows | 0 replies | ETA unknown | 0 in flight | 0 tok/s",
    ]
    assert done.stdout == ""
