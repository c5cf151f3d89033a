"""The Python that a card shows runs, at home and from the Hub: it loads, trains, loses nothing."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from distilabel_pipelines.embedded_model.weight_files import WEIGHTS
from tests.fake_hub import UNKNOWN, FakeHub, explain_missing_git
from tests.fake_hub.client import ClientProcess
from tests.publishing.publications import push
from tests.training import run_card, trained_sets
from tests.training.run_card import Report, find_blocks
from tests.training.test_sft import ENVIRONMENT, REPOSITORY
from tests.training.trained_sets import END, WRITERS, chat

pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(explain_missing_git()), reason=explain_missing_git()),
]
STATES = ("local", "published")
CASES = [(kind, state) for kind in WRITERS for state in STATES]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    with FakeHub(tmp_path_factory.mktemp("hub")) as running:
        yield running
        assert [record.path for record in running.requests if record.name == UNKNOWN] == []


@pytest.fixture(scope="module")
def datasets(hub: FakeHub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Kind → OUT of a build that was published as version 1.0.0 of me/<kind>."""
    folder = tmp_path_factory.mktemp("builds")
    built = {kind: write(folder / kind) for kind, write in WRITERS.items()}
    with ClientProcess(hub.environment(folder / "home")) as client:
        for kind, out in built.items():
            client.call(push, out, kind=kind, repo=f"me/{kind}")
    return built


@pytest.fixture(scope="module")
def cards(
    hub: FakeHub, datasets: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Path]:
    """Kind and state → the folder whose README.md is the card in that state."""
    found = {}
    for kind, out in datasets.items():
        found[kind, "local"] = out / "dataset"
        found[kind, "published"] = tmp_path_factory.mktemp(kind)
        files = hub.read_files(f"me/{kind}", "v1.0.0")
        (found[kind, "published"] / "README.md").write_bytes(files["README.md"])
    return found


@pytest.fixture(scope="module")
def reports(
    hub: FakeHub, cards: dict[tuple[str, str], Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Report]:
    """What running each card gave, in one process whose Hub is the fake one."""
    work = tmp_path_factory.mktemp("cards")
    environment = {**hub.environment(work / "home"), **ENVIRONMENT}
    environment.pop("HF_HUB_OFFLINE")
    done = subprocess.run(
        [sys.executable, "-m", run_card.__name__, str(work), *map(str, cards.values())],
        cwd=REPOSITORY,
        env=environment | {"PYTHONPATH": os.fspath(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=840,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    told = [Report(*report) for report in json.loads(done.stdout.splitlines()[-1])]
    return dict(zip(cards, told, strict=True))


def expected_texts(kind: str) -> list[str]:
    if kind == "reasoning":
        return trained_sets.reasoning_chats()
    if kind == "instruction":
        return trained_sets.instruction_chats()
    return [row.passage.content + END for row in trained_sets.pretraining_rows()]


@pytest.mark.parametrize(("kind", "state"), CASES)
def test_the_trainer_of_the_card_reads_every_row_whole(
    reports: dict[tuple[str, str], Report], kind: str, state: str
) -> None:
    report = reports[kind, state]
    assert Counter(report.read) == Counter(expected_texts(kind))  # a card may shuffle them
    assert report.trained == report.read
    assert math.isfinite(report.loss)
    assert report.loss > 0


def test_one_row_is_longer_than_what_trl_cuts_by_default() -> None:
    tokenizer = Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))
    longest = max(trained_sets.reasoning_chats(), key=len)
    assert len(tokenizer.encode(longest).ids) > 1024


@pytest.mark.parametrize("state", STATES)
def test_of_the_pairs_of_the_card_the_text_alone_has_a_loss(
    reports: dict[tuple[str, str], Report], state: str
) -> None:
    report = reports["pretraining", state]
    rows = [row.passage for row in trained_sets.pretraining_texts()]
    assert report.pairs_read == [chat(row.prompt.prompt, row.content) for row in rows]
    assert report.pairs_trained == [f"{row.content}{END}\n" for row in rows]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_published_card_names_the_repository_at_its_tag(
    cards: dict[tuple[str, str], Path], kind: str
) -> None:
    blocks = find_blocks((cards[kind, "published"] / "README.md").read_text(encoding="utf-8"))
    assert f'load_dataset("me/{kind}"' in blocks[0]
    assert blocks[0].count('revision="v1.0.0"') == blocks[0].count("load_dataset(")
    assert "path/to/dataset" not in "".join(blocks)
