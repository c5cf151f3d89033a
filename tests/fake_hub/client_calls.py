"""What tests ask of the real client libraries through `ClientProcess.call`: plain values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from huggingface_hub import HfApi

Token = str | bool | None  # None: HF_TOKEN, False: no token


def open_api(token: Token = None) -> HfApi:
    """The client; it takes HF_ENDPOINT from the environment."""
    from huggingface_hub import HfApi  # noqa: PLC0415  # the child alone pays for it

    return HfApi(token=token)


def call_api(method: str, *arguments: object, token: Token = None, **named: object) -> None:
    """Any method of `HfApi` whose result does not matter."""
    function: Any = getattr(open_api(token), method)
    function(*arguments, **named)


def create_repository(
    name: str, *, private: bool = False, exist_ok: bool = False, token: Token = None
) -> str:
    """The new repository's id."""
    made = open_api(token).create_repo(
        name, repo_type="dataset", private=private, exist_ok=exist_ok
    )
    return made.repo_id


def commit(
    name: str,
    files: Mapping[str, bytes],
    *,
    deleted: Sequence[str] = (),
    parent: str | None = None,
    revision: str | None = None,
    create_pr: bool = False,
    token: Token = None,
) -> tuple[str, int | None]:
    """One `create_commit`; the commit's id and the pull request's number."""
    from huggingface_hub import (  # noqa: PLC0415  # the child alone pays for it
        CommitOperationAdd,
        CommitOperationDelete,
    )

    info = open_api(token).create_commit(
        name,
        [
            *(CommitOperationDelete(path) for path in deleted),
            *(CommitOperationAdd(path, content) for path, content in files.items()),
        ],
        commit_message=f"Change {len(files)} files",
        repo_type="dataset",
        revision=revision,
        create_pr=create_pr,
        parent_commit=parent,
    )
    return info.oid, info.pr_num


def create_tag(name: str, tag: str, revision: str = "main", *, exist_ok: bool = False) -> None:
    """An annotated tag."""
    open_api().create_tag(
        name,
        tag=tag,
        tag_message=f"Release {tag}",
        revision=revision,
        repo_type="dataset",
        exist_ok=exist_ok,
    )


def release(name: str, files: Mapping[str, bytes], tag: str) -> str:
    """A whole release that can be run again: repository, one commit, tag; the commit's id."""
    create_repository(name, exist_ok=True)
    oid, _ = commit(name, files)
    create_tag(name, tag, oid, exist_ok=True)
    return oid


def read_head(name: str, revision: str = "main", *, token: Token = None) -> str:
    """The commit of a revision."""
    info = open_api(token).dataset_info(name, revision=revision)
    return str(info.sha)


def describe_repository(name: str) -> dict[str, Any]:
    """Card, files with sizes and digests, visibility and date."""
    info = open_api().dataset_info(name, files_metadata=True)
    card: Any = info.card_data
    return {
        "card": card.to_dict() if card else {},
        "files": {
            one.rfilename: (one.size, one.lfs.sha256 if one.lfs else None)
            for one in info.siblings or []
        },
        "private": info.private,
        "modified": info.last_modified,
    }


def list_refs(name: str) -> dict[str, str]:
    """All refs and their commits."""
    refs = open_api().list_repo_refs(name, repo_type="dataset", include_pull_requests=True)
    found = [*refs.branches, *refs.tags, *refs.converts, *(refs.pull_requests or [])]
    return {ref.ref: ref.target_commit for ref in found}


def list_tree(
    name: str,
    folder: str | None = None,
    *,
    revision: str = "main",
    recursive: bool = True,
    expand: bool = False,
) -> dict[str, str | None]:
    """Paths and, if expanded, the titles of their last commits."""
    tree = open_api().list_repo_tree(
        name,
        folder,
        revision=revision,
        recursive=recursive,
        expand=expand,
        repo_type="dataset",
    )
    return {one.path: one.last_commit.title if one.last_commit else None for one in tree}


def find_paths(name: str, paths: Sequence[str], revision: str) -> dict[str, int | None]:
    """Sizes of the paths that exist, None for a folder."""
    found = open_api().get_paths_info(name, list(paths), revision=revision, repo_type="dataset")
    return {one.path: getattr(one, "size", None) for one in found}


def list_commits(name: str, revision: str = "main") -> list[tuple[str, str]]:
    """Titles and authors, newest first."""
    commits = open_api().list_repo_commits(name, revision=revision, repo_type="dataset")
    return [(one.title, one.authors[0]) for one in commits]


def download(name: str, path: str, revision: str, *, token: Token = None) -> bytes:
    """One file through `hf_hub_download`, past its cache."""
    found = open_api(token).hf_hub_download(
        name, path, repo_type="dataset", revision=revision, force_download=True
    )
    return Path(found).read_bytes()


def download_all(name: str, revision: str) -> dict[str, bytes]:
    """All files through `snapshot_download`."""
    folder = Path(open_api().snapshot_download(name, repo_type="dataset", revision=revision))
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def read_range(name: str, path: str, start: int, size: int) -> bytes:
    """A part of a file through `HfFileSystem`."""
    from huggingface_hub import HfFileSystem  # noqa: PLC0415  # the child alone pays for it

    with HfFileSystem().open(f"datasets/{name}/{path}", "rb", block_size=size) as file:
        file.seek(start)
        content: bytes = file.read(size)
        return content


def tell_discussion(name: str, number: int) -> dict[str, Any]:
    """Where a discussion stands."""
    told = open_api().get_discussion_details(name, number, repo_type="dataset")
    return {
        "status": told.status,
        "merged": told.merge_commit_oid,
        "diff": told.diff,
        "events": [event.type for event in told.events],
    }


def open_pull_request(name: str, title: str) -> int:
    """A draft pull request's number."""
    return open_api().create_pull_request(name, title, repo_type="dataset").num


def list_discussions(name: str) -> list[tuple[int, str]]:
    """Numbers and states, newest first."""
    return [
        (one.num, one.status) for one in open_api().get_repo_discussions(name, repo_type="dataset")
    ]


def load_rows(
    name: str, revision: str | None = None, *, token: Token = None, config: str | None = None
) -> list[dict[str, Any]]:
    """All rows of the split `train` through `load_dataset`."""
    from datasets import load_dataset  # noqa: PLC0415  # the child alone pays for it

    loaded = load_dataset(name, config, revision=revision, split="train", token=token)
    rows: list[dict[str, Any]] = loaded.to_list()
    return rows
