"""Trials: a release is cut off at each of its requests, before and after the request's effect.

First release, second release with more rows, and one that goes through a pull request in parts.
With `-s` the tables are printed: request × what was left × what the rerun wrote.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.fake_hub import EVERY, FakeHub, Fault
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.sessions import needs_git
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
    pytest.mark.timeout(1800),  # hundreds of releases
    needs_git,
]
NUMBERS = itertools.count(1)
MakeScenario = Callable[[FakeHub, ClientProcess, Path], Scenario]
TEMPLATE = "me/template"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    with FakeHub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def client(hub: FakeHub, tmp_path: Path) -> Iterator[ClientProcess]:
    with ClientProcess(hub.environment(tmp_path / "home")) as running:
        yield running


def first_release(hub: FakeHub, client: ClientProcess, folder: Path) -> Scenario:  # noqa: ARG001  # as below
    repo = f"me/first-{next(NUMBERS)}"
    run = partial(client.call, push, folder / "small", "1.0.0", repo=repo)
    return Scenario(repo, lambda: None, run, tag="v1.0.0")


def second_release(hub: FakeHub, client: ClientProcess, folder: Path) -> Scenario:
    repo = f"me/second-{next(NUMBERS)}"
    run = partial(client.call, push, folder / "larger", "1.1.0", repo=repo)
    prepare = partial(hold_first_release, hub, repo)
    return Scenario(repo, prepare, run, tag="v1.1.0", old_tags=frozenset({"v1.0.0"}))


def release_by_pull_request(hub: FakeHub, client: ClientProcess, folder: Path) -> Scenario:
    repo = f"me/parts-{next(NUMBERS)}"
    run = partial(client.call, push, folder / "larger", "1.1.0", repo=repo, most_files=2)
    prepare = partial(hold_first_release, hub, repo)
    return Scenario(repo, prepare, run, tag="v1.1.0", old_tags=frozenset({"v1.0.0"}))


def hold_first_release(hub: FakeHub, repo: str) -> None:
    """A repository with the files and the tag of `TEMPLATE`, made without a request."""
    files = hub.read_files(TEMPLATE, "v1.0.0")
    made = hub.create_repository(repo)
    commit = hub.commit(repo, {path: files[path] for path in files if path != ".gitattributes"})
    made.git.run("tag", "v1.0.0", commit)


@pytest.mark.parametrize("make", [first_release, second_release, release_by_pull_request])
def test_every_cut_leaves_the_old_version_or_the_new_one(
    hub: FakeHub, client: ClientProcess, tmp_path: Path, make: MakeScenario
) -> None:
    make_build(tmp_path / "small", 4)
    make_build(tmp_path / "larger", 6)
    client.call(push, tmp_path / "small", "1.0.0", repo=TEMPLATE)
    requests = record_requests(hub, make(hub, client, tmp_path))
    results = [
        run_cell(hub, make(hub, client, tmp_path), one, kind) for one in requests for kind in KINDS
    ]
    print(f"\n{make.__name__}\n{render_matrix(results)}")  # noqa: T201  # the trial's table
    assert len(results) == 2 * len(requests)


def test_a_release_that_does_not_load_is_undone_wherever_it_was_cut_off(
    hub: FakeHub, client: ClientProcess, tmp_path: Path
) -> None:
    make_build(tmp_path / "small", 4)
    make_build(tmp_path / "larger", 6)
    client.call(push, tmp_path / "small", "1.0.0", repo=TEMPLATE)

    def run(repo: str) -> str:
        with pytest.raises(ClientError) as refused:
            client.call(push, tmp_path / "larger", "1.1.0", repo=repo, loader="load_nothing")
        return refused.value.message

    hold_first_release(hub, "me/calm")
    before = hub.read_files("me/calm")
    hub.forget_requests()
    assert "It was reverted" in run("me/calm")
    requests = hub.requests
    for request, kind in itertools.product(requests, KINDS):
        repo = f"me/faulty-{next(NUMBERS)}"
        hold_first_release(hub, repo)
        hub.forget_requests()
        hub.inject(Fault(EVERY, kind, nth=request.number))
        run(repo)
        hub.heal()
        assert "It was reverted" in run(repo), (request, kind)
        assert hub.read_files(repo) == before
        state = hub.read_state(repo)
        assert state is not None
        assert "refs/tags/v1.1.0" not in state.refs
    print(f"\n{2 * len(requests)} cuts, each undone")  # noqa: T201  # the trial's figure
