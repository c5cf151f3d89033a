"""What the gateway relies on, seen on real vLLM's wire, through the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest

from distilabel_pipelines.continuations import (
    join_replies,
    needs_continuation,
    write_continuation,
)
from distilabel_pipelines.generations import read_record
from distilabel_pipelines.journal import read_journal
from distilabel_pipelines.wire import Body, Reply, count_tokens
from tests.gateway.serving import Answer, Served, serving
from tests.vllm.real_server import CONTEXT_TOKENS, NAME, RealServer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(420)]
QUESTION = "What is 12 + 34?"
PROMPT = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}, "sure": {"type": "boolean"}},
    "required": ["answer", "sure"],
    "additionalProperties": False,
}


def ask(
    server: RealServer,
    folder: Path,
    work: Callable[[Served], Awaitable[Answer]],
    **changes: object,
) -> Answer:
    """One request through a gateway of its own."""

    async def run() -> Answer:
        patience = {"first_answer_wait_s": 60.0, "idle_timeout_s": 60.0}
        async with serving(server.root_url, folder, None, **patience, **changes) as served:
            assert served.ready.model == NAME
            return await work(served)

    return asyncio.run(run())


@pytest.mark.parametrize("stream", [True, False])
def test_the_thought_has_its_own_field_and_the_usage_counts_it(
    server: RealServer, tmp_path: Path, stream: bool
) -> None:
    """Streamed, the usage comes in a last chunk."""

    async def work(served: Served) -> Answer:
        return await served.ask(QUESTION, model=NAME, temperature=0, max_tokens=600, seed=1)

    answer = ask(server, tmp_path, work, stream=stream)
    assert answer.status == 200
    message = answer.body["choices"][0]["message"]
    assert message["reasoning"].strip()
    assert "reasoning_content" not in message
    assert "\\boxed{46}" in message["content"]
    assert "<think>" not in message["content"]
    ((_, record),) = read_journal(tmp_path / "responses")
    generation = read_record(record, opening_tag_in_prompt=False)
    assert generation.thought_form == "field"
    assert generation.finish_reason == "stop"
    assert generation.served_model == NAME
    assert generation.prompt_tokens
    assert generation.completion_tokens
    details = answer.body["usage"].get("completion_tokens_details") or {}
    assert 0 < (details.get("reasoning_tokens") or 1) < generation.completion_tokens


def test_the_thought_can_be_switched_off(server: RealServer, tmp_path: Path) -> None:
    async def work(served: Served) -> Answer:
        off = {"enable_thinking": False}
        return await served.ask(QUESTION, model=NAME, temperature=0, chat_template_kwargs=off)

    message = ask(server, tmp_path, work).body["choices"][0]["message"]
    assert not (message.get("reasoning") or "").strip()
    assert "\\boxed{" in message["content"]


def test_completions_end_at_a_stop_sequence(server: RealServer, tmp_path: Path) -> None:
    body = {"model": NAME, "prompt": PROMPT, "temperature": 0, "max_tokens": 400}

    async def free(served: Served) -> Answer:
        return await served.post("/completions", body, None)

    async def stopped(served: Served) -> Answer:
        return await served.post("/completions", {**body, "stop": ["</think>"]}, None)

    whole = ask(server, tmp_path / "free", free).body["choices"][0]
    cut = ask(server, tmp_path / "stopped", stopped).body["choices"][0]
    assert "</think>" in whole["text"]
    assert cut["text"] == whole["text"].partition("</think>")[0]
    assert cut["finish_reason"] == "stop"


@pytest.mark.parametrize("route", ["/chat/completions", "/completions"])
def test_a_cut_text_goes_on_where_it_stopped(
    server: RealServer, tmp_path: Path, route: str
) -> None:
    """In parts of five tokens, greedily, it is the text that comes in one piece."""
    body: Body = {"model": NAME, "temperature": 0, "max_tokens": 60, "prompt": f"{PROMPT}The"}
    if route == "/chat/completions":
        body |= {"messages": [{"role": "user", "content": QUESTION}]}
        body |= {"chat_template_kwargs": {"enable_thinking": False}}
        del body["prompt"]
    parts: list[Reply] = []

    async def in_parts(served: Served) -> Answer:
        asked = {**body, "max_tokens": 5}
        answer = await served.post(route, asked, None)
        parts.append(read_wire_reply(answer))
        while needs_continuation(parts, 11, opening_tag_in_prompt=False):
            answer = await served.post(route, write_continuation(asked, parts, "vllm"), None)
            parts.append(read_wire_reply(answer))
        return answer

    async def in_one_piece(served: Served) -> Answer:
        return await served.post(route, body, None)

    whole = read_wire_reply(ask(server, tmp_path / "whole", in_one_piece))
    ask(server, tmp_path / "parts", in_parts)
    assert len(parts) > 2
    assert join_replies(parts).message["content"] == whole.message["content"]
    assert count_tokens(join_replies(parts).usage, "completion_tokens")


def read_wire_reply(answer: Answer) -> Reply:
    choice = answer.body["choices"][0]
    message = choice.get("message") or {"content": choice["text"]}
    return Reply(
        message={name: text for name, text in message.items() if isinstance(text, str | None)},
        finish_reason=choice["finish_reason"],
        usage=answer.body["usage"],
        served_model=NAME,
        response_id=answer.body["id"],
    )


def test_json_follows_its_schema(server: RealServer, tmp_path: Path) -> None:
    async def work(served: Served) -> Answer:
        return await served.ask(
            QUESTION,
            model=NAME,
            temperature=0,
            max_tokens=100,
            chat_template_kwargs={"enable_thinking": False},
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
            },
        )

    found = orjson.loads(ask(server, tmp_path, work).text)
    assert found.keys() == {"answer", "sure"}
    assert isinstance(found["answer"], int)
    assert isinstance(found["sure"], bool)


def test_a_request_that_does_not_fit_fails_its_row_and_not_the_run(
    server: RealServer, tmp_path: Path
) -> None:
    async def work(served: Served) -> Answer:
        long = await served.ask(QUESTION, 0, model=NAME, max_tokens=CONTEXT_TOKENS * 2)
        assert long.status == 502
        assert long.code == "row_failed"
        return await served.ask(QUESTION, 1, model=NAME, max_tokens=300)

    assert ask(server, tmp_path, work).status == 200
