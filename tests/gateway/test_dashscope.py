"""The gateway in front of a loopback DashScope: thoughts, every error, real limits, the key."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.settings import Stopped
from distilabel_pipelines.journal import read_journal
from tests.fake_dashscope import (
    API_KEY,
    ERRORS,
    DashScopeFault,
    DashScopeScript,
    FakeDashScope,
    RateLimits,
    refusal,
)
from tests.fake_teacher import (
    FaultsByNumber,
    FaultsByText,
    FaultsInRange,
    FixedReplier,
    Reply,
    arithmetic_replier,
)
from tests.gateway.serving import Answer, Served, serving

KEY_VARIABLE = "DASHSCOPE_API_KEY"
THOUGHT = "先看 12 + 30。\n\n然后加 4 🙂 — so 46."
ANSWER = "答案是 \\boxed{46}。 Ünïcode ✓"
SAID = FixedReplier(Reply(reasoning=THOUGHT, content=ANSWER))
Work = Callable[[Served], Awaitable[None]]


@pytest.fixture(autouse=True)
def _key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)


def run(script: DashScopeScript, folder: Path, work: Work, **changes: object) -> FakeDashScope:
    """Do the work with a gateway in front of this service; returns the service for its counts."""
    settings = {"dialect": "dashscope", "api_key_env": KEY_VARIABLE, "model": "qwen-plus"}

    async def run_all(base_url: str) -> None:
        async with serving(base_url, folder, None, **{**settings, **changes}) as served:
            await work(served)

    with FakeDashScope(script) as service:
        asyncio.run(run_all(service.base_url))
    return service


async def ask(served: Served, question: str = "2 + 2?", index: int | None = None) -> Answer:
    body = {"model": "qwen-plus", "enable_thinking": True, "max_tokens": 1000}
    return await served.ask(question, index, **body)


def journalled(folder: Path) -> int:
    return len(list(read_journal(folder / "responses")))


@pytest.mark.parametrize("every", [None, 1])
@pytest.mark.parametrize("stream", [True, False])
def test_thought_and_answer_come_whole_even_byte_by_byte(
    tmp_path: Path, every: int | None, *, stream: bool
) -> None:
    async def work(served: Served) -> None:
        choice = (await ask(served)).body["choices"][0]
        assert choice["message"]["reasoning_content"] == THOUGHT
        assert choice["message"]["content"] == ANSWER
        assert choice["finish_reason"] == "stop"

    script = DashScopeScript(replier=SAID, byte_by_byte_every=every)
    service = run(script, tmp_path, work, stream=stream)
    ((_, record),) = read_journal(tmp_path / "responses")
    assert record.reply is not None
    assert record.reply.usage is not None
    assert record.reply.usage["completion_tokens_details"]["reasoning_tokens"] == 8
    assert record.reply.usage["prompt_tokens_details"]["cached_tokens"] == 0
    assert service.foreign_fields == {}


@pytest.mark.parametrize(
    "name",
    ["input_inspection", "input_inspection_native", "input_inspection_wrapped", "custom_rule"],
)
def test_moderation_refuses_its_row_alone_and_is_never_asked_again(
    tmp_path: Path, name: str
) -> None:
    async def work(served: Served) -> None:
        bad, good = await asyncio.gather(ask(served, "a bad row", 0), ask(served, "2 + 2?", 1))
        assert (bad.status, good.status) == (400, 200)
        assert bad.code == "refused_by_provider"
        assert not served.all(Stopped)

    script = DashScopeScript(faults=FaultsByText({"bad": refusal(name)}))
    assert len(run(script, tmp_path, work).records()) == 2
    assert journalled(tmp_path) == 2
    assert len(run(script, tmp_path, work).records()) == 0


@pytest.mark.parametrize("as_event", [True, False])
def test_moderation_in_the_middle_of_a_stream_refuses_the_row(
    tmp_path: Path, *, as_event: bool
) -> None:
    async def work(served: Served) -> None:
        assert (await ask(served)).code == "refused_by_provider"

    fault = refusal("output_inspection", cut_stream=True, as_event=as_event)
    service = run(DashScopeScript(replier=SAID, faults=FaultsInRange(fault)), tmp_path, work)
    assert len(service.records()) == 1


@pytest.mark.parametrize(
    "name",
    [
        "rate_quota",
        "allocation_quota",
        "allocation_quota_worded",
        "limit_requests",
        "limit_burst_rate",
        "insufficient_quota",
        "concurrency",
        "system_busy",
        "system_busy_wrapped",
    ],
)
def test_throttling_is_waited_for_and_never_uses_a_rows_attempts_up(
    tmp_path: Path, name: str
) -> None:
    async def work(served: Served) -> None:
        answer = await ask(served)
        assert (answer.status, answer.body["gateway"]["attempts"]) == (200, 2)
        assert not served.all(Stopped)

    script = DashScopeScript(faults=FaultsByNumber({0: refusal(name)}))
    run(script, tmp_path, work, max_attempts=1)


@pytest.mark.parametrize("name", ["internal_error", "request_timeout", "model_service_failed"])
def test_trouble_of_the_service_is_tried_again(tmp_path: Path, name: str) -> None:
    async def work(served: Served) -> None:
        assert (await ask(served)).body["gateway"]["attempts"] == 2

    run(DashScopeScript(faults=FaultsByNumber({0: refusal(name)})), tmp_path, work)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("arrearage", "top it up"),
        ("free_tier_only", "free tier only"),
        ("free_quota_exceeded", "free tier only"),
        ("free_quota_exceeded_worded", "free tier only"),
        ("invalid_api_key", KEY_VARIABLE),
        ("model_not_found", "Check MODEL"),
        ("access_denied", "Activate the model"),
        ("model_access_denied", "Allow the model"),
        ("workspace_access_denied", "workspace exists"),
        ("unpurchased", "Activate Model Studio"),
    ],
)
def test_an_account_error_stops_the_run_resumably_and_says_what_to_do(
    tmp_path: Path, name: str, advice: str
) -> None:
    async def fail(served: Served) -> None:
        answers = await asyncio.gather(*(ask(served, f"{n} + 2?", n) for n in range(4)))
        assert {answer.status for answer in answers} <= {200, 503}
        stopped = await served.stopped()
        assert stopped.reason == "account"
        assert advice in stopped.message
        assert "run the same command again" in stopped.message

    async def resume(served: Served) -> None:
        answers = await asyncio.gather(*(ask(served, f"{n} + 2?", n) for n in range(4)))
        assert {answer.status for answer in answers} == {200}

    broken = DashScopeScript(faults=FaultsInRange(refusal(name), first=2))
    paid = run(broken, tmp_path, fail, concurrency=1).answered
    paid += run(DashScopeScript(), tmp_path, resume).answered
    assert sorted(paid.values()) == [1, 1, 1, 1]


def test_a_wrong_key_is_told_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(_served: Served) -> None:
        pytest.fail("the gateway began")

    monkeypatch.setenv(KEY_VARIABLE, "sk-of-another-region")
    with pytest.raises(RunMustStopError) as caught:
        run(DashScopeScript(), tmp_path, work)
    assert "REGION" in caught.value.message
    assert "sk-of-another-region" not in caught.value.message


def test_a_service_without_a_list_of_models_works(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert (await ask(served)).status == 200

    run(DashScopeScript(list_models=False), tmp_path, work)


def test_a_setting_that_no_row_can_pass_stops_the_run(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        await served.ask(model="qwen3-32b", enable_thinking=True)
        assert "THINKING" in (await served.stopped()).message

    run(DashScopeScript(), tmp_path, work, stream=False)


def test_a_seed_beyond_what_the_service_takes_is_left_out(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert (await served.ask(model="qwen-plus", seed=2**40)).status == 200

    run(DashScopeScript(), tmp_path, work)


@pytest.mark.parametrize(
    "limits",
    [
        RateLimits(requests=20, window_s=1.0),
        RateLimits(tokens=600, window_s=1.0),
        RateLimits(growth=2.0, growth_floor=6, window_s=1.0),
    ],
    ids=["requests", "tokens", "growth"],
)
def test_a_run_under_real_limits_loses_and_pays_no_row_twice(
    tmp_path: Path, limits: RateLimits
) -> None:
    async def work(served: Served) -> None:
        answers = await asyncio.gather(*(ask(served, f"{n} + 7?", n) for n in range(30)))
        for number, answer in enumerate(answers):
            assert f"\\boxed{{{number + 7}}}" in answer.text
        assert not served.all(Stopped)

    script = DashScopeScript(replier=arithmetic_replier(mean_delay_s=0.02), limits=limits)
    service = run(script, tmp_path, work, adaptive=True, concurrency=16)
    assert service.refused_by_limits > 0
    assert sorted(service.answered.values()) == [1] * 30
    assert journalled(tmp_path) == 30


def test_the_key_is_in_nothing_that_a_run_leaves_behind_or_says(tmp_path: Path) -> None:
    said: list[str] = []

    async def work(served: Served) -> None:
        answers = await asyncio.gather(
            *(ask(served, text, n) for n, text in enumerate(("2 + 2?", "bad", "unsafe", "end")))
        )
        await served.stopped()
        said.extend(str(answer.body) for answer in answers)
        said.extend(str(event) for event in served.events)

    faults = FaultsByText({
        "bad": echoing("internal_error"),
        "unsafe": echoing("input_inspection"),
        "end": echoing("invalid_api_key"),
    })  # fmt: skip
    run(DashScopeScript(faults=faults), tmp_path, work, max_attempts=2, concurrency=1)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert any(ERRORS["invalid_api_key"].code in text for text in said)
    assert all(API_KEY not in text for text in said)
    assert all(API_KEY.encode() not in path.read_bytes() for path in files)


def echoing(name: str) -> DashScopeFault:
    """An error whose message repeats the key, as some services do."""
    fault = refusal(name)
    message = f"{fault.row.message} Key: {API_KEY}"
    return dataclasses.replace(fault, row=dataclasses.replace(fault.row, message=message))
