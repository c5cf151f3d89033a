"""Split a teacher's reply into its thought and its answer, whatever form the server sent.

Forms seen on the wire: `reasoning_content` (DashScope, llama.cpp, vLLM before 0.12), `reasoning`
(vLLM), inline `<think>…</think>` (a server without a reasoning parser), and a lone `</think>`
(chat templates of Qwen3-2507 thinking models and DeepSeek-R1 put `<think>` into the prompt).
Source: the chat templates of those models and the servers' documentation of reasoning outputs.

What the server has split is never split again, so an answer that talks about `<think>` survives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from distilabel_pipelines.rows import ThoughtForm

OPEN_TAG = "<think>"
CLOSE_TAG = "</think>"
REASONING_FIELDS = ("reasoning_content", "reasoning")
_CLOSED_BLOCK = re.compile(r"<think>(.*?)</think>", re.DOTALL)
_LATER_BLOCK = re.compile(
    r"(?:\A|^)[ \t]*<think>(?P<thought>.*?)(?:(?P<closed></think>)[ \t]*|\Z)",
    re.DOTALL | re.MULTILINE,
)


class SplitReply(NamedTuple):
    """Thought and answer, outer white space trimmed, and the form they came in."""

    reasoning_content: str
    content: str
    form: ThoughtForm


# A closing tag with no opening one before it, and not quoted as code.
_LONE_CLOSE = re.compile(r"\A(?:(?!<think>).)*?(?<!`)</think>", re.DOTALL)


def split_reply(message: Mapping[str, str | None], *, opening_tag_in_prompt: bool) -> SplitReply:
    """Split one assistant message given by its raw fields.

    `opening_tag_in_prompt` is a property of the teacher's chat template: with it, a reply
    without any tag is a thought that was cut, without it the same reply is plain content.
    The text alone cannot tell those two apart; a lone `</think>` it can, set or not.
    """
    content = message.get("content") or ""
    for field in REASONING_FIELDS:
        thought = message.get(field)
        if thought and thought.strip():
            return SplitReply(thought.strip(), content.strip(), "field")
    return _split_inline(content, opening_tag_in_prompt=opening_tag_in_prompt)


def _split_inline(content: str, *, opening_tag_in_prompt: bool) -> SplitReply:
    text = content.lstrip()
    if text.startswith(OPEN_TAG):
        return _split_tagged(text)
    if opening_tag_in_prompt or _LONE_CLOSE.search(text):
        return _split_untagged_thought(text)
    return SplitReply("", text.strip(), "none")


def _split_untagged_thought(text: str) -> SplitReply:
    thought, closed, rest = text.partition(CLOSE_TAG)
    if not closed:
        return SplitReply(thought.strip(), "", "unfinished")
    return _take_blocks([thought], rest, "missing_opening")


def _split_tagged(text: str) -> SplitReply:
    match = _CLOSED_BLOCK.match(text)
    if match is None:
        return SplitReply(text.removeprefix(OPEN_TAG).strip(), "", "unfinished")
    return _take_blocks([match.group(1)], text[match.end() :], "tags")


def _take_blocks(blocks: list[str], rest: str, form: ThoughtForm) -> SplitReply:
    """Move the further blocks of `rest` to the thought; what is left is the answer.

    A block counts only where it opens right at the start or on a line of its own outside code
    fences: a tag that an answer quotes within a sentence or in code belongs to the answer.
    """
    answer: list[str] = []
    while match := _find_block(rest):
        answer.append(rest[: match.start()])
        blocks.append(match.group("thought"))
        rest = rest[match.end() :]
        if not match.group("closed"):
            return _join_blocks(blocks, "".join(answer), "unfinished")
        form = "several"
    return _join_blocks(blocks, "".join(answer) + rest, form)


def _find_block(text: str) -> re.Match[str] | None:
    for match in _LATER_BLOCK.finditer(text):
        if text.count("```", 0, match.start()) % 2 == 0:
            return match
    return None


def _join_blocks(blocks: list[str], content: str, form: ThoughtForm) -> SplitReply:
    thoughts = [block.strip() for block in blocks if block.strip()]
    return SplitReply("\n\n".join(thoughts), content.strip(), form)
