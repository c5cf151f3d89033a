"""The wire's plain data: a request's identity, text and token counts."""

from __future__ import annotations

import pytest

from distilabel_pipelines.wire import canonical_request, count_tokens, join_surrogates, request_key

BODY = {"model": "org/m", "messages": [{"role": "user", "content": "2 + 2?"}], "seed": 1}


def test_the_key_is_the_content_and_not_how_it_travels() -> None:
    travelling = {**BODY, "stream": True, "stream_options": {"include_usage": True}, "user": "u"}
    assert request_key("chat", travelling) == request_key("chat", BODY)
    assert canonical_request(travelling) == BODY


def test_the_key_does_not_depend_on_the_order_of_fields() -> None:
    assert request_key("chat", dict(reversed(BODY.items()))) == request_key("chat", BODY)


@pytest.mark.parametrize(
    "change",
    [{"seed": 2}, {"model": "other"}, {"temperature": 0.5}, {"messages": []}, {"max_tokens": 9}],
)
def test_another_seed_model_or_parameter_is_another_key(change: dict[str, object]) -> None:
    assert request_key("chat", {**BODY, **change}) != request_key("chat", BODY)


def test_chat_and_completions_never_share_a_key() -> None:
    assert request_key("chat", BODY) != request_key("completions", BODY)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("plain", "plain"),
        ("两百 🎉", "两百 🎉"),
        ("\ud83e\uddee", "\U0001f9ee"),
        ("a\ud83eb", "a\ufffdb"),
        ("a" + chr(0xDDEE) + "b", "a\ufffdb"),
        ("a\ud83e", "a\ufffd"),
        ("\ud83e\ud83e\uddee", "\ufffd\U0001f9ee"),
    ],
)
def test_halves_of_surrogate_pairs_are_joined_and_lone_ones_replaced(
    text: str, joined: str
) -> None:
    assert join_surrogates(text) == joined


@pytest.mark.parametrize(
    ("usage", "count"),
    [
        (None, None),
        ({}, None),
        ({"completion_tokens_details": None}, None),
        ({"completion_tokens_details": "many"}, None),
        ({"completion_tokens_details": {"reasoning_tokens": None}}, None),
        ({"completion_tokens_details": {"reasoning_tokens": 0}}, 0),
        ({"completion_tokens_details": {"reasoning_tokens": 5}}, 5),
        ({"completion_tokens_details": {"reasoning_tokens": -5}}, None),
        ({"completion_tokens_details": {"reasoning_tokens": True}}, None),
        ({"completion_tokens_details": {"reasoning_tokens": 5.0}}, None),
    ],
)
def test_a_count_that_is_not_there_is_unknown(
    usage: dict[str, object] | None, count: int | None
) -> None:
    assert count_tokens(usage, "reasoning_tokens") == count
