"""The fake DashScope itself, seen by the official OpenAI client and by plain HTTP."""

from __future__ import annotations

import json
import os
import signal
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.fake_dashscope import (
    API_KEY,
    ERRORS,
    DashScopeScript,
    FakeDashScope,
    FakeDashScopeProcess,
    RateLimits,
    refusal,
)
from tests.fake_dashscope.chat import Completion, cut_reply, prompt_tokens
from tests.fake_dashscope.limits import Meter
from tests.fake_dashscope.models import DEEPSEEK_V4, QWEN_NEW_PLUS, QWEN_PLUS, ModelCard
from tests.fake_teacher import (
    Fault,
    FaultKind,
    FaultsByNumber,
    FaultsByText,
    FaultsInRange,
    FixedReplier,
    Reply,
    WireStyle,
)

THOUGHT = "先看 12 + 30。\n\n然后加 4 🙂 — so 46."
ANSWER = "答案是 \\boxed{46}。 Ünïcode ✓"
REPLY = Reply(reasoning=THOUGHT, content=ANSWER)
KEY = {"Authorization": f"Bearer {API_KEY}"}
TLS = ssl.create_default_context()  # made once: it costs more than a request
THINK = {"enable_thinking": True}


def script(**changes: Any) -> DashScopeScript:  # noqa: ANN401  # any field of the script
    return DashScopeScript(**{"replier": FixedReplier(REPLY), **changes})


@pytest.fixture(scope="module")
def service() -> Iterator[FakeDashScope]:
    with FakeDashScope(script(byte_by_byte_every=2)) as running:
        yield running


def client_of(service: FakeDashScope | FakeDashScopeProcess, key: str = API_KEY) -> openai.OpenAI:
    return openai.OpenAI(base_url=service.base_url, api_key=key, max_retries=0)


def body(**changes: object) -> dict[str, Any]:
    messages = [{"role": "user", "content": "What is 12 + 34?"}]
    return {"model": "qwen-plus", "messages": messages, **changes}


def post(service: FakeDashScope, sent: dict[str, Any], key: str | None = API_KEY) -> httpx.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.post(
        f"{service.base_url}/chat/completions", json=sent, headers=headers, verify=TLS
    )


def refused(service: FakeDashScope, **changes: object) -> tuple[int, str, str]:
    """Status, code and message of a refused request."""
    answer = post(service, body(**changes))
    error = answer.json()["error"]
    assert answer.json()["request_id"]
    return answer.status_code, error["code"], error["message"]


def read_stream(service: FakeDashScope, **changes: object) -> list[Any]:
    with client_of(service) as client:
        stream = client.chat.completions.create(
            model="qwen-plus",
            messages=[{"role": "user", "content": "What is 12 + 34?"}],
            stream=True,
            stream_options={"include_usage": True},
            extra_body={**THINK, **changes},
        )
        return list(stream)


def joined(chunks: list[Any], field: str) -> str:
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    return "".join(getattr(delta, field, None) or "" for delta in deltas)


@pytest.mark.parametrize("writing", ["at once", "byte by byte"])
def test_a_streamed_thought_and_answer_come_whole(service: FakeDashScope, writing: str) -> None:
    chunks = read_stream(service)
    assert joined(chunks, "reasoning_content") == THOUGHT, writing
    assert joined(chunks, "content") == ANSWER, writing
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]][-1] == "stop"


def test_thought_comes_before_answer_and_the_silent_field_is_null(service: FakeDashScope) -> None:
    deltas = [chunk.choices[0].delta for chunk in read_stream(service) if chunk.choices]
    kinds = ["thought" if delta.content is None else "answer" for delta in deltas]
    assert kinds == sorted(kinds, reverse=True)
    assert deltas[0].role == "assistant"
    assert {delta.role for delta in deltas[1:]} == {None}


