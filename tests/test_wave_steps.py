"""The steps of a pipeline in waves: filled up, own rows worked on, branches merged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel_pipelines.waves import Row, WaveFolder
from tests.quiet_imports import import_quietly

COLUMNS: dict[str, Any] = {"owner": "", "index": -1, "text": ""}


@pytest.fixture(scope="module")
def steps() -> Any:  # noqa: ANN401  # a module
    return import_quietly("distilabel_pipelines.wave_steps")


def make_feed(steps: Any, folder: Path, size: int) -> Any:  # noqa: ANN401  # distilabel's
    pipeline = steps.WavePipeline(name="test", cache_dir=str(folder / "cache"))
    return steps.FeedWaves(
        name="feed", folder=str(folder), columns=COLUMNS, batch_size=size, pipeline=pipeline
    )


def make_end(steps: Any, folder: Path, *branches: str) -> Any:  # noqa: ANN401  # distilabel's
    pipeline = steps.WavePipeline(name="test", cache_dir=str(folder / "cache"))
    end = steps.ReturnWaves(
        name="end", folder=str(folder), branches=branches, input_batch_size=2, pipeline=pipeline
    )
    end.load()
    return end


def test_waves_are_filled_up_with_idle_rows_and_numbered(steps: Any, tmp_path: Path) -> None:  # noqa: ANN401  # a module
    folder = WaveFolder(tmp_path)
    folder.ask(0, [{"owner": "tasks", "index": 7, "text": "a"}])
    folder.ask(1, [{"owner": "tasks", "index": n, "text": "b"} for n in range(3)])
    fed = make_feed(steps, tmp_path, 3).process()
    first, is_last = next(fed)
    assert not is_last
    assert [(row["owner"], row["wave"], row["place"]) for row in first] == [
        ("tasks", 0, 0),
        ("idle", 0, 1),
        ("idle", 0, 2),
    ]
    assert all(set(row) == {*COLUMNS, "wave", "place"} for row in first)
    second, _ = next(fed)
    assert [(row["wave"], row["index"]) for row in second] == [(1, 0), (1, 1), (1, 2)]


def rows_of(owners: list[str], text: str) -> list[Row]:
    return [
        {"wave": 4, "place": place, "owner": owner, "text": text}
        for place, owner in enumerate(owners)
    ]


def test_of_parallel_branches_the_owners_row_counts(steps: Any, tmp_path: Path) -> None:  # noqa: ANN401  # a module
    owners = ["left", "right", "nobody", "idle"]
    end = make_end(steps, tmp_path, "left", "right")
    (answered,) = end.process(rows_of(owners, "of left"), rows_of(owners, "of right"))
    assert answered == [{"wave": 4}]
    rows = WaveFolder(tmp_path).take_answer(4)
    assert rows is not None
    assert [(row["owner"], row["text"]) for row in rows] == [
        ("left", "of left"),
        ("right", "of right"),
        ("nobody", "of left"),
    ]


def test_a_wave_of_idle_rows_alone_is_answered_too(steps: Any, tmp_path: Path) -> None:  # noqa: ANN401  # a module
    list(make_end(steps, tmp_path).process(rows_of(["idle", "idle"], "")))
    assert WaveFolder(tmp_path).take_answer(4) == []


def test_a_wave_that_cannot_be_returned_is_told_to_the_build(steps: Any, tmp_path: Path) -> None:  # noqa: ANN401  # a module
    end = make_end(steps, tmp_path, "left", "right")
    left, right = rows_of(["left", "right"], "a"), rows_of(["left"], "b")
    with pytest.raises(ValueError, match="shorter"):
        next(end.process(left, right))
    assert "zip() argument 2 is shorter" in WaveFolder(tmp_path).read_failure()
    assert WaveFolder(tmp_path).take_answer(4) is None
