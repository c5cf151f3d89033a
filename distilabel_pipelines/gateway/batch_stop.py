"""Why the batches cannot go on, and what the user can do about it."""

from __future__ import annotations

from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import RunMustStopError

_ADVICE = "Check the key, the balance, MODEL and BASE_URL, or whether they take batches (BATCH=0)."
_AGAIN = "Then run the same command again: what was answered and what was submitted are kept."


def explain_stop(group: BaseExceptionGroup[Exception]) -> RunMustStopError:
    """The first error of the batches under way, as the run's last word."""
    error: Exception | BaseExceptionGroup[Exception] = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, TeacherFaultError):  # the disk
        return RunMustStopError("journal", str(error))
    told = error.message.rstrip(".")
    if error.kind in ("transient", "throttled", "unreachable"):
        return RunMustStopError("unreachable", f"{told}. Check BASE_URL. {_AGAIN}")
    return RunMustStopError("account", f"{told}. {error.advice or _ADVICE} {_AGAIN}")
