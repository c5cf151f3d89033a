"""Whole builds with real vLLM: killed and started again in the middle, and started by the build."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from distilabel_pipelines.journal import read_journal
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.vllm_processes import list_descendants
from tests.trials.build_command import (
    SECRET,
    Row,
    RunningBuild,
    read_manifest_json,
    read_rows,
    wait_until,
)
from tests.vllm.real_server import CONTEXT_TOKENS, FLAGS, NAME, WEIGHTS, RealServer, find_tree

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(420)]
ROWS = 20
CONCURRENCY = 4
BEFORE_KILL = 6
LEAVE_S = 5.0
LIMIT_S = 300.0
BUILD = {
    "llm": "vllm",
    "rows": ROWS,
    "concurrency": CONCURRENCY,
    "max_tokens": CONTEXT_TOKENS // 2,
}


def read_records(out: Path) -> list[JournalRecord]:
    return [record for _, record in read_journal(out / "responses")]


def check_dataset(out: Path, served_model: str) -> list[Row]:
    rows = read_rows(out, "dataset/data")
    assert len(rows) == ROWS
    assert {row["verdict"] for row in rows} == {"verified"}
    assert all(str(row["reasoning_content"]).strip() for row in rows)
    assert {record.reply.served_model for record in read_records(out) if record.reply} == {
        served_model
    }
    assert read_manifest_json(out)["funnel"]["published"] == ROWS
    return rows


def count_keys(records: Sequence[JournalRecord]) -> int:
    return len({record.key for record in records})


def test_a_server_killed_in_the_middle_of_a_build_costs_what_was_in_flight(
    server: RealServer, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    asked_before = server.count_asked()
    with RunningBuild(out, **BUILD, base_url=server.root_url) as build:
        build.wait_until(lambda: len(read_records(out)) >= BEFORE_KILL)
        server.kill()
        early = len(read_records(out))
        time.sleep(2.0)  # the build meets a closed port
        assert build.child.poll() is None
        assert len(read_records(out)) == early
        server.start()
        ended = build.wait(LIMIT_S)
    assert ended.code == 0, ended.said
    assert "waiting" in ended.said
    check_dataset(out, NAME)
    records = read_records(out)
    assert BEFORE_KILL <= early < ROWS <= len(records)
    assert count_keys(records) == len(records)
    asked_twice = server.count_asked() - asked_before - len(records)
    assert 0 <= asked_twice <= CONCURRENCY
    print(  # noqa: T201  # the target's figures
        f"{ROWS} rows of {len(records)} replies, {early} before the kill, {asked_twice} asked again"
    )


def vllm_arguments() -> str:
    return " ".join(f"'{flag}'" for flag in FLAGS)


def test_a_build_starts_vllm_itself_and_takes_it_along_when_killed(tmp_path: Path) -> None:
    """Then the same command goes on from the journal, ends the server, and leaves no key behind."""
    out = tmp_path / "out"
    variables = {**BUILD, "model": WEIGHTS, "vllm_args": vllm_arguments()}
    with RunningBuild(out, **variables) as build:
        wait_until(lambda: len(read_records(out)) >= BEFORE_KILL, LIMIT_S)
        tree = find_tree(build.child.pid)
        assert any("VLLM::EngineCore" in command for command in tree.values()), tree
        build.kill_main()
        killed_s = time.monotonic()
        wait_until(lambda: find_living(tree) == [], LEAVE_S)
        left_s = time.monotonic() - killed_s
        early = read_records(out)
    with RunningBuild(out, **variables) as build:
        ended = build.wait(LIMIT_S)
        assert ended.code == 0, ended.said
        assert "loading weights" in ended.said
        assert list_descendants(build.child.pid) == []
    records = read_records(out)
    served_model = str(records[0].request["model"])
    check_dataset(out, served_model)
    assert served_model.startswith(WEIGHTS.name)
    assert records[: len(early)] == early
    assert count_keys(records) == len(records)
    assert (out / "logs/vllm.log").read_text().startswith("$ ")
    assert find_files_with(out, SECRET) == []
    print(  # noqa: T201  # the target's figures
        f"{len(tree)} processes gone {left_s:.1f} s after the kill of the main one; "
        f"{len(early)} replies before it, {len(records)} in all"
    )


def find_living(tree: dict[int, str]) -> list[str]:
    """Those of the processes that still run; an id may have been given to somebody else."""
    return [command for pid, command in tree.items() if find_tree(pid).get(pid) == command]


def find_files_with(folder: Path, text: str) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if text.encode() in path.read_bytes()]


def test_flags_that_vllm_refuses_end_the_build_with_its_own_words(tmp_path: Path) -> None:
    variables = {**BUILD, "model": WEIGHTS, "vllm_args": "--no-such-flag 1"}
    with RunningBuild(tmp_path / "out", **variables) as build:
        ended = build.wait(LIMIT_S)
    assert ended.code not in {0, None}
    assert "unrecognized arguments: --no-such-flag" in ended.said
    assert "Traceback" not in ended.said
