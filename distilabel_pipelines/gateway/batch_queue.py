"""Requests wait here until there is a file full of them, or nothing new has come for a while."""

from __future__ import annotations

import asyncio

from distilabel_pipelines.gateway.batch_lines import BatchLine
from distilabel_pipelines.gateway.settings import BatchSettings
from distilabel_pipelines.wire import Api


class _Group:
    """Lines of one kind, which go into a file together; `size` in bytes."""

    def __init__(self) -> None:
        self._lines: dict[str, BatchLine] = {}
        self.size = 0

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: BatchLine) -> None:
        self._lines[line.key] = line
        self.size += len(line.data)

    def remove(self, key: str) -> bool:
        line = self._lines.pop(key, None)
        self.size -= len(line.data) if line is not None else 0
        return line is not None

    def cut(self, max_lines: int, max_bytes: int) -> list[BatchLine]:
        """Take the first lines that fit into one file; one always does."""
        file: list[BatchLine] = []
        size = 0
        for line in self._lines.values():
            size += len(line.data)
            if file and (len(file) >= max_lines or size > max_bytes):
                break
            file.append(line)
        for line in file:
            self.remove(line.key)
        return file


class BatchQueue:
    """Lines by API, model and thinking: Model Studio takes one setting of each a file."""

    def __init__(self, settings: BatchSettings) -> None:
        self._settings = settings
        self._groups: dict[tuple[Api, str, bool | None], _Group] = {}
        self._news = asyncio.Event()

    def __len__(self) -> int:
        """Lines that no file has taken yet."""
        return sum(len(group) for group in self._groups.values())

    def add(self, line: BatchLine) -> None:
        """Let the line go out with the next file of its kind."""
        group = (line.api, str(line.body.get("model")), line.body.get("enable_thinking"))
        self._groups.setdefault(group, _Group()).add(line)
        self._news.set()

    def withdraw(self, key: str) -> bool:
        """Take a line back; False where it is not here, or no longer."""
        return any(group.remove(key) for group in self._groups.values())

    async def take_file(self) -> list[BatchLine]:
        """The next file's lines, at least one: a full file at once, the rest once it is quiet."""
        while True:
            if not len(self):
                self._news.clear()
                await self._news.wait()
            file = self._cut_full() or (self._cut_any() if await self._is_quiet() else [])
            if file:
                return file

    async def _is_quiet(self) -> bool:
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), self._settings.quiet_s)
        except TimeoutError:
            return True
        return False

    def _cut_full(self) -> list[BatchLine]:
        max_lines, max_bytes = self._settings.max_lines, self._settings.max_bytes
        for group in self._groups.values():
            if len(group) >= max_lines or group.size >= max_bytes:
                return group.cut(max_lines, max_bytes)
        return []

    def _cut_any(self) -> list[BatchLine]:
        for group in self._groups.values():
            if len(group):
                return group.cut(self._settings.max_lines, self._settings.max_bytes)
        return []
