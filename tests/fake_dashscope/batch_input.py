"""A batch's input file: its lines, or why it is refused.

Codes `duplicate_custom_id`, `mismatched_model` and `model_not_found` with their messages are in the
error table (errors.py); `url_not_found` and `mismatched_test_url` were recorded from the real
service (batch_rules.py). The remaining codes are ours: the manual names the rule, not the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from tests.fake_dashscope.batch_rules import BatchRules
from tests.fake_dashscope.models import TEST_MODEL
from tests.fake_dashscope.script import DashScopeScript

Json = dict[str, Any]
CHAT_URL = "/v1/chat/completions"
TEST_URL = "/v1/chat/ds-test"
URLS = frozenset({CHAT_URL, TEST_URL, "/v1/embeddings"})
MAX_ERRORS = 50


@dataclass(frozen=True)
class BatchLine:
    """One request of a file."""

    number: int
    custom_id: str
    body: Json


def read_lines(
    content: bytes, endpoint: str, script: DashScopeScript
) -> tuple[list[BatchLine], list[Json]]:
    """The lines of a file and its errors; with errors there is no batch."""
    rows = [row for row in content.split(b"\n") if row.strip()]
    errors = list(_file_errors(rows, script.batch))
    lines: list[BatchLine] = []
    for number, row in enumerate(rows):
        if errors and errors[-1]["line"] is None:
            break
        error = _line_error(row, endpoint, lines, script)
        if error is None:
            given = orjson.loads(row)
            lines.append(BatchLine(number, given["custom_id"], given["body"]))
        else:
            errors.append(_error(*error, number + 1))
    return lines, errors[:MAX_ERRORS]


def _file_errors(rows: list[bytes], rules: BatchRules) -> Iterator[Json]:
    if not rows:
        yield _error("empty_file", "The input file has no requests.", "file", None)
    if len(rows) > rules.max_lines:
        message = f"The input file has {len(rows)} requests, more than {rules.max_lines}."
        yield _error("too_many_requests", message, "file", None)


def _line_error(
    row: bytes, endpoint: str, before: list[BatchLine], script: DashScopeScript
) -> tuple[str, str, str] | None:
    """Code, message and parameter of what is wrong with a line."""
    if len(row) > script.batch.max_line_bytes:
        return "line_too_large", "The request is larger than a line may be.", "line"
    try:
        given = orjson.loads(row)
        custom_id, url, model = given["custom_id"], given["url"], given["body"]["model"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "invalid_json_line", "The line is not a JSON object of a request.", "line"
    if any(line.custom_id == custom_id for line in before):
        message = f"The custom_id '{custom_id}' for this request is a duplicate of another request. The custom_id parameter must be unique for each request in a batch."  # noqa: E501  # as sent
        return "duplicate_custom_id", message, "custom_id"
    return _url_error(url, endpoint, model) or _model_error(model, before, script)


def _url_error(url: str, endpoint: str, model: str) -> tuple[str, str, str] | None:
    if url not in URLS:
        return (
            "url_not_found",
            f"The provided url '{url}' is not supported by the Batch API.",
            "url",
        )
    if (model == TEST_MODEL) != (url == TEST_URL):
        message = f"The provided URL '{url}' does not match the test model '{TEST_MODEL}'."
        return "mismatched_test_url", message, "url"
    if url != endpoint:
        message = f"The provided URL '{url}' does not match the batch's endpoint '{endpoint}'."
        return "mismatched_url", message, "url"
    return None


def _model_error(
    model: str, before: list[BatchLine], script: DashScopeScript
) -> tuple[str, str, str] | None:
    card = script.card(model)
    if card is None or not card.in_batch:
        message = f"The provided model '{model}' is not supported by the Batch API."
        return "model_not_found", message, "model"
    if before and before[0].body["model"] != model:
        message = f"The model '{model}' for this request does not match the rest of the batch. Each batch must contain requests for a single model."  # noqa: E501  # as sent
        return "mismatched_model", message, "model"
    return None


def _error(code: str, message: str, param: str, line: int | None) -> Json:
    return {"code": code, "message": message, "param": param, "line": line}
