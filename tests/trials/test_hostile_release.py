"""Trial: hostile seeds and a hostile teacher, from the build over the release to `load_dataset`.

Front matter, Jinja, HTML, Markdown, terminal escapes, line separators and a row of 2 MB: nothing of
it is lost on the way, and nothing of it acts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.fake_hub import FakeHub
from tests.fake_hub import client_calls as calls
from tests.fake_hub.client import ClientProcess
from tests.fake_hub.sessions import needs_git
from tests.fake_teacher import FakeTeacherProcess, TeacherScript
from tests.fake_teacher.traces import REPOSITORY
from tests.test_card import body_tokens, html_blocks
from tests.trials.build_command import read_rows, run_build
from tests.trials.repliers import HOSTILE, HostileReplier

pytestmark = [pytest.mark.slow, needs_git]
LONG = " ".join(f"Box {number} holds {number * 7 % 1013} shells." for number in range(72_000))


def write_hostile_seeds(path: Path) -> Path:
    """Sums behind hostile words; one of 2 MB."""
    words = [HOSTILE, LONG, *(f"{{{{ {n} }}}} <b>{n}</b> " for n in range(6))]
    lines = [
        json.dumps({"question": f"{one}What is {20 + n} + {30 + n}?", "answer": str(50 + 2 * n)})
        for n, one in enumerate(words)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_hostile_text_is_published_as_it_is_and_does_nothing(tmp_path: Path) -> None:
    seeds, out = write_hostile_seeds(tmp_path / "seeds.jsonl"), tmp_path / "out"
    with FakeTeacherProcess(TeacherScript(replier=HostileReplier())) as teacher:
        ended = run_build(out, llm="vllm", base_url=teacher.root_url, seeds=seeds, rows=8)
    built = read_rows(out, "dataset/data")
    assert ended.code == 0, ended.said
    assert len(built) == 8, read_rows(out, "rejected")
    assert max(len(json.dumps(row)) for row in built) > 2_000_000
    with FakeHub(tmp_path / "hub") as hub:
        environment = hub.environment(tmp_path / "home")
        given = ["reasoning", "--repo=me/hostile", "--version=auto", f"--out={out}"]
        given += ["--seeds-license=cc-by-4.0", "--license=cc-by-4.0"]
        done = subprocess.run(
            [sys.executable, "-m", "builders.push_dataset", *given],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stderr
        with ClientProcess(environment) as client:
            assert client.call(calls.load_rows, "me/hostile", "v1.0.0") == built
        card = hub.read_files("me/hostile")["README.md"].decode()
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["license"] == "cc-by-4.0"
    assert [one["config_name"] for one in front["configs"]] == ["default", "inline_think"]
    tokens = body_tokens(card)
    inline = [child for token in tokens for child in token.children or []]
    assert not any("script" in block or "onerror" in block for block in html_blocks(tokens))
    assert not any(one.type == "html_inline" and "alert" in one.content for one in inline)
    assert "\x1b" not in card
    assert "<class" not in card  # what the Jinja in the rows would give
