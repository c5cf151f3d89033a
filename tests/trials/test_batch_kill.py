"""Trials: `make build-reasoning BATCH=1` killed between submit and collect, then run again.

Each request is paid once and the rows are those of an undisturbed build.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel_pipelines.journal import read_lines
from distilabel_pipelines.journal_lines import BatchClosed, BatchIntent, BatchSubmitted, JournalLine
from tests.fake_dashscope import API_KEY, BatchRules, DashScopeScript, FakeDashScopeProcess
from tests.fake_teacher import Fault, FaultKind, FaultsByNumber, arithmetic_replier
from tests.trials.build_command import (
    Row,
    RunningBuild,
    list_processes,
    read_manifest_json,
    run_build,
    wait_until,
    write_sums,
)

pytestmark = pytest.mark.slow
ROWS = 40


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", API_KEY)


def script_with(**rules: object) -> DashScopeScript:
    """A teacher that errs now and then, with these rules for its batches."""
    replier = arithmetic_replier(wrong_rate=0.1, cut_rate=0.05)
    return DashScopeScript(replier=replier, batch=BatchRules(**rules))  # type: ignore[arg-type]  # its fields


def variables(service: FakeDashScopeProcess, seeds: Path) -> Row:
    return {
        "llm": "dashscope",
        "base_url": service.base_url,
        "model": "qwen-plus",
        "seeds": seeds,
        "rows": ROWS,
        "batch": 1,
    }


def count_notes(out: Path, kind: type[JournalLine]) -> int:
    return sum(isinstance(line, kind) for _, line in read_lines(out / "responses"))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("seeds") / "sums.jsonl", 120)


@pytest.fixture(scope="module")
def calm_digest(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("calm") / "out"
    with pytest.MonkeyPatch.context() as patch, FakeDashScopeProcess(script_with()) as service:
        patch.setenv("DASHSCOPE_API_KEY", API_KEY)
        ended = run_build(out, **variables(service, seeds))
    assert ended.code == 0, ended.said
    digest: str = read_manifest_json(out)["content_digest"]
    return digest


def check_paid_once(service: FakeDashScopeProcess, out: Path, digest: str) -> None:
    """Each request in one batch only, none live, and the rows of the undisturbed build."""
    assert service.answered_ids
    assert set(service.answered_ids.values()) == {1}
    assert set(service.answered.values()) == {1}
    assert service.records() == []
    assert count_notes(out, BatchClosed) == count_notes(out, BatchIntent)
    assert read_manifest_json(out)["content_digest"] == digest
    left = "\n".join(
        path.read_bytes().decode(errors="replace") for path in out.rglob("*") if path.is_file()
    )
    assert API_KEY not in left


def test_a_kill_between_submit_and_collect_pays_once(
    tmp_path: Path, seeds: Path, calm_digest: str
) -> None:
    out = tmp_path / "out"
    with FakeDashScopeProcess(script_with(running_s=15.0)) as service:
        with RunningBuild(out, **variables(service, seeds)) as build:
            build.wait_until(lambda: count_notes(out, BatchSubmitted) == 1)
            build.kill_group()
            wait_until(lambda: list_processes(out) == [], 5.0)
        assert service.batches_created == 1
        assert count_notes(out, BatchClosed) == 0
        ended = run_build(out, **variables(service, seeds))
        assert ended.code == 0, ended.said
        check_paid_once(service, out, calm_digest)


@pytest.mark.parametrize(("kind", "made"), [(FaultKind.RESET, 0), (FaultKind.HALF_BODY, 1)])
def test_a_kill_before_the_batchs_name_is_known_pays_once(
    tmp_path: Path, seeds: Path, calm_digest: str, kind: FaultKind, made: int
) -> None:
    out = tmp_path / "out"
    # The creation, the first request after the upload: lost on its way there, or on its way back.
    faults = FaultsByNumber({1: Fault(kind)})
    with FakeDashScopeProcess(script_with(faults=faults)) as service:
        with RunningBuild(out, **variables(service, seeds)) as build:
            build.wait_until(lambda: count_notes(out, BatchIntent) == 1)
            build.wait_until(lambda: service.batches_created == made)
            build.kill_group()
            wait_until(lambda: list_processes(out) == [], 5.0)
        assert service.batches_created == made
        assert count_notes(out, BatchSubmitted) == 0
        ended = run_build(out, **variables(service, seeds))
        assert ended.code == 0, ended.said
        check_paid_once(service, out, calm_digest)
