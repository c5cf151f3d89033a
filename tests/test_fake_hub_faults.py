"""Each way in which the fake Hub fails, as the real huggingface_hub meets it, and what is left."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.fake_hub import (
    EVERY,
    HUB_ROUTES,
    STORAGE_ROUTES,
    WRITE_TOKEN,
    FakeHub,
    Fault,
    FaultKind,
    RepositoryState,
)
from tests.fake_hub import client_calls as calls
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.faults import FaultBoard
from tests.fake_hub.sessions import needs_git, serve_afresh, serve_client, serve_hub

pytestmark = needs_git

FILES = {
    "README.md": b"---\nlicense: mit\n---\n",
    "data/a.parquet": b"PAR1 a \0" * 40,
    "data/b.parquet": b"PAR1 b \0" * 40,
}
TAG = "refs/tags/v1.0.0"
HEAD = "refs/heads/main"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def running_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    yield from serve_hub(tmp_path_factory)


@pytest.fixture
def hub(running_hub: FakeHub) -> Iterator[FakeHub]:
    """A healthy server that has seen nothing yet."""
    yield from serve_afresh(running_hub)


@pytest.fixture(scope="module")
def client(
    running_hub: FakeHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClientProcess]:
    yield from serve_client(running_hub, tmp_path_factory)


@pytest.fixture
def name(hub: FakeHub) -> str:
    return hub.create_repository(f"me/set-{next(NUMBERS)}").name


def head_of(hub: FakeHub, name: str) -> str:
    return hub.repository(name).require_commit("main")


def names_of(hub: FakeHub) -> list[str]:
    return [record.name for record in hub.requests]


def post_commit(hub: FakeHub, name: str) -> httpx.Response:
    """A commit over plain HTTP: no client library repeats it."""
    file = {"path": "a.txt", "content": "a", "encoding": "utf-8"}
    lines = [
        {"key": "header", "value": {"summary": "By hand"}},
        {"key": "file", "value": file},
    ]
    return httpx.post(
        f"{hub.endpoint}/api/datasets/{name}/commit/main",
        content="".join(f"{json.dumps(line)}\n" for line in lines),
        headers={"Authorization": f"Bearer {WRITE_TOKEN}"},
    )


@pytest.mark.parametrize("status", [409, 412, 429, 500, 503])
def test_a_commit_is_refused_with_any_status_and_has_no_effect(
    hub: FakeHub, client: ClientProcess, name: str, status: int
) -> None:
    before = head_of(hub, name)
    hub.inject(Fault("commit", FaultKind.STATUS, status=status, retry_after_s=7))
    with pytest.raises(ClientError) as refused:
        client.call(calls.commit, name, {"a.txt": b"a"})
    assert refused.value.status == status
    assert head_of(hub, name) == before
    record = hub.requests[-1]
    assert (record.name, record.status, record.faulted) == ("commit", status, FaultKind.STATUS)
    assert not record.took_effect
    client.call(calls.commit, name, {"a.txt": b"a"})


def test_retry_after_is_told_and_obeyed(hub: FakeHub, client: ClientProcess, name: str) -> None:
    hub.inject(Fault("preupload", FaultKind.STATUS, status=429, retry_after_s=0))
    start = time.monotonic()
    client.call(calls.commit, name, {"a.txt": b"a"})
    assert time.monotonic() - start >= 1  # the client waits a second more than it was told
    assert names_of(hub) == ["preupload", "preupload", "commit"]
    hub.inject(Fault("commit", FaultKind.STATUS, status=429, retry_after_s=7))
    told = post_commit(hub, name).headers
    assert (told["Retry-After"], told["RateLimit"]) == ("7", '"api";r=0;t=7')


@pytest.mark.parametrize("kind", [FaultKind.DROP_REPLY, FaultKind.CUT_BODY, FaultKind.LATE_STATUS])
def test_a_commit_whose_reply_is_lost_has_landed(
    hub: FakeHub, client: ClientProcess, name: str, kind: FaultKind
) -> None:
    before = head_of(hub, name)
    hub.inject(Fault("commit", kind, status=504))
    with pytest.raises(ClientError) as lost:
        client.call(calls.commit, name, FILES, parent=before)
    kinds = {"HfHubHTTPError"} if kind is FaultKind.LATE_STATUS else {"RemoteProtocolError"}
    assert lost.value.kind in kinds
    landed = head_of(hub, name)
    assert landed != before
    assert hub.requests[-1].took_effect
    hub.forget_requests()
    again, _ = client.call(calls.commit, name, FILES)
    assert again == landed
    assert not {"lfs_put", "commit"} & set(names_of(hub))


def test_a_dropped_request_has_no_effect(hub: FakeHub, client: ClientProcess, name: str) -> None:
    before = head_of(hub, name)
    hub.inject(Fault("commit", FaultKind.DROP_REQUEST))
    with pytest.raises(ClientError) as lost:
        client.call(calls.commit, name, FILES)
    assert lost.value.kind == "RemoteProtocolError"
    assert head_of(hub, name) == before
    assert (hub.requests[-1].status, hub.requests[-1].took_effect) == (None, False)
    hub.forget_requests()
    client.call(calls.commit, name, FILES)
    assert "lfs_put" not in names_of(hub)  # the objects were there already


def test_a_cut_download_is_asked_for_again(hub: FakeHub, client: ClientProcess, name: str) -> None:
    hub.commit(name, FILES)
    hub.inject(Fault("lfs_get", FaultKind.CUT_BODY))
    content = client.call(calls.download, name, "data/a.parquet", "main")
    assert content == FILES["data/a.parquet"]
    assert [record.status for record in hub.requests] == [302, 200, 200]


def test_a_garbled_download_has_the_right_size(
    hub: FakeHub, client: ClientProcess, name: str
) -> None:
    hub.commit(name, FILES)
    hub.inject(Fault("lfs_get", FaultKind.GARBLE))
    content = client.call(calls.download, name, "data/a.parquet", "main")
    assert len(content) == len(FILES["data/a.parquet"])
    assert content != FILES["data/a.parquet"]


def test_a_delay_is_waited_for(hub: FakeHub, name: str) -> None:
    hub.inject(Fault("commit", FaultKind.DELAY, delay_s=0.3))
    start = time.monotonic()
    assert post_commit(hub, name).status_code == 200
    assert time.monotonic() - start >= 0.3


def test_somebody_else_commits_just_before(hub: FakeHub, client: ClientProcess, name: str) -> None:
    before = head_of(hub, name)

    def intrude(running: FakeHub) -> None:
        running.commit(name, {"theirs.txt": b"t"})

    hub.inject(Fault("commit", FaultKind.MEANWHILE, act=intrude))
    with pytest.raises(ClientError) as refused:
        client.call(calls.commit, name, FILES, parent=before)
    assert refused.value.status == 412
    assert client.call(calls.list_commits, name)[0][1] == "someone-else"
    assert set(hub.read_files(name)) == {".gitattributes", "theirs.txt"}
    with pytest.raises(ValueError, match="act"):
        Fault("commit", FaultKind.MEANWHILE)


@pytest.mark.parametrize("kind", [FaultKind.HOLD_REQUEST, FaultKind.HOLD_REPLY])
def test_a_client_is_killed_while_its_request_is_held(
    hub: FakeHub, client: ClientProcess, name: str, kind: FaultKind
) -> None:
    before = head_of(hub, name)
    hub.inject(Fault("commit", kind))
    client.begin(calls.commit, name, FILES)
    held = hub.wait_until_held()
    assert held.name == "commit"
    client.kill()
    hub.release()
    landed = kind is FaultKind.HOLD_REPLY
    assert (head_of(hub, name) != before) == landed
    hub.forget_requests()
    client.call(calls.commit, name, FILES)
    assert ("commit" in names_of(hub)) == (not landed)
    assert "lfs_put" not in names_of(hub)


@pytest.mark.parametrize("kind", [FaultKind.FREEZE_BEFORE, FaultKind.FREEZE_AFTER])
def test_a_release_interrupted_at_every_request_is_finished_by_the_next_run(
    hub: FakeHub, client: ClientProcess, kind: FaultKind
) -> None:
    """What a publish does may be no more than this: old state, a part of the way, or the new."""
    name = f"me/frozen-{next(NUMBERS)}"
    client.call(calls.release, name, FILES, "v1.0.0")
    asked = names_of(hub)
    effects = {"repo_create", "commit", "tag_create"}
    assert effects < set(asked)
    for nth in range(1, len(asked) + 1):
        name = f"me/frozen-{next(NUMBERS)}"
        hub.heal()
        hub.forget_requests()
        hub.inject(Fault(EVERY, kind, nth=nth))
        with pytest.raises(ClientError):
            client.call(calls.release, name, FILES, "v1.0.0")
        done = [record.name for record in hub.requests if record.took_effect]
        assert len(done) == nth - (kind is FaultKind.FREEZE_BEFORE)
        check_partial_release(hub.read_state(name), set(done) & effects)
        hub.heal()
        oid = client.call(calls.release, name, FILES, "v1.0.0")
        state = hub.read_state(name)
        assert state is not None
        assert state.refs == {HEAD: oid, TAG: oid}


def check_partial_release(state: RepositoryState | None, done: set[str]) -> None:
    """Nothing is there that no request made."""
    assert (state is not None) == ("repo_create" in done)
    if state is not None:
        assert (TAG in state.refs) == ("tag_create" in done)


def test_faults_count_the_requests_that_they_can_meet() -> None:
    fault = Fault("lfs_*", FaultKind.DROP_REPLY, nth=2, times=2)
    last = Fault(EVERY, FaultKind.STATUS, nth=5)
    board = FaultBoard([fault, last])
    met = [board.meet(name) for name in ("commit", "lfs_put", "lfs_get", "lfs_put", "lfs_put")]
    assert met == [None, None, fault, fault, last]
    board.heal()
    assert board.meet("lfs_put") is None


def test_names_of_routes_are_unique() -> None:
    names = [route.name for route in (*HUB_ROUTES, *STORAGE_ROUTES)]
    assert len(set(names)) == len(names)
