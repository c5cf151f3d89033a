"""The forms in which servers put a thought and an answer on the wire.

Sources: vLLM's "Reasoning Outputs" page (`reasoning`, earlier `reasoning_content`), llama.cpp's
server README (`reasoning_content`, `--reasoning-format none` leaves tags inline), DashScope's deep
thinking page (`reasoning_content`, null for the field that is not being streamed), the Qwen3-2507
and DeepSeek-R1 model cards (the template holds the opening tag), and vLLM 0.32 as recorded in
shared/vllm-cpu/README.md (white space, null content).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tests.fake_teacher.reply import Reply

OPEN_TAG = "<think>"
CLOSE_TAG = "</think>"
PARAGRAPH_BREAK = "\n\n"


class ThoughtWire(StrEnum):
    """Where the thought stands in a reply."""

    REASONING_CONTENT = "reasoning_content"
    REASONING = "reasoning"
    INLINE = "inline"
    MISSING_OPENING = "missing_opening"
    SEVERAL_BLOCKS = "several_blocks"
    NULL_CONTENT = "null_content"  # vLLM: no closing tag, so all that was said is `reasoning`
    CUT_FIELD = "cut_field"  # cut while thinking, split by the server: content null, "length"
    CUT_INLINE = "cut_inline"  # cut while thinking, opening tag in the content
    CUT_NO_TAGS = "cut_no_tags"  # cut while thinking, opening tag in the prompt: no tag at all


class UsageForm(StrEnum):
    """What the server says about token counts."""

    DETAILED = "detailed"  # with completion_tokens_details.reasoning_tokens
    PLAIN = "plain"
    ABSENT = "absent"


@dataclass(frozen=True)
class WireStyle:
    """How replies look on the wire; every combination is legal.

    `delta_characters` is the text in one stream event (None: all of it in one). `write_bytes` cuts
    the stream into TCP writes of so many bytes (1 splits every multi-byte character and every
    frame); otherwise `events_per_write` events share one write. `ping_every` puts a comment before
    every n-th event; `ping_s` one every so many seconds while the teacher is silent. `ascii_json`
    escapes everything beyond ASCII. `null_fields` sends the text field that is not being streamed
    as null, as DashScope does. `data_space` False leaves out the optional space after `data:`.
    """

    thought: ThoughtWire = ThoughtWire.REASONING_CONTENT
    vllm_space: bool = False
    usage: UsageForm = UsageForm.DETAILED
    delta_characters: int | None = 4
    write_bytes: int | None = None
    events_per_write: int = 1
    crlf: bool = False
    data_space: bool = True
    ping_every: int | None = None
    ping_s: float | None = None
    ascii_json: bool = False
    null_fields: bool = False
    stream_steps: int = 16  # a delayed stream is spread over at most so many moments


@dataclass(frozen=True)
class WireMessage:
    """The texts of one choice; `reasoning_key` is None where the server does not split."""

    reasoning_key: str | None
    reasoning: str
    content: str | None
    finish_reason: str


def shape_chat_message(reply: Reply, style: WireStyle) -> WireMessage:
    """The reply in the style's form; a reply without thought is plain content in every form."""
    if not reply.reasoning:
        return WireMessage(None, "", reply.content, reply.finish_reason)
    thought, answer = _padded(reply, vllm_space=style.vllm_space)
    finish = reply.finish_reason
    match style.thought:
        case ThoughtWire.REASONING_CONTENT:
            return WireMessage("reasoning_content", thought, answer, finish)
        case ThoughtWire.REASONING:
            return WireMessage("reasoning", thought, answer, finish)
        case ThoughtWire.NULL_CONTENT:
            return WireMessage("reasoning", thought, None, finish)
        case ThoughtWire.CUT_FIELD:
            return WireMessage("reasoning_content", thought, None, "length")
        case _:
            return shape_raw_text(reply, style)


def shape_raw_text(reply: Reply, style: WireStyle) -> WireMessage:
    """The reply as one text with tags: what a server without a reasoning parser sends."""
    thought, answer = reply.reasoning, reply.content
    tail = f"\n{CLOSE_TAG}{PARAGRAPH_BREAK}{answer}"
    match style.thought:
        case _ if not thought:
            text = answer
        case ThoughtWire.MISSING_OPENING:
            text = f"{thought}{tail}"
        case ThoughtWire.SEVERAL_BLOCKS:
            blocks = f"\n{CLOSE_TAG}{PARAGRAPH_BREAK}{OPEN_TAG}\n".join(split_thought(thought))
            text = f"{OPEN_TAG}\n{blocks}{tail}"
        case ThoughtWire.CUT_INLINE | ThoughtWire.CUT_FIELD | ThoughtWire.NULL_CONTENT:
            return WireMessage(None, "", f"{OPEN_TAG}\n{thought}", "length")
        case ThoughtWire.CUT_NO_TAGS:
            return WireMessage(None, "", thought, "length")
        case _:
            text = f"{OPEN_TAG}\n{thought}{tail}"
    return WireMessage(None, "", text, reply.finish_reason)


def split_thought(thought: str) -> list[str]:
    """Two blocks that a blank line joins to the same thought; one where no paragraph ends inside.

    The cut stands between two non-space characters, so trimming the blocks loses nothing.
    """
    position = thought.find(PARAGRAPH_BREAK, 1)
    while position != -1:
        before, after = thought[:position], thought[position + len(PARAGRAPH_BREAK) :]
        if before.strip() and before == before.rstrip() and after[:1].strip():
            return [before, after]
        position = thought.find(PARAGRAPH_BREAK, position + 1)
    return [thought]


def _padded(reply: Reply, *, vllm_space: bool) -> tuple[str, str]:
    if not vllm_space:
        return reply.reasoning, reply.content
    return f"\n{reply.reasoning}\n", f"{PARAGRAPH_BREAK}{reply.content}"
