"""Patience: how long to wait before the next attempt, and when the run has to stop."""

from __future__ import annotations

import pytest

from distilabel_pipelines.gateway.faults import FaultKind, TeacherFaultError
from distilabel_pipelines.gateway.health import Health, RunMustStopError, choose_wait_s
from tests.gateway.serving import teacher_settings


def fault_of(kind: FaultKind, retry_after_s: float | None = None) -> TeacherFaultError:
    return TeacherFaultError(kind, "told so", retry_after_s=retry_after_s)


def health_with(**changes: object) -> tuple[Health, list[str]]:
    told: list[str] = []
    return Health(teacher_settings("http://host", **changes), told.append), told


@pytest.mark.parametrize(
    ("kind", "failures", "shortest", "longest"),
    [
        ("transient", 1, 0.25, 0.5),
        ("transient", 4, 2.0, 4.0),
        ("transient", 1000, 15.0, 30.0),
        ("unreachable", 1000, 2.5, 5.0),
    ],
)
def test_waits_double_up_to_a_bound_and_are_spread(
    kind: FaultKind, failures: int, shortest: float, longest: float
) -> None:
    waits = [choose_wait_s(fault_of(kind), failures) for _ in range(200)]
    assert shortest <= min(waits) < max(waits) <= longest


@pytest.mark.parametrize(("asked", "longest"), [(0.0, 0.1), (20.0, 22.1), (86_400.0, 660.1)])
def test_the_wait_is_never_shorter_than_the_server_asks_within_reason(
    asked: float, longest: float
) -> None:
    waits = [choose_wait_s(fault_of("throttled", asked), 1) for _ in range(200)]
    assert min(asked, 600.0) <= min(waits) < max(waits) <= longest


def test_patience_is_the_first_answers_until_there_was_one() -> None:
    health, told = health_with(first_answer_wait_s=0, outage_wait_s=60)
    with pytest.raises(RunMustStopError, match="Start the teacher") as caught:
        health.note_wait(fault_of("unreachable"))
    assert caught.value.reason == "unreachable"
    health.note_answer()
    health.note_wait(fault_of("unreachable"))
    assert told == ["told so; still trying (0 s)"]


@pytest.mark.parametrize("sign", ["note_success", "note_piece"])
def test_a_sign_of_life_ends_an_outage(sign: str) -> None:
    health, _ = health_with(outage_wait_s=0.0)
    getattr(health, sign)()
    with pytest.raises(RunMustStopError):
        health.note_wait(fault_of("throttled"))
    patient, told = health_with(outage_wait_s=60.0)
    for _ in range(3):
        patient.note_wait(fault_of("throttled"))
        getattr(patient, sign)()
    assert len(told) == 1  # not a message for each


def test_only_rows_that_fail_one_after_the_other_stop_the_run() -> None:
    health, _ = health_with(concurrency=4)
    for _ in range(5):
        for _ in range(19):
            health.note_row_failed(fault_of("transient"))
        health.note_success()
    for _ in range(19):
        health.note_row_failed(fault_of("transient"))
    with pytest.raises(RunMustStopError, match="the last 20 rows") as caught:
        health.note_row_failed(fault_of("transient"))
    assert caught.value.reason == "failing"
