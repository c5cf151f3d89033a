"""What ends a run's session with the teacher, told in the build's own terms."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.errors import BuildError, BuildStoppedError, TeacherError
from builders.progress import Progress
from builders.teacher_session import end_stopped_run, open_teacher
from distilabel_pipelines.gateway.settings import Event, Finished, Stopped
from distilabel_pipelines.pipeline_process import PipelineError
from tests.fake_teacher import FakeTeacher
from tests.gateway.serving import settings_for

BROKE = Stopped(reason="budget", message="the budget is used up. Raise BUDGET=")


@pytest.fixture(scope="module")
def teacher() -> Iterator[FakeTeacher]:
    with FakeTeacher() as running:
        yield running


def ignore(_event: Finished) -> None:
    """Nobody counts here."""


def end_session(
    teacher: FakeTeacher, folder: Path, error: BaseException, *events: Event
) -> BuildError:
    """What a session that ends with `error` raises."""
    settings = settings_for(teacher.base_url, folder)
    with Progress(5) as progress:
        for event in events:
            progress.note(event)
        with pytest.raises(BuildError) as ended, open_teacher(settings, progress, ignore):
            raise error
    return ended.value


def test_a_stop_by_hand_says_how_to_go_on(teacher: FakeTeacher, tmp_path: Path) -> None:
    told = end_session(teacher, tmp_path, KeyboardInterrupt())
    assert isinstance(told, BuildStoppedError)
    assert "Ctrl-C" in str(told)
    assert "same command again" in str(told)


def test_a_broken_pipeline_is_a_fault_unless_the_run_was_stopped(
    teacher: FakeTeacher, tmp_path: Path
) -> None:
    told = end_session(teacher, tmp_path, PipelineError("exit code 1\nlog line"))
    assert not isinstance(told, BuildStoppedError)
    assert str(told).startswith("the generation broke: exit code 1")
    assert str(told).endswith("run the same command again to go on.")
    stopped = end_session(teacher, tmp_path, PipelineError("the run has stopped"), BROKE)
    assert isinstance(stopped, BuildStoppedError)
    assert str(stopped).startswith(BROKE.message)


def test_a_teacher_that_cannot_be_reached_is_a_teachers_error(tmp_path: Path) -> None:
    settings = settings_for("http://127.0.0.1:9/v1", tmp_path, first_answer_wait_s=0.2)
    with (
        pytest.raises(TeacherError, match=r"127\.0\.0\.1:9"),
        Progress(5) as progress,
        open_teacher(settings, progress, ignore),
    ):
        pass


def test_a_stopped_run_ends_with_its_message_or_is_packaged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    progress = Progress(5)
    end_stopped_run(progress, package_partial=False)
    progress.note(BROKE)
    with pytest.raises(BuildStoppedError, match="Every finished response is kept"):
        end_stopped_run(progress, package_partial=False)
    with caplog.at_level(logging.WARNING, logger="build"):
        end_stopped_run(progress, package_partial=True)
    assert BROKE.message in caplog.text
    assert progress.has_stopped.is_set()
