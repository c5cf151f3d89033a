"""Structured output: what can be read without doubt is read, the rest is repaired, in bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from pydantic import BaseModel

from distilabel_pipelines.embedded_model.weight_files import BUNDLED_GGUFS
from distilabel_pipelines.gateway.handle import GatewayHandle
from distilabel_pipelines.gateway.settings import EmbeddedSettings
from distilabel_pipelines.judging import OPINION_SCHEMA, Opinion
from distilabel_pipelines.structured import (
    Answered,
    InvalidReplyError,
    ask_for_json,
    make_response_format,
    read_json_reply,
)
from distilabel_pipelines.wire import Body, request_key
from tests.gateway.serving import settings_for

GOOD = '{"reason": "6 times 7 is 42.", "verdict": "correct"}'
BODY: Body = {"model": "m", "messages": [{"role": "user", "content": "Judge."}]}


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n```json\n{GOOD}\n```\n",
        f"Let me look at {{this}}.\n\n{GOOD}\nThat is all.",
        f"{GOOD}\n{GOOD}",  # said twice, the same
        '{"verdict": "Correct ", "reason": "6 times 7\nis 42."}',  # a raw line feed
        '{"note": 1} {"reason": "6 times 7 is 42.", "verdict": "correct"}',
    ],
)
def test_one_object_is_found_whatever_stands_around_it(text: str) -> None:
    assert read_json_reply(text, Opinion) == Opinion(reason="6 times 7 is 42.", verdict="correct")


def test_latex_does_not_break_a_reply() -> None:
    text = r'{"reason": "\sqrt{18} is 3\sqrt{2}, and \\pi is \u03c0.", "verdict": "correct"}'
    assert read_json_reply(text, Opinion).reason == r"\sqrt{18} is 3\sqrt{2}, and \pi is π."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no JSON object"),
        ("The verdict is correct.", "holds no JSON object"),
        ('{"reason": "cut off, so there is no e', "holds no JSON object"),
        ('{"verdict": "correct"}', "reason is missing"),
        ('{"reason": " ", "verdict": "correct"}', "reason has no allowed value"),
        ('{"reason": "x", "verdict": "right"}', "verdict has no allowed value"),
        ('{"reason": "x", "verdict": 1}', "verdict has no allowed value"),
        ('{"reason": "x", "verdict": "correct", "score": 9}', "score does not belong there"),
        ('{"opinion": {"reason": "x", "verdict": "correct"}}', "is missing"),
        ('{"reason": "x", "verdict": "correct", "verdict": "incorrect"}', "no JSON object"),
        (f'{GOOD} {{"reason": "No.", "verdict": "incorrect"}}', "several JSON objects"),
        ("{" * 50_000, "holds no JSON object"),
        ('{"a":' * 30_000, "holds no JSON object"),
        ("[" * 30_000 + GOOD[:-1], "holds no JSON object"),
    ],
)
def test_what_leaves_a_doubt_is_refused_and_the_problem_named(text: str, problem: str) -> None:
    with pytest.raises(InvalidReplyError, match=problem):
        read_json_reply(text, Opinion)


class _Verdict(BaseModel):
    verdict: Literal["correct", "incorrect"]


class Scripted:
    """A model that gives these replies in turn; it keeps the bodies it was sent."""

    def __init__(self, replies: Sequence[str], *, cut: bool = False) -> None:
        self.replies = list(replies)
        self.cut = cut
        self.bodies: list[Body] = []

    async def __call__(self, body: Body) -> Answered:
        self.bodies.append(body)
        return Answered(self.replies[len(self.bodies) - 1], cut=self.cut)


def ask(model: Scripted, repairs: int = 2) -> Opinion:
    return asyncio.run(ask_for_json(model, BODY, Opinion, repairs=repairs))


def test_a_good_reply_needs_one_request() -> None:
    model = Scripted([GOOD])
    assert ask(model).verdict == "correct"
    assert model.bodies == [BODY]


def test_the_model_is_shown_its_reply_and_what_was_wrong() -> None:
    model = Scripted(["It is right.", '{"verdict": "correct"}', GOOD])
    assert ask(model).verdict == "correct"
    turns = [[turn["content"] for turn in body["messages"]] for body in model.bodies]
    assert [len(turn) for turn in turns] == [1, 3, 5]
    assert turns[2][1] == "It is right."
    assert "holds no JSON object" in turns[2][2]
    assert turns[2][3] == '{"verdict": "correct"}'
    assert "reason is missing" in turns[2][4]


@pytest.mark.parametrize("repairs", [0, 1, 2])
def test_repairs_are_bounded(repairs: int) -> None:
    model = Scripted(["no"] * 9)
    with pytest.raises(InvalidReplyError, match="no JSON object"):
        ask(model, repairs)
    assert len(model.bodies) == repairs + 1


def test_every_try_is_a_request_of_its_own_and_the_same_in_every_run() -> None:
    first, second = Scripted(["no"] * 3), Scripted(["no"] * 3)
    for model in (first, second):
        with pytest.raises(InvalidReplyError):
            ask(model)
    keys = [request_key("chat", body) for body in first.bodies]
    assert len(set(keys)) == 3
    assert keys == [request_key("chat", body) for body in second.bodies]


def test_a_reply_cut_at_the_limit_is_told_to_be_shorter() -> None:
    model = Scripted(['{"reason": "so lo', ""], cut=True)
    with pytest.raises(InvalidReplyError, match="token limit"):
        ask(model, 1)
    assert "token limit" in model.bodies[1]["messages"][-1]["content"]


def test_an_empty_or_endless_reply_is_shown_as_servers_take_it() -> None:
    model = Scripted(["", "x" * 100_000, GOOD])
    ask(model)
    shown = [turn for turn in model.bodies[-1]["messages"] if turn["role"] == "assistant"]
    assert shown[0]["content"].strip()
    assert len(shown[1]["content"]) <= 4000


def test_each_style_asks_in_its_own_words() -> None:
    strict = make_response_format("opinion", OPINION_SCHEMA, "json_schema")["response_format"]
    assert strict["type"] == "json_schema"
    assert (strict["json_schema"]["name"], strict["json_schema"]["strict"]) == ("opinion", True)
    plain = make_response_format("opinion", OPINION_SCHEMA, "json_object")
    assert plain == {"response_format": {"type": "json_object"}}
    assert make_response_format("opinion", OPINION_SCHEMA, "prompt_only") == {}


def test_the_schema_says_what_is_read() -> None:
    properties: dict[str, Any] = OPINION_SCHEMA["properties"]
    assert set(properties) == set(OPINION_SCHEMA["required"]) == set(Opinion.model_fields)
    assert OPINION_SCHEMA["additionalProperties"] is False
    for verdict in properties["verdict"]["enum"]:
        assert Opinion.model_validate({"reason": "r", "verdict": verdict}).verdict == verdict


def test_a_real_server_keeps_to_the_schema_even_with_a_model_that_never_saw_json(
    tmp_path: Path,
) -> None:
    """llama.cpp's grammar with the bundled model, which knows arithmetic and nothing else."""
    model = BUNDLED_GGUFS["reasoner"]
    server = EmbeddedSettings(model_path=str(model), parallel=1, context_tokens=2048, threads=1)
    enum = {"type": "string", "enum": ["correct", "incorrect"]}
    schema = {
        "type": "object",
        "properties": {"verdict": enum},
        "required": ["verdict"],
        "additionalProperties": False,
    }
    with GatewayHandle(settings_for(None, tmp_path, embedded=server), lambda _: None) as gateway:
        body = {
            "model": gateway.model,
            "messages": [{"role": "user", "content": "What is 12 + 34?"}],
            "max_tokens": 60,
            "temperature": 0.0,
            "chat_template_kwargs": {"enable_thinking": False},
            **make_response_format("verdict", schema, "json_schema"),
        }
        headers = {"Authorization": f"Bearer {gateway.access_token}"}
        url = f"{gateway.base_url}/chat/completions"
        answer = httpx.post(url, json=body, headers=headers, timeout=60, trust_env=False)
    text = answer.json()["choices"][0]["message"]["content"]
    assert read_json_reply(text, _Verdict).verdict in {"correct", "incorrect"}
