"""The fake Hub itself, seen by the real huggingface_hub: commits, tags, trees, files, rights."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.fake_hub import (
    OTHER_TOKEN,
    READ_TOKEN,
    UNKNOWN,
    WRITE_TOKEN,
    FakeHub,
    HubSettings,
    MergeStyle,
)
from tests.fake_hub import client_calls as calls
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.git import GitRepository
from tests.fake_hub.sessions import needs_git, serve_client, serve_hub

pytestmark = needs_git

CARD = b"---\nlicense: apache-2.0\nlanguage:\n- 'en'\n---\n# A set\n"
SHARDS = {
    "data/train-00000-of-00002.parquet": b"PAR1 not really \0" * 50,
    "data/train-00001-of-00002.parquet": b"PAR1 neither \0" * 50,
}
FILES = {"README.md": CARD, "manifest.json": b"{}\n", **SHARDS}
BIG = bytes(range(256)) * 1000
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    settings = HubSettings(page_size=3, expanded_page_size=2, part_size=100_000)
    yield from serve_hub(tmp_path_factory, settings)


@pytest.fixture(scope="module")
def client(hub: FakeHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientProcess]:
    yield from serve_client(hub, tmp_path_factory)


@pytest.fixture
def name(hub: FakeHub) -> str:
    """A repository of its own, with the Hub's first commit alone."""
    return hub.create_repository(f"me/set-{next(NUMBERS)}").name


def names_since(hub: FakeHub, before: int) -> list[str]:
    return [record.name for record in hub.requests[before:]]


def git_of(hub: FakeHub, name: str) -> GitRepository:
    return hub.repository(name).git


def post_commit(
    hub: FakeHub, name: str, *lines: dict[str, object], query: str = "", parent: str | None = None
) -> httpx.Response:
    header = {"summary": "By hand"} | ({"parentCommit": parent} if parent else {})
    body = [{"key": "header", "value": header}, *lines]
    return httpx.post(
        f"{hub.endpoint}/api/datasets/{name}/commit/main{query}",
        content="".join(f"{json.dumps(line)}\n" for line in body),
        headers={"Authorization": f"Bearer {WRITE_TOKEN}"},
    )


def text_line(path: str, content: str) -> dict[str, object]:
    return {"key": "file", "value": {"path": path, "content": content, "encoding": "utf-8"}}


def test_a_commit_is_a_real_one_whose_large_files_are_pointers(
    hub: FakeHub, client: ClientProcess
) -> None:
    made = client.call(calls.create_repository, "me/first")
    oid, number = client.call(calls.commit, made, FILES)
    assert (made, number) == ("me/first", None)
    assert hub.repository(made).find_commit("main") == oid
    shard, content = next(iter(SHARDS.items()))
    pointer = git_of(hub, made).run("show", f"main:{shard}").decode().splitlines()
    assert pointer[1:] == [
        f"oid sha256:{hashlib.sha256(content).hexdigest()}",
        f"size {len(content)}",
    ]
    first = hub.read_files(made, f"{oid}")
    assert {path: first[path] for path in FILES} == FILES
    assert set(first) == {*FILES, ".gitattributes"}


def test_deletions_of_files_and_folders_are_part_of_the_commit(
    hub: FakeHub, client: ClientProcess, name: str
) -> None:
    client.call(calls.commit, name, {**FILES, "old/a.txt": b"a", "old/b.txt": b"b"})
    client.call(calls.commit, name, {"new.txt": b"n"}, deleted=["old/", "manifest.json"])
    assert set(hub.read_files(name)) == {".gitattributes", "README.md", "new.txt", *SHARDS}
    with pytest.raises(ClientError, match="A file with this name doesn't exist"):
        client.call(calls.commit, name, {}, deleted=["manifest.json"])


def test_a_stale_parent_is_412_and_changes_nothing(
    hub: FakeHub, client: ClientProcess, name: str
) -> None:
    old = client.call(calls.read_head, name)
    theirs = hub.commit(name, {"theirs.txt": b"t"})
    with pytest.raises(ClientError, match="A commit has happened since") as refused:
        client.call(calls.commit, name, FILES, parent=old)
    assert refused.value.status == 412
    assert client.call(calls.read_head, name) == theirs
    client.call(calls.commit, name, FILES, parent=theirs)
    assert client.call(calls.list_commits, name) == [
        ("Change 4 files", "me"),
        ("someone-else changes theirs.txt", "someone-else"),
        ("initial commit", "system"),
    ]


