"""HTTP error answers: status, JSON body and headers of each fault that is one.

Shapes: OpenAI `{"error": {message, type, param, code}}`; DashScope adds `request_id` beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.fake_teacher.faults import Fault, FaultKind


@dataclass(frozen=True)
class ErrorAnswer:
    """An error as the server sends it; `{subject}` in the message names a field or a model."""

    status: int
    code: str | int | None
    kind: str
    message: str
    param: str | None = None

    def body(self, subject: str) -> dict[str, Any]:
        """The JSON object."""
        error = {
            "message": self.message.format(subject=subject),
            "type": self.kind,
            "param": subject if self.param == "subject" else self.param,
            "code": self.code,
        }
        return {"error": error}


_INVALID = "invalid_request_error"
ERROR_ANSWERS: dict[FaultKind, ErrorAnswer] = {
    FaultKind.RATE_LIMITED: ErrorAnswer(
        429, "rate_limit_exceeded", "requests", "Rate limit reached for requests."
    ),
    FaultKind.QUOTA: ErrorAnswer(
        429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."
    ),
    FaultKind.SERVER_ERROR: ErrorAnswer(
        500, None, "server_error", "The server had an error while processing your request."
    ),
    FaultKind.UNAVAILABLE: ErrorAnswer(
        503, None, "service_unavailable", "The engine is currently overloaded."
    ),
    FaultKind.REQUEST_TIMEOUT: ErrorAnswer(408, None, "timeout", "Request timed out."),
    FaultKind.BAD_REQUEST: ErrorAnswer(400, None, _INVALID, "Invalid request."),
    FaultKind.CONTEXT_LENGTH: ErrorAnswer(
        400,
        "context_length_exceeded",
        _INVALID,
        "This model's maximum context length is 1024 tokens; the request needs more.",
        "messages",
    ),
    FaultKind.CONTENT_FILTER: ErrorAnswer(
        400, "content_filter", _INVALID, "The prompt was refused by the content policy.", "prompt"
    ),
    FaultKind.DATA_INSPECTION: ErrorAnswer(
        400,
        "data_inspection_failed",
        "data_inspection_failed",
        "Input data may contain inappropriate content.",
    ),
    FaultKind.FIELD_REFUSED: ErrorAnswer(
        400, None, _INVALID, "Unrecognized request argument supplied: {subject}", "subject"
    ),
    FaultKind.STREAM_REQUIRED: ErrorAnswer(
        400,
        "invalid_parameter_error",
        _INVALID,
        "parameter.enable_thinking must be set to false for non-streaming calls",
    ),
    FaultKind.UNAUTHORIZED: ErrorAnswer(
        401, "invalid_api_key", _INVALID, "Incorrect API key provided."
    ),
    FaultKind.PAYMENT_REQUIRED: ErrorAnswer(402, None, "unknown_error", "Insufficient Balance"),
    FaultKind.FORBIDDEN: ErrorAnswer(
        403, "access_denied", "access_denied", "Access to the model is denied for this account."
    ),
    FaultKind.UNKNOWN_MODEL: ErrorAnswer(
        404, "model_not_found", _INVALID, "The model `{subject}` does not exist.", "model"
    ),
    FaultKind.ARREARAGE: ErrorAnswer(
        400, "Arrearage", "Arrearage", "Access denied, please make sure your account is in good "
        "standing."
    ),
}  # fmt: skip

STREAM_ERROR = ErrorAnswer(500, 500, "InternalServerError", "The engine died while generating.")


def retry_after_headers(fault: Fault) -> dict[str, str]:
    """`Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3); none if not asked for."""
    if fault.retry_after_s is None:
        return {}
    if not fault.as_http_date:
        return {"Retry-After": f"{fault.retry_after_s:g}"}
    # HTTP dates have whole seconds: rounded up, so that the wait is never shorter than asked.
    moment = datetime.now(UTC).timestamp() + fault.retry_after_s
    date = datetime.fromtimestamp(0, UTC) + timedelta(seconds=math.ceil(moment))
    return {"Retry-After": format_datetime(date, usegmt=True)}
