"""`make estimate-pretraining` against a real teacher process: what it says, and what it leaves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.fake_teacher import FakeTeacherProcess, TeacherScript
from tests.fake_teacher.essays import EssayReplier
from tests.fake_teacher.traces import REPOSITORY
from tests.pretraining.build_sources import write_web_sources
from tests.trials.build_command import run_pretraining_build

PRICES = """
[[prices]]
models = ["fake-teacher"]
currency = "USD"
tiers = [{ input = 1, output = 10 }]
"""


def run_estimate(out: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("BUILD_")}
    given = {f"BUILD_{name.upper()}": str(value) for name, value in variables.items()}
    return subprocess.run(
        [sys.executable, "-m", "builders.estimate_pretraining"],
        cwd=REPOSITORY,
        env={**clean, **given, "BUILD_OUT": str(out)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_an_estimate_counts_every_part_and_the_build_pays_none_of_it_again(tmp_path: Path) -> None:
    pages = write_web_sources(tmp_path / "pages.jsonl", 40)
    prices, recipe, out = tmp_path / "prices.toml", tmp_path / "mine.toml", tmp_path / "out"
    prices.write_text(PRICES)
    recipe.write_text("[sampling]\ncontinuations = 6\n")
    script = TeacherScript(replier=EssayReplier(piece_characters=500))
    with FakeTeacherProcess(script) as teacher:
        variables = {
            "llm": "vllm",
            "base_url": teacher.root_url,
            "model": "fake-teacher",
            "seeds": pages,
            "rows": 10,
            "recipe": recipe,
            "prices": prices,
        }
        ended = run_estimate(out, **variables, sample_requests=4)
        assert ended.returncode == 0, ended.stderr
        sampled = teacher.records()
        built = run_pretraining_build(out, **variables)
        assert built.code == 0, built.said
        keys = [record.key for record in teacher.records()]
    assert "From a sample of 4 requests" in ended.stdout
    assert re.search(r"pass rate +4 of 4 in the sample", ended.stdout)
    assert re.search(r"published rows +10 of 10 wanted", ended.stdout)
    assert "USD" in ended.stdout
    assert "further answers" not in ended.stdout
    assert re.search(r"requests +[^\n]* texts at [12]\.\d requests each", ended.stdout)
    assert len({record.body["messages"][0]["content"] for record in sampled}) == 4
    assert len(sampled) > 4  # long texts came in parts
    assert len(keys) == len(set(keys))
    spent = re.search(r"spent so far +([\d,]+) tokens", ended.stdout)
    assert spent is not None
    assert int(spent[1].replace(",", "")) > 0
