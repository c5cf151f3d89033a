"""Why the batches cannot go on, and what the user can do about it."""

from __future__ import annotations

from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import RunMustStopError

_AGAIN = "then run the same command again: what was answered and what was submitted are kept"


def explain_stop(group: BaseExceptionGroup[Exception]) -> RunMustStopError:
    """The first error of the batches under way, as the run's last word."""
    error: Exception | BaseExceptionGroup[Exception] = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, TeacherFaultError):  # the disk
        return RunMustStopError("journal", str(error))
    if error.kind in ("transient", "throttled", "unreachable"):
        return RunMustStopError("unreachable", f"{error.message}. Check BASE_URL, {_AGAIN}.")
    advice = "Check the key, the balance, MODEL and BASE_URL (BATCH=0 asks one by one)"
    return RunMustStopError("account", f"{error.message}. {advice}, {_AGAIN}.")
