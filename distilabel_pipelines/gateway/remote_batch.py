"""A batch as its endpoint tells of it.

Sources: the OpenAI API reference ("The batch object"); Alibaba Cloud Model Studio, "Batch
inference"; Together ("Batch inference": the object stands in `job`).
"""

from __future__ import annotations

import random
import time
from typing import Any, NamedTuple, Self

from distilabel_pipelines.gateway.faults import TeacherFaultError

_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_NO_ROOM = frozenset({"token_limit_exceeded", "request_limit_exceeded"})
_POLL_SHARE = 0.05  # of its age a batch may lie there finished
_LONGEST_POLL = 10  # times `poll_every_s`
_YEAR_5138 = 1e11  # later than that, a time is in milliseconds, as some endpoints give it


class RemoteBatch(NamedTuple):
    """A batch as the endpoint tells of it; times are Unix seconds, 0 where it says none."""

    id: str
    status: str
    input_file: str
    output_file: str
    error_file: str
    created_at: float
    total: int
    completed: int
    failed: int
    errors: tuple[tuple[str, str], ...]  # code and message, of a file that was refused

    @classmethod
    def read(cls, parsed: dict[str, Any]) -> Self:
        """Read a batch object; raises TeacherFaultError where it has no id."""
        parsed = parsed["job"] if isinstance(parsed.get("job"), dict) else parsed  # Together
        if not parsed.get("id"):
            raise TeacherFaultError("transient", f"no batch object: {str(parsed)[:200]}")
        counts = parsed.get("request_counts")
        counts = counts if isinstance(counts, dict) else {}
        return cls(
            id=str(parsed["id"]),
            status=str(parsed.get("status") or "").lower(),
            input_file=str(parsed.get("input_file_id") or ""),
            output_file=str(parsed.get("output_file_id") or ""),
            error_file=str(parsed.get("error_file_id") or ""),
            created_at=_read_number(parsed.get("created_at")),
            total=int(_read_number(counts.get("total"))),
            completed=int(_read_number(counts.get("completed"))),
            failed=int(_read_number(counts.get("failed"))),
            errors=_read_errors(parsed.get("errors")),
        )

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in _ENDED

    @property
    def is_over_quota(self) -> bool:
        """Whether its file was refused only because too much is enqueued (OpenAI's limits)."""
        return self.status == "failed" and any(code in _NO_ROOM for code, _ in self.errors)

    def age_s(self) -> float:
        """Seconds since it was made, 0 where the endpoint does not say."""
        made = self.created_at / 1000 if self.created_at > _YEAR_5138 else self.created_at
        return max(0.0, time.time() - made) if made else 0.0

    def choose_wait_s(self, poll_every_s: float) -> float:
        """Seconds until the next look: at least `poll_every_s`, more for an old batch."""
        wait_s = min(max(poll_every_s, _POLL_SHARE * self.age_s()), _LONGEST_POLL * poll_every_s)
        return wait_s * random.uniform(0.9, 1.0)  # noqa: S311  # spreads load, guards no secret


def name_batch(batch_id: str) -> str:
    """The batch for messages; most ids say themselves what they are."""
    return batch_id if batch_id.lower().startswith("batch") else f"batch {batch_id}"


def _read_number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _read_errors(errors: object) -> tuple[tuple[str, str], ...]:
    """`{"data": [{"code", "message", "line"}]}`, a list of texts, or one text."""
    found = errors.get("data") if isinstance(errors, dict) else errors
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list):
        return ()
    return tuple(
        (str(one.get("code") or ""), str(one.get("message") or ""))
        if isinstance(one, dict)
        else ("", str(one))
        for one in found
    )