def test_of_many_commits_on_one_parent_one_lands(hub: FakeHub, name: str) -> None:
    parent = hub.repository(name).require_commit("main")
    statuses: list[int] = []

    def push(number: int) -> None:
        line = text_line(f"{number}.txt", "x")
        statuses.append(post_commit(hub, name, line, parent=parent).status_code)

    threads = [threading.Thread(target=push, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 412, 412, 412]


def test_what_is_there_is_not_sent_again(hub: FakeHub, client: ClientProcess, name: str) -> None:
    oid, _ = client.call(calls.commit, name, FILES)
    before = len(hub.requests)
    again, _ = client.call(calls.commit, name, FILES)
    assert again == oid
    assert set(names_since(hub, before)) == {
        *("validate_yaml", "preupload", "lfs_batch", "revision_info")
    }


def test_a_pointer_without_its_object_is_refused(hub: FakeHub, name: str) -> None:
    value = {"path": "data.parquet", "algo": "sha256", "oid": "ab" * 32, "size": 3}
    refused = post_commit(hub, name, {"key": "lfsFile", "value": value})
    assert refused.status_code == 400
    assert "LFS pointer pointed to a file that does not exist" in refused.json()["error"]


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", ".git/config", ""])
def test_a_path_that_git_cannot_hold_is_refused(hub: FakeHub, name: str, path: str) -> None:
    assert post_commit(hub, name, text_line(path, "x")).status_code == 400


def test_a_storage_address_is_signed_and_checks_size_and_digest(hub: FakeHub, name: str) -> None:
    content = b"object"
    digest = hashlib.sha256(content).hexdigest()
    address = hub.state.sign_storage("PUT", name, digest, size=len(content))
    assert not address.startswith(hub.endpoint)
    assert httpx.put(address.replace("size=6", "size=5"), content=b"objec").status_code == 403
    assert httpx.put(address, content=b"objec").status_code == 400
    assert httpx.put(address, content=b"tcejbo").status_code == 400
    assert httpx.put(address, content=content).status_code == 200
    assert httpx.get(hub.state.sign_storage("GET", name, digest)).content == content


def test_a_large_file_goes_up_in_parts(hub: FakeHub, client: ClientProcess, name: str) -> None:
    before = len(hub.requests)
    client.call(calls.commit, name, {"big.bin": BIG})
    asked = names_since(hub, before)
    assert asked.count("lfs_put") == 3
    assert asked.count("lfs_complete") == 1
    assert hub.read_files(name)["big.bin"] == BIG


def test_name_content_and_size_decide_what_goes_through_lfs(
    client: ClientProcess, name: str
) -> None:
    files = {
        "figure.png": b"no real picture",
        "table.csv": b"a,b\n",
        "odd.dat": b"\0\1",
        "text.txt": ("é" * 400).encode()[:511],
        ".gitignore": b"*.log\n",
        "a.log": b"x",
    }
    client.call(calls.commit, name, files)
    told = client.call(calls.describe_repository, name)["files"]
    assert {path for path, (_, sha256) in told.items() if sha256} == {"figure.png", "odd.dat"}
    assert "a.log" not in told
    assert told["figure.png"] == (15, hashlib.sha256(files["figure.png"]).hexdigest())


def test_tags_are_annotated_and_never_move(hub: FakeHub, client: ClientProcess, name: str) -> None:
    oid, _ = client.call(calls.commit, name, FILES)
    client.call(calls.create_tag, name, "v1.0.0", oid)
    assert git_of(hub, name).run("cat-file", "-t", "refs/tags/v1.0.0") == b"tag\n"
    later, _ = client.call(calls.commit, name, {"more.txt": b"m"})
    with pytest.raises(ClientError, match="exists already") as refused:
        client.call(calls.create_tag, name, "v1.0.0", later)
    assert refused.value.status == 409
    client.call(calls.create_tag, name, "v1.0.0", later, exist_ok=True)
    assert client.call(calls.list_refs, name) == {
        "refs/heads/main": later,
        "refs/tags/v1.0.0": oid,
    }
    client.call(calls.call_api, "delete_tag", name, tag="v1.0.0", repo_type="dataset")
    with pytest.raises(ClientError) as error:
        client.call(calls.call_api, "delete_tag", name, tag="v1", repo_type="dataset")
    assert (error.value.kind, error.value.status) == ("RevisionNotFoundError", 404)
    with pytest.raises(ClientError) as error:
        client.call(calls.create_tag, name, "v2", "no-such-revision")
    assert (error.value.kind, error.value.status) == ("RevisionNotFoundError", 404)
    with pytest.raises(ClientError) as error:
        client.call(calls.create_tag, name, "not..a tag")
    assert error.value.kind == "BadRequestError"


def test_a_revision_is_a_branch_a_tag_or_a_commit(client: ClientProcess, name: str) -> None:
    oid, _ = client.call(calls.commit, name, FILES)
    client.call(calls.create_tag, name, "v1.0.0", oid)
    client.call(calls.call_api, "create_branch", name, branch="next", repo_type="dataset")
    later, _ = client.call(calls.commit, name, {"more.txt": b"m"}, revision="next")
    heads = {
        revision: client.call(calls.read_head, name, revision)
        for revision in ("main", "v1.0.0", "next", "refs/heads/next", oid, oid[:8])
    }
    assert heads == {
        **dict.fromkeys(("main", "v1.0.0", oid, oid[:8]), oid),
        **dict.fromkeys(("next", "refs/heads/next"), later),
    }
    client.call(calls.call_api, "delete_branch", name, branch="next", repo_type="dataset")
    with pytest.raises(ClientError) as missing:
        client.call(calls.read_head, name, "next")
    assert missing.value.kind == "RevisionNotFoundError"


def test_a_pull_request_has_a_ref_and_is_merged_as_one_commit(
    hub: FakeHub, client: ClientProcess, name: str
) -> None:
    base = client.call(calls.read_head, name)
    proposed, number = client.call(calls.commit, name, FILES, create_pr=True)
    assert number == 1
    assert client.call(calls.list_refs, name) == {
        "refs/heads/main": base,
        "refs/pr/1": proposed,
    }
    more, _ = client.call(calls.commit, name, {"more.txt": b"m"}, revision="refs/pr/1")
    theirs = hub.commit(name, {"theirs.txt": b"t"})
    client.call(calls.call_api, "merge_pull_request", name, 1, repo_type="dataset")
    head = client.call(calls.read_head, name)
    assert head not in {base, proposed, more, theirs}
    assert set(hub.read_files(name)) == {*FILES, "more.txt", "theirs.txt", ".gitattributes"}
    assert client.call(calls.list_commits, name)[0] == ("Change 4 files (#1)", "me")
    told = client.call(calls.tell_discussion, name, 1)
    assert (told["status"], told["merged"]) == ("merged", head)
    assert told["events"] == ["commit", "commit", "status-change"]
    with pytest.raises(ClientError, match="not an open pull request"):
        client.call(calls.call_api, "merge_pull_request", name, 1, repo_type="dataset")


def test_a_draft_is_opened_first_and_a_conflict_is_refused(
    hub: FakeHub, client: ClientProcess, name: str
) -> None:
    number = client.call(calls.open_pull_request, name, "A draft")
    client.call(calls.commit, name, {"same.txt": b"mine\n"}, revision=f"refs/pr/{number}")
    merge = ("merge_pull_request", name, number)
    with pytest.raises(ClientError, match="not an open pull request"):
        client.call(calls.call_api, *merge, repo_type="dataset")
    client.call(
        calls.call_api, "change_discussion_status", name, number, "open", repo_type="dataset"
    )
    theirs = hub.commit(name, {"same.txt": b"theirs\n"})
    with pytest.raises(ClientError, match=r"conflicts in same\.txt") as refused:
        client.call(calls.call_api, *merge, repo_type="dataset")
    assert refused.value.status == 409
    assert client.call(calls.read_head, name) == theirs
    assert client.call(calls.list_discussions, name) == [(number, "open")]


def test_a_merge_can_be_a_fast_forward(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = HubSettings(merge=MergeStyle.FAST_FORWARD)
    with FakeHub(tmp_path_factory.mktemp("forward"), settings=settings) as hub:
        made = hub.create_repository("me/forward").name
        proposed = post_commit(hub, made, text_line("a.txt", "a"), query="?create_pr=1")
        assert hub.merge(made, 1) == proposed.json()["commitOid"]
        assert hub.repository(made).find_commit("main") == proposed.json()["commitOid"]
        assert hub.repository(made).find_discussion(1).status == "merged"


def test_trees_come_in_pages(hub: FakeHub, client: ClientProcess, name: str) -> None:
    client.call(calls.commit, name, FILES)
    client.call(calls.commit, name, {"manifest.json": b"[]\n"})
    before = len(hub.requests)
    everything = client.call(calls.list_tree, name)
    assert set(everything) == {*FILES, "data", ".gitattributes"}
    assert names_since(hub, before) == ["tree", "tree"]
    assert set(client.call(calls.list_tree, name, "data")) == set(SHARDS)
    assert "data" in client.call(calls.list_tree, name, recursive=False)
    expanded = client.call(calls.list_tree, name, recursive=False, expand=True)
    assert expanded["manifest.json"] == "Change 1 files"
    assert expanded["data"] == "Change 4 files"
    with pytest.raises(ClientError) as missing:
        client.call(calls.list_tree, name, "nowhere")
    assert missing.value.kind == "RemoteEntryNotFoundError"


def test_info_tells_card_and_files_and_paths_that_exist(client: ClientProcess, name: str) -> None:
    oid, _ = client.call(calls.commit, name, FILES)
    told = client.call(calls.describe_repository, name)
    assert told["card"] == {"license": "apache-2.0", "language": ["en"]}
    assert set(told["files"]) == {*FILES, ".gitattributes"}
    paths = ["README.md", "data", "nothing.txt"]
    assert client.call(calls.find_paths, name, paths, oid) == {
        "README.md": len(CARD),
        "data": None,
    }


def test_files_are_downloaded_by_commit_whole_and_in_ranges(
    hub: FakeHub, client: ClientProcess, name: str
) -> None:
    oid, _ = client.call(calls.commit, name, {**FILES, "big.bin": BIG})
    shard = next(iter(SHARDS))
    before = len(hub.requests)
    assert client.call(calls.download, name, shard, oid) == SHARDS[shard]
    assert names_since(hub, before) == ["resolve_head", "lfs_get"]
    assert client.call(calls.download, name, "README.md", "main") == CARD
    assert client.call(calls.download_all, name, oid) == hub.read_files(name)
    assert client.call(calls.read_range, name, "big.bin", 500, 100) == BIG[500:600]
    with pytest.raises(ClientError) as missing:
        client.call(calls.download, name, "nothing.txt", oid)
    assert missing.value.kind == "RemoteEntryNotFoundError"


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=2-4", 206, b"cde"),
        ("bytes=4-", 206, b"ef"),
        ("bytes=-2", 206, b"ef"),
        ("bytes=2-99", 206, b"cdef"),
        ("bytes=6-", 416, b""),
    ],
)
def test_a_range_of_a_file(
    hub: FakeHub, name: str, asked: str, status: int, content: bytes
) -> None:
    hub.commit(name, {"letters.txt": b"abcdef"})
    address = f"{hub.endpoint}/datasets/{name}/resolve/main/letters.txt"
    answer = httpx.get(address, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, content)


