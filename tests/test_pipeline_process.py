"""The pipeline's process: what it must give back, and how its failures are told."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import orjson
import pytest
from pydantic import BaseModel

from distilabel_pipelines.pipeline_process import PipelineError, _read_results, run_in_own_process


class NoJob(BaseModel):
    """Settings of a kind that does not exist."""


def test_a_process_that_fails_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "distilabel.log"
    with pytest.raises(PipelineError, match="no pipeline for the kind 'poetry'") as caught:
        run_in_own_process(
            "poetry",
            NoJob(),
            [],
            access_token="none",  # noqa: S106  # nothing is asked with it
            work_dir=tmp_path / "work",
            log_path=log,
            stopped=threading.Event(),
        )
    assert "exit code 1" in str(caught.value)
    assert "logs/distilabel.log" in str(caught.value)
    assert str(tmp_path) not in str(caught.value).split("\n", 1)[0]


def test_results_come_in_the_order_of_the_rows(tmp_path: Path) -> None:
    results = [{"index": index, "reply": "r"} for index in (2, 0, 1)]
    (tmp_path / "results.json").write_bytes(orjson.dumps(results))
    assert [row["index"] for row in _read_results(tmp_path, 3, tmp_path / "log")] == [0, 1, 2]


@pytest.mark.parametrize(
    "results",
    [
        None,
        [],
        [{"index": 0, "reply": "r"}],
        [{"index": 0, "reply": "r"}, {"index": 0, "reply": "r"}],
        [{"index": 0, "reply": "r"}, {"index": 1, "reply": None}],
        [{"index": 0, "reply": "r"}, {"index": 7, "reply": "r"}],
    ],
)
def test_missing_doubled_or_empty_rows_are_an_error_and_never_silent(
    tmp_path: Path, results: list[dict[str, object]] | None
) -> None:
    if results is not None:
        (tmp_path / "results.json").write_bytes(orjson.dumps(results))
    with pytest.raises(PipelineError, match=r"of 2 rows; nothing is lost"):
        _read_results(tmp_path, 2, tmp_path / "log")


POOL = """
import multiprocessing, os, signal, time
from distilabel_pipelines.pipeline_process import end_with_any_step
from distilabel_pipelines.supervision import kill_own_group

if __name__ == "__main__":
    end_with_any_step(before_leaving=kill_own_group)
    with multiprocessing.Pool(2) as pool:
        time.sleep(1)
        {then}
    time.sleep(0.5)
"""


def run_pool(then: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", POOL.format(then=then)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
    )


def test_a_step_that_is_killed_ends_the_pipeline_which_would_wait_for_its_rows_for_ever() -> None:
    ended = run_pool("os.kill(pool._pool[0].pid, signal.SIGKILL); time.sleep(50)")
    assert ended.returncode == -signal.SIGKILL
    assert "of the pipeline ended with exit code -9" in ended.stderr


def test_a_pool_that_is_closed_ends_nothing_else() -> None:
    ended = run_pool("pass")
    assert (ended.returncode, ended.stderr) == (0, "")
