"""Trial: instruction builds with BATCH=1, steps of rounds as batches of the Batches API."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_dashscope import API_KEY, BatchRules, DashScopeScript, FakeDashScopeProcess
from tests.fake_teacher import Replier
from tests.fake_teacher.self_instruct import SelfInstructReplier
from tests.fake_teacher.task_lists import TaskListReplier
from tests.trials.build_command import read_manifest_json, run_instruction_build

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
REPLIERS: dict[str, Replier] = {
    "alpaca": TaskListReplier(per_reply=6),
    "self-instruct": SelfInstructReplier(),
}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", API_KEY)


@pytest.mark.parametrize("method", list(REPLIERS))
def test_a_batched_build_has_the_rows_of_a_live_one_at_half_the_price(
    method: str, tmp_path: Path
) -> None:
    script = DashScopeScript(replier=REPLIERS[method], batch=BatchRules(running_s=0.5))
    with FakeDashScopeProcess(script) as service:
        variables = {
            "llm": "dashscope",
            "base_url": service.base_url,
            "model": "qwen-plus",
            "rows": 40,
            "recipe": method,
        }
        batched = run_instruction_build(tmp_path / "batched", **variables, batch=1)
        assert batched.code == 0, batched.said
        assert service.records() == []  # nothing live
        created = service.batches_created
        assert set(service.answered.values()) == {1}
        live = run_instruction_build(tmp_path / "live", **variables, concurrency=8)
        assert live.code == 0, live.said
    first, second = (read_manifest_json(tmp_path / name) for name in ("batched", "live"))
    assert first["content_digest"] == second["content_digest"]
    print(f"{method}: {created} batches, {first['requests']}")  # noqa: T201  # the trial's figures
    assert 1 <= created <= 12
