"""A Hub dataset is read at one commit; without a network the error says what to do.

The Hub client reads its settings when it is imported, so each trial runs in a process of its own,
against a loopback server that answers the calls of `dataset_info` and `load_dataset`.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from builders.seed_hub import HubSource, parse_hub_source, tell_whole_split

SHA = "a1" * 20
FILES = {
    "README.md": b"---\nconfigs:\n- config_name: main\n  data_files:\n  - split: test\n"
    b"    path: test.jsonl\n- config_name: tasks\n  data_files: tasks.jsonl\n---\n",
    "test.jsonl": b"".join(
        b'{"question": "What is %d + 1?", "answer": %d}\n' % (number, number + 1)
        for number in range(5)
    ),
    "tasks.jsonl": b"".join(
        b'{"instruction": "Add %d.", "instances": [{"input": "1", "output": "%d"}]}\n'
        % (number, number + 1)
        for number in range(3)
    ),
}
DATASET_INFO = {
    "config_name": "main",
    "splits": [{"name": "test", "num_bytes": 2_340_000, "num_examples": 7_473}],
}
SCRIPT = """
import logging
import sys
from builders.errors import SeedError
from builders.seed_loader import SeedConfig, load_questions
from builders.seed_pins import SeedPin
source, limit = sys.argv[1], int(sys.argv[2]) or None
pins = tuple(SeedPin(source=source, revision=revision) for revision in sys.argv[3:])
logging.getLogger("build").setLevel("INFO")
logging.getLogger("build").addHandler(logging.StreamHandler())
try:
    print(load_questions(SeedConfig(source=source, limit=limit, pins=pins)).model_dump_json())
except SeedError as error:
    raise SystemExit(f"SeedError: {error}")