def test_a_private_repository_is_shown_to_its_owner_alone(
    hub: FakeHub, client: ClientProcess
) -> None:
    made = client.call(calls.create_repository, "lab/hidden", private=True)
    oid, _ = client.call(calls.commit, made, FILES)
    shard = next(iter(SHARDS))
    assert client.call(calls.download, made, shard, oid, token=READ_TOKEN) == SHARDS[shard]
    tokens: dict[str | bool, int] = {False: 401, OTHER_TOKEN: 404}
    for token, status in tokens.items():
        with pytest.raises(ClientError) as hidden:
            client.call(calls.read_head, made, token=token)
        assert (hidden.value.kind, hidden.value.status) == ("RepositoryNotFoundError", status)
    client.call(calls.call_api, "update_repo_settings", made, private=False, repo_type="dataset")
    assert client.call(calls.read_head, made, token=False) == oid
    assert not hub.repository(made).private


def test_a_token_may_do_what_its_role_and_user_may(client: ClientProcess, name: str) -> None:
    for token, status, said in (
        (READ_TOKEN, 403, "use a write token"),
        (OTHER_TOKEN, 403, "create_pr=1"),
        ("hf_unknown", 401, "Invalid credentials"),
        (False, 401, "Invalid username or password"),
    ):
        with pytest.raises(ClientError, match=said) as refused:
            client.call(calls.commit, name, {"a.txt": b"a"}, token=token)
        assert refused.value.status == status
    theirs = client.call(calls.commit, name, {"a.txt": b"a"}, token=OTHER_TOKEN, create_pr=True)
    assert theirs[1] == 1
    with pytest.raises(ClientError, match="rights to create") as refused:
        client.call(calls.create_repository, "strangers/set")
    assert refused.value.status == 403
    client.call(calls.call_api, "whoami")
    client.call(calls.call_api, "auth_check", name, repo_type="dataset", write=True)


