"""What the Files and Batches of the fake DashScope do, and the manual they follow.

https://www.alibabacloud.com/help/en/model-studio/batch-interfaces-compatible-with-openai (26 June
2026; the copy read here is of spring 2026) and …/batch-inference (22 June 2026), in our own words:

- A file has up to 50,000 lines and 500 MB, a line up to 6 MB; one model and one thinking setting a
  file; `custom_id` unique within it; the line's `url` equals the batch's `endpoint`. Beijing takes
  qwen-max/plus/flash/long with their new versions, qwq-plus, deepseek-r1 and -v3; Singapore
  qwen-max, -plus, -flash, -turbo. Context is at most 256K. `enable_thinking` stands beside `model`
  in the body, never in an `extra_body`; new models think unless it is false, at the output's price.
- `completion_window` is 24h to 336h or 1d to 14d. States: validating, in_progress, finalizing, then
  completed, failed (the file was refused), expired, or cancelling and cancelled. What was not
  reached when a batch expires is neither run nor billed; what was answered before a cancellation
  is billed and kept. Files come only with the end of the batch.
- Half the realtime price; only lines that succeeded are billed; no free quota, no context cache.
- Limits a minute: 1,000 creations, retrievals and cancellations, 100 listings. 1,000 batches at
  once; a batch can be asked for during 30 days; 10,000 files and 100 GB an account. Polling is
  advised once a minute or less. `metadata` may hold `ds_name` (100 characters), `ds_description`
  (200), `ds_batch_finish_callback`.

Recorded from the real service by others, not promised by the manual: ids of error files begin with
`file-batch_output-` too; `expires_at` stays null; a refused file leaves `errors.data` with one
`{code, message, param, line}` a line and `request_counts` at zero; an empty listing has null for
`data`; cancelled lines count as failed (cnblogs/dashscope-sdk's snapshots of April 2026). Failed
lines may stand in the *output* file, with a status other than 200, while `request_counts.failed`
says 0 (QwenLM/qwen-code, docs/verification/batch-api, September 2026): `failed_lines`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.fake_teacher import FaultSchedule, no_faults


@dataclass(frozen=True)
class BatchRules:
    """Times in seconds, sizes in lines and bytes.

    A batch is `validating_s`, then `running_s` (lines are answered one by one over this time), then
    `finalizing_s`; it expires `expires_after_s` after its creation if that is sooner. Lines that
    `line_faults` (by line number from 0, text or body) fails with a row of the error table are not
    billed; of faults of the transport, RESET leaves a line out of both files, EMPTY_BODY answers it
    with nothing, GARBAGE_JSON tears its line. `error_form` says where a failed line has its error.
    `faults` meets the HTTP requests for files and batches themselves (by number, and by key
    "POST /batches"): an error of the table, RESET before the request is carried out, HALF_BODY
    after it, so that the answer is lost and the work is done.
    """

    validating_s: float = 0.0
    running_s: float = 0.0
    finalizing_s: float = 0.0
    cancelling_s: float = 0.0
    expires_after_s: float | None = None
    line_faults: FaultSchedule = no_faults
    faults: FaultSchedule = no_faults
    expired_lines: Literal["error_file", "missing"] = "error_file"
    failed_lines: Literal["error_file", "output_file"] = "error_file"
    error_form: Literal["error", "response", "both"] = "both"
    max_lines: int = 50_000
    max_line_bytes: int = 6 << 20
    max_file_bytes: int = 500 << 20
    max_files: int = 10_000
