"""Copies of the files that open batches were made of: what each of their requests asked.

Model Studio gives result files back, but not the files that were uploaded. A request that a killed
run submitted, and that nobody has asked for again when its answer comes, is read from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from distilabel_pipelines.gateway.batch_lines import RequestLine, read_request_line


class BatchCopies:
    """A folder with a copy of each open batch's input file; without a folder, none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, file: str, lines: bytes) -> None:
        """Write the copy of an uploaded file; raises OSError."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(self._folder, file)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(lines)
        unfinished.replace(path)

    def read(self, file: str) -> Iterator[RequestLine]:
        """The requests of an uploaded file; none where there is no copy."""
        if self._folder is None or not self._path(self._folder, file).exists():
            return
        with self._path(self._folder, file).open("rb") as lines:
            for line in lines:
                request = read_request_line(line)
                if request is not None:
                    yield request

    def drop(self, file: str) -> None:
        """The batch is closed: its copy is not needed any more."""
        if self._folder is not None:
            self._path(self._folder, file).unlink(missing_ok=True)

    def sweep(self, files: Iterable[str]) -> None:
        """Drop what a kill left behind: all but the copies of these files."""
        if self._folder is None or not self._folder.exists():
            return
        wanted = {self._path(self._folder, file) for file in files}
        for path in self._folder.iterdir():
            if path not in wanted:
                path.unlink()

    @staticmethod
    def _path(folder: Path, file: str) -> Path:
        """A file's id comes from the endpoint and may hold anything."""
        return folder / (re.sub(r"[^\w-]", "_", file)[:200] + ".jsonl")