"""
TASKS_SCRIPT = """
import sys
from builders.seed_loader import SeedConfig
from builders.task_seeds import load_task_seeds
loaded = load_task_seeds(SeedConfig(source=sys.argv[1], limit=int(sys.argv[2]) or None))
print(loaded.facts.revision, *(one.output for task in loaded.tasks for one in task.instances))
"""


class LoopbackHub(BaseHTTPRequestHandler):
    """The read side of the Hub's API for the one dataset owner/name."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        dataset = "/api/datasets/owner/name"
        if path.startswith(f"{dataset}/tree/"):
            sizes = {name: len(content) for name, content in FILES.items()}
            self.reply_json(
                [{"type": "file", "oid": SHA, "path": n, "size": sizes[n]} for n in sizes]
            )
        elif path in (dataset, f"{dataset}/revision/{SHA}"):
            siblings = [{"rfilename": name} for name in FILES]
            card = {"license": "mit", "dataset_info": DATASET_INFO}
            self.reply_json(
                {"id": "owner/name", "sha": SHA, "siblings": siblings, "cardData": card}
            )
        elif path.startswith(f"/datasets/owner/name/resolve/{SHA}/"):
            self.reply_file(FILES.get(path.rsplit("/", 1)[1]))
        else:
            self.reply(404, b"", {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET  # noqa: N815  # the name is http.server's

    def reply_json(self, value: object) -> None:
        self.reply(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def reply_file(self, content: bytes | None) -> None:
        if content is None:
            self.reply(404, b"", {"X-Error-Code": "EntryNotFound"})
        else:
            etag = hashlib.sha256(content).hexdigest()
            self.reply(200, content, {"ETag": f'"{etag}"', "X-Repo-Commit": SHA})

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture(scope="module")
def hub_address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), LoopbackHub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def load_in_process(
    source: str, limit: int, home: Path, *pins: str, script: str = SCRIPT, **settings: str
) -> subprocess.CompletedProcess[str]:
    environment = {"HF_HOME": str(home), "NO_PROXY": "127.0.0.1", "HF_HUB_DISABLE_XET": "1"}
    return subprocess.run(
        [sys.executable, "-c", script, source, str(limit), *pins],
        env={**os.environ, **environment, **settings},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("limit", [0, 3])
def test_a_hub_dataset_is_read_at_the_commit_that_is_recorded(
    hub_address: str, tmp_path: Path, limit: int
) -> None:
    ended = load_in_process("owner/name:main:test", limit, tmp_path, HF_ENDPOINT=hub_address)
    assert ended.returncode == 0, ended.stderr
    loaded = json.loads(ended.stdout)
    assert [row["answer"] for row in loaded["questions"]] == ["1", "2", "3", "4", "5"][
        : limit or None
    ]
    assert loaded["facts"]["source"] == "owner/name:main:test"
    assert loaded["facts"]["revision"] == SHA
    assert loaded["facts"]["license"] == "mit"
    assert loaded["facts"]["sha256"] is None
    told = "the whole split test is downloaded and its rows are held in memory (7,473 rows, 2.3 MB)"
    assert (f"SEEDS=owner/name has no LIMIT: {told}. LIMIT=n" in ended.stderr) == (limit == 0)


@pytest.mark.parametrize("revision", [SHA, "b2" * 20])
def test_a_pinned_commit_is_read_or_nothing(
    hub_address: str, tmp_path: Path, revision: str
) -> None:
    ended = load_in_process("owner/name:main:test", 2, tmp_path, revision, HF_ENDPOINT=hub_address)
    if revision == SHA:
        assert json.loads(ended.stdout)["facts"]["revision"] == SHA, ended.stderr
    else:
        assert ended.returncode == 1
        assert f"cannot be read at the pinned commit {revision}: " in ended.stderr
        assert "404" in ended.stderr


@pytest.mark.parametrize(
    ("source", "card", "told"),
    [
        ("owner/name:main:test", {"dataset_info": DATASET_INFO}, "7,473 rows, 2.3 MB"),
        ("owner/name:main:test", {"dataset_info": [{}, DATASET_INFO]}, "7,473 rows, 2.3 MB"),
        ("owner/name:main", {"dataset_info": DATASET_INFO}, "does not say"),  # no split train
        ("owner/name:other:test", {"dataset_info": [DATASET_INFO]}, "does not say"),
        ("owner/name", {"size_categories": "n>1T"}, "its card says n>1T rows"),
        ("owner/name", {"size_categories": ["1K<n<10K", 3]}, "its card says 1K<n<10K rows"),
        ("owner/name", {"dataset_info": "?", "size_categories": 3}, "does not say"),
        ("owner/name", {"dataset_info": {"splits": [{"name": "train"}, 3]}}, "does not say"),
        ("owner/name", {}, "its card does not say how much that is"),
    ],
)
def test_the_size_is_told_as_far_as_the_card_knows_it(
    source: str, card: dict[str, object], told: str
) -> None:
    hub = parse_hub_source(source)
    assert hub is not None
    assert told in tell_whole_split(hub, card)


@pytest.mark.parametrize("limit", [0, 2])
def test_seed_tasks_are_read_from_the_hub(hub_address: str, tmp_path: Path, limit: int) -> None:
    ended = load_in_process(
        "owner/name:tasks", limit, tmp_path, script=TASKS_SCRIPT, HF_ENDPOINT=hub_address
    )
    assert ended.stdout.split() == [SHA, *["1", "2", "3"][: limit or None]], ended.stderr


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("owner/name:main", ["split train", "train"]),
        ("owner/name:other:test", ["configuration other", "'other' not found", "'main'"]),
        ("owner/absent", ["owner/absent", "404", "HF_TOKEN"]),
    ],
)
def test_what_the_hub_does_not_have_is_named(
    hub_address: str, tmp_path: Path, source: str, words: list[str]
) -> None:
    ended = load_in_process(source, 2, tmp_path, HF_ENDPOINT=hub_address)
    assert ended.returncode == 1
    assert ended.stderr.startswith("SeedError: The Hub dataset owner/")
    for word in words:
        assert word in ended.stderr


@pytest.mark.parametrize(
    "settings",
    [
        {"HF_HUB_OFFLINE": "1"},
        {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9"},  # nothing listens there
    ],
)
def test_without_a_network_a_hub_source_says_what_to_do(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    ended = load_in_process("owner/name:main:test", 3, tmp_path, **settings)
    assert ended.returncode == 1
    assert ended.stderr.startswith("SeedError: The Hub dataset owner/name")
    for word in ["configuration main, split test", "network", "give its path as SEEDS"]:
        assert word in ended.stderr


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("owner/name", HubSource("owner/name", None, "train")),
        ("open-r1/Math.220k", HubSource("open-r1/Math.220k", None, "train")),
        ("openai/gsm8k:main", HubSource("openai/gsm8k", "main", "train")),
        ("openai/gsm8k:main:test", HubSource("openai/gsm8k", "main", "test")),
        ("owner/name/more", None),
        ("name", None),
        ("./owner/name", None),
        ("hf://owner/name", None),
    ],
)
def test_a_hub_source_is_owner_name_config_split(source: str, parts: HubSource | None) -> None:
    assert parse_hub_source(source) == parts
