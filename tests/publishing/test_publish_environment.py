"""The Hub client's own variables: a release says in plain words which of them is in its way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fake_hub import READ_TOKEN, WRITE_TOKEN, FakeHub
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.sessions import needs_git
from tests.fake_teacher.traces import REPOSITORY
from tests.publishing.publications import make_build, push, push_with

pytestmark = needs_git
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build(tmp_path_factory.mktemp("build") / "out", 2)


@pytest.mark.parametrize(
    "token", [None, READ_TOKEN, "hf_of-nobody", "hf_with\x01control", "hf_ünï"]
)
@pytest.mark.parametrize("repo", ["me/new", "me/there"])
def test_a_token_that_may_not_write_is_told_and_not_shown(
    hub: FakeHub, client: ClientProcess, out: Path, repo: str, token: str | None
) -> None:
    if hub.read_state("me/there") is None:
        hub.create_repository("me/there")
    before = hub.read_state(repo)
    with pytest.raises(ClientError, match=r"^PublishError: ") as refused:
        client.call(push_with, {"HF_TOKEN": token}, out, version="1.0.0", repo=repo)
    told = refused.value.message
    assert "HF_TOKEN" in told
    assert token is None or token not in told
    assert "control" not in told
    assert hub.read_state(repo) == before


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"),
        ({"HF_ENDPOINT": NOBODY}, "Look at the network and at HF_ENDPOINT"),
        (
            {"HTTP_PROXY": f"http://bob:hunter22@{NOBODY[7:]}", "NO_PROXY": ""},
            "Look at the network",
        ),
    ],
)
def test_a_hub_that_cannot_be_reached_is_told(
    hub: FakeHub, out: Path, tmp_path: Path, variables: dict[str, str], told: str
) -> None:
    given = {**hub.environment(tmp_path / "home"), **variables}
    if "NO_PROXY" in variables:
        given |= {"no_proxy": "", "http_proxy": variables["HTTP_PROXY"]}
    with ClientProcess(given) as cut_off, pytest.raises(ClientError) as refused:
        cut_off.call(push, out, "1.0.0", repo="me/unreached")
    assert refused.value.kind == "PublishError"
    assert told in refused.value.message
    assert "hunter22" not in refused.value.message
    assert hub.read_state("me/unreached") is None
    assert not (out / ".release").exists()


def test_an_offline_cache_and_a_token_file_are_no_obstacle(
    hub: FakeHub, out: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # As `hf auth login` leaves it.
    (home / "token").write_text(f"{WRITE_TOKEN}\n", encoding="utf-8")
    given = hub.environment(home, token=None)
    given |= {"HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
    command = [sys.executable, "-m", "builders.push_dataset", "reasoning", "--repo=me/by-file"]
    done = subprocess.run(
        [*command, "--version=auto", f"--out={out}", "--private=1"],
        cwd=REPOSITORY,
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    state = hub.read_state("me/by-file")
    assert state is not None
    assert state.private
    assert "refs/tags/v1.0.0" in state.refs


def test_this_machines_token_in_a_recipe_is_refused_and_not_shown(
    hub: FakeHub, client: ClientProcess, tmp_path: Path
) -> None:
    secret = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj" * 2
    recipe = {"prompts": {"system": f"Use {WRITE_TOKEN} and {secret}"}}
    planted = make_build(tmp_path / "out", 2, recipe=recipe)
    assert WRITE_TOKEN in json.dumps(json.loads((planted / "manifest.json").read_bytes()))
    with pytest.raises(ClientError, match="nothing was sent") as refused:
        client.call(push, planted, "1.0.0", repo="me/planted")
    told = refused.value.message
    assert "variable HF_TOKEN in manifest.json" in told
    assert "private key in manifest.json" in told
    assert WRITE_TOKEN not in told
    assert "MIIEv" not in told
    assert hub.read_state("me/planted") is None