def test_a_repository_is_made_once_and_can_be_deleted(
    hub: FakeHub, client: ClientProcess, name: str
) -> None:
    with pytest.raises(ClientError, match="already created") as refused:
        client.call(calls.create_repository, name)
    assert refused.value.status == 409
    assert client.call(calls.create_repository, name, exist_ok=True) == name
    client.call(calls.call_api, "delete_repo", name, repo_type="dataset")
    assert hub.read_state(name) is None
    with pytest.raises(ClientError) as missing:
        client.call(calls.read_head, name)
    assert (missing.value.kind, missing.value.status) == ("RepositoryNotFoundError", 404)


@pytest.mark.parametrize(
    ("front_matter", "said"),
    [
        ("license: made-up", "license"),
        ("language: [no]", "language"),
        ("configs:\n- data_files: x", "config_name"),
        ("size_categories: 12", "size_categories"),
        ("a: [", "Invalid YAML"),
    ],
)
def test_a_bad_card_is_refused_before_and_by_the_commit(
    hub: FakeHub, client: ClientProcess, name: str, front_matter: str, said: str
) -> None:
    card = f"---\n{front_matter}\n---\n# Bad\n"
    with pytest.raises(ClientError, match=said) as refused:
        client.call(calls.commit, name, {"README.md": card.encode()})
    assert refused.value.kind == "ValueError"
    by_hand = post_commit(hub, name, text_line("README.md", card))
    assert by_hand.status_code == 400
    assert said in str(by_hand.json()["errors"])


