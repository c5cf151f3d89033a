"""Pictures and entries for trainers: a release takes away those that it no longer makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_hub import FakeHub, Fault, FaultKind
from tests.fake_hub import client_calls as calls
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.sessions import needs_git
from tests.publishing.publications import make_build, make_open_build, push

pytestmark = needs_git
RATES = "figures/pass_rates.svg"
FOREIGN = {"figures/mine.svg": b"<svg/>", "formats/mine/notes.txt": b"mine"}


@pytest.fixture(scope="module")
def checked_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build(tmp_path_factory.mktemp("checked") / "out", 3)


@pytest.fixture(scope="module")
def open_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_open_build(tmp_path_factory.mktemp("open") / "out", 3)


def test_a_picture_goes_with_what_it_showed_and_foreign_files_stay(
    hub: FakeHub, client: ClientProcess, checked_build: Path, open_build: Path
) -> None:
    repo = "me/pictures"
    client.call(push, checked_build, "1.0.0", repo=repo)
    assert RATES in hub.read_files(repo)
    hub.commit(repo, FOREIGN)
    client.call(push, open_build, "auto", repo=repo)
    files = hub.read_files(repo, "v2.0.0")
    assert RATES not in files
    assert b"pass_rates.svg" not in files["README.md"]
    assert "figures/funnel.svg" in files
    assert {path: files[path] for path in FOREIGN} == FOREIGN
    assert RATES in hub.read_files(repo, "v1.0.0")


@pytest.mark.parametrize("kind", [FaultKind.FREEZE_BEFORE, FaultKind.FREEZE_AFTER])
def test_a_release_that_was_cut_off_leaves_no_picture_behind(
    hub: FakeHub,
    client: ClientProcess,
    tmp_path: Path,
    checked_build: Path,
    open_build: Path,
    kind: FaultKind,
) -> None:
    repo = f"me/cut-{kind.value.replace('_', '-')}"
    client.call(push, open_build, "1.0.0", repo=repo)
    hub.commit(repo, FOREIGN)
    hub.inject(Fault("tag_create", kind))
    with pytest.raises(ClientError):  # main has the picture of a release, its tag may be there
        client.call(push, checked_build, "auto", repo=repo)
    hub.heal()
    assert RATES in hub.read_files(repo)
    client.call(push, make_open_build(tmp_path / "out", 4), "auto", repo=repo)
    files = hub.read_files(repo)
    assert RATES not in files
    assert {path: files[path] for path in FOREIGN} == FOREIGN
    assert len(client.call(calls.load_rows, repo)) == 4


def test_a_picture_of_somebody_else_is_not_overwritten(
    hub: FakeHub, client: ClientProcess, checked_build: Path
) -> None:
    hub.create_repository("me/taken")
    hub.commit("me/taken", {RATES: b"<svg>mine</svg>"})
    before = hub.read_state("me/taken")
    with pytest.raises(ClientError, match=f"PublishError: .*{RATES}"):
        client.call(push, checked_build, "1.0.0", repo="me/taken")
    assert hub.read_state("me/taken") == before
