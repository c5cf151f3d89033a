"""The reasoning normaliser: every form of the wire, and answers that talk about the tags."""

from __future__ import annotations

import pytest

from distilabel_pipelines.rows import ThoughtForm
from distilabel_pipelines.thoughts import SplitReply, split_reply


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_a_thought_split_by_the_server_is_taken_from_either_field(field: str) -> None:
    reply = split_reply({field: "\nthink\n", "content": "\n\nanswer"}, opening_tag_in_prompt=False)
    assert reply == SplitReply("think", "answer", "field")


def test_what_the_server_has_split_is_never_split_again() -> None:
    content = "Write `<think>` first.\n<think>x</think> closes it."
    reply = split_reply(
        {"reasoning_content": "t </think> t", "content": content}, opening_tag_in_prompt=True
    )
    assert reply == SplitReply("t </think> t", content, "field")


@pytest.mark.parametrize(
    ("content", "thought", "answer", "form"),
    [
        ("<think>\na\n</think>\n\nb", "a", "b", "tags"),
        ("  <think></think>b", "", "b", "tags"),
        ("a</think>b", "a", "b", "missing_opening"),
        ("<think>a cut tho", "a cut tho", "", "unfinished"),
        ("<think>a</think>\n<think>b</think>c", "a\n\nb", "c", "several"),
        ("<think>a</think><think>b</think><think>c</think>d", "a\n\nb\n\nc", "d", "several"),
        ("<think>a</think>b\n<think>c</think>d", "a\n\nc", "b\nd", "several"),
        ("<think>a</think>b\n<think>cut", "a\n\ncut", "b", "unfinished"),
        ("a</think>b\n<think>c</think>d", "a\n\nc", "b\nd", "several"),
        ("plain", "", "plain", "none"),
        ("", "", "", "none"),
        ("Close it with `</think>`.", "", "Close it with `</think>`.", "none"),
    ],
)
def test_inline_forms(content: str, thought: str, answer: str, form: ThoughtForm) -> None:
    reply = split_reply({"content": content}, opening_tag_in_prompt=False)
    assert reply == SplitReply(thought, answer, form)


def test_a_reply_without_tags_is_a_cut_thought_where_the_prompt_opened_it() -> None:
    assert split_reply({"content": "so far"}, opening_tag_in_prompt=True) == SplitReply(
        "so far", "", "unfinished"
    )


@pytest.mark.parametrize(
    "answer",
    [
        "Use the `<think>` tag: <think>x</think> in a sentence.",
        "```\n<think>code</think>\n```",
    ],
)
def test_an_inline_answer_about_the_tags_survives(answer: str) -> None:
    reply = split_reply({"content": f"<think>a</think>{answer}"}, opening_tag_in_prompt=False)
    assert reply == SplitReply("a", answer, "tags")


def test_content_null_and_all_in_reasoning_is_an_empty_answer() -> None:
    reply = split_reply({"reasoning": "all of it", "content": None}, opening_tag_in_prompt=False)
    assert reply == SplitReply("all of it", "", "field")
