"""What vLLM is doing while it starts, and why it ended, read from its own log.

vLLM has no interface for either. The phrases are those of vLLM 0.32 (`vllm/v1/engine/core.py`,
`default_loader.py`, `gpu_model_runner.py`, `backends.py`); a log without them tells its last line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_MAX_LINE = 160
_SEARCH_BYTES = 4 * 2**20  # of a log that has grown for days
_INFO = re.compile(r"\bINFO [\d-]+ [\d:]+ ")
_PHASES: tuple[tuple[str, str], ...] = (
    (r"Starting vLLM (?:server|API server)|Started server process", "starting its HTTP server"),
    (r"Capturing CUDA graphs?\b.*?(\d+%)?", "capturing CUDA graphs"),
    (r"torch\.compile takes|Dynamo bytecode|Compiling a graph|Cache the graph", "compiling"),
    (r"KV cache size|Available KV cache memory|init engine", "making room for its cache"),
    (r"Loading (?:safetensors|pt) checkpoint shards", "loading weights"),
    (r"(?:Downloading|Fetching|download(?:ing)? weights)\b", "fetching weights"),
    (r"Starting to load model", "loading weights"),
    (r"Initializing a V1 LLM engine", "starting its engine"),
    (r"Resolved architecture", "reading the model's configuration"),
)
_PERCENT = re.compile(r"(\d{1,3})%")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# `(EngineCore pid=7) INFO 11-21 14:07:34 [core.py:133] `
_PREFIX = re.compile(r"^(\([^)]*pid=\d+\)\s*)?([A-Z]+ [\d-]+ [\d:]+ (\[[^\]]*\]\s*)?)?")
_ERROR = re.compile(r"\b(?:[A-Za-z_][\w.]*(?:Error|Exception)\b: .+|vllm serve: error: .+)")
_WARNING = re.compile(r"\bWARNING\b|Warning: ")
# Said by the processes that wait for the one that failed.
_FOLLOWING_ERROR = re.compile(r"Engine core initialization failed|EngineDeadError|proc died")


class StartLog:
    """The lines that a log has gained since this was made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0
        self._begin = self._offset
        self._rest = b""

    def read_new(self) -> list[str]:
        """Whole lines since the last call; progress bars end theirs with a carriage return."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        self._offset += len(data)
        *lines, self._rest = re.split(rb"[\r\n]+", self._rest + data)
        return [line.decode(errors="replace") for line in lines]

    def find_first_error(self) -> str:
        """The first error since this was made, empty where there is none.

        The log's end is said by processes that only report that another one has failed.
        """
        again = StartLog(self._path)
        again._offset = max(self._begin, again._offset - _SEARCH_BYTES)
        said = [line for line in again.read_new() if not _WARNING.search(line)]
        found = [match[0] for line in said if (match := _ERROR.search(line))]
        first = [line for line in found if not _FOLLOWING_ERROR.search(line)]
        return (first or found or [""])[0]


def describe_phase(lines: Iterable[str]) -> tuple[str, str]:
    """The newest phase and a line that tells it, as in `("compiling", "compiling 50%")`.

    The phase is empty where the lines name none; the line then is the last that vLLM has logged,
    without its prefix, or empty too. Warnings and other libraries' lines are not told.
    """
    last = ""
    for said in reversed(list(lines)):
        line = strip_prefix(said)
        for pattern, phase in _PHASES:
            if re.search(pattern, line):
                percent = _PERCENT.search(line)
                return phase, f"{phase} {percent[1]}%" if percent else phase
        last = last or (line if _INFO.search(said) else "")
    return "", last


def strip_prefix(line: str) -> str:
    """The line without process name, time and colours, cut to a length for a terminal."""
    return _PREFIX.sub("", _COLOUR.sub("", line)).strip()[:_MAX_LINE]
