"""The pretraining pipeline end to end: real distilabel processes, the gateway, the fake teacher."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from distilabel_pipelines.gateway.handle import GatewayHandle
from distilabel_pipelines.gateway.settings import Event, Finished
from distilabel_pipelines.passages import Passage, TextPrompt
from distilabel_pipelines.pretraining import (
    TextRequest,
    WritingJob,
    expand_prompts,
    make_rows,
    write_passages,
)
from distilabel_pipelines.rows import Language, question_id
from tests.fake_teacher import Call, FakeTeacher, Fault, FaultKind, FaultsByText, TeacherScript
from tests.fake_teacher.essays import EssayReplier, read_prompt, write_sentences
from tests.gateway.serving import settings_for


def prompt_of(number: int) -> TextPrompt:
    language: Language = "en" if number % 2 else "zh"
    text = f"Write about garden {number}." if language == "en" else f"写一写第{number}座花园。"
    return TextPrompt(
        prompt_id=question_id(text),
        prompt=text,
        format="story",
        audience="general",
        topic="gardens",
        seed_data="tests",
        language=language,
        source_kind="title",
        source_id=f"{number:016x}",
    )


def write(
    script: TeacherScript, requests: list[TextRequest], folder: Path, **changes: object
) -> tuple[list[Passage], list[Event], list[dict[str, Any]]]:
    """The passages, the gateway's events and the bodies of the requests that the teacher saw."""
    events: list[Event] = []
    with (
        FakeTeacher(script) as teacher,
        GatewayHandle(settings_for(teacher.base_url, folder), events.append) as gateway,
    ):
        job = WritingJob.model_validate(
            {
                "model": gateway.model,
                "base_url": gateway.base_url,
                "connections": 32,
                "opening_tag_in_prompt": False,
                "generation_kwargs": {"max_new_tokens": 64, "temperature": 0.8},
                **changes,
            }
        )
        passages = list(
            write_passages(
                requests,
                job,
                access_token=gateway.access_token,
                work_dir=folder / "work",
                log_path=folder / "logs" / "distilabel.log",
                stopped=threading.Event(),
            )
        )
        return passages, events, [dict(record.body) for record in teacher.records()]


def test_texts_come_back_in_order_and_failures_are_rows(tmp_path: Path) -> None:
    requests = expand_prompts([prompt_of(n) for n in range(10)], samples=2, seed=7)
    faults = FaultsByText(
        {
            "garden 3.": Fault(FaultKind.BAD_REQUEST),
            "garden 5.": Fault(FaultKind.CONTENT_FILTER),
        }
    )
    script = TeacherScript(replier=EssayReplier(), faults=faults)
    passages, _, bodies = write(script, requests, tmp_path, batch_rows=8, replicas=2)
    assert [one.passage_id for one in passages] == [
        f"{request.prompt.prompt_id}-{request.sample}" for request in requests
    ]
    errors = {one.prompt.prompt: one.error for one in passages if one.error}
    assert errors == {
        "Write about garden 3.": "teacher_error",
        "Write about garden 5.": "refused_by_provider",
    }
    whole = [one for one in passages if one.error is None]
    for one in whole:
        key = f"{one.prompt.prompt}\x1f{7 + one.sample}"
        assert one.content == write_sentences(one.prompt.prompt, key, 12)
        assert one.text_token_length == one.completion_tokens
        assert one.continuations == 0
    assert len({one.content for one in whole}) == len(whole)
    assert all(body["messages"] == [body["messages"][0]] for body in bodies)


@pytest.mark.parametrize("api", ["chat", pytest.param("completions", marks=pytest.mark.slow)])
def test_a_text_in_pieces_is_joined_and_every_piece_counted(tmp_path: Path, api: str) -> None:
    requests = expand_prompts([prompt_of(n) for n in range(4)], samples=1, seed=0)
    script = TeacherScript(replier=EssayReplier(piece_characters=400))
    passages, events, bodies = write(script, requests, tmp_path, api=api, continuations=9)
    for index, one in enumerate(passages):
        rows = make_rows(requests, _job(api))
        sent = rows[index]["prompt"]
        prompt = sent if api == "chat" else sent.split("### ")[0] + "### " + sent.split("### ")[1]
        assert one.content == write_sentences(prompt, f"{prompt}\x1f0", 12)
        assert one.finish_reason == "stop"
        pieces = one.continuations + 1
        assert pieces == -(-len(one.content) // 400)
        assert len(one.request_id.split()) == pieces
        assert one.completion_tokens is not None
        assert one.completion_tokens >= len(one.content) // 4
        told = [event for event in events if isinstance(event, Finished) and event.index == index]
        assert len(told) == pieces
    assert len(bodies) == sum(one.continuations + 1 for one in passages)


def _job(api: str) -> WritingJob:
    return WritingJob.model_validate(
        {
            "model": "m",
            "base_url": "",
            "connections": 1,
            "opening_tag_in_prompt": False,
            "generation_kwargs": {},
            "api": api,
        }
    )


@pytest.mark.slow  # a whole pipeline; `test_continuations` has the rule
def test_a_text_that_is_still_cut_after_its_last_continuation_says_so(tmp_path: Path) -> None:
    requests = expand_prompts([prompt_of(1)], samples=1, seed=0)
    script = TeacherScript(replier=EssayReplier(piece_characters=100))
    passages, _, bodies = write(script, requests, tmp_path, continuations=2)
    assert passages[0].finish_reason == "length"
    assert passages[0].continuations == 2
    assert len(passages[0].content) <= 300
    assert len(bodies) == 3


@pytest.mark.slow  # a whole pipeline; `test_continuations` has the rule
def test_without_the_option_a_cut_text_is_not_continued(tmp_path: Path) -> None:
    requests = expand_prompts([prompt_of(1)], samples=1, seed=0)
    script = TeacherScript(replier=EssayReplier(piece_characters=100))
    passages, _, bodies = write(script, requests, tmp_path)
    assert passages[0].finish_reason == "length"
    assert len(bodies) == 1


def test_a_continuation_that_is_refused_is_the_rows_failure(tmp_path: Path) -> None:
    requests = expand_prompts([prompt_of(1), prompt_of(3)], samples=1, seed=0)

    def refuse_second_part(call: Call) -> Fault | None:
        asked, so_far = read_prompt(call.body)
        is_second = "garden 3." in asked and bool(so_far)
        return Fault(FaultKind.CONTENT_FILTER) if is_second else None

    script = TeacherScript(EssayReplier(piece_characters=400), faults=refuse_second_part)
    passages, _, _ = write(script, requests, tmp_path, continuations=9)
    assert passages[0].error is None
    assert passages[1].error == "refused_by_provider"
    assert not passages[1].content


def test_a_thought_never_stands_in_a_text(tmp_path: Path) -> None:
    requests = expand_prompts([prompt_of(1)], samples=1, seed=0)
    script = TeacherScript(replier=EssayReplier(thinks=True))
    passages, _, _ = write(script, requests, tmp_path)
    one = passages[0]
    assert one.reasoning_content == "The reader wants a text."
    assert "reader wants" not in one.content
    assert one.reasoning_tokens
    assert one.text_token_length == (one.completion_tokens or 0) - one.reasoning_tokens