def test_what_can_be_got_can_be_asked_for_by_head(hub: FakeHub, name: str) -> None:
    """Mirrors ask so, and with a slash behind a tree's revision."""
    api = f"{hub.endpoint}/api/datasets/{name}"
    for address in (api, f"{api}/revision/main", f"{api}/tree/main/"):
        got, asked = httpx.get(address), httpx.head(address)
        assert (got.status_code, asked.status_code, asked.content) == (200, 200, b"")
        assert asked.headers["Content-Length"] == str(len(got.content))


def test_no_token_reaches_the_storage(hub: FakeHub, client: ClientProcess, name: str) -> None:
    before = len(hub.requests)
    oid, _ = client.call(calls.commit, name, {"secret.parquet": b"PAR1 secret \0"})
    client.call(calls.download, name, "secret.parquet", oid)
    tokens = {record.name: record.authorized for record in hub.requests[before:]}
    assert (tokens["lfs_put"], tokens["lfs_get"], tokens["commit"]) == (False, False, True)


def test_an_unknown_endpoint_is_501_and_recorded(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with FakeHub(tmp_path_factory.mktemp("unknown")) as hub:
        assert httpx.get(f"{hub.endpoint}/api/models/me/x").status_code == 501
        (record,) = hub.requests
        assert (record.name, record.status, record.took_effect) == (UNKNOWN, 501, False)


def test_a_client_sees_no_settings_of_this_machine(
    hub: FakeHub, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("clean")
    seen = hub.environment(home, token=None)
    settings = {key for key in seen if key.startswith("HF_")}
    assert settings == {
        *("HF_ENDPOINT", "HF_HOME", "HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_TELEMETRY"),
        "HF_HUB_DISABLE_PROGRESS_BARS",
    }
    assert seen["PATH"] == os.environ["PATH"]
