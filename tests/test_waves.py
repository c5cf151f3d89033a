"""Waves: files that come whole, in order, and leave nothing behind."""

from __future__ import annotations

import threading
from pathlib import Path

from distilabel_pipelines.waves import Row, WaveFolder


def test_a_wave_goes_in_and_comes_back_and_nothing_stays(tmp_path: Path) -> None:
    ours, theirs = (WaveFolder(tmp_path / "waves") for _ in range(2))
    rows: list[Row] = [{"owner": "tasks", "text": "“你好” \u2028 \\n"}, {"owner": "idle"}]
    ours.ask(3, rows)
    assert theirs.wait_for_question(3) == rows
    assert ours.take_answer(3) is None
    theirs.answer(3, rows[:1])
    assert ours.take_answer(3) == rows[:1]
    assert ours.take_answer(3) is None
    assert list((tmp_path / "waves").iterdir()) == []


def test_a_question_is_waited_for_and_those_of_other_waves_are_left(tmp_path: Path) -> None:
    folder, seen = WaveFolder(tmp_path), []
    waiting = threading.Thread(target=lambda: seen.append(folder.wait_for_question(1)), daemon=True)
    waiting.start()
    folder.ask(0, [{"number": 0}])
    folder.ask(1, [{"number": 1}])
    waiting.join(10)
    assert seen == [[{"number": 1}]]
    assert folder.wait_for_question(0) == [{"number": 0}]


def test_a_draft_is_no_answer(tmp_path: Path) -> None:
    folder = WaveFolder(tmp_path)
    (tmp_path / "00000.out.json.draft").write_bytes(b"[{")
    assert folder.take_answer(0) is None
