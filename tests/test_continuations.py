"""Continuing a cut text: when, how it is asked in each dialect, and the parts joined."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel_pipelines.continuations import (
    ContinuationDialect,
    join_replies,
    needs_continuation,
    write_continuation,
)
from distilabel_pipelines.wire import Reply, count_tokens


def part(
    content: str, finish: str = "length", tokens: int | None = 5, thought: str | None = None
) -> Reply:
    usage: dict[str, Any] | None = None
    if tokens is not None:
        usage = {"prompt_tokens": 10, "completion_tokens": tokens}
    message = (
        {"content": content} if thought is None else {"content": content, "reasoning": thought}
    )
    return Reply(
        message=message,
        finish_reason=finish,
        usage=usage,
        served_model="m",
        response_id=f"id-{content[:3].strip()}",
    )


@pytest.mark.parametrize(
    ("reply", "needed"),
    [
        (part("The bees fly"), True),
        (part("The bees fly", "max_tokens"), True),
        (part("The bees fly.", "stop"), False),
        (part(""), False),
        (part("  \n"), False),
        (part("The bees", thought="I plan."), False),
        (part("<think>I plan to write"), False),
        (part("<think>I plan.</think>The bees"), False),
    ],
)
def test_a_text_that_was_cut_is_continued_and_a_thought_never(reply: Reply, needed: bool) -> None:
    assert needs_continuation([reply], 3, opening_tag_in_prompt=False) is needed
    assert not needs_continuation([reply], 0, opening_tag_in_prompt=False)


def test_a_thought_that_the_prompt_opened_is_never_continued() -> None:
    cut = part("Okay, the user wants a text about bees")
    assert not needs_continuation([cut], 3, opening_tag_in_prompt=True)
    whole = part("I plan.</think>The bees")
    assert not needs_continuation([whole], 3, opening_tag_in_prompt=True)


def test_a_text_is_continued_so_often_and_no_more() -> None:
    parts = [part(f"part {number}") for number in range(3)]
    assert needs_continuation(parts[:2], 2, opening_tag_in_prompt=False)
    assert not needs_continuation(parts, 2, opening_tag_in_prompt=False)


@pytest.mark.parametrize(
    ("dialect", "fields", "in_message"),
    [
        ("embedded", {}, {}),
        ("vllm", {"add_generation_prompt": False, "continue_final_message": True}, {}),
        ("dashscope", {}, {"partial": True}),
    ],
)
def test_a_chat_model_gets_the_text_so_far_as_its_own_last_message(
    dialect: ContinuationDialect, fields: dict[str, Any], in_message: dict[str, Any]
) -> None:
    messages = [{"role": "user", "content": "Write."}]
    body: dict[str, Any] = {"model": "m", "messages": messages, "seed": 3}
    asked = write_continuation(body, [part("The bees \n"), part(" fly ")], dialect)
    message = {"role": "assistant", "content": "The bees fly", **in_message}
    assert asked == {
        "model": "m",
        "seed": 3,
        "messages": [{"role": "user", "content": "Write."}, message],
        **fields,
    }
    assert len(messages) == 1  # the first request stays what it was


def test_a_base_model_gets_its_prompt_and_the_text_so_far() -> None:
    body = {"model": "m", "prompt": "Task\n", "seed": 3}
    asked = write_continuation(body, [part("The bees "), part(" fly")], "vllm")
    assert asked == {"model": "m", "prompt": "Task\nThe bees fly", "seed": 3}


def test_parts_are_joined_as_the_teacher_continued_them() -> None:
    joined = join_replies([part("One \n"), part(" two", tokens=7), part("\n\nThree.", "stop")])
    assert joined.message["content"] == "One two\n\nThree."
    assert joined.finish_reason == "stop"
    assert joined.response_id == "id-One id-tw id-T"
    assert count_tokens(joined.usage, "completion_tokens") == 5 + 7 + 5
    assert count_tokens(joined.usage, "prompt_tokens") == 30


def test_a_server_that_repeats_what_it_continues_is_not_written_twice() -> None:
    joined = join_replies([part("One "), part("One two", tokens=1), part("One two three.", "stop")])
    assert joined.message["content"] == "One two three."


def test_a_continuation_that_adds_nothing_ends_the_text() -> None:
    assert join_replies([part("One. "), part("", "stop")]).message["content"] == "One."


def test_a_count_that_one_part_lacks_is_not_known_of_the_whole() -> None:
    joined = join_replies([part("One"), part(" two.", "stop", tokens=None)])
    assert count_tokens(joined.usage, "completion_tokens") is None


def test_reasoning_tokens_of_all_parts_are_summed() -> None:
    usage = {
        "prompt_tokens": 1,
        "completion_tokens": 9,
        "completion_tokens_details": {"reasoning_tokens": 4},
    }
    first = part("One").model_copy(update={"usage": usage})
    joined = join_replies([first, part(" two.", "stop")])
    assert count_tokens(joined.usage, "reasoning_tokens") == 4
    assert count_tokens(joined.usage, "completion_tokens") == 14


def test_a_single_part_is_the_reply_as_it_is() -> None:
    only = part("All of it. ", "stop")
    assert join_replies([only]) is only
