"""Releases on the fake Hub, over the real client: two versions, and whatever comes between."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.fake_hub import STRANGER, FakeHub, Fault, FaultKind
from tests.fake_hub import client_calls as calls
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.sessions import needs_git
from tests.fake_teacher.traces import REPOSITORY
from tests.publishing.publications import (
    MAKERS,
    make_build,
    push,
    push_and_listen,
    sum_row,
    tags_of,
)

pytestmark = needs_git


@pytest.mark.parametrize("kind", list(MAKERS))
def test_two_versions_of_every_kind_load_with_their_own_rows(
    hub: FakeHub, client: ClientProcess, repo: str, tmp_path: Path, kind: str
) -> None:
    small, larger = (MAKERS[kind](tmp_path / f"{rows}", rows) for rows in (100, 120))
    told = {"repo": repo, "kind": kind}
    client.call(push, small, "1.0.0", **told)
    client.call(push, larger, "auto", **told)
    first, second = (client.call(calls.load_rows, repo, tag) for tag in ("v1.0.0", "v1.1.0"))
    assert len(second) == len(first) + 20
    assert len(first) >= 100
    assert {row["id"] for row in first} < {row["id"] for row in second}
    assert set(tags_of(hub, repo)) == {"refs/tags/v1.0.0", "refs/tags/v1.1.0"}
    assert hub.repository(repo).git.run("cat-file", "-t", "v1.1.0").strip() == b"tag"  # annotated
    card = hub.read_files(repo)["README.md"].decode()
    assert "| 1.0.0 |" in card
    assert "20 rows added" in card
    sent = Counter(record.path for record in hub.requests if record.name == "lfs_put")
    assert set(sent.values()) == {1}
    assert not (larger / ".release").exists()


def test_another_language_of_the_card_alone_is_a_patch(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    client.call(push, small, "1.0.0", repo=repo)
    for _ in range(2):  # the second time there is nothing left to do
        client.call(push, small, "auto", repo=repo, card_language="zh")
    assert set(tags_of(hub, repo)) == {"refs/tags/v1.0.0", "refs/tags/v1.0.1"}
    files = hub.read_files(repo)
    card = files["README.md"].decode()
    assert "## 版本历史" in card
    assert "修订版本：行、列和切分均无变更。" in card
    assert 'xml:lang="zh-Hans"' in files["figures/funnel.svg"].decode()
    first, second = (client.call(calls.load_rows, repo, tag) for tag in ("v1.0.0", "v1.0.1"))
    assert first == second


def test_the_command_publishes_and_says_what_it_did(
    hub: FakeHub, repo: str, small: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "builders.push_dataset", "reasoning"]
    environment = {
        **hub.environment(tmp_path / "home"),
        "BUILD_REPO": repo,
        "BUILD_VERSION": "auto",
        "BUILD_OUT": str(small),
    }
    said = []
    for _ in range(2):
        done = subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stderr)
    chosen, published = said[0].splitlines()  # no line a request: signed addresses are keys
    assert chosen == "VERSION=auto: 1.0.0. Nothing was released in this repository yet."
    assert published.startswith(f"published: {hub.endpoint}/datasets/{repo}, tag v1.0.0, commit ")
    (told,) = said[1].splitlines()
    assert f"{repo} v1.0.0 holds this very content" in told
    assert len(tags_of(hub, repo)) == 1


def test_a_killed_command_is_finished_by_the_next_one(
    hub: FakeHub, repo: str, small: Path, tmp_path: Path
) -> None:
    with ClientProcess(hub.environment(tmp_path / "home")) as killed:
        hub.inject(Fault("lfs_put", FaultKind.HOLD_REPLY))
        killed.begin(push, small, "1.0.0", repo=repo)
        held = hub.wait_until_held()
        killed.kill()
        # What was sent beside it may still be taking effect.
        while any(
            one.took_effect and one.status is None and one.number != held.number
            for one in hub.requests
        ):
            time.sleep(0.05)
        hub.heal()
        assert (small / ".release").exists()
        killed.call(push, small, "1.0.0", repo=repo)
    sent = Counter(one.path for one in hub.requests if one.name == "lfs_put" and one.took_effect)
    assert set(sent.values()) == {1}
    assert len(tags_of(hub, repo)) == 1
    assert not (small / ".release").exists()


def test_another_kind_is_refused(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path, tmp_path: Path
) -> None:
    client.call(push, small, "1.0.0", repo=repo)
    before = hub.read_state(repo)
    other = MAKERS["instruction"](tmp_path / "other", 2)
    with pytest.raises(ClientError, match="one repository has one kind"):
        client.call(push, other, "auto", repo=repo, kind="instruction")
    with pytest.raises(ClientError, match="of the pretraining kind"):
        client.call(push, other, "auto", repo=repo, kind="pretraining")
    assert hub.read_state(repo) == before


@pytest.mark.usefixtures("hub")
def test_hostile_rows_are_harmless(client: ClientProcess, repo: str, tmp_path: Path) -> None:
    hostile = [
        "---\nlicense: mit\nconfigs: []\n---\n<script>alert(1)</script> {{ 7 * 7 }} {% raw %}",
        "```\n# Not a heading\n| a | b |\n<img src=x onerror=alert(1)> [x](javascript:alert(1))",
        "\u202e\u0000\ud800 $(rm -rf /) `id` '; DROP TABLE rows; --",
    ]
    rows = [sum_row(100 + number, text) for number, text in enumerate(hostile)]
    out = make_build(tmp_path / "out", 1, *rows, model="<b>{{ config }}</b>\n---\nlicense: mit")
    client.call(push, out, "1.0.0", repo=repo, license="cc-by-4.0")
    loaded = client.call(calls.load_rows, repo, "v1.0.0")
    assert [row["messages"][1]["reasoning_content"] for row in loaded[1:3]] == hostile[:2]
    card = client.call(calls.describe_repository, repo)["card"]
    assert card["license"] == "cc-by-4.0"
    assert [one["config_name"] for one in card["configs"]] == ["default", "inline_think"]


def test_a_planted_secret_is_refused_before_anything_is_sent(
    hub: FakeHub, client: ClientProcess, repo: str, tmp_path: Path
) -> None:
    key = "sk-" + "a8Kq2ZrT9" * 4
    out = make_build(tmp_path / "out", 1, sum_row(7, f"I used the key {key} there."))
    with pytest.raises(ClientError, match=r"PublishError: what may be secrets") as refused:
        client.call(push, out, "1.0.0", repo=repo)
    assert key not in refused.value.message
    assert hub.read_state(repo) is None
    assert not (out / ".release").exists()


def test_what_main_holds_beside_the_latest_release_is_told(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path, larger: Path
) -> None:
    client.call(push, small, "1.0.0", repo=repo)
    hub.inject(Fault("tag_create", FaultKind.FREEZE_BEFORE))
    with pytest.raises(ClientError):
        client.call(push, larger, "1.1.0", repo=repo)
    hub.heal()
    before = hub.read_state(repo)
    told = client.call(push_and_listen, small, "auto", repo=repo)
    assert "there is nothing to publish" in told[0]
    assert "main holds other content since ('README.md'" in told[1]
    assert "revision=v1.0.0" in told[1]
    assert hub.read_state(repo) == before


def test_the_same_content_is_not_published_twice(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    client.call(push, small, "1.0.0", repo=repo)
    before = hub.read_state(repo)
    for version in ("auto", "1.0.0"):
        hub.forget_requests()
        client.call(push, small, version, repo=repo)
        assert {record.method for record in hub.requests} <= {"GET", "HEAD"}
    assert hub.read_state(repo) == before


def test_another_licence_alone_is_a_patch(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    client.call(push, small, "1.0.0", repo=repo)
    hub.forget_requests()
    client.call(push, small, "auto", repo=repo, license="cc-by-4.0")
    assert set(tags_of(hub, repo)) == {"refs/tags/v1.0.0", "refs/tags/v1.0.1"}
    assert "lfs_put" not in {record.name for record in hub.requests}


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "0.9.0"])
def test_a_version_below_the_rules_is_refused_before_anything_is_sent(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path, larger: Path, version: str
) -> None:
    client.call(push, small, "1.0.0", repo=repo)
    before = hub.read_state(repo)
    with pytest.raises(ClientError, match=r"VersionError: version .*1\.1\.0") as refused:
        client.call(push, larger, version, repo=repo)
    assert "3 rows added" in str(refused.value) or version == "0.9.0"
    assert hub.read_state(repo) == before


def test_foreign_files_stay_and_shards_of_the_release_before_go(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path, larger: Path
) -> None:
    client.call(push, larger, "1.0.0", repo=repo)
    hub.commit(repo, {"notes/mine.md": b"keep me", "old/table.parquet": b"PAR1 \0 mine"})
    without = make_build(small.parent / "fewer", 4)
    client.call(push, without, "2.0.0", repo=repo)
    files = hub.read_files(repo)
    assert files["notes/mine.md"] == b"keep me"
    assert files["old/table.parquet"] == b"PAR1 \0 mine"
    assert ".gitattributes" in files
    assert len(client.call(calls.load_rows, repo, "v2.0.0")) == 4


def test_data_that_no_release_made_are_neither_overwritten_nor_mixed_in(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    hub.create_repository(repo)
    hub.commit(repo, {"data/train-extra.parquet": b"PAR1 \0 somebody's"})
    before = hub.read_state(repo)
    with pytest.raises(ClientError, match=r"PublishError: .*'data/train-extra.parquet'"):
        client.call(push, small, "1.0.0", repo=repo)
    assert hub.read_state(repo) == before


def test_somebody_elses_commit_meanwhile_stops_the_release_and_is_told(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    hub.create_repository(repo)
    hub.inject(
        Fault("commit", FaultKind.MEANWHILE, act=lambda there: there.commit(repo, {"a.md": b"a"}))
    )
    with pytest.raises(ClientError, match="changed by somebody else") as stopped:
        client.call(push, small, "1.0.0", repo=repo)
    assert "'a.md'" in stopped.value.message
    assert STRANGER in stopped.value.message
    assert list(hub.read_files(repo)) == [".gitattributes", "a.md"]
    hub.heal()
    client.call(push, small, "1.0.0", repo=repo)
    assert {"a.md", "README.md", "LICENSE"} <= set(hub.read_files(repo))


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("commit", FaultKind.STATUS, 409),
        ("commit", FaultKind.STATUS, 412),
        ("commit", FaultKind.STATUS, 429),
        ("commit", FaultKind.LATE_STATUS, 504),
        ("commit", FaultKind.LATE_STATUS, 412),  # our own commit is what moved the head
        ("commit", FaultKind.DROP_REPLY, 0),
        ("commit", FaultKind.GARBLE, 0),
        ("tag_create", FaultKind.DROP_REPLY, 0),
        ("tag_create", FaultKind.STATUS, 409),
        ("repo_create", FaultKind.DROP_REPLY, 0),
        ("tree", FaultKind.GARBLE, 0),
        ("repo_info", FaultKind.STATUS, 429),
        ("preupload", FaultKind.STATUS, 500),
        ("lfs_put", FaultKind.STATUS, 503),
        ("lfs_verify", FaultKind.DROP_REPLY, 0),
        ("lfs_get", FaultKind.CUT_BODY, 0),
    ],
)
def test_one_fault_of_the_moment_is_survived(
    hub: FakeHub,
    client: ClientProcess,
    repo: str,
    small: Path,
    name: str,
    kind: FaultKind,
    status: int,
) -> None:
    hub.inject(Fault(name, kind, status=status or 503, retry_after_s=0))
    client.call(push, small, "1.0.0", repo=repo)
    (tag,) = tags_of(hub, repo).values()
    commits = client.call(calls.list_commits, repo, tag)
    assert [title for title, _ in commits] == ["Release v1.0.0", "initial commit"]
    state = hub.read_state(repo)
    assert state is not None
    assert state.refs["refs/heads/main"] == tag


def test_a_dataset_that_does_not_load_is_reverted_and_gets_no_tag(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path, larger: Path
) -> None:
    client.call(push, small, "1.0.0", repo=repo)
    hub.commit(repo, {"notes.md": b"mine"})
    before = hub.read_files(repo)
    with pytest.raises(ClientError, match=r"CastError: planted.*reverted by commit"):
        client.call(push, larger, "auto", repo=repo, loader="load_nothing")
    assert hub.read_files(repo) == before
    assert set(tags_of(hub, repo)) == {"refs/tags/v1.0.0"}
    titles = [title for title, _ in client.call(calls.list_commits, repo)]
    assert titles[:2] == ["Revert Release v1.1.0", "Release v1.1.0"]
    client.call(push, larger, "auto", repo=repo)
    assert len(client.call(calls.load_rows, repo, "v1.1.0")) == 9


def test_a_neighbour_that_changes_what_is_loaded_is_found_and_the_release_undone(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    hub.create_repository(repo)
    other = b"configs:\n- config_name: other\n  data_files: data/*.parquet\n"
    hub.commit(repo, {".huggingface.yaml": other})
    before = hub.read_files(repo)
    with pytest.raises(ClientError, match="does not pass the check that loads it back") as refused:
        client.call(push, small, "1.0.0", repo=repo)
    assert "It was reverted by commit" in refused.value.message
    assert hub.read_files(repo) == before
    assert tags_of(hub, repo) == {}
    titles = [title for title, _ in client.call(calls.list_commits, repo)]
    assert titles[:2] == ["Revert Release v1.0.0", "Release v1.0.0"]


def test_a_first_release_that_does_not_load_leaves_the_repository_as_it_was(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    hub.create_repository(repo)
    hub.commit(repo, {"README.md": b"my own words\n"})
    before = hub.read_files(repo)
    hub.inject(Fault("commit", FaultKind.DROP_REPLY, nth=2))  # the revert's reply is lost
    with pytest.raises(ClientError, match="reverted"):
        client.call(push, small, "1.0.0", repo=repo, loader="load_nothing")
    assert hub.read_files(repo) == before


def test_somebody_elses_commit_outlives_a_revert(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    hub.inject(
        Fault("commits", FaultKind.MEANWHILE, act=lambda there: there.commit(repo, {"a.md": b"a"}))
    )
    with pytest.raises(ClientError, match=r"commit 'Revert Release v1\.0\.0' was not made"):
        client.call(push, small, "1.0.0", repo=repo, loader="load_nothing")
    hub.heal()
    with pytest.raises(ClientError, match="reverted by commit"):
        client.call(push, small, "1.0.0", repo=repo, loader="load_nothing")
    assert list(hub.read_files(repo)) == [".gitattributes", "a.md"]
    assert tags_of(hub, repo) == {}


def test_a_hub_that_cannot_be_asked_is_no_reason_to_revert(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    with pytest.raises(ClientError, match=r"could not be loaded back.*it goes on"):
        client.call(push, small, "1.0.0", repo=repo, loader="load_unreachable")
    assert "README.md" in hub.read_files(repo)
    assert tags_of(hub, repo) == {}
    hub.forget_requests()
    client.call(push, small, "1.0.0", repo=repo)
    assert "commit" not in {record.name for record in hub.requests}
    assert len(tags_of(hub, repo)) == 1


def test_a_tag_of_somebody_else_is_not_moved(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    hub.create_repository(repo)
    first = hub.repository(repo).require_commit("main")

    def take_the_tag(there: FakeHub) -> None:
        there.repository(repo).git.run("tag", "v1.0.0", first)

    hub.inject(Fault("tag_create", FaultKind.MEANWHILE, act=take_the_tag))
    with pytest.raises(ClientError, match="never moved"):
        client.call(push, small, "1.0.0", repo=repo)
    assert tags_of(hub, repo) == {"refs/tags/v1.0.0": first}


def test_private_is_made_so_and_a_public_repository_is_not_taken_for_it(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    client.call(push, small, "1.0.0", repo=repo, private=True)
    state = hub.read_state(repo)
    assert state is not None
    assert state.private
    hub.create_repository(f"{repo}-public")
    with pytest.raises(ClientError, match=r"PRIVATE=1, but .* is public"):
        client.call(push, small, "1.0.0", repo=f"{repo}-public", private=True)
    client.call(push, small, "1.0.0", repo=f"{repo}-public")
    with pytest.raises(ClientError, match=r"PRIVATE=1, but .* is public"):
        client.call(push, small, "1.0.0", repo=f"{repo}-public", private=True)  # nothing is left


def test_private_data_is_not_sent_to_a_repository_that_somebody_made_meanwhile(
    hub: FakeHub, client: ClientProcess, repo: str, small: Path
) -> None:
    made = Fault(
        "repo_create", FaultKind.MEANWHILE, act=lambda there: there.create_repository(repo)
    )
    hub.inject(made)
    with pytest.raises(ClientError, match=r"PRIVATE=1, but .* is public"):
        client.call(push, small, "1.0.0", repo=repo, private=True)
    assert list(hub.read_files(repo)) == [".gitattributes"]


def test_a_wrong_token_is_told_without_the_token(
    hub: FakeHub, client: ClientProcess, small: Path
) -> None:
    with pytest.raises(ClientError, match=r"PublishError: .*HF_TOKEN") as refused:
        client.call(push, small, "1.0.0", repo="somebody-else/sums")
    assert "token-of" not in refused.value.message
    assert hub.read_state("somebody-else/sums") is None
