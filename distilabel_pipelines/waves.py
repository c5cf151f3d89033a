"""Waves: how rows go into a running distilabel pipeline and come back, again and again.

distilabel's graphs have no cycles, and starting one takes seconds. So a build of several rounds
keeps one pipeline: its first step waits for files that the build writes, its last one writes the
files that the build waits for. Every wave has the same number of rows, filled up with idle ones,
because a step only begins when it has its whole batch.

    waves/00003.in.json      what the build asks for
    waves/00003.out.json     the same rows, done
    waves/failed.txt         why there will be no more of these
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson

Row = dict[str, Any]
_LOOK_EVERY_S = 0.02
_FAILED = "failed.txt"


class WaveFolder:
    """The folder through which a build and its pipeline exchange waves; files come whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def ask(self, number: int, rows: list[Row]) -> None:
        """Hand wave `number` to the pipeline."""
        self._write(f"{number:05d}.in.json", rows)

    def wait_for_question(self, number: int) -> list[Row]:
        """The rows of wave `number`; waits for ever.

        The pipeline's process ends with its parent, so there is nobody to wait for in vain.
        """
        path = self._folder / f"{number:05d}.in.json"
        while not path.exists():
            time.sleep(_LOOK_EVERY_S)
        rows: list[Row] = orjson.loads(path.read_bytes())
        path.unlink()
        return rows

    def answer(self, number: int, rows: list[Row]) -> None:
        """Hand the done rows of wave `number` back to the build."""
        self._write(f"{number:05d}.out.json", rows)

    def take_answer(self, number: int) -> list[Row] | None:
        """The done rows of wave `number`, or None while they are not there."""
        path = self._folder / f"{number:05d}.out.json"
        if not path.exists():
            return None
        rows: list[Row] = orjson.loads(path.read_bytes())
        path.unlink()
        return rows

    def fail(self, trace: str) -> None:
        """Tell the build that no answer will come: distilabel goes on after a failed step."""
        (self._folder / _FAILED).write_text(trace, encoding="utf-8")

    def read_failure(self) -> str:
        """What `fail` told, "" where nothing failed."""
        path = self._folder / _FAILED
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _write(self, name: str, content: object) -> None:
        draft = self._folder / f"{name}.draft"
        draft.write_bytes(orjson.dumps(content))
        draft.replace(self._folder / name)
