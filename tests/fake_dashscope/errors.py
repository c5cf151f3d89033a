"""Errors of DashScope: HTTP status, code, type and message of every documented row we may meet.

Sources: the error table, https://help.aliyun.com/en/model-studio/error-code (the same text at
https://platform.qianwenai.com/docs, autumn 2026; the tables of 20 May 2025 and 22 November 2024 at
https://www.alibabacloud.com/help/en/model-studio/error-code say the same with fewer rows). The page
names most errors twice, as the native API and as the compatible endpoint spell them:
`DataInspectionFailed/data_inspection_failed`, `InvalidApiKey/invalid_api_key`,
`ModelNotFound/model_not_found`, `AccessDenied/access_denied`, `InternalError/internal_error`,
`Throttling.RateQuota/LimitRequests/limit_requests`, `Throttling.BurstRate/limit_burst_rate`,
`Throttling.AllocationQuota/insufficient_quota`. Three traps: `Arrearage` comes as 400;
`insufficient_quota` is a limit of tokens a minute that heals by itself, except that "Free allocated
quota exceeded." under the same code does not; an overloaded model says "Too many requests" in a 503
and, wrapped by the model server, in a 500 (QwenLM/qwen-code issues 1641 and 1643).

The compatible endpoint's body is `{"error": {message, type, param, code}, "request_id"}`, with the
completion's `id` where moderation refused (666ghj/BettaFish issue 449), and messages end in "For
details, see:" and an address. A request stopped before the model, as one without a key, has the
native body `{"code", "message", "request_id"}` although it came to the compatible address.
"""

# ruff: noqa: E501  # a table: one error a line, messages as they are sent

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fake_teacher import Fault, FaultKind

_INVALID_REQUEST = "invalid_request_error"
_INVALID_PARAMETER = "invalid_parameter_error"
_HELP = "https://help.aliyun.com/zh/model-studio/error-code"


@dataclass(frozen=True)
class ErrorRow:
    """One row; `kind` (the body's `type`) repeats the code where it is empty, `{}` in the message
    takes a subject such as the model. `native` has no `error` object around it.
    """

    status: int
    code: str
    message: str
    kind: str = ""
    anchor: str = ""
    native: bool = False

    def body(self, request_id: str, subject: str = "", completion_id: str = "") -> dict[str, Any]:
        """The JSON object that is sent."""
        message = self.message.replace("{}", subject)
        if self.native:
            return {"code": self.code, "message": message, "request_id": request_id}
        if self.anchor:
            message = f"{message} For details, see: {_HELP}#{self.anchor}"
        error = {"message": message, "type": self.kind or self.code, "param": None}
        body: dict[str, Any] = {"error": {**error, "code": self.code}}
        if completion_id:
            body["id"] = completion_id
        return {**body, "request_id": request_id}


def invalid(message: str) -> ErrorRow:
    """A parameter that the endpoint refuses."""
    return ErrorRow(400, _INVALID_PARAMETER, message, _INVALID_REQUEST)


_UNSAFE_INPUT = "Input data may contain inappropriate content."
_UNSAFE_OUTPUT = "Output data may contain inappropriate content."
_MODEL_DENIED = "Access to model denied. Please make sure you are eligible for using the model."
_NO_MODEL = "The model `{}` does not exist or you do not have access to it."
_WORKSPACE = "Access denied: Either you are not authorized to access this workspace, or the workspace does not exist."
_TOKENS = "You exceeded your current quota, please check your plan and billing details."
_TOO_FAST = "Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale requests more smoothly over time."
_FREE_TIER = 'The free tier of the model has been exhausted. If you wish to continue access the model on a paid basis, please disable the "use free tier only" mode in the management console.'
_BUSY = "Too many requests. Your requests are being throttled due to system capacity limits. Please try again later."
_BUSY_WRAPPED = f'<5000202> InternalError.Algo.ModelServingError.ModelServingUnknownError: An error occurred in model serving. The error message it sent us is [{{"status_code":503,"status_name":"ServiceUnavailable","status_message":"{_BUSY}"}}]'
_INTERNAL = "An internal error has occurred, please try again later or contact service support."

