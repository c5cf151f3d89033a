"""The gateway's own HTTP side: who may ask, what a request must be, and the OpenAI API's shapes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest

from tests.fake_teacher import FakeTeacher, TeacherScript, arithmetic_replier
from tests.gateway.serving import TOKEN, Served, serving

CHAT = "/chat/completions"
BODY = {"model": "fake-teacher", "messages": [{"role": "user", "content": "2 + 2?"}]}


def url_of(served: Served) -> str:
    return f"http://127.0.0.1:{served.ready.port}/v1"


def test_the_openai_client_gets_the_thought_the_usage_and_the_models(tmp_path: Path) -> None:
    async def work(base_url: str) -> None:
        async with (
            serving(base_url, tmp_path) as served,
            openai.AsyncOpenAI(base_url=url_of(served), api_key=TOKEN) as client,
        ):
            listed = await client.models.list()
            completion = await client.chat.completions.create(
                model=listed.data[0].id, messages=[{"role": "user", "content": "2 + 2?"}], seed=1
            )
            message: Any = completion.choices[0].message
            assert "\\boxed{4}" in message.content
            assert message.reasoning_content
            assert completion.usage is not None
            assert completion.usage.completion_tokens > 0
            text = await client.completions.create(model="fake-teacher", prompt="2 + 2?")
            assert "</think>" in text.choices[0].text

    with FakeTeacher(TeacherScript(replier=arithmetic_replier())) as teacher:
        asyncio.run(work(teacher.base_url))


@pytest.mark.parametrize("token", ["Bearer wrong", "", "Bearer \udcff", f"Bearer {TOKEN}x"])
def test_a_caller_without_the_token_is_refused_and_nothing_is_paid(
    tmp_path: Path, token: str
) -> None:
    async def work(base_url: str) -> None:
        async with serving(base_url, tmp_path) as served:
            headers = {"Authorization": token}
            async with (
                aiohttp.ClientSession() as stranger,
                stranger.post(f"{url_of(served)}{CHAT}", json=BODY, headers=headers) as response,
            ):
                assert response.status == 401
                assert (await response.json())["error"]["code"] == "invalid_token"

    with FakeTeacher() as teacher:
        asyncio.run(work(teacher.base_url))
        assert teacher.records() == []


@pytest.mark.parametrize(
    ("route", "body", "index", "told"),
    [
        (CHAT, {"model": "m"}, None, "messages is missing"),
        ("/completions", BODY, None, "prompt is missing"),
        (CHAT, {**BODY, "n": 2}, None, "n must be 1"),
        (CHAT, {**BODY, "stream": True}, None, "stream must be off"),
        (CHAT, BODY, "three", "'three', not a whole number"),
        (CHAT, BODY, "-1", "'-1', not a whole number"),
        (CHAT, BODY, "1.5", "'1.5', not a whole number"),
        (CHAT, [BODY], None, "the body is a list"),
    ],
)
def test_a_request_that_cannot_be_answered_is_told_why_and_not_sent(
    tmp_path: Path, route: str, body: dict[str, object], index: str | None, told: str
) -> None:
    async def work(base_url: str) -> None:
        async with serving(base_url, tmp_path) as served:
            answer = await served.post(route, body, index)
            assert (answer.status, answer.code) == (400, "invalid_request")
            assert told in answer.body["error"]["message"]

    with FakeTeacher() as teacher:
        asyncio.run(work(teacher.base_url))
        assert teacher.records() == []


@pytest.mark.parametrize("data", [b"", b"{not json", b'{"a": "\xff"}', b'{"a": "\\ud83e"}'])
def test_a_body_that_is_no_json_is_told(tmp_path: Path, data: bytes) -> None:
    async def work(base_url: str) -> None:
        async with (
            serving(base_url, tmp_path) as served,
            served.session.post(f"{url_of(served)}{CHAT}", data=data) as response,
        ):
            assert response.status == 400
            assert (await response.json())["error"]["code"] == "invalid_json"

    with FakeTeacher() as teacher:
        asyncio.run(work(teacher.base_url))


def test_one_choice_asked_for_as_null_is_one_choice(tmp_path: Path) -> None:
    async def work(base_url: str) -> None:
        async with serving(base_url, tmp_path) as served:
            assert (await served.post(CHAT, {**BODY, "model": "a/b/c"}, "007")).status == 200
            assert (await served.post(CHAT, {**BODY, "n": 1}, None)).status == 200

    with FakeTeacher() as teacher:
        asyncio.run(work(teacher.base_url))
