"""Replies off the wire: every form a server sends, whole or streamed, comes in unharmed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.replies import read_streamed_reply, read_whole_reply
from distilabel_pipelines.generations import read_reply
from distilabel_pipelines.journal import read_journal
from distilabel_pipelines.rows import Generation
from distilabel_pipelines.wire import Reply as WireReply
from tests.fake_teacher import (
    FakeTeacher,
    FixedReplier,
    Reply,
    TeacherScript,
    ThoughtWire,
    Usage,
    UsageForm,
    WireStyle,
)
from tests.gateway.serving import serving

THOUGHT = "First 两百 + 三十.\n\nThen 𝟜𝟚 and 🧮 — done."
ANSWER = "The answer is \\boxed{42}. 答案是四十二 🎉"
FORMS = {
    ThoughtWire.REASONING_CONTENT: "field",
    ThoughtWire.REASONING: "field",
    ThoughtWire.INLINE: "tags",
    ThoughtWire.MISSING_OPENING: "missing_opening",
    ThoughtWire.SEVERAL_BLOCKS: "several",
    ThoughtWire.NULL_CONTENT: "field",
    ThoughtWire.CUT_FIELD: "field",
    ThoughtWire.CUT_INLINE: "unfinished",
    ThoughtWire.CUT_NO_TAGS: "unfinished",
}
STYLES = {
    "by_event": WireStyle(),
    "by_byte": WireStyle(write_bytes=1),
    "crlf": WireStyle(crlf=True, data_space=False, ping_every=2),
    "escaped": WireStyle(ascii_json=True, delta_characters=1, null_fields=True),
    "all_at_once": WireStyle(delta_characters=None, events_per_write=1000, vllm_space=True),
}


def ask_once(
    folder: Path, style: WireStyle, *, stream: bool, reply: Reply | None = None
) -> Generation:
    """The generation read from the journal after one request in this style."""
    replier = FixedReplier(reply or Reply(content=ANSWER, reasoning=THOUGHT))

    async def ask(base_url: str) -> None:
        async with serving(base_url, folder, stream=stream) as served:
            assert (await served.ask()).status == 200

    with FakeTeacher(TeacherScript(replier=replier, style=style)) as teacher:
        asyncio.run(ask(teacher.base_url))
    ((_, record),) = read_journal(folder / "responses")
    assert record.reply is not None
    untagged = style.thought in {ThoughtWire.MISSING_OPENING, ThoughtWire.CUT_NO_TAGS}
    return read_reply(record.reply, attempts=1, opening_tag_in_prompt=untagged)


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("thought", FORMS)
def test_every_form_of_a_thought_arrives_whole_however_it_is_streamed(
    tmp_path: Path, thought: ThoughtWire, name: str
) -> None:
    style = WireStyle(**{**vars(STYLES[name]), "thought": thought})
    generation = ask_once(tmp_path, style, stream=True)
    cut = thought in {ThoughtWire.CUT_FIELD, ThoughtWire.CUT_INLINE, ThoughtWire.CUT_NO_TAGS}
    assert generation.reasoning_content == THOUGHT
    assert generation.content == ("" if cut or thought is ThoughtWire.NULL_CONTENT else ANSWER)
    assert generation.thought_form == FORMS[thought]
    assert generation.finish_reason == ("length" if cut else "stop")


@pytest.mark.parametrize("thought", FORMS)
def test_every_form_of_a_thought_arrives_whole_without_streaming(
    tmp_path: Path, thought: ThoughtWire
) -> None:
    generation = ask_once(tmp_path, WireStyle(thought=thought), stream=False)
    assert generation.reasoning_content == THOUGHT
    assert generation.thought_form == FORMS[thought]


@pytest.mark.parametrize("stream", [True, False])
def test_usage_served_model_and_request_id_are_kept(tmp_path: Path, *, stream: bool) -> None:
    usage = Usage(prompt_tokens=11, completion_tokens=22, reasoning_tokens=7)
    reply = Reply(content=ANSWER, usage=usage, served_model="org/model-v2")
    generation = ask_once(tmp_path, WireStyle(), stream=stream, reply=reply)
    counts = generation.prompt_tokens, generation.completion_tokens, generation.reasoning_tokens
    assert counts == (11, 22, 7)
    assert generation.served_model == "org/model-v2"
    assert generation.request_id == "chatcmpl-fake-0"
    assert generation.attempts == 1
    assert generation.error is None


@pytest.mark.parametrize("stream", [True, False])
def test_what_the_server_did_not_count_is_unknown_and_never_zero(
    tmp_path: Path, *, stream: bool
) -> None:
    absent = ask_once(tmp_path / "a", WireStyle(usage=UsageForm.ABSENT), stream=stream)
    assert (absent.prompt_tokens, absent.completion_tokens) == (None, None)
    plain = ask_once(tmp_path / "b", WireStyle(usage=UsageForm.PLAIN), stream=stream)
    assert plain.completion_tokens
    assert plain.reasoning_tokens is None


async def in_pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read_stream(events: Iterable[object], *, size: int = 7, done: bool = True) -> WireReply:
    """Read a stream of these JSON values (or bytes) cut into pieces of `size` bytes."""
    lines = [event if isinstance(event, bytes) else json.dumps(event).encode() for event in events]
    data = b"".join(b"data: " + line + b"\n\n" for line in lines)
    if done:
        data += b"data: [DONE]\n\n"
    return asyncio.run(read_streamed_reply(in_pieces(data, size), lambda _size: None))


def delta(finish: str | None = None, **fields: object) -> dict[str, object]:
    return {"id": "x", "model": "m", "choices": [{"delta": fields, "finish_reason": finish}]}


def test_a_surrogate_pair_split_over_two_chunks_is_one_character() -> None:
    halves = [delta(content="a\ud83e"), delta(content="\uddeeb"), delta("stop")]
    assert read_stream(halves).message["content"] == "a\U0001f9eeb"


def test_a_lone_half_of_a_surrogate_pair_becomes_a_replacement_character() -> None:
    assert read_stream([delta("stop", content="a\ud83e")]).message["content"] == "a\ufffd"


def test_nul_characters_arrive_as_they_are() -> None:
    assert read_stream([delta("stop", content="a\x00b")]).message["content"] == "a\x00b"


def test_a_stream_without_done_counts_once_it_has_a_finish_reason() -> None:
    assert read_stream([delta("stop", content="a")], done=False).finish_reason == "stop"


def test_a_line_that_breaks_after_the_reply_was_whole_loses_only_the_usage() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"data: " + json.dumps(delta("stop", content="paid")).encode() + b"\n\n"
        raise TeacherFaultError("transient", "connection reset")

    reply = asyncio.run(read_streamed_reply(broken(), lambda _size: None))
    assert reply.message["content"] == "paid"
    assert reply.usage is None


@pytest.mark.parametrize(
    "events",
    [
        [delta(content="half")],
        [],
        [b"{not json"],
        [b"[1]"],
        [b"\xff\xfe"],
        [b"[" * 5000],
        [delta(content="half"), {"error": {"message": "died", "code": 500}}],
    ],
)
def test_half_a_stream_is_a_transient_fault(events: list[object]) -> None:
    with pytest.raises(TeacherFaultError) as caught:
        read_stream(events, done=False)
    assert caught.value.kind == "transient"


def test_an_error_event_is_told_by_its_own_code() -> None:
    error = {"error": {"message": "maximum context length", "code": 400}}
    with pytest.raises(TeacherFaultError) as caught:
        read_stream([error])
    assert caught.value.kind == "bad_request"


def test_odd_types_in_a_reply_break_nothing() -> None:
    reply = read_whole_reply(
        b'{"id": 7, "model": null, "usage": [1], "choices":'
        b'[{"message": {"content": [{"text": "a"}, {"text": "b"}], "refusal": 3},'
        b'"finish_reason": 9}]}'
    )
    assert reply.message["content"] == "ab"
    assert (reply.finish_reason, reply.response_id, reply.served_model) == ("9", "7", "")
    assert reply.usage is None
    assert read_whole_reply(b'{"choices": [{"message": "text"}]}').message == {"content": None}


def test_usage_that_no_journal_could_hold_is_unknown() -> None:
    body = rb'{"choices": [{"message": {"content": "\ud83e"}}], "usage": {"n": 1%s}}' % (b"0" * 30)
    assert read_whole_reply(body).usage is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"choices": []}', b'{"choices": 3}'])
def test_an_answer_without_a_reply_is_a_transient_fault(body: bytes) -> None:
    with pytest.raises(TeacherFaultError) as caught:
        read_whole_reply(body)
    assert caught.value.kind == "transient"


def test_a_huge_reply_is_read_in_time_linear_in_its_length() -> None:
    text = "x" * 50_000_000
    started = time.monotonic()
    reply = read_stream([delta("stop", content=text)], size=2**16)
    assert len(reply.message["content"] or "") == len(text)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_a_reply_that_the_server_broke_off_is_asked_for_again(reason: str) -> None:
    body = {"choices": [{"message": {"content": "half a sent"}, "finish_reason": reason}]}
    with pytest.raises(TeacherFaultError) as caught:
        read_whole_reply(json.dumps(body).encode())
    assert caught.value.kind == "transient"