# What a schedule may ask for, by a name of ours.
ERRORS: dict[str, ErrorRow] = {
    # Moderation: this row alone
    "input_inspection": ErrorRow(400, "data_inspection_failed", _UNSAFE_INPUT, anchor="inappropriate-content"),
    "input_inspection_native": ErrorRow(400, "DataInspectionFailed", _UNSAFE_INPUT, native=True),
    "input_inspection_wrapped": invalid("<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content."),
    "output_inspection": ErrorRow(400, "data_inspection_failed", _UNSAFE_OUTPUT, anchor="inappropriate-content"),
    "custom_rule": ErrorRow(400, "CustomRoleBlocked", "Input or output data may contain inappropriate content with custom rule."),
    "infringement": ErrorRow(400, "IPInfringementSuspect", "Input data is suspected of being involved in IP infringement."),
    # Throttling: heals within a minute
    "throttling": ErrorRow(429, "Throttling", "Requests throttling triggered."),
    "rate_quota": ErrorRow(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "limit_requests": ErrorRow(429, "limit_requests", "You have exceeded your current request limit.", anchor="rate-limit"),
    "limit_requests_list": ErrorRow(429, "limit_requests", "You exceeded your current requests list."),
    "burst_rate": ErrorRow(429, "Throttling.BurstRate", _TOO_FAST),
    "limit_burst_rate": ErrorRow(429, "limit_burst_rate", _TOO_FAST),
    "allocation_quota": ErrorRow(429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit."),
    "insufficient_quota": ErrorRow(429, "insufficient_quota", _TOKENS, anchor="token-limit"),
    "allocation_quota_worded": ErrorRow(429, "Throttling.AllocationQuota", _TOKENS, "insufficient_quota", anchor="token-limit"),
    "concurrency": ErrorRow(429, "Throttling.Concurrency", "Too many concurrent requests."),
    "resource_exhausted": ErrorRow(429, "ResourceExhausted", "You have exceeded your request limit."),
    "system_busy": ErrorRow(503, "ServiceUnavailable", _BUSY),
    "system_busy_wrapped": ErrorRow(500, "internal_error", _BUSY_WRAPPED, "internal_error"),
    "batch_busy": ErrorRow(429, "insufficient_quota", "Too many requests. Batch requests are being throttled due to system capacity limits. Please try again later."),
    # The service's own trouble: worth another try
    "internal_error": ErrorRow(500, "internal_error", _INTERNAL),
    "internal_error_native": ErrorRow(500, "InternalError", _INTERNAL, native=True),
    "algorithm_error": ErrorRow(500, "InternalError.Algo", "Inference internal error."),
    "system_error": ErrorRow(500, "SystemError", "A system error has occurred, please try again later."),
    "model_service_failed": ErrorRow(500, "ModelServiceFailed", "Failed to request model service."),
    "request_timeout": ErrorRow(500, "RequestTimeOut", "Request timed out, please try again later."),
    "response_timeout": ErrorRow(500, "ResponseTimeout", "Response stream timeout"),
    "internal_timeout": ErrorRow(500, "InternalError.Timeout", "An internal timeout error has occurred during execution, please try again later or contact service support."),
    "model_unavailable": ErrorRow(503, "ModelUnavailable", "Model is unavailable, please try again later."),
    # The account, the key, the model: no row will work
    "arrearage": ErrorRow(400, "Arrearage", "Access denied, please make sure your account is in good standing.", anchor="overdue-payment"),
    "out_of_service": ErrorRow(400, "isv.OUT_OF_SERVICE", "The account is out of service."),
    "not_activated": invalid("The product is not activated, please confirm that you have activated products and try again after activation."),
    "model_not_exist": invalid("Model not exist."),
    "no_key": ErrorRow(401, "InvalidApiKey", "No API-key provided.", native=True),
    "invalid_api_key": ErrorRow(401, "invalid_api_key", "Incorrect API key provided.", _INVALID_REQUEST, "apikey-error"),
    "invalid_api_key_native": ErrorRow(401, "InvalidApiKey", "Invalid API-key provided.", native=True),
    "not_authorized": ErrorRow(401, "NOT AUTHORIZED", _WORKSPACE),
    "token_expired": ErrorRow(401, "invalid access token or token expired", "invalid access token or token expired."),
    "access_denied": ErrorRow(403, "access_denied", "Access denied."),
    "access_denied_native": ErrorRow(403, "AccessDenied", "Access denied.", native=True),
    "unpurchased": ErrorRow(403, "AccessDenied.Unpurchased", _MODEL_DENIED),
    "model_access_denied": ErrorRow(403, "Model.AccessDenied", "Model access denied."),
    "app_access_denied": ErrorRow(403, "App.AccessDenied", "App access denied."),
    "workspace_access_denied": ErrorRow(403, "Workspace.AccessDenied", "Workspace access denied."),
    "endpoint_access_denied": ErrorRow(403, "Endpoint.AccessDenied", "Workspace endpoint access denied."),
    "free_tier_only": ErrorRow(403, "AllocationQuota.FreeTierOnly", _FREE_TIER),
    "free_quota_exceeded": ErrorRow(429, "Throttling.AllocationQuota", "Free allocated quota exceeded."),
    "free_quota_exceeded_worded": ErrorRow(429, "insufficient_quota", "Free allocated quota exceeded."),
    "model_not_found": ErrorRow(404, "model_not_found", _NO_MODEL, _INVALID_REQUEST),
    "model_not_found_native": ErrorRow(404, "ModelNotFound", "Model can not be found.", native=True),
    "model_not_supported": ErrorRow(404, "model_not_supported", "Unsupported model `{}` for OpenAI compatibility mode."),
    "workspace_not_found": ErrorRow(404, "WorkSpaceNotFound", "WorkSpace can not be found."),
    "not_purchased": ErrorRow(429, "CommodityNotPurchased", "Commodity has not purchased yet."),
    "prepaid_overdue": ErrorRow(429, "PrepaidBillOverdue", "The prepaid bill is overdue."),
    "postpaid_overdue": ErrorRow(429, "PostpaidBillOverdue", "The postpaid bill is overdue."),
    # The request
    "input_too_long": invalid("<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, {}]"),
    "thinking_needs_stream": invalid("parameter.enable_thinking must be set to false for non-streaming calls"),
    "stream_only": invalid("This model only support stream mode, please enable the stream parameter to access the model."),
    "thinking_forced": invalid("The value of the enable_thinking parameter is restricted to True."),
    "thinking_unknown": ErrorRow(400, "InvalidParameter.NotSupportEnableThinking", "The model {} does not support enable_thinking.", _INVALID_REQUEST),
    "bad_budget": invalid("The thinking_budget parameter must be a positive integer and not greater than {}"),
    "budget_too_large": invalid("max_completion_tokens must be greater than thinking_budget"),  # reported by clients
    "bad_max_tokens": invalid("Range of max_tokens should be [1, {}]"),
    "json_while_thinking": invalid("Json mode response is not supported when enable_thinking is true"),
    "json_not_named": invalid("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."),
    "no_model_given": ErrorRow(400, "invalid_request_error", "you must provide a model parameter."),
    "bad_body": invalid("Required body invalid, please check the request body format."),
    "no_messages": invalid("[] is too short - 'messages'"),
    "bad_temperature": invalid("Temperature should be in [0.0, 2.0)"),
    "bad_top_p": invalid("Range of top_p should be (0.0, 1.0]"),
    "bad_top_k": invalid("Parameter top_k be greater than or equal to 0"),
    "bad_presence_penalty": invalid("Presence_penalty should be in [-2.0, 2.0]"),
    "bad_n": invalid("Range of n should be [1, 4]"),
    "bad_seed": ErrorRow(400, "invalid_value", "{} is outside [0, 2147483647] - 'seed'", _INVALID_REQUEST),
    "stray_stream_options": invalid("The stream_options parameter needs stream=true"),  # our words
}  # fmt: skip


@dataclass(frozen=True)
class DashScopeFault(Fault):
    """An error of the table in place of a reply; `cut_stream` sends it in the middle of a stream
    that began well (a plain request gets it at once), `as_event` with an `event:` line before it.

    It is a `Fault` so that the schedules of tests/fake_teacher/faults.py serve here too, and faults
    of the transport (reset, half a stream, a stall) beside it.
    """

    row: ErrorRow = ERRORS["internal_error"]
    cut_stream: bool = False
    as_event: bool = False


def refusal(
    name: str,
    *,
    delay_s: float = 0.0,
    retry_after_s: float | None = None,
    cut_stream: bool = False,
    as_event: bool = False,
) -> DashScopeFault:
    """The fault of a named row, for schedules."""
    return DashScopeFault(
        FaultKind.BAD_REQUEST,
        retry_after_s,
        delay_s=delay_s,
        subject=name,
        row=ERRORS[name],
        cut_stream=cut_stream,
        as_event=as_event,
    )
