"""`make estimate-reasoning` against a real teacher process: what it says, and what it leaves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from builders.errors import RecipeError
from builders.estimate_reasoning import read_estimate_options
from tests.fake_teacher import FakeTeacherProcess, TeacherScript, arithmetic_replier
from tests.fake_teacher.judge_replier import JudgeReplier
from tests.fake_teacher.traces import REPOSITORY
from tests.trials.build_command import read_manifest_json, run_build, write_sums

PRICES = """
[[prices]]
models = ["fake-teacher"]
currency = "USD"
tiers = [{ input = 1, output = 10 }]
"""


def run_estimate(out: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("BUILD_")}
    given = {f"BUILD_{name.upper()}": str(value) for name, value in variables.items()}
    return subprocess.run(
        [sys.executable, "-m", "builders.estimate_reasoning"],
        cwd=REPOSITORY,
        env={**clean, **given, "BUILD_OUT": str(out)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_a_sample_of_no_requests_is_refused() -> None:
    for text in ("0", "-3", "many"):
        with pytest.raises(RecipeError, match=f"SAMPLE_REQUESTS={text}"):
            read_estimate_options([f"--sample-requests={text}"])
    assert read_estimate_options([]).sample_requests == 8


@pytest.mark.slow  # three builds; pretraining's is in `make test`
def test_the_build_pays_for_nothing_of_the_sample_again(tmp_path: Path) -> None:
    """Estimate, build, and an estimate for more rows over the finished build."""
    seeds, out = write_sums(tmp_path / "sums.jsonl", 100), tmp_path / "out"
    prices = tmp_path / "my prices.toml"
    prices.write_text(PRICES, encoding="utf-8")
    script = TeacherScript(replier=arithmetic_replier(wrong_rate=0.2, mean_delay_s=0.02))
    with FakeTeacherProcess(script) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds}
        priced = {**variables, "model": "fake-teacher", "prices": prices, "budget": "5USD"}
        told = run_estimate(out, **priced, rows=30, sample_requests=10)
        assert told.returncode == 0, told.stderr
        assert len(teacher.records()) == 10
        assert not (out / "dataset").exists()
        assert not (out / "manifest.json").exists()
        ended = run_build(out, **priced, rows=30)
        assert ended.code == 0, ended.said
        asked = [str(record.body) for record in teacher.records()]
        manifest = read_manifest_json(out)
        more = run_estimate(out, **priced, rows=60, sample_requests=10)
        assert more.returncode == 0, more.stderr
        bodies = [str(record.body) for record in teacher.records()]
    assert len(set(bodies)) == len(bodies), "something was paid twice"
    assert "sample: 10 of 10 replies" in told.stderr
    assert "From a sample of 10 requests" in told.stdout
    assert "suffice for 30 rows" in told.stdout
    assert "BUDGET=5USD suffices" in told.stdout
    assert "USD (" in told.stdout
    found = re.search(r"requests +[\d,]+ \((\d+) to (\d+)\)", told.stdout)
    assert found is not None, told.stdout
    assert int(found[1]) <= len(asked) <= int(found[2]), told.stdout
    assert manifest["funnel"]["published"] == 30
    assert read_manifest_json(out) == manifest, "an estimate leaves the dataset alone"


def test_a_dear_judge_is_asked_and_counted_before_the_budget_is_called_enough(
    tmp_path: Path,
) -> None:
    prices = tmp_path / "prices.toml"
    judge_price = PRICES.replace("fake-teacher", "big-judge").replace("= 10", "= 1000")
    prices.write_text(PRICES + judge_price.replace("input = 1", "input = 1000"), encoding="utf-8")
    wrong = TeacherScript(replier=arithmetic_replier(wrong_rate=0.5))
    with (
        FakeTeacherProcess(wrong) as teacher,
        FakeTeacherProcess(TeacherScript(replier=JudgeReplier())) as judge,
    ):
        told = run_estimate(
            tmp_path / "out",
            llm="vllm",
            model="fake-teacher",
            base_url=teacher.root_url,
            judge_llm="vllm",
            judge_model="big-judge",
            judge_base_url=judge.root_url,
            judge_max_tokens=100,
            seeds=write_sums(tmp_path / "sums.jsonl", 300),
            prices=prices,
            rows=200,
            budget="8USD",
            sample_requests=8,
        )
        asked = len(judge.records())
    assert told.returncode == 0, told.stderr
    assert asked > 0
    assert f"shown {asked} of the sample's 8 replies" in told.stdout, told.stdout
    assert "BUDGET=8USD does not suffice" in told.stdout, told.stdout


def test_errors_are_those_of_the_build(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 5)
    refused = run_estimate(
        tmp_path / "out", llm="vllm", base_url="http://127.0.0.1:9", seeds=seeds, budget="5USD"
    )
    assert refused.returncode == 1
    assert "BUDGET=5USD cannot be kept" in refused.stderr
    assert "Traceback" not in refused.stderr