def test_usage_stands_in_the_last_chunk_alone_and_only_if_asked_for(service: FakeDashScope) -> None:
    chunks = read_stream(service)
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    usage = chunks[-1].usage
    assert chunks[-1].choices == []
    assert usage.completion_tokens_details.reasoning_tokens == -(-len(THOUGHT) // 4)
    assert usage.prompt_tokens_details.cached_tokens == 0
    quiet = post(service, body(stream=True, **THINK)).text
    assert '"usage":{' not in quiet
    assert quiet.endswith("data: [DONE]\n\n")


def test_without_thinking_there_is_no_thought_and_no_detail_of_it(service: FakeDashScope) -> None:
    answer = post(service, body()).json()
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": ANSWER}
    assert answer["usage"]["completion_tokens_details"] is None


def test_a_plain_request_to_a_commercial_model_may_think(service: FakeDashScope) -> None:
    message = post(service, body(**THINK)).json()["choices"][0]["message"]
    assert message["reasoning_content"] == THOUGHT


def test_the_key_is_checked(service: FakeDashScope) -> None:
    missing = post(service, body(), key=None)
    assert (missing.status_code, missing.json()["code"]) == (401, "InvalidApiKey")
    with client_of(service, "sk-wrong") as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            client.models.list()
        assert caught.value.code == "invalid_api_key"
        with pytest.raises(openai.AuthenticationError):
            client.chat.completions.create(**body())


def test_models_are_listed_unless_the_script_says_no(service: FakeDashScope) -> None:
    with client_of(service) as client:
        assert "qwen-plus" in [model.id for model in client.models.list()]
    with FakeDashScope(script(list_models=False)) as silent:
        assert httpx.get(f"{silent.base_url}/models", headers=KEY, verify=TLS).status_code == 404


def test_unknown_models_are_404_with_a_code(service: FakeDashScope) -> None:
    assert refused(service, model="qwen-9")[:2] == (404, "model_not_found")
    assert "qwen-9" in refused(service, model="qwen-9")[2]


def test_models_outside_the_workspace_are_refused() -> None:
    with FakeDashScope(script(workspace_models=("qwen-max",))) as service:
        assert refused(service)[:2] == (403, "Model.AccessDenied")
        assert post(service, body(model="qwen-max")).status_code == 200


OPEN, ONLY = "qwen3-32b", "qwen3-235b-a22b-thinking-2507"
REFUSED = [
    ({"model": OPEN}, "thinking_needs_stream"),
    ({"model": OPEN, "enable_thinking": True}, "thinking_needs_stream"),
    ({"model": ONLY}, "stream_only"),
    ({"model": ONLY, "enable_thinking": False, "stream": True}, "thinking_forced"),
    ({"model": "qwen-max", "enable_thinking": True}, "thinking_unknown"),
    ({"enable_thinking": True, "thinking_budget": 0}, "bad_budget"),
    ({"enable_thinking": True, "thinking_budget": 100_000}, "bad_budget"),
    ({"max_tokens": 0}, "bad_max_tokens"),
    ({"max_tokens": 99_999}, "bad_max_tokens"),
    ({"temperature": 2}, "bad_temperature"),
    ({"top_p": 0}, "bad_top_p"),
    ({"top_k": -1}, "bad_top_k"),
    ({"presence_penalty": 3}, "bad_presence_penalty"),
    ({"n": 5}, "bad_n"),
    ({"seed": 2**31}, "bad_seed"),
    ({"seed": -1}, "bad_seed"),
    ({"messages": []}, "no_messages"),
    ({"model": ""}, "no_model_given"),
    ({"stream_options": {"include_usage": True}}, "stray_stream_options"),
    ({"response_format": {"type": "json_object"}}, "json_not_named"),
    ({"response_format": {"type": "json_object"}, **THINK}, "json_while_thinking"),
    ({"messages": [{"role": "user", "content": "x" * 600_000}]}, "input_too_long"),
]


@pytest.mark.parametrize(("changes", "name"), REFUSED)
def test_requests_are_refused_as_documented(
    service: FakeDashScope, changes: dict[str, Any], name: str
) -> None:
    status, code, message = refused(service, **changes)
    row = ERRORS[name]
    assert (status, code) == (row.status, row.code)
    assert message.startswith(row.message.split("{}")[0])


def test_an_open_model_answers_plainly_once_thinking_is_off(service: FakeDashScope) -> None:
    answer = post(service, body(model=OPEN, enable_thinking=False)).json()
    assert "reasoning_content" not in answer["choices"][0]["message"]


def test_a_budget_without_thinking_has_no_effect(service: FakeDashScope) -> None:
    assert post(service, body(thinking_budget=1)).status_code == 200


def test_the_thinking_budget_ends_the_thought_and_the_answer_follows(
    service: FakeDashScope,
) -> None:
    chunks = read_stream(service, thinking_budget=2)
    assert joined(chunks, "reasoning_content") == THOUGHT[:8]
    assert joined(chunks, "content") == ANSWER


@pytest.mark.parametrize(
    ("card", "limits", "said"),
    [
        (QWEN_PLUS, {"max_tokens": 2}, (THOUGHT, ANSWER[:8], "length")),
        (QWEN_PLUS, {"max_completion_tokens": 2}, (THOUGHT, ANSWER, "stop")),
        (QWEN_NEW_PLUS, {"max_completion_tokens": 2}, (THOUGHT[:8], "", "length")),
        (QWEN_NEW_PLUS, {"max_completion_tokens": 10}, (THOUGHT, ANSWER[:8], "length")),
        (QWEN_NEW_PLUS, {"max_tokens": 2}, (THOUGHT, ANSWER[:8], "length")),
        (DEEPSEEK_V4, {"max_tokens": 2}, (THOUGHT[:8], "", "length")),
    ],
)
def test_limits_bound_the_answer_or_both_by_model(
    card: ModelCard, limits: dict[str, int], said: tuple[str, str, str]
) -> None:
    cut = cut_reply(REPLY, body(**THINK, **limits), card)
    assert (cut.reasoning, cut.content, cut.finish_reason) == said


def test_completion_limits_below_the_budget_are_refused_where_asked_for() -> None:
    with FakeDashScope(script(budget_must_fit=True)) as strict:
        limits = {"max_completion_tokens": 64, "thinking_budget": 64, **THINK}
        assert refused(strict, **limits)[1] == "invalid_parameter_error"
        assert post(strict, body(**{**limits, "thinking_budget": 63})).status_code == 200


def test_fields_of_the_native_api_are_passed_over_and_counted() -> None:
    with FakeDashScope(script()) as service:
        assert post(service, body(stream=True, incremental_output=True)).status_code == 200
        assert service.foreign_fields == {"incremental_output": 1}


def test_a_system_message_is_cached_once_it_was_seen() -> None:
    messages = [{"role": "system", "content": "Think. " * 40}, *body()["messages"]]
    with FakeDashScope(script(cached_prompts=True)) as service:
        usages = [post(service, body(messages=messages)).json()["usage"] for _ in range(2)]
    assert [usage["prompt_tokens_details"]["cached_tokens"] for usage in usages] == [0, 70]
    assert usages[0]["prompt_tokens"] == prompt_tokens(body(messages=messages))


def test_every_error_of_the_table_can_be_scripted() -> None:
    faults = FaultsByText({f"<{name}>": refusal(name) for name in ERRORS})
    with FakeDashScope(script(faults=faults)) as service:
        for name, row in ERRORS.items():
            messages = [{"role": "user", "content": f"<{name}>"}]
            answer = post(service, body(messages=messages))
            sent = answer.json()
            assert answer.status_code == row.status, name
            assert sent["request_id"], name
            assert (sent if row.native else sent["error"])["code"] == row.code, name
        assert service.answered == {}


def test_moderation_of_the_output_breaks_a_stream_that_began_well() -> None:
    fault = refusal("output_inspection", cut_stream=True)
    with FakeDashScope(script(faults=FaultsInRange(fault))) as service:
        with client_of(service) as client, pytest.raises(openai.APIError) as caught:
            list(client.chat.completions.create(**body(stream=True)))
        plain = post(service, body())
        raw = post(service, body(stream=True)).text
    assert caught.value.code == "data_inspection_failed"
    assert plain.status_code == 400
    assert ANSWER[:4] in raw
    assert "[DONE]" not in raw


def test_an_error_in_a_stream_may_have_an_event_line() -> None:
    fault = refusal("internal_error", cut_stream=True, as_event=True)
    with FakeDashScope(script(faults=FaultsInRange(fault))) as service:
        assert "\n\nevent: error\ndata: {" in post(service, body(stream=True)).text


def test_faults_of_the_transport_serve_here_too() -> None:
    faults = FaultsByNumber({0: Fault(FaultKind.RESET), 1: Fault(FaultKind.HALF_STREAM)})
    with FakeDashScope(script(faults=faults)) as service:
        for error in (httpx.TransportError, httpx.RemoteProtocolError):
            with pytest.raises(error):
                post(service, body(stream=True))
        assert post(service, body(stream=True)).status_code == 200


def test_a_slow_first_token_delays_a_good_answer() -> None:
    faults = FaultsInRange(Fault(FaultKind.SLOW_FIRST_TOKEN, delay_s=0.3))
    with FakeDashScope(script(faults=faults)) as service:
        start = time.monotonic()
        assert joined(read_stream(service), "content") == ANSWER
    assert time.monotonic() - start >= 0.3


def test_requests_are_limited_within_a_window_and_let_in_again() -> None:
    limits = RateLimits(requests=3, window_s=0.5)
    with FakeDashScope(script(limits=limits)) as service:
        codes = [post(service, body()).status_code for _ in range(4)]
        assert codes == [200, 200, 200, 429]
        assert refused(service)[1] == "limit_requests"
        time.sleep(0.55)
        assert post(service, body()).status_code == 200
        assert service.refused_by_limits == 2


def test_tokens_are_limited_by_what_was_answered_and_models_apart() -> None:
    with FakeDashScope(script(limits=RateLimits(tokens=10, window_s=60))) as service:
        assert post(service, body()).status_code == 200
        assert refused(service)[:2] == (429, "insufficient_quota")
        assert post(service, body(model="qwen-max")).status_code == 200


def test_a_second_has_a_limit_of_its_own_and_a_sudden_rise_is_refused() -> None:
    second = Meter(RateLimits(requests_a_second=2, window_s=60))
    assert [second.refusal(now) for now in (0.0, 0.1, 0.2, 1.2)] == [None, None, "rate_quota", None]
    growth = Meter(RateLimits(growth=2.0, growth_floor=4, window_s=60))
    calm = [growth.refusal(now) for now in (0.0, 4.0, 9.0, 11.0, 13.0, 15.0)]
    assert calm == [None] * 6
    assert [growth.refusal(16.0 + step / 100) for step in range(6)][-1] == "limit_burst_rate"


def test_answers_are_counted_by_body_and_recorded() -> None:
    with FakeDashScope(script(faults=FaultsByNumber({0: refusal("internal_error")}))) as service:
        for _ in range(3):
            post(service, body())
        assert list(service.answered.values()) == [2]
        assert [record.outcome for record in service.records()] == ["internal_error", "ok", "ok"]


def test_the_process_survives_the_client_and_keeps_its_record(tmp_path: Path) -> None:
    log_path = tmp_path / "requests.jsonl"
    with FakeDashScopeProcess(script(log_path=log_path)) as service:
        with client_of(service) as client:
            answer = client.chat.completions.create(**body())
        assert answer.choices[0].message.content == ANSWER
        assert sum(service.answered.values()) == 1
        assert [record.paid for record in service.records()] == [True]
        pid = service.pid
        os.kill(pid, signal.SIGKILL)
    assert json.loads(log_path.read_text().splitlines()[0])["event"] == "arrived"


def test_chunks_of_one_answer_share_an_id_and_answers_do_not() -> None:
    first, second = (Completion.of(REPLY, body(**THINK)) for _ in range(2))
    assert len({chunk["id"] for chunk in first.chunks(4)}) == 1
    assert first.completion_id != second.completion_id


def test_characters_of_a_chunk_follow_the_style() -> None:
    style = WireStyle(delta_characters=1)
    with FakeDashScope(script(style=style)) as service:
        chunks = read_stream(service)
    assert len(chunks) == len(THOUGHT) + len(ANSWER) + 3
