"""Run `python -m builders.build_<kind>` as `make` does: values in BUILD_<NAME>, own session.

Every process of a build inherits its environment, so `list_processes` finds them all by its OUT.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple, Self

from builders.command_line import VARIABLES
from builders.rebuilding.options import VARIABLES as REBUILD_VARIABLES
from distilabel_pipelines.generations import read_record
from distilabel_pipelines.journal import read_journal
from tests.fake_teacher import last_user_text
from tests.fake_teacher.traces import REPOSITORY

SECRET = "sk-never-written-anywhere-5f0c"  # noqa: S105  # a canary
Row = dict[str, Any]


class Ended(NamedTuple):
    """How a build ended: exit code and everything it said."""

    code: int
    said: str


class RunningBuild:
    """A build that was started, a context manager that leaves nothing of it running.

    Its standard error goes to a file without a name. `module` is the command of its kind.
    """

    module = "builders.build_reasoning"
    known: Collection[str] = VARIABLES

    def __init__(self, out: Path, **variables: object) -> None:
        """`variables` are those of `make build-<kind>` in small letters."""
        self.out = out
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__
        clean = {name: text for name, text in os.environ.items() if not name.startswith("BUILD_")}
        given = {f"BUILD_{name.upper()}": str(value) for name, value in variables.items()}
        unknown = {name.removeprefix("BUILD_") for name in given} - set(self.known)
        if unknown:
            raise ValueError(f"no such variables: {unknown}")
        self.child = subprocess.Popen(
            [sys.executable, "-m", self.module],
            cwd=REPOSITORY,
            env={**clean, "VLLM_API_KEY": SECRET, **given, "BUILD_OUT": str(out)},
            stdin=subprocess.DEVNULL,
            stderr=self._log,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.kill_all()
        self._log.close()

    @property
    def said(self) -> str:
        """What it has said so far."""
        # pread leaves the file's offset alone, which the build writes at.
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode(errors="replace")

    def wait(self, limit_s: float = 240.0) -> Ended:
        """Wait for its end; raises TimeoutExpired where it hangs."""
        return Ended(self.child.wait(limit_s), self.said)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to happen while it runs; raises RuntimeError where it ends first."""
        wait_until(lambda: condition() or self.child.poll() is not None)
        if not condition():
            raise RuntimeError(f"the build ended with exit code {self.child.poll()}: {self.said}")

    def interrupt(self) -> None:
        """Ctrl-C: the terminal sends SIGINT to the foreground group."""
        os.killpg(self.child.pid, signal.SIGINT)

    def kill_all(self) -> None:
        """`kill -9` of every process of the build, as when the machine goes down."""
        for pid in list_processes(self.out):
            _kill(pid)
        self.child.wait()

    def kill_group(self) -> None:
        """`kill -9` of the main process's group, as a job scheduler does."""
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def kill_main(self) -> None:
        """`kill -9` of the main process alone."""
        self.child.kill()
        self.child.wait()


def run_build(out: Path, **variables: object) -> Ended:
    """A whole build."""
    with RunningBuild(out, **variables) as build:
        return build.wait()


class RunningInstructionBuild(RunningBuild):
    """A started `make build-instruction`."""

    module = "builders.build_instruction"


def run_instruction_build(out: Path, **variables: object) -> Ended:
    """A whole instruction build."""
    with RunningInstructionBuild(out, **variables) as build:
        return build.wait()


class RunningPretrainingBuild(RunningBuild):
    """A started `make build-pretraining`."""

    module = "builders.build_pretraining"


def run_pretraining_build(out: Path, **variables: object) -> Ended:
    """A whole pretraining build."""
    with RunningPretrainingBuild(out, **variables) as build:
        return build.wait()


class RunningRebuild(RunningBuild):
    """A started `make rebuild`; the variables that it refuses may be given too."""

    module = "builders.rebuild_dataset"
    known = (*VARIABLES, *REBUILD_VARIABLES)


def run_rebuild(out: Path, **variables: object) -> Ended:
    """A whole rebuild."""
    with RunningRebuild(out, **variables) as build:
        return build.wait()


def check_rebuilt(out: Path, first: Row, ended: Ended) -> None:
    """From its journal a build comes back with the same rows, and nothing is asked."""
    assert ended.code == 0, ended.said
    assert "no request was sent: every reply stood in" in ended.said
    rows = first["rows"]["published"]
    assert f"rebuilt: all {rows} rows are the manifest's, in their order" in ended.said
    again = read_manifest_json(out)
    names = ("content_digest", "recipe_digest", "recipe", "funnel", "files", "spend")
    assert {name: again[name] for name in names} == {name: first[name] for name in names}


def list_processes(out: Path) -> list[int]:
    """Ids of the living processes of the build into `out` (Linux: read from /proc)."""
    marker = f"BUILD_OUT={out}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended, or belongs to somebody else
            continue
        if marker in environment:
            found.append(int(entry.name))
    return found


def wait_until(condition: Callable[[], bool], limit_s: float = 60.0) -> None:
    """Look again and again; TimeoutError where it does not come true in time."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {limit_s} s")
        time.sleep(0.05)


def read_journal_rows(out: Path, *, opening_tag_in_prompt: bool) -> list[Row]:
    """The generations in OUT/responses, with their question: also where no dataset was written."""
    rows = []
    for _, record in read_journal(out / "responses"):
        generation = read_record(record, opening_tag_in_prompt=opening_tag_in_prompt)
        rows.append({"input": last_user_text(record.request), **generation.model_dump()})
    return rows


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def write_sums(path: Path, count: int, *, prefixes: dict[int, str] | None = None) -> Path:
    """`count` sums with their answers, every third in Chinese; `prefixes` by number modulo 20."""
    lines = []
    for number in range(count):
        left, right = 11 + 7 * number, 13 + 3 * number
        chinese = number % 3 == 2
        question = f"{left}加{right}等于多少？" if chinese else f"What is {left} + {right}?"
        prefix = "" if chinese else (prefixes or {}).get(number % 20, "")
        lines.append({"question": prefix + question, "answer": str(left + right)})
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def read_manifest_json(out: Path) -> Row:
    """OUT/manifest.json."""
    manifest: Row = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def read_rows(out: Path, folder: str) -> list[Row]:
    """The rows of OUT/`folder` (`dataset/data` or `rejected`), in order."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # slow import

    rows: list[Row] = []
    for shard in sorted((out / folder).glob("*.parquet")):
        rows.extend(pq.ParquetFile(shard).read().to_pylist())
    return rows
