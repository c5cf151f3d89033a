"""A manifest is found by file, folder or revision on the Hub; what is none says why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.errors import OutputError, RecipeError
from builders.manifest_parts import manifest_bytes
from builders.rebuilding.find_manifest import find_manifest
from tests.fake_hub import FakeHub
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.sessions import needs_git, serve_client, serve_hub
from tests.test_manifest import small_manifest

MANIFEST = small_manifest()
REPO = "me/sums"


def write_build(out: Path, *, journal: bool = False) -> Path:
    (out / "dataset").mkdir(parents=True)
    (out / "manifest.json").write_bytes(manifest_bytes(MANIFEST))
    if journal:
        (out / "responses").mkdir()
        (out / "responses/responses.jsonl").write_text("")
    return out


@pytest.mark.parametrize("inside", ["", "manifest.json", "dataset"])
def test_a_build_is_found_by_its_file_and_folders(tmp_path: Path, inside: str) -> None:
    out = write_build(tmp_path / "my build")
    found = find_manifest(str(out / inside))
    assert (found.manifest, found.journal_out) == (MANIFEST, None)
    assert found.named == str(out / inside)


def test_the_journal_beside_it_is_seen(tmp_path: Path) -> None:
    out = write_build(tmp_path / "out", journal=True)
    assert find_manifest(str(out / "dataset")).journal_out == out
    copy = out / "dataset" / "manifest.json"
    copy.write_bytes((out / "manifest.json").read_bytes())
    assert find_manifest(str(out / "dataset")).journal_out == out
    assert find_manifest(str(copy)).journal_out == out
    copy.write_bytes(copy.read_bytes() + b"\n")  # not the one of this OUT
    assert find_manifest(str(out / "dataset")).journal_out is None
    assert find_manifest(str(out / "manifest.json")).journal_out == out


def test_a_folder_without_a_manifest_is_no_build(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest_bytes(MANIFEST))
    (tmp_path / "other").mkdir()
    with pytest.raises(RecipeError, match=r"holds no manifest\.json, so no build has ended"):
        find_manifest(str(tmp_path / "other"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gone.json", "no such file or folder. Give a manifest.json"),
        ("me/sums", "since a branch moves: MANIFEST=me/sums@v1.0.0"),
        ("me/sums@", "name a tag, commit or branch behind the @"),
        ("me@v1.0.0", "is no name of a repository: write owner/name"),
        ("/gone/manifest@1.json", "is no name of a repository"),
    ],
)
def test_what_names_nothing_says_what_to_write(text: str, told: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(told)):
        find_manifest(text)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[", "Give the manifest.json that a build of this project wrote."),
        (b'{"kind": "reasoning"}', "Give the manifest.json that a build"),
        (b'{"kind": "maths", "code_version": "9.0+gabc"}', "Code version 9.0+gabc wrote it"),
    ],
)
def test_a_manifest_that_cannot_be_read_names_its_writer(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(OutputError, match=re.escape(told)):
        find_manifest(str(tmp_path))


@pytest.mark.parametrize("field", ["code_version", "source", "model"])
def test_names_that_a_terminal_would_obey_are_refused(tmp_path: Path, field: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(manifest_bytes(small_manifest(**{field: "a\x1b[2Jb"})))
    with pytest.raises(OutputError, match="holds control characters in a name"):
        find_manifest(str(path))


def test_settings_of_a_later_code_are_refused_with_their_name(tmp_path: Path) -> None:
    fields = json.loads(manifest_bytes(MANIFEST)) | {"telepathy": True, "code_version": "9.0"}
    (tmp_path / "manifest.json").write_text(json.dumps(fields))
    with pytest.raises(OutputError, match=r"telepathy.*Code version 9\.0 wrote it"):
        find_manifest(str(tmp_path))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    for running in serve_hub(tmp_path_factory):
        running.create_repository(REPO)
        running.commit(REPO, {"manifest.json": manifest_bytes(MANIFEST)})
        yield running


@pytest.fixture(scope="module")
def client(hub: FakeHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientProcess]:
    yield from serve_client(hub, tmp_path_factory)


@needs_git
def test_a_branch_and_its_commit_give_the_manifest(hub: FakeHub, client: ClientProcess) -> None:
    commit = hub.repository(REPO).require_commit("main")
    for revision in ("main", commit):
        found = client.call(find_manifest, f"{REPO}@{revision}")
        assert found.manifest == MANIFEST
        assert (found.named, found.journal_out) == (f"{REPO}@{revision}", None)


@pytest.mark.parametrize("text", [f"{REPO}@v9.0.0", "me/gone@main"])
@needs_git
def test_what_is_not_there_is_named(client: ClientProcess, text: str) -> None:
    with pytest.raises(ClientError, match=re.escape(f"MANIFEST={text}: reading revision")) as e:
        client.call(find_manifest, text)
    assert "404" in str(e.value)


@needs_git
def test_a_revision_without_a_manifest_is_told(hub: FakeHub, client: ClientProcess) -> None:
    hub.create_repository("me/plain")
    hub.commit("me/plain", {"data.csv": b"a"})
    with pytest.raises(ClientError, match=r"reading manifest\.json of"):
        client.call(find_manifest, "me/plain@main")


@needs_git
def test_a_public_release_is_read_without_a_token(hub: FakeHub, tmp_path: Path) -> None:
    with ClientProcess(hub.environment(tmp_path, token=None)) as nobody:
        assert nobody.call(find_manifest, f"{REPO}@main").manifest == MANIFEST
