"""Generations out of replies and journal records."""

from __future__ import annotations

from distilabel_pipelines.generations import make_failed_generation, read_record, read_reply
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.wire import Refusal, Reply

REPLY = Reply(
    message={"content": "<think>t</think>a", "refusal": None},
    finish_reason="stop",
    usage={"prompt_tokens": 3, "completion_tokens": 5},
    served_model="org/m",
    response_id="r-1",
)


def record_of(**outcome: object) -> JournalRecord:
    given = {"key": "0" * 32, "api": "chat", "request": {}, "attempts": 4, "latency_s": 0.5}
    return JournalRecord.model_validate({**given, **outcome})


def test_a_record_gives_the_thought_the_answer_and_what_the_server_said() -> None:
    generation = read_record(record_of(reply=REPLY), opening_tag_in_prompt=False)
    assert (generation.reasoning_content, generation.content) == ("t", "a")
    assert (generation.thought_form, generation.finish_reason) == ("tags", "stop")
    assert (generation.prompt_tokens, generation.completion_tokens) == (3, 5)
    assert generation.reasoning_tokens is None
    assert (generation.attempts, generation.request_id) == (4, "r-1")
    assert (generation.served_model, generation.error) == ("org/m", None)


def test_a_corrected_setting_reads_the_same_record_anew() -> None:
    reply = REPLY.model_copy(update={"message": {"content": "a cut thought"}})
    for opening_tag_in_prompt, form in ((True, "unfinished"), (False, "none")):
        generation = read_record(
            record_of(reply=reply), opening_tag_in_prompt=opening_tag_in_prompt
        )
        assert generation.thought_form == form


def test_a_refusal_and_a_filtered_reply_are_refused_by_the_provider() -> None:
    refusal = Refusal(status=400, code="content_filter", message="HTTP 400: no")
    generation = read_record(record_of(refusal=refusal), opening_tag_in_prompt=False)
    assert generation == make_failed_generation("refused_by_provider", "HTTP 400: no", attempts=4)
    filtered = REPLY.model_copy(update={"finish_reason": "content_filter"})
    read = read_reply(filtered, attempts=1, opening_tag_in_prompt=False)
    assert read.error == "refused_by_provider"
