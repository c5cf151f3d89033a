"""Benchmarks come from a loopback Hub, once, at their commit, and can be used at once.

The Hub client reads its settings when it is imported, so each trial is a process of its own.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from builders.decontamination import DecontaminationConfig, open_benchmarks
from builders.errors import BenchmarkError
from builders.fetch_benchmarks import choose_sources

COMMIT = "b2" * 20
SUMS = b'{"question": "A boat carries 12 crates and 7 sacks to the far island every morning."}\n'
PAIRS = b'{"context": "Ann ran.", "question": "Why?", "answerA": "fun", "answerB": "fear"}\n'
SCRIPT = """
import logging, sys
from pathlib import Path
from builders.benchmark_table import read_benchmark_table
from builders.command_line import run_command
from builders.fetch_benchmarks import fetch_benchmarks
sources = read_benchmark_table(Path(sys.argv[1]))
sys.exit(run_command(lambda: fetch_benchmarks(Path(sys.argv[2]), sources)))
"""
TABLE = f"""
[[benchmark]]
name = "sums"
repo = "owner/sums"
revision = "{COMMIT}"
files = ["main/test-*.jsonl"]
license = "mit"
[[benchmark]]
name = "exam"
repo = "owner/exam"
revision = "{COMMIT}"
files = ["exam.zip"]
members = "test/*.csv"
license = "unknown"
[[benchmark]]
name = "pairs"
repo = "owner/pairs"
revision = "{COMMIT}"
files = ["pairs.jsonl"]
question = ["context", "question"]
license = "unknown"
"""


def zip_exam() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("test/law.csv", ",Question,A,B,Answer\n0,法律是什么？,规则,河流,A\n")
        archive.writestr("test/art.csv", ",Question,A,B,Answer\n0,谁画了它？,甲,乙,B\n")
        archive.writestr("dev/art.csv", ",Question,A,B,Answer\n0,不要我,甲,乙,B\n")
    return packed.getvalue()


class LoopbackHub(BaseHTTPRequestHandler):
    """The read side of the Hub for datasets of `owner`; `files` may change between trials."""

    files: dict[str, dict[str, bytes]]
    asked: list[str]

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        parts = path.strip("/").split("/")
        if parts[:3] == ["api", "datasets", "owner"] and parts[4:] == ["tree", COMMIT]:
            files = self.files.get(parts[3])
            self.reply_tree(files)
        elif parts[:2] == ["datasets", "owner"] and parts[3:5] == ["resolve", COMMIT]:
            self.asked.append(path)
            self.reply_file(self.files[parts[2]]["/".join(parts[5:])])
        else:
            self.reply(404, b"", {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET  # noqa: N815  # the name is http.server's

    def reply_tree(self, files: dict[str, bytes] | None) -> None:
        if files is None:
            self.reply(404, b"", {"X-Error-Code": "RevisionNotFound"})
            return
        tree = [
            {"type": "file", "oid": COMMIT, "path": name, "size": len(content)}
            for name, content in files.items()
        ]
        self.reply(200, json.dumps(tree).encode(), {"Content-Type": "application/json"})

    def reply_file(self, content: bytes) -> None:
        etag = hashlib.sha256(content).hexdigest()
        self.reply(200, content, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def hub() -> Iterator[str]:
    LoopbackHub.asked = []
    LoopbackHub.files = {
        "sums": {"main/test-0.jsonl": SUMS, "main/train-0.jsonl": b"{}\n"},
        "exam": {"exam.zip": zip_exam()},
        "pairs": {"pairs.jsonl": PAIRS},
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), LoopbackHub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(
    folder: Path, endpoint: str, home: str = "home", **more: str
) -> subprocess.CompletedProcess[str]:
    folder.parent.mkdir(exist_ok=True)
    table = folder.parent / "table.toml"
    table.write_text(TABLE)
    settings = {"HF_HOME": str(folder.parent / home), "HF_HUB_DISABLE_XET": "1"}
    settings |= {"HF_ENDPOINT": endpoint, "NO_PROXY": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(table), str(folder)],
        env={**os.environ, **settings, **more},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_benchmarks_are_fetched_once_and_a_failed_one_later(hub: str, tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    pairs = LoopbackHub.files.pop("pairs")
    first = fetch(folder, hub)
    assert first.returncode == 1
    assert "1 of 3 benchmarks could not be fetched: pairs" in first.stderr
    LoopbackHub.files["pairs"], LoopbackHub.asked[:] = pairs, []
    again = fetch(folder, hub)
    assert again.returncode == 0, again.stderr
    assert "sums: there already, 1 questions" in again.stderr
    assert {path.rsplit("/", 1)[1] for path in LoopbackHub.asked} == {"pairs.jsonl"}
    records = json.loads((folder / "SOURCES.json").read_text())
    assert {name: (one["revision"], one["questions"]) for name, one in records.items()} == {
        "exam": (COMMIT, 2),
        "pairs": (COMMIT, 1),
        "sums": (COMMIT, 1),
    }
    assert records["sums"]["files"] == {"main/test-0.jsonl": hashlib.sha256(SUMS).hexdigest()}
    benchmarks = open_benchmarks(DecontaminationConfig(benchmarks=str(folder)))
    sums = json.loads(SUMS)["question"]
    found = benchmarks.find_contamination([sums, "谁画了它？", "Ann ran. Why?", "不要我"])
    assert [one.benchmark if one else None for one in found] == ["sums", "exam", "pairs", None]


def test_other_files_at_the_same_commit_are_refused(hub: str, tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    assert fetch(folder, hub).returncode == 0
    (folder / "sums.jsonl.gz").unlink()
    LoopbackHub.files["sums"]["main/test-0.jsonl"] = SUMS.replace(b"12", b"13")
    again = fetch(folder, hub, home="another home")
    assert again.returncode == 1
    assert "main/test-0.jsonl is not what SOURCES.json says it was" in again.stderr
    assert not (folder / "sums.jsonl.gz").exists()


def test_without_a_network_it_ends_at_once_and_says_what_to_do(tmp_path: Path) -> None:
    """HF_HUB_OFFLINE spares the client's own attempts, which take half a minute."""
    ended = fetch(tmp_path / "benchmarks", "http://127.0.0.1:9", HF_HUB_OFFLINE="1")
    assert ended.returncode == 1
    assert ended.stderr.startswith("HubUnreachableError: the Hub cannot be reached")
    assert ended.stderr.count("\n") == 1


def test_names_choose_and_an_unknown_one_is_told() -> None:
    assert [one.name for one in choose_sources(["gsm8k", "mmlu"])] == ["mmlu", "gsm8k"]
    with pytest.raises(BenchmarkError, match="no benchmark gsm9k; there are mmlu, "):
        choose_sources(["gsm9k"])
