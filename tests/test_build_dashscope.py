"""Whole builds from DashScope: thoughts, faults, money and the key, as a person would run them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fake_dashscope import DashScopeScript, FakeDashScopeProcess, refusal
from tests.fake_teacher import FaultsByText, FirstFault, arithmetic_replier
from tests.fake_teacher.faults import FaultsByRate
from tests.trials.build_command import (
    SECRET,
    RunningBuild,
    list_processes,
    read_manifest_json,
    read_rows,
    run_build,
    write_sums,
)

MODERATED, IN_DEBT = "Moderated: ", "In debt: "
ROUGH = FirstFault(
    (
        FaultsByText({MODERATED: refusal("output_inspection", cut_stream=True, as_event=True)}),
        FaultsByRate(
            0.25,
            (
                refusal("rate_quota"),
                refusal("limit_burst_rate"),
                refusal("insufficient_quota"),
                refusal("internal_error"),
            ),
            failing_attempts=2,
        ),
    )
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", SECRET)


@pytest.fixture(scope="module")
def service() -> Iterator[FakeDashScopeProcess]:
    script = DashScopeScript(
        replier=arithmetic_replier(wrong_rate=0.1, mean_delay_s=0.05),
        api_key=SECRET,
        faults=ROUGH,
        byte_by_byte_every=7,
    )
    with FakeDashScopeProcess(script) as running:
        yield running


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return write_sums(tmp_path / "sums.jsonl", 120, prefixes={1: MODERATED})


def test_a_rough_service_gives_all_rows_with_their_cost_and_never_the_key(
    service: FakeDashScopeProcess, seeds: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    variables = {"llm": "dashscope", "base_url": service.base_url, "model": "qwen-plus"}
    with RunningBuild(
        out, **variables, seeds=seeds, rows=60, budget="1CNY", max_tokens=2048, thinking_budget=512
    ) as build:
        build.wait_until((out / "responses").exists)
        command_lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in list_processes(out)]
        ended = build.wait()
    assert ended.code == 0, ended.said
    rows = read_rows(out, "dataset/data")
    assert len(rows) == 60
    assert all(row["reasoning_content"] and row["reasoning_tokens"] for row in rows)
    rejected = {row["reason"] for row in read_rows(out, "rejected")}
    assert "refused_by_provider" in rejected
    assert service.foreign_fields == {}
    assert max(service.answered.values()) == 1
    spend = read_manifest_json(out)["spend"]
    assert Decimal(0) < Decimal(spend["cost"]["CNY"]) < Decimal(1)
    assert "CNY" in (out / "dataset" / "README.md").read_text()
    files = [path for path in out.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in ended.said
    assert command_lines
    assert all(SECRET.encode() not in line for line in command_lines)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("arrearage", "console"),
    ],
)
def test_an_account_that_cannot_pay_stops_the_build_with_what_to_do(
    tmp_path: Path, error: str, advice: str
) -> None:
    script = DashScopeScript(api_key=SECRET, faults=FaultsByText({IN_DEBT: refusal(error)}))
    seeds = write_sums(tmp_path / "sums.jsonl", 12, prefixes={6: IN_DEBT})
    with FakeDashScopeProcess(script) as service:
        ended = run_build(
            tmp_path / "out",
            llm="dashscope",
            base_url=service.base_url,
            model="qwen-plus",
            seeds=seeds,
            rows=12,
            concurrency=1,
        )
    assert ended.code == 3
    assert advice.lower() in ended.said.lower()
    assert "same command" in ended.said
    assert "Traceback" not in ended.said


@pytest.mark.slow  # four builds; an instruction build's budget is in `make test`
def test_a_budget_stops_within_the_cap_goes_on_with_more_and_packages_a_part(
    service: FakeDashScopeProcess, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    variables = {
        "llm": "dashscope",
        "base_url": service.base_url,
        "model": "qwen-plus",
        "seeds": write_sums(tmp_path / "sums.jsonl", 45),
        "rows": 30,
        "max_tokens": 300,
        "thinking_budget": 300,
    }
    stopped = run_build(out, **variables, budget="0.01CNY")
    assert stopped.code == 3, stopped.said
    assert "BUDGET=" in stopped.said
    assert not (out / "dataset").exists()
    part = run_build(out, **variables, budget="0.01CNY", package_partial=1)
    assert part.code == 0, part.said
    manifest = read_manifest_json(out)
    assert manifest["ended_by"] == "stopped"
    assert 0 < manifest["rows"]["published"] < 30
    assert Decimal(manifest["spend"]["cost"]["CNY"]) <= Decimal("0.01")
    assert "budget" in (out / "dataset" / "README.md").read_text()
    whole = run_build(out, **variables, budget="1CNY")
    assert whole.code == 0, whole.said
    manifest = read_manifest_json(out)
    assert manifest["rows"] == {"wanted": 30, "published": 30}
    assert Decimal(manifest["spend"]["cost"]["CNY"]) > Decimal("0.005")
    paid = sum(service.answered.values())
    again = run_build(out, **variables, budget="0.0001CNY")
    assert again.code == 0, again.said  # nothing is to be paid any more
    assert sum(service.answered.values()) == paid


@pytest.mark.slow  # two builds; `test_budget` has the refusal
def test_the_price_of_a_model_that_nobody_knows_is_unknown(
    service: FakeDashScopeProcess, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    variables = {"llm": "vllm", "base_url": service.base_url, "model": "qwen-plus"}
    seeds = write_sums(tmp_path / "sums.jsonl", 12)
    own = {"api_key_env": "DASHSCOPE_API_KEY", "seeds": seeds, "rows": 5}
    refused = run_build(out, **variables, **own, budget="5USD")
    assert refused.code == 1
    assert "unknown" in refused.said
    built = run_build(out, **variables, **own, thinking=0)
    assert built.code == 0, built.said
    assert read_manifest_json(out)["spend"]["cost"] is None
    card = (out / "dataset" / "README.md").read_text()
    assert "unknown" in card
    assert "0 USD" not in card
