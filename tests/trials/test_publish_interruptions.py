"""Trials: a release is cut off at each of its requests, before and after the request's effect.

First release, second release with more rows, and one that goes through a pull request in parts.
With `-s` the tables are printed: request × what was left × what the rerun wrote.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fake_hub import FakeHub, explain_missing_git
from tests.fake_hub.client import ClientProcess
from tests.publishing.interruptions import (
    KINDS,
    Scenario,
    record_requests,
    render_matrix,
    run_cell,
)
from tests.publishing.publications import make_build, push

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(explain_missing_git()), reason=explain_missing_git()),
]
NUMBERS = itertools.count(1)
MakeScenario = Callable[[ClientProcess, Path], Scenario]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    with FakeHub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def client(hub: FakeHub, tmp_path: Path) -> Iterator[ClientProcess]:
    with ClientProcess(hub.environment(tmp_path / "home")) as running:
        yield running


def first_release(client: ClientProcess, folder: Path) -> Scenario:
    repo = f"me/first-{next(NUMBERS)}"
    run = lambda: client.call(push, folder / "small", "1.0.0", repo=repo)  # noqa: E731  # a field
    return Scenario(repo, lambda: None, run, tag="v1.0.0")


def second_release(client: ClientProcess, folder: Path) -> Scenario:
    repo = f"me/second-{next(NUMBERS)}"
    return Scenario(
        repo,
        lambda: client.call(push, folder / "small", "1.0.0", repo=repo),
        lambda: client.call(push, folder / "larger", "1.1.0", repo=repo),
        tag="v1.1.0",
        old_tags=frozenset({"v1.0.0"}),
    )


def release_by_pull_request(client: ClientProcess, folder: Path) -> Scenario:
    repo = f"me/parts-{next(NUMBERS)}"
    return Scenario(
        repo,
        lambda: client.call(push, folder / "small", "1.0.0", repo=repo),
        lambda: client.call(push, folder / "larger", "1.1.0", repo=repo, most_files=2),
        tag="v1.1.0",
        old_tags=frozenset({"v1.0.0"}),
    )


@pytest.mark.parametrize("make", [first_release, second_release, release_by_pull_request])
def test_every_cut_leaves_the_old_version_or_the_new_one(
    hub: FakeHub, client: ClientProcess, tmp_path: Path, make: MakeScenario
) -> None:
    make_build(tmp_path / "small", 4)
    make_build(tmp_path / "larger", 6)
    requests = record_requests(hub, make(client, tmp_path))
    results = [
        run_cell(hub, make(client, tmp_path), one, kind) for one in requests for kind in KINDS
    ]
    print(f"\n{make.__name__}\n{render_matrix(results)}")  # noqa: T201  # the trial's table
    assert len(results) == 2 * len(requests)
