"""vLLM's log, read while it grows: the phase of its start, and the error that came first."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel_pipelines.vllm_progress import StartLog, describe_phase, strip_prefix

ENGINE = "(EngineCore pid=8) INFO 11-21 14:07:34 [core.py:133] "


@pytest.mark.parametrize(
    ("line", "phase", "told"),
    [
        ("Resolved architecture: X", "reading the model's configuration", None),
        ("Initializing a V1 LLM engine (v0.32.0) with config: …", "starting its engine", None),
        (
            "Loading safetensors checkpoint shards:  75% Completed | 3/4 [00:09<00:03,  3.0s/it]",
            "loading weights",
            "loading weights 75%",
        ),
        ("Dynamo bytecode transform time: 8.35 s", "compiling", None),
        (
            "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  46%|████▋ | 31/67",
            "capturing CUDA graphs",
            "capturing CUDA graphs 46%",
        ),
        ("GPU KV cache size: 21,760 tokens", "making room for its cache", None),
        ("Started server process [5444]", "starting its HTTP server", None),
        ("something new", "", "something new"),
    ],
)
def test_the_newest_phase_is_told(line: str, phase: str, told: str | None) -> None:
    lines = ["Starting to load model x", ENGINE + line] if phase else [ENGINE + line, " "]
    assert describe_phase(lines) == (phase, told or phase)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["$ vllm serve model", "", "W1121 14:57:00.97 928 triton.py:53] Triton not available"],
        ["(APIServer pid=54) WARNING 11-21 14:07:16 [a_b.py:2] Found ulimit"],
    ],
)
def test_what_is_no_news_of_the_start_is_not_told(lines: list[str]) -> None:
    assert describe_phase(lines) == ("", "")


def test_a_line_is_told_without_its_prefix_and_colours() -> None:
    line = "\x1b[0;36m(APIServer pid=54)\x1b[0;0m WARNING 11-21 14:07:16 [a_b.py:2] Found ulimit"
    assert strip_prefix(line) == "Found ulimit"
    assert len(strip_prefix("x" * 999)) == 160


def test_lines_come_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("an earlier run: ValueError: old\n")
    log = StartLog(path)
    assert log.read_new() == []
    with path.open("a") as file:
        file.write("one\r 50%\r\ntw")
        file.flush()
        assert log.read_new() == ["one", " 50%"]
        file.write("o\n")
    assert log.read_new() == ["two"]
    assert log.find_first_error() == ""


def test_a_log_that_is_not_there_yet_has_no_lines(tmp_path: Path) -> None:
    log = StartLog(tmp_path / "log")
    assert log.read_new() == []
    (tmp_path / "log").write_text("one\n")
    assert log.read_new() == ["one"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "WARNING [a.py:1] too few files: OSError: [Errno 24]\n"  # noqa: ISC004
            "ERROR [core.py:9] ValueError: No available memory for the cache\n"
            "RuntimeError: Engine core initialization failed. See root cause above.\n",
            "ValueError: No available memory for the cache",
        ),
        (
            "RuntimeError: Engine core initialization failed.\n",
            "RuntimeError: Engine core initialization failed.",
        ),
        (
            "vllm serve: error: unrecognized arguments: --nonsense\n",
            "vllm serve: error: unrecognized arguments: --nonsense",
        ),
        ("INFO: all is well\n", ""),
    ],
)
def test_the_first_error_is_the_one_that_others_follow(
    tmp_path: Path, text: str, error: str
) -> None:
    log = StartLog(tmp_path / "log")
    (tmp_path / "log").write_text(text)
    assert log.find_first_error() == error
