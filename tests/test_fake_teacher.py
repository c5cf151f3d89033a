"""The fake teacher itself, seen by clients that nobody here wrote (openai, httpx, aiohttp)."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import openai
import pytest

from benchmarks.ideal_schedule import ideal_makespan_s, read_phase, report_phase
from benchmarks.loopback_server import lognormal_s, running_server
from benchmarks.raw_aiohttp_client import ask_all
from benchmarks.workload import questions
from tests.fake_teacher import (
    FakeTeacher,
    FakeTeacherProcess,
    Fault,
    FaultKind,
    FaultsByNumber,
    FaultsByText,
    FaultsInRange,
    FixedReplier,
    Outage,
    RefusedFields,
    Replier,
    Reply,
    TeacherScript,
    ThoughtWire,
    TraceReplier,
    Usage,
    UsageForm,
    WireStyle,
    arithmetic_replier,
    count_paid_twice,
    hostile_faults,
    load_real_traces,
    read_request_log,
    shared_data,
)
from tests.fake_teacher.faults import Call
from tests.fake_teacher.record import RequestRecord
from tests.fake_teacher.traces import TRACES_FILE
from tests.fake_teacher.wire import split_thought

THOUGHT = "先看 12 + 30。\n\n然后加 4 🙂 — so 46."
ANSWER = "答案是 \\boxed{46}。 Ünïcode ✓"
TLS = ssl.create_default_context()  # made once: loading certificates takes longer than a test
SAID = FixedReplier(Reply(content=ANSWER, reasoning=THOUGHT, usage=Usage(7, 20, 12)))


def ask(
    teacher: FakeTeacher | FakeTeacherProcess, text: str = "hello", /, **fields: object
) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **fields}
    with httpx.Client(trust_env=False, verify=TLS, timeout=5) as client:
        return client.post(f"{teacher.base_url}/chat/completions", json=body)


def message_of(style: WireStyle, replier: Replier = SAID) -> tuple[dict[str, Any], str]:
    with FakeTeacher(TeacherScript(replier=replier, style=style)) as teacher:
        choice = ask(teacher).json()["choices"][0]
    return choice["message"], choice["finish_reason"]


def client_of(teacher: FakeTeacher, key: str = "any") -> openai.OpenAI:
    http = openai.DefaultHttpxClient(trust_env=False, verify=TLS)
    return openai.OpenAI(base_url=teacher.base_url, api_key=key, max_retries=0, http_client=http)


def faulty(kind: FaultKind) -> TeacherScript:
    return failing(Fault(kind))


def failing(fault: Fault) -> TeacherScript:
    return TeacherScript(replier=SAID, faults=FaultsInRange(fault))


# --- wire forms


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_a_split_thought_travels_in_its_own_field(key: str) -> None:
    message, finish = message_of(WireStyle(thought=ThoughtWire(key)))
    assert message == {"role": "assistant", "content": ANSWER, key: THOUGHT}
    assert finish == "stop"


def test_vllm_white_space_surrounds_thought_and_answer() -> None:
    message, _ = message_of(WireStyle(thought=ThoughtWire.REASONING, vllm_space=True))
    assert message["reasoning"] == f"\n{THOUGHT}\n"
    assert message["content"] == f"\n\n{ANSWER}"


@pytest.mark.parametrize(
    ("form", "content", "finish"),
    [
        (ThoughtWire.INLINE, f"<think>\n{THOUGHT}\n</think>\n\n{ANSWER}", "stop"),
        (ThoughtWire.MISSING_OPENING, f"{THOUGHT}\n</think>\n\n{ANSWER}", "stop"),
        (ThoughtWire.CUT_INLINE, f"<think>\n{THOUGHT}", "length"),
        (ThoughtWire.CUT_NO_TAGS, THOUGHT, "length"),
    ],
)
def test_unsplit_thoughts_stand_in_the_content(
    form: ThoughtWire, content: str, finish: str
) -> None:
    assert message_of(WireStyle(thought=form)) == (
        {"role": "assistant", "content": content},
        finish,
    )


def test_several_blocks_join_with_a_blank_line_to_the_whole_thought() -> None:
    message, _ = message_of(WireStyle(thought=ThoughtWire.SEVERAL_BLOCKS))
    *blocks, answer = message["content"].split("</think>")
    thoughts = [block.strip().removeprefix("<think>").strip() for block in blocks]
    assert len(thoughts) == 2
    assert "\n\n".join(thoughts) == THOUGHT
    assert answer.strip() == ANSWER


def test_a_thought_without_an_inner_blank_line_stays_one_block() -> None:
    assert split_thought("\n\nleading and trailing only\n\n") == [
        "\n\nleading and trailing only\n\n"
    ]


@pytest.mark.parametrize(
    ("form", "key", "finish"),
    [
        (ThoughtWire.NULL_CONTENT, "reasoning", "stop"),
        (ThoughtWire.CUT_FIELD, "reasoning_content", "length"),
    ],
)
def test_an_unclosed_split_thought_leaves_null_content(
    form: ThoughtWire, key: str, finish: str
) -> None:
    message, seen = message_of(WireStyle(thought=form))
    assert (message["content"], message[key], seen) == (None, THOUGHT, finish)


@pytest.mark.parametrize("form", list(ThoughtWire))
def test_a_reply_without_thought_is_plain_content_in_every_form(form: ThoughtWire) -> None:
    message, finish = message_of(WireStyle(thought=form), FixedReplier(Reply(content="")))
    assert message == {"role": "assistant", "content": ""}
    assert finish == "stop"


@pytest.mark.parametrize("form", list(UsageForm))
def test_usage_is_detailed_plain_or_absent(form: UsageForm) -> None:
    with FakeTeacher(TeacherScript(replier=SAID, style=WireStyle(usage=form))) as teacher:
        usage = ask(teacher).json().get("usage")
    if form is UsageForm.ABSENT:
        assert usage is None
    else:
        assert (usage["prompt_tokens"], usage["completion_tokens"]) == (7, 20)
        details = usage.get("completion_tokens_details")
        assert details == ({"reasoning_tokens": 12} if form is UsageForm.DETAILED else None)


def test_completions_return_the_raw_text() -> None:
    with FakeTeacher(TeacherScript(replier=SAID)) as teacher, client_of(teacher) as client:
        whole = client.completions.create(model="m", prompt="p").choices[0].text
        pieces = client.completions.create(model="m", prompt="p", stream=True)
        streamed = "".join(piece.choices[0].text for piece in pieces if piece.choices)
    assert whole == streamed == f"<think>\n{THOUGHT}\n</think>\n\n{ANSWER}"


# --- streams


STREAM_STYLES = [
    WireStyle(),
    WireStyle(delta_characters=None),
    WireStyle(delta_characters=1),
    WireStyle(write_bytes=1),
    WireStyle(write_bytes=7, crlf=True),
    WireStyle(data_space=False),
    WireStyle(events_per_write=5, ping_every=2),
    WireStyle(ascii_json=True, null_fields=True, delta_characters=3),
]


@pytest.mark.parametrize("style", STREAM_STYLES, ids=repr)
def test_every_stream_granularity_gives_the_openai_client_the_same_text(style: WireStyle) -> None:
    script = TeacherScript(replier=SAID, style=style)
    with FakeTeacher(script) as teacher, client_of(teacher) as client:
        chunks = list(
            client.chat.completions.create(
                model="m",
                messages=[{"role": "user", "content": "q"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    thought = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
    assert thought == THOUGHT
    assert "".join(delta.content or "" for delta in deltas) == ANSWER
    assert not chunks[-1].choices
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 20
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


async def read_pieces(url: str) -> list[bytes]:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "q"}]}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/chat/completions", json=body) as response,
    ):
        return [piece async for piece, _ in response.content.iter_chunks()]


def test_byte_writes_split_multibyte_characters_and_frames() -> None:
    style = WireStyle(write_bytes=1, delta_characters=None)
    with FakeTeacher(TeacherScript(replier=SAID, style=style)) as teacher:
        pieces = asyncio.run(read_pieces(teacher.base_url))
    assert max(len(piece) for piece in pieces) == 1
    assert THOUGHT.split("\n", maxsplit=1)[0] in b"".join(pieces).decode()
    assert b"\xe5" in pieces  # the first byte of 先 came alone


def test_no_usage_chunk_unless_it_is_asked_for() -> None:
    with FakeTeacher(TeacherScript(replier=SAID)) as teacher:
        text = ask(teacher, stream=True).text
    assert '"usage"' not in text
    assert text.endswith("data: [DONE]\n\n")


def test_crlf_streams_end_every_line_in_crlf() -> None:
    style = WireStyle(crlf=True, ping_every=1)
    with FakeTeacher(TeacherScript(replier=SAID, style=style)) as teacher:
        raw = ask(teacher, stream=True).content
    assert raw.count(b"\n") == raw.count(b"\r\n") > 0
    assert raw.startswith(b": ping\r\n\r\ndata: {")


def test_a_slow_stream_pings_while_it_is_silent() -> None:
    replier = FixedReplier(Reply(content="x", delay_s=0.3, first_token_s=0.3))
    script = TeacherScript(replier=replier, style=WireStyle(ping_s=0.05))
    with FakeTeacher(script) as teacher:
        text = ask(teacher, stream=True).text
        latency_s = teacher.records()[0].latency_s
    assert text.count(": ping") >= 3
    assert latency_s is not None
    assert 0.28 <= latency_s < 1.5


def test_the_reply_depends_on_the_body_alone_and_not_on_streaming() -> None:
    with FakeTeacher() as first, FakeTeacher() as second:
        ask(second, "another question first")
        one, two = ask(first, "q", seed=1), ask(second, "q", seed=1)
        other = ask(second, "q", seed=2)
        ask(first, "q", seed=1, stream=True)
        keys = [record.key for record in first.records()]
    assert one.json()["choices"] == two.json()["choices"] != other.json()["choices"]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    "fields", [{"enable_thinking": False}, {"chat_template_kwargs": {"enable_thinking": False}}]
)
def test_thinking_that_is_switched_off_leaves_only_the_answer(fields: dict[str, object]) -> None:
    with FakeTeacher(TeacherScript(replier=SAID)) as teacher:
        message = ask(teacher, **fields).json()["choices"][0]["message"]
    assert message == {"role": "assistant", "content": ANSWER}


# --- endpoints and faults


def test_models_are_listed_or_the_endpoint_is_absent() -> None:
    two = TeacherScript(models=("a", "b"))
    with FakeTeacher(two) as teacher, client_of(teacher) as client:
        assert [model.id for model in client.models.list()] == ["a", "b"]
    unlisted = TeacherScript(list_models=False)
    with FakeTeacher(unlisted) as teacher, client_of(teacher) as client:
        with pytest.raises(openai.NotFoundError):
            client.models.list()
        assert ask(teacher).status_code == 200


def test_wrong_keys_and_unknown_models_are_refused() -> None:
    script = TeacherScript(api_key="right", check_model=True, models=("known",))
    messages: Any = [{"role": "user", "content": "q"}]
    with (
        FakeTeacher(script) as teacher,
        client_of(teacher, "wrong") as wrong,
        client_of(teacher, "right") as right,
    ):
        with pytest.raises(openai.AuthenticationError):
            wrong.chat.completions.create(model="known", messages=messages)
        with pytest.raises(openai.NotFoundError, match="`other` does not exist"):
            right.chat.completions.create(model="other", messages=messages)
        assert right.chat.completions.create(model="known", messages=messages).choices
        outcomes = [record.outcome for record in teacher.records()]
    assert outcomes == ["unauthorized", "unknown_model", "ok"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (FaultKind.RATE_LIMITED, 429, "rate_limit_exceeded"),
        (FaultKind.QUOTA, 429, "insufficient_quota"),
        (FaultKind.SERVER_ERROR, 500, None),
        (FaultKind.UNAVAILABLE, 503, None),
        (FaultKind.REQUEST_TIMEOUT, 408, None),
        (FaultKind.BAD_REQUEST, 400, None),
        (FaultKind.CONTEXT_LENGTH, 400, "context_length_exceeded"),
        (FaultKind.CONTENT_FILTER, 400, "content_filter"),
        (FaultKind.DATA_INSPECTION, 400, "data_inspection_failed"),
        (FaultKind.ARREARAGE, 400, "Arrearage"),
        (FaultKind.UNAUTHORIZED, 401, "invalid_api_key"),
        (FaultKind.PAYMENT_REQUIRED, 402, None),
        (FaultKind.FORBIDDEN, 403, "access_denied"),
        (FaultKind.UNKNOWN_MODEL, 404, "model_not_found"),
        (FaultKind.STREAM_REQUIRED, 400, "invalid_parameter_error"),
    ],
)
def test_status_faults_carry_the_providers_code(
    kind: FaultKind, status: int, code: str | None
) -> None:
    with FakeTeacher(faulty(kind)) as teacher:
        response = ask(teacher)
        record = teacher.records()[0]
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert (record.outcome, record.status, record.paid) == (kind.value, status, False)


def test_retry_after_comes_in_seconds_or_as_a_date() -> None:
    with FakeTeacher(failing(Fault(FaultKind.RATE_LIMITED, retry_after_s=1.5))) as teacher:
        assert ask(teacher).headers["Retry-After"] == "1.5"
    script = failing(Fault(FaultKind.UNAVAILABLE, retry_after_s=30, as_http_date=True))
    with FakeTeacher(script) as teacher:
        date = parsedate_to_datetime(ask(teacher).headers["Retry-After"])
    assert 28 < (date - datetime.now(UTC)).total_seconds() <= 31


def test_a_refused_field_is_named() -> None:
    with FakeTeacher(TeacherScript(faults=RefusedFields())) as teacher:
        refused = ask(teacher, seed=1)
        assert ask(teacher).status_code == 200
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "seed"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.HALF_STREAM, FaultKind.HALF_BODY])
def test_broken_connections_raise_in_the_client(kind: FaultKind, *, stream: bool) -> None:
    with FakeTeacher(faulty(kind)) as teacher:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            ask(teacher, stream=stream)
        record = teacher.records()[0]
    assert record.outcome == kind.value
    assert (record.status is None) == (kind is FaultKind.RESET)


def test_half_a_stream_arrives_before_the_connection_closes() -> None:
    async def read_until_broken(url: str) -> tuple[bytes, bool]:
        body = {"stream": True, "messages": [{"role": "user", "content": "q"}]}
        got = b""
        async with aiohttp.ClientSession() as session:
            try:
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    async for piece in response.content.iter_any():
                        got += piece
            except aiohttp.ClientPayloadError:
                return got, True
        return got, False

    with FakeTeacher(faulty(FaultKind.HALF_STREAM)) as teacher:
        got, broken = asyncio.run(read_until_broken(teacher.base_url))
    assert broken
    assert got.startswith(b"data: {")
    assert b"[DONE]" not in got


def test_a_quiet_half_stream_is_well_formed_but_has_no_end() -> None:
    with FakeTeacher(faulty(FaultKind.QUIET_HALF_STREAM)) as teacher:
        text = ask(teacher, stream=True).text
    assert "reasoning_content" in text
    assert "[DONE]" not in text
    assert '"finish_reason":"stop"' not in text


@pytest.mark.parametrize("kind", [FaultKind.GARBAGE_JSON, FaultKind.CUT_JSON, FaultKind.EMPTY_BODY])
def test_broken_json_comes_with_status_200(kind: FaultKind) -> None:
    with FakeTeacher(faulty(kind)) as teacher:
        response = ask(teacher)
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_an_error_event_in_the_stream_reaches_the_openai_client() -> None:
    messages: Any = [{"role": "user", "content": "q"}]
    script = faulty(FaultKind.ERROR_EVENT)
    with FakeTeacher(script) as teacher, client_of(teacher) as client:
        stream = client.chat.completions.create(model="m", messages=messages, stream=True)
        assert next(stream).choices[0].delta.role == "assistant"
        with pytest.raises(openai.APIError, match="engine died"):
            list(stream)


def test_a_stalled_stream_goes_silent_until_the_client_leaves() -> None:
    with FakeTeacher(faulty(FaultKind.STALL)) as teacher:
        with httpx.Client(trust_env=False, verify=TLS, timeout=0.3) as client:
            body = {"stream": True, "messages": [{"role": "user", "content": "q"}]}
            with pytest.raises(httpx.ReadTimeout):
                client.post(f"{teacher.base_url}/chat/completions", json=body)
        wait_for(lambda: teacher.in_flight == 0)
        assert teacher.records()[0].outcome == "client_gone"


def test_a_slow_first_token_delays_a_good_reply() -> None:
    with FakeTeacher(failing(Fault(FaultKind.SLOW_FIRST_TOKEN, delay_s=0.3))) as teacher:
        response = ask(teacher, stream=True)
        record = teacher.records()[0]
    assert response.text.endswith("data: [DONE]\n\n")
    assert record.paid
    assert record.latency_s is not None
    assert record.latency_s >= 0.28


def test_filtered_content_finishes_empty() -> None:
    with FakeTeacher(faulty(FaultKind.FILTERED_FINISH)) as teacher:
        choice = ask(teacher).json()["choices"][0]
    assert choice["finish_reason"] == "content_filter"
    assert choice["message"]["content"] == ""


def test_schedules_by_number_and_by_text_hit_what_they_name() -> None:
    error = Fault(FaultKind.SERVER_ERROR)
    with FakeTeacher(TeacherScript(faults=FaultsByNumber({1: error}))) as teacher:
        assert [ask(teacher).status_code for _ in range(3)] == [200, 500, 200]
    by_text = FaultsByText({"poison": error}, attempts=2)
    with FakeTeacher(TeacherScript(faults=by_text)) as teacher:
        assert [ask(teacher, "a poison pill").status_code for _ in range(3)] == [500, 500, 200]
        assert ask(teacher, "water").status_code == 200


def test_the_hostile_schedule_fails_its_share_whatever_the_order() -> None:
    schedule = hostile_faults(0.3, seed=5)
    calls = [Call(number, 0, f"key {number}", {}) for number in range(3_000)]
    faults = {call.key: schedule(call) for call in calls}
    renumbered = [Call(0, 0, call.key, {}) for call in reversed(calls)]
    assert {call.key: schedule(call) for call in renumbered} == faults
    failed = [fault for fault in faults.values() if fault is not None]
    assert 0.27 < len(failed) / len(calls) < 0.33
    assert len({fault.kind for fault in failed}) == 6


# --- the port and the record


def wait_for(condition: Callable[[], bool], limit_s: float = 5.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"not true within {limit_s} s"
        time.sleep(0.01)


def test_the_port_refuses_connections_until_it_listens() -> None:
    with FakeTeacher(TeacherScript(listen_after_s=0.5)) as teacher:
        with pytest.raises(httpx.ConnectError):
            ask(teacher)
        time.sleep(0.6)
        assert ask(teacher).status_code == 200


def test_an_outage_resets_and_refuses_and_ends_on_the_same_port() -> None:
    script = TeacherScript(outages=(Outage(at_request=1, seconds=0.4),))
    with FakeTeacher(script) as teacher:
        assert ask(teacher).status_code == 200
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            ask(teacher)
        with pytest.raises(httpx.ConnectError):
            ask(teacher)
        time.sleep(0.5)
        assert ask(teacher).status_code == 200
        assert [record.outcome for record in teacher.records()] == ["ok", "outage", "ok"]


def test_going_down_cuts_what_is_open() -> None:
    script = TeacherScript(replier=FixedReplier(Reply(content="late", delay_s=30)))
    seen: list[str] = []

    def ask_in_vain(teacher: FakeTeacher) -> None:
        try:
            ask(teacher)
        except httpx.HTTPError as error:
            seen.append(type(error).__name__)

    with FakeTeacher(script) as teacher:
        asking = threading.Thread(target=ask_in_vain, args=(teacher,))
        asking.start()
        wait_for(lambda: teacher.in_flight == 1)
        teacher.go_down()
        asking.join()
        wait_for(lambda: teacher.in_flight == 0)
        assert seen
        assert teacher.records()[0].outcome == "outage"
        teacher.come_back()
        assert (
            httpx.get(f"{teacher.base_url}/models", trust_env=False, verify=TLS).status_code == 200
        )


async def ask_together(url: str, texts: list[str]) -> None:
    async with aiohttp.ClientSession() as session:

        async def one(text: str) -> None:
            body = {"messages": [{"role": "user", "content": text}]}
            async with session.post(f"{url}/chat/completions", json=body) as response:
                await response.read()

        await asyncio.gather(*(one(text) for text in texts))


def test_the_record_counts_attempts_and_the_peak_in_flight() -> None:
    script = TeacherScript(replier=FixedReplier(Reply(content="x", delay_s=0.2)))
    with FakeTeacher(script) as teacher:
        asyncio.run(ask_together(teacher.base_url, ["a", "b", "c", "a"]))
        records = teacher.records()
        assert teacher.peak_in_flight == 4
        assert teacher.in_flight == 0
    attempts = [r.attempt for r in records if r.body["messages"][0]["content"] == "a"]
    assert attempts == [0, 1]
    assert count_paid_twice(records) == 1
    assert all(record.latency_s and record.latency_s >= 0.19 for record in records)
    assert all("Content-Type" in record.headers for record in records)


def test_a_process_of_its_own_records_on_disk_and_dies_with_its_parent(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    with FakeTeacherProcess(TeacherScript(log_path=log)) as teacher:
        assert ask(teacher, "问题").status_code == 200
        wait_for(lambda: teacher.records()[0].outcome == "ok")
        assert teacher.records()[0].body["messages"][0]["content"] == "问题"
        teacher.go_down()
        with pytest.raises(httpx.ConnectError):
            ask(teacher)
        teacher.come_back()
        assert ask(teacher).status_code == 200
    assert [record.number for record in read_request_log(log)] == [0, 1]

    starter = (
        "import sys, time\n"
        "from tests.fake_teacher import FakeTeacherProcess\n"
        "teacher = FakeTeacherProcess().__enter__()\n"
        "print(teacher.port, teacher.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    port, pid = parent.stdout.readline().split()
    assert httpx.get(
        f"http://127.0.0.1:{int(port)}/v1/models", trust_env=False, verify=TLS
    ).is_success
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not is_running(int(pid)))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def test_every_request_gets_an_id_of_its_own_and_records_outlive_the_server() -> None:
    with FakeTeacherProcess() as own, FakeTeacher() as thread:
        replies = [ask(teacher, stream=stream) for teacher in (own, thread) for stream in (0, 1)]
    ids = [reply.headers["X-Request-Id"] for reply in replies]
    assert ids == ["req-fake-0", "req-fake-1"] * 2
    assert [record.paid for record in own.records()] == [True, True]
    assert [record.paid for record in thread.records()] == [True, True]


def test_a_port_in_use_is_an_error_and_not_a_hang() -> None:
    with FakeTeacher() as teacher, pytest.raises(OSError, match="in use"):
        FakeTeacher(TeacherScript(port=teacher.port)).__enter__()


def test_a_torn_last_line_of_the_record_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    with FakeTeacher(TeacherScript(log_path=log)) as teacher:
        ask(teacher)
    log.write_bytes(log.read_bytes() + b'{"event":"arr')
    assert [record.outcome for record in read_request_log(log)] == ["ok"]


# --- repliers


@pytest.mark.parametrize(
    ("question", "boxed"),
    [
        ("What is 12 + 34?", "\\boxed{46}"),
        ("Please compute 100 minus 58.", "\\boxed{42}"),
        ("What is 12 × 34?", "\\boxed{408}"),
        ("12加34等于多少？", "\\boxed{46}"),
        ("计算 7 乘以 8。", "\\boxed{56}"),
        ("100减去1是多少", "\\boxed{99}"),
    ],
)
def test_arithmetic_is_answered_right_in_the_questions_language(question: str, boxed: str) -> None:
    reply = arithmetic_replier()({"messages": [{"role": "user", "content": question}]})
    chinese = "多少" in question or "计算" in question
    assert boxed in reply.content
    assert ("答案是" in reply.content) == ("题目要我算" in reply.reasoning) == chinese


def test_arithmetic_is_wrong_and_cut_at_the_rates_asked() -> None:
    replier = arithmetic_replier(wrong_rate=0.3, cut_rate=0.1, mean_delay_s=1.0)
    replies = [
        replier({"messages": [{"role": "user", "content": f"What is {number} + 1?"}]})
        for number in range(1_000)
    ]
    cut = sum(reply.finish_reason == "length" for reply in replies)
    right = sum(f"\\boxed{{{n + 1}}}" in reply.content for n, reply in enumerate(replies))
    assert 70 < cut < 130
    assert 0.65 < right / (1_000 - cut) < 0.75
    assert all(0.5 <= reply.delay_s <= 1.5 for reply in replies)


@pytest.mark.real_data
@pytest.mark.skipif(not (shared_data() / TRACES_FILE).exists(), reason="SHARED_DATA is absent")
@pytest.mark.parametrize("form", [ThoughtWire.REASONING, ThoughtWire.SEVERAL_BLOCKS])
def test_real_traces_replay_unchanged(form: ThoughtWire) -> None:
    traces = load_real_traces()
    assert len({trace.question for trace in traces}) == 978
    assert sum(not trace.output for trace in traces) == 67
    script = TeacherScript(replier=TraceReplier(traces[:20]), style=WireStyle(thought=form))
    with FakeTeacher(script) as teacher:
        for trace in traces[:20]:
            message = ask(teacher, trace.question).json()["choices"][0]["message"]
            if form is ThoughtWire.REASONING:
                assert message["reasoning"] == trace.thinking
                assert message["content"] == trace.output
            else:
                *blocks, answer = message["content"].split("</think>")
                thoughts = [block.strip().removeprefix("<think>").strip() for block in blocks]
                assert "\n\n".join(thoughts) == trace.thinking.strip()
                assert answer.strip() == trace.output.strip()


# --- the benchmark's pieces


def test_the_ideal_schedule_fills_the_slot_that_is_free_first() -> None:
    assert ideal_makespan_s([3, 1, 1, 1], 2) == 3
    assert ideal_makespan_s([1, 1, 1, 3], 2) == 4
    assert ideal_makespan_s([2.0] * 10, 1) == 20
    assert ideal_makespan_s([], 4) == 0
    with pytest.raises(ValueError, match="in_flight is 0"):
        ideal_makespan_s([1.0], 0)


def test_benchmark_latencies_have_the_mean_and_cut_asked() -> None:
    latencies = [lognormal_s(text, 2.0, 0.8, 60.0) for text in questions(20_000)]
    assert 1.95 < sum(latencies) / len(latencies) < 2.05
    assert max(lognormal_s(text, 2.0, 0.8, 3.0) for text in questions(500)) == 3.0
    assert latencies[:5] == [lognormal_s(text, 2.0, 0.8, 60.0) for text in questions(5)]


def test_the_benchmark_server_fails_its_share_and_records_it(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    with running_server(log, "--fail-rate", "0.3", "--mean-s", "0.2") as base_url:
        texts = asyncio.run(ask_all(base_url, "loopback", 200, 32))
    records = read_request_log(log)
    failed = [record for record in records if not record.paid]
    assert sum(text is None for text in texts) == len(failed)
    assert 30 < len(failed) < 90
    assert {record.outcome for record in failed} == {
        "rate_limited",
        "server_error",
        "unavailable",
        "reset",
        "half_stream",
        "garbage_json",
    }
    report = read_phase(log, 32)
    assert (report.requests, report.answered) == (200, 200 - len(failed))
    # 200 requests of 0.2 s, 32 at a time: long beside what a busy machine adds.
    assert report.ideal_s == pytest.approx(1.4)
    assert 0.3 < report.share_of_ideal <= 1.0


def test_the_share_of_ideal_comes_from_first_arrival_to_last_end() -> None:
    def record(number: int, arrived_s: float) -> RequestRecord:
        return RequestRecord(
            number, "key", 0, "/", arrived_s, 1, outcome="ok", planned_s=1.0, latency_s=1.0
        )

    report = report_phase([record(0, 100.0), record(1, 101.5)], in_flight=1)
    assert (report.request_phase_s, report.ideal_s, report.answered) == (2.5, 2.0, 2)
    assert report.share_of_ideal == pytest.approx(0.8)
