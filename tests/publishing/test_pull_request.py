"""Releases that come in by a pull request, on the fake Hub: many files, or somebody else's word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_hub import FakeHub, Fault, FaultKind
from tests.fake_hub import client_calls as calls
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.sessions import needs_git
from tests.publishing.publications import push, tags_of

pytestmark = needs_git


def test_a_pull_request_waits_for_its_merge_and_then_gets_the_tag(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path, larger: Path
) -> None:
    client.call(push, small, "1.0.0", repo=repo)
    before = hub.read_files(repo)
    for _ in range(2):  # the second finds what the first has made
        client.call(push, larger, "auto", repo=repo, pull_request=True)
        state = hub.read_state(repo)
        assert state is not None
        assert state.discussions == ["1 open"]
        assert hub.read_files(repo) == before
        assert len(tags_of(hub, repo)) == 1
    hub.merge(repo, 1)
    client.call(push, larger, "auto", repo=repo, pull_request=True)
    assert set(tags_of(hub, repo)) == {"refs/tags/v1.0.0", "refs/tags/v1.1.0"}
    assert len(client.call(calls.load_rows, repo, "v1.1.0")) == 9


def test_many_files_go_through_a_pull_request_in_parts(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path, larger: Path
) -> None:
    client.call(push, small, "1.0.0", repo=repo, most_files=2)
    client.call(push, larger, "auto", repo=repo, most_files=2)
    state = hub.read_state(repo)
    assert state is not None
    assert state.discussions == ["1 merged", "2 merged"]
    assert len(client.call(calls.load_rows, repo, "v1.0.0")) == 6
    assert len(client.call(calls.load_rows, repo, "v1.1.0")) == 9
    titles = [title for title, _ in client.call(calls.list_commits, repo)]
    assert titles == ["Release v1.1.0 (#2)", "Release v1.0.0 (#1)", "initial commit"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("discussion_create", FaultKind.DROP_REPLY),
        ("discussion_status", FaultKind.LATE_STATUS),
        ("discussion_merge", FaultKind.STATUS),
        ("discussion_merge", FaultKind.DROP_REPLY),
    ],
)
def test_one_fault_of_a_pull_request_is_survived(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path, name: str, kind: FaultKind
) -> None:
    hub.inject(Fault(name, kind, status=504, retry_after_s=0))
    client.call(push, small, "1.0.0", repo=repo, most_files=2)
    state = hub.read_state(repo)
    assert state is not None
    assert state.discussions == ["1 merged"]
    assert state.refs["refs/heads/main"] == state.refs["refs/tags/v1.0.0"]


def test_a_pull_request_that_does_not_load_is_closed_and_main_stays(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    with pytest.raises(ClientError, match="closed; main is as it was"):
        client.call(push, small, "1.0.0", repo=repo, most_files=2, loader="load_nothing")
    assert list(hub.read_files(repo)) == [".gitattributes"]
    state = hub.read_state(repo)
    assert state is not None
    assert state.discussions == ["1 closed"]
