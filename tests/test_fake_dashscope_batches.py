"""Files and batches of the fake DashScope, seen by the official OpenAI client."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import openai
import pytest
from openai.types import Batch

from tests.fake_dashscope import (
    API_KEY,
    BatchRules,
    DashScopeScript,
    FakeDashScope,
    FakeDashScopeProcess,
    refusal,
)
from tests.fake_teacher import (
    Fault,
    FaultKind,
    FaultsByNumber,
    FaultsByText,
    FixedReplier,
    Reply,
)

CHAT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
REPLY = Reply(reasoning="a thought", content="an answer")
TEXT = "Question "


@contextmanager
def running(**rules: Any) -> Iterator[tuple[FakeDashScope, openai.OpenAI]]:  # noqa: ANN401  # any rule
    script = DashScopeScript(replier=FixedReplier(REPLY), batch=BatchRules(**rules))
    with FakeDashScope(script) as service, client_of(service) as client:
        yield service, client


def client_of(service: FakeDashScope | FakeDashScopeProcess) -> openai.OpenAI:
    return openai.OpenAI(base_url=service.base_url, api_key=API_KEY, max_retries=0)


def line(number: int, **changes: object) -> dict[str, Any]:
    """A request of a batch; changes of `body` and `url` reach where they belong."""
    messages = [{"role": "user", "content": f"{TEXT}{number}"}]
    places: dict[str, Any] = {
        name: changes.pop(name) for name in ("url", "custom_id") if name in changes
    }
    body = {"model": "qwen-plus", "messages": messages, **changes}
    return {"custom_id": f"row-{number}", "method": "POST", "url": CHAT, "body": body, **places}


def upload(client: openai.OpenAI, lines: list[dict[str, Any]]) -> str:
    content = "".join(json.dumps(given) + "\n" for given in lines)
    file = io.BytesIO(content.encode())
    return client.files.create(file=("in.jsonl", file), purpose="batch").id


def submit(client: openai.OpenAI, lines: list[dict[str, Any]], **changes: Any) -> Batch:  # noqa: ANN401
    asked: dict[str, Any] = {"endpoint": CHAT, "completion_window": "24h", **changes}
    return client.batches.create(input_file_id=upload(client, lines), **asked)


def wait_for(client: openai.OpenAI, batch: Batch, status: str, within_s: float = 5.0) -> Batch:
    end = time.monotonic() + within_s
    while (seen := client.batches.retrieve(batch.id)).status != status:
        assert time.monotonic() < end, f"still {seen.status}"
        time.sleep(0.02)
    return seen


def results(client: openai.OpenAI, file_id: str | None) -> dict[str, dict[str, Any]]:
    if file_id is None:
        return {}
    rows = [json.loads(row) for row in client.files.content(file_id).text.splitlines()]
    return {row["custom_id"]: row for row in rows}


def test_a_batch_is_uploaded_run_and_collected() -> None:
    with running(validating_s=0.1, running_s=0.2, finalizing_s=0.1) as (service, client):
        batch = submit(client, [line(number) for number in range(3)])
        assert (batch.status, batch.request_counts.total) == ("validating", 0)  # type: ignore[union-attr]
        assert batch.output_file_id is None
        seen = {batch.status}
        while (batch := client.batches.retrieve(batch.id)).status != "completed":
            seen.add(batch.status)
            time.sleep(0.01)
        assert seen == {"validating", "in_progress", "finalizing"}
        rows = results(client, batch.output_file_id)
        assert batch.error_file_id is None
        assert batch.request_counts.completed == 3  # type: ignore[union-attr]
        assert service.answered_ids == {"row-0": 1, "row-1": 1, "row-2": 1}
    assert list(rows) == ["row-2", "row-1", "row-0"]
    assert rows["row-1"]["error"] is None
    assert rows["row-1"]["response"]["status_code"] == 200
    message = rows["row-1"]["response"]["body"]["choices"][0]["message"]
    assert message == {"role": "assistant", "content": "an answer"}
    assert rows["row-1"]["response"]["body"]["usage"]["completion_tokens"] == 3


def test_a_thought_comes_in_a_batch_where_the_body_asks_for_it() -> None:
    with running() as (_, client):
        batch = submit(client, [line(0, enable_thinking=True)])
        row = results(client, wait_for(client, batch, "completed").output_file_id)["row-0"]
    body = row["response"]["body"]
    assert body["choices"][0]["message"]["reasoning_content"] == "a thought"
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 3


def test_stray_fields_of_a_body_are_counted() -> None:
    with running() as (service, client):
        submit(client, [line(0, stream=True, extra_body={"enable_thinking": True})])
        assert service.foreign_fields == {"stream": 1, "extra_body": 1}


REFUSED: list[tuple[list[dict[str, Any]], str, int]] = [
    ([line(0), line(0)], "duplicate_custom_id", 2),
    ([line(0), line(1, model="qwen-max")], "mismatched_model", 2),
    ([line(0, model="qwen3-32b")], "model_not_found", 1),
    ([line(0, url="/v1/chat/completion")], "url_not_found", 1),
    ([line(0, url="/v1/embeddings")], "mismatched_url", 1),
    ([line(0, model="batch-test-model")], "mismatched_test_url", 1),
    ([{"custom_id": "x"}], "invalid_json_line", 1),
]


@pytest.mark.parametrize(("lines", "code", "number"), REFUSED)
def test_a_file_that_breaks_a_rule_fails_the_batch_unpaid(
    lines: list[dict[str, Any]], code: str, number: int
) -> None:
    with running() as (service, client):
        batch = wait_for(client, submit(client, lines), "failed")
        assert service.answered == {}
    errors = batch.errors.data  # type: ignore[union-attr]
    assert [(error.code, error.line) for error in errors or []] == [(code, number)]
    assert (batch.output_file_id, batch.error_file_id, batch.failed_at is None) == (
        None,
        None,
        False,
    )


def test_too_many_lines_and_an_empty_file_are_refused() -> None:
    with running(max_lines=2) as (_, client):
        for lines, code in (([line(n) for n in range(3)], "too_many_requests"), ([], "empty_file")):
            batch = wait_for(client, submit(client, lines), "failed")
            assert [error.code for error in batch.errors.data or []] == [code]  # type: ignore[union-attr]


def test_uploads_are_bounded_in_size_and_number() -> None:
    with running(max_file_bytes=500, max_files=1) as (_, client):
        with pytest.raises(openai.BadRequestError) as large:
            upload(client, [line(number) for number in range(9)])
        upload(client, [line(0)])
        with pytest.raises(openai.BadRequestError):
            upload(client, [line(0)])
    assert large.value.code == "BadRequest.TooLarge"


@pytest.mark.parametrize(
    "changes",
    [
        {"completion_window": "1h"},
        {"completion_window": "400h"},
        {"completion_window": "soon"},
        {"endpoint": "/v1/nothing"},
        {"metadata": {"ds_name": "x" * 101}},
    ],
)
def test_a_batch_asked_for_wrongly_is_refused(changes: dict[str, Any]) -> None:
    with running() as (_, client), pytest.raises(openai.BadRequestError):
        submit(client, [line(0)], **changes)


def test_unknown_files_and_batches_are_404() -> None:
    asked: list[Callable[[openai.OpenAI], object]] = [
        lambda client: client.batches.retrieve("batch_none"),
        lambda client: client.batches.cancel("batch_none"),
        lambda client: client.files.retrieve("file-none"),
        lambda client: client.batches.create(
            input_file_id="file-none", endpoint=CHAT, completion_window="24h"
        ),
    ]
    with running() as (_, client):
        for ask in asked:
            with pytest.raises(openai.NotFoundError):
                ask(client)


@pytest.mark.parametrize("form", ["error", "response", "both"])
def test_failed_lines_stand_in_the_error_file_unpaid(form: str) -> None:
    faults = FaultsByText({f"{TEXT}1": refusal("input_inspection")})
    with running(line_faults=faults, error_form=form) as (service, client):
        batch = wait_for(client, submit(client, [line(number) for number in range(3)]), "completed")
        good, bad = results(client, batch.output_file_id), results(client, batch.error_file_id)
        assert set(service.answered_ids) == {"row-0", "row-2"}
    assert (set(good), set(bad)) == ({"row-0", "row-2"}, {"row-1"})
    assert batch.request_counts.failed == 1  # type: ignore[union-attr]
    row = bad["row-1"]
    assert (row["error"] is None, row["response"] is None) == (form == "response", form == "error")
    error = row["error"] or row["response"]["body"]["error"]
    assert error["code"] == "data_inspection_failed"


def test_failed_lines_may_hide_in_the_output_file() -> None:
    faults = FaultsByNumber({0: refusal("internal_error")})
    with running(line_faults=faults, failed_lines="output_file") as (_, client):
        batch = wait_for(client, submit(client, [line(0), line(1)]), "completed")
        rows = results(client, batch.output_file_id)
    assert (batch.error_file_id, batch.request_counts.failed) == (None, 0)  # type: ignore[union-attr]
    assert [rows[name]["response"]["status_code"] for name in ("row-0", "row-1")] == [500, 200]


def test_bodies_that_the_model_refuses_fail_their_line() -> None:
    with running() as (_, client):
        batch = wait_for(client, submit(client, [line(0, max_tokens=10**6)]), "completed")
        assert results(client, batch.error_file_id)["row-0"]["error"]["code"] == (
            "invalid_parameter_error"
        )


def test_lines_can_vanish_come_empty_or_torn() -> None:
    kinds = {0: FaultKind.RESET, 1: FaultKind.EMPTY_BODY, 2: FaultKind.GARBAGE_JSON}
    faults = FaultsByNumber({number: Fault(kind) for number, kind in kinds.items()})
    with running(line_faults=faults) as (service, client):
        batch = wait_for(client, submit(client, [line(n) for n in range(4)]), "completed")
        raw = client.files.content(batch.output_file_id or "").text.splitlines()
        assert set(service.answered_ids) == {"row-1", "row-2", "row-3"}
    assert len(raw) == 3
    assert json.loads(raw[2])["response"]["body"] == {}
    with pytest.raises(json.JSONDecodeError):
        json.loads(raw[1])


@pytest.mark.parametrize("where", ["error_file", "missing"])
def test_an_expired_batch_keeps_and_bills_what_was_answered(where: str) -> None:
    with running(running_s=1.0, expires_after_s=0.5, expired_lines=where) as (service, client):
        batch = wait_for(client, submit(client, [line(n) for n in range(4)]), "expired")
        good, bad = results(client, batch.output_file_id), results(client, batch.error_file_id)
        paid = service.answered_ids
    assert (set(good), set(paid)) == ({"row-0", "row-1"}, {"row-0", "row-1"})
    assert set(bad) == ({"row-2", "row-3"} if where == "error_file" else set())
    assert all(row["error"]["code"] == "batch_expired" for row in bad.values())


def test_a_cancelled_batch_keeps_and_bills_what_was_answered() -> None:
    with running(running_s=1.0, cancelling_s=0.2) as (service, client):
        batch = submit(client, [line(number) for number in range(100)])
        time.sleep(0.3)
        assert client.batches.cancel(batch.id).status == "cancelling"
        batch = wait_for(client, batch, "cancelled")
        good, bad = results(client, batch.output_file_id), results(client, batch.error_file_id)
        assert service.answered_ids.total() == len(good)
        with pytest.raises(openai.BadRequestError):
            client.batches.cancel(batch.id)
    assert 20 <= len(good) <= 60
    assert len(good) + len(bad) == 100


def test_batches_are_listed_newest_first_in_pages_and_filtered() -> None:
    with running() as (_, client):
        assert list(client.batches.list()) == []
        made = [submit(client, [line(n)], metadata={"ds_name": f"job {n}"}).id for n in range(5)]
        assert [batch.id for batch in client.batches.list(limit=2)] == made[::-1]
        page = client.batches.list(limit=2, after=made[3])
        assert ([batch.id for batch in page.data], page.has_more) == ([made[2], made[1]], True)
        named = client.batches.list(extra_query={"ds_name": "job 3", "status": "completed"})
        assert [batch.id for batch in named] == [made[3]]
        with pytest.raises(openai.BadRequestError):
            client.batches.list(limit=101)


def test_files_are_listed_and_deleted_and_only_results_downloaded() -> None:
    with running() as (_, client):
        file_id = upload(client, [line(0)])
        assert [file.id for file in client.files.list(purpose="batch")] == [file_id]
        with pytest.raises(openai.BadRequestError):
            client.files.content(file_id)
        assert client.files.delete(file_id).deleted
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(file_id)


def test_requests_for_batches_can_fail_before_or_after_they_are_carried_out() -> None:
    faults = {
        1: refusal("limit_requests"),
        2: Fault(FaultKind.RESET),
        3: Fault(FaultKind.HALF_BODY),
    }
    with running(faults=FaultsByNumber(faults)) as (service, client):
        file_id = upload(client, [line(0)])
        for error in (openai.RateLimitError, openai.APIConnectionError, openai.APIConnectionError):
            with pytest.raises(error):
                client.batches.create(input_file_id=file_id, endpoint=CHAT, completion_window="24h")
        assert service.batches_created == 1


def test_a_batch_goes_on_while_nobody_looks_and_bills_once() -> None:
    script = DashScopeScript(replier=FixedReplier(REPLY), batch=BatchRules(running_s=0.3))
    with FakeDashScopeProcess(script) as service:
        with client_of(service) as client:
            batch = submit(client, [line(number) for number in range(3)])
        time.sleep(0.5)
        assert service.answered_ids == {"row-0": 1, "row-1": 1, "row-2": 1}
        with client_of(service) as client:
            for _ in range(2):
                output = client.batches.retrieve(batch.id).output_file_id
                assert len(results(client, output)) == 3
        assert sorted(service.answered.values()) == [1, 1, 1]
