"""Routes that change a repository: preupload, commit, tags and branches."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fake_hub.accounts import Account
from tests.fake_hub.card_rules import check_card
from tests.fake_hub.discussions import Status
from tests.fake_hub.git import FULL_ID, NO_OBJECT, Changes, CommitText, GitError
from tests.fake_hub.lfs_store import LfsPointer
from tests.fake_hub.listing import list_files
from tests.fake_hub.repositories import MAIN, STALE, DatasetRepository
from tests.fake_hub.state import HubState
from tests.fake_hub.upload_modes import (
    LARGEST_REGULAR_FILE,
    find_ignored_paths,
    find_lfs_paths,
    is_large_or_binary,
)
from tests.fake_hub.wire import Call, HubError, Reply, reply_json

NO_SUCH_FILE = "A file with this name doesn't exist"
DANGLING = (
    "Your push was rejected because an LFS pointer pointed to a file that does not exist. "
    "Offending file: - "
)
FORBIDDEN_PARTS = frozenset(("", ".", "..", ".git"))


@dataclass
class CommitOrder:
    """A commit as its NDJSON body asks for it."""

    summary: str = ""
    description: str = ""
    parent: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    lfs: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    deleted_files: list[str] = field(default_factory=list)
    deleted_folders: list[str] = field(default_factory=list)

    @property
    def message(self) -> str:
        return f"{self.summary}\n\n{self.description}".strip()


def choose_upload_modes(state: HubState, call: Call) -> Reply:
    """POST R/preupload/{revision}."""
    as_pull_request = call.has_flag("create_pr")
    repository, _ = state.open_to_write(call, as_pull_request=as_pull_request)
    commit = repository.require_commit(call.groups["revision"])
    wanted = call.json()
    files = wanted.get("files", [])
    paths = [file["path"] for file in files]
    through_lfs = find_lfs_paths(repository.git, commit, paths)
    rules = wanted.get("gitIgnore")
    if rules is None:
        rules = (repository.read_file(commit, ".gitignore") or b"").decode()
    ignored = find_ignored_paths(repository.git, rules, paths)
    known = {entry.path: entry.content_id for entry in list_files(repository.list_entries(commit))}
    told = []
    for file in files:
        path = file["path"]
        large = is_large_or_binary(base64.b64decode(file.get("sample", "")), file["size"])
        mode = "lfs" if large or path in through_lfs else "regular"
        answer = {"path": path, "uploadMode": mode, "shouldIgnore": path in ignored}
        told.append(answer | ({"oid": known[path]} if path in known else {}))
    return reply_json({"commitOid": commit, "files": told})


def create_commit(state: HubState, call: Call) -> Reply:
    """POST R/commit/{revision}[?create_pr=1]: all of it or nothing, 412 on a stale parent."""
    as_pull_request = call.has_flag("create_pr")
    repository, caller = state.open_to_write(call, as_pull_request=as_pull_request)
    order = read_order(call.body)
    with repository.lock:
        ref = MAIN if as_pull_request else repository.require_writable_ref(call.groups["revision"])
        parent = _choose_parent(repository, ref, order, as_pull_request=as_pull_request)
        changes = gather_changes(repository, parent, order)
        told: dict[str, Any] = {"success": True, "hookOutput": ""}
        text = CommitText(order.message, caller.name)
        if as_pull_request:
            commit, number = _add_pull_request(repository, parent, changes, text)
            told["pullRequestUrl"] = f"{state.repository_url(repository.name)}/discussions/{number}"
        else:
            commit = repository.add_commit(ref, changes, text, parent)
            _note_commit(repository, ref, caller, order.summary, commit)
    url = f"{state.repository_url(repository.name)}/commit/{commit}"
    return reply_json({**told, "commitOid": commit, "commitUrl": url})


def read_order(body: bytes) -> CommitOrder:
    """Read the NDJSON body of a commit."""
    order = CommitOrder()
    for key, value in _read_lines(body):
        match key:
            case "header":
                order.summary = value.get("summary", "")
                order.description = value.get("description", "")
                order.parent = value.get("parentCommit")
            case "file":
                order.files[_read_path(value)] = _read_content(value)
            case "lfsFile":
                order.lfs[_read_path(value)] = (value["oid"], value.get("size"))
            case "deletedFile":
                order.deleted_files.append(_read_path(value))
            case "deletedFolder":
                order.deleted_folders.append(_read_path(value).rstrip("/"))
            case _:
                raise HubError(400, f"Unknown line {key!r} in a commit")
    if not order.summary:
        raise HubError(400, '"summary" is required')
    return order


def gather_changes(repository: DatasetRepository, parent: str, order: CommitOrder) -> Changes:
    """What the commit writes and removes; refuses dangling LFS pointers and bad cards."""
    files = dict(order.files)
    for path, (sha256, size) in order.lfs.items():
        stored = repository.lfs.size_of(sha256)
        if stored is None or stored != (size if size is not None else stored):
            raise HubError(400, f"{DANGLING}{path}")
        files[path] = LfsPointer(sha256, stored).content
    if "README.md" in files:
        errors, _ = check_card(files["README.md"].decode(errors="replace"))
        if errors:
            told = {"errors": [{"message": text} for text in errors]}
            raise HubError(400, "Invalid metadata in README.md", body=told)
    known = [entry.path for entry in list_files(repository.list_entries(parent))]
    deleted = [path for path in order.deleted_files if path in known]
    missing = [path for path in order.deleted_files if path not in known]
    for folder in order.deleted_folders:
        inside = [path for path in known if path.startswith(f"{folder}/")]
        deleted += inside
        missing += [] if inside else [folder]
    if missing:
        raise HubError(404, f"{NO_SUCH_FILE}: {missing[0]}", code="EntryNotFound")
    return Changes(files, deleted)


def create_tag(state: HubState, call: Call) -> Reply:
    """POST R/tag/{revision}: annotated if there is a message; 409 if the tag exists."""
    repository, caller = state.open_to_write(call)
    name = call.text("tag")
    commit = repository.require_commit(call.groups["revision"])
    with repository.lock:
        _check_new_ref(repository, f"refs/tags/{name}", "Tag reference exists already")
        message = call.json().get("message")
        more = ["-a", "-m", message] if message else []
        person = {"GIT_COMMITTER_NAME": caller.name, "GIT_COMMITTER_EMAIL": "tag@localhost"}
        repository.git.run("tag", *more, name, commit, environment=person)
    return reply_json({"name": name, "ref": f"refs/tags/{name}", "targetCommit": commit})


def delete_tag(state: HubState, call: Call) -> Reply:
    """DELETE R/tag/{tag}."""
    return _delete_ref(state, call, f"refs/tags/{call.groups['revision']}")


def create_branch(state: HubState, call: Call) -> Reply:
    """POST R/branch/{branch} at `startingPoint` (default main); 409 if it exists."""
    repository, _ = state.open_to_write(call)
    ref = f"refs/heads/{call.groups['revision']}"
    commit = repository.require_commit(call.json().get("startingPoint") or "main")
    with repository.lock:
        _check_new_ref(repository, ref, "Reference already exists")
        repository.move_ref(ref, commit, NO_OBJECT)
    return reply_json({"ref": ref, "targetCommit": commit}, status=201)


def delete_branch(state: HubState, call: Call) -> Reply:
    """DELETE R/branch/{branch}; main is protected."""
    if call.groups["revision"] == "main":
        raise HubError(403, "Cannot delete main branch")
    return _delete_ref(state, call, f"refs/heads/{call.groups['revision']}")


def _choose_parent(
    repository: DatasetRepository, ref: str, order: CommitOrder, *, as_pull_request: bool
) -> str:
    """The commit to build on: the ref's head, which the caller may have named."""
    head = repository.require_commit(ref)
    if order.parent is None:
        return head
    named = repository.require_commit(order.parent)
    if named != head and not as_pull_request:
        raise HubError(412, STALE)
    return named


def _add_pull_request(
    repository: DatasetRepository, parent: str, changes: Changes, text: CommitText
) -> tuple[str, int]:
    """An open pull request with one commit; that commit and the number."""
    title = text.message.splitlines()[0]
    discussion = repository.open_discussion(title, text.author, Status.OPEN, head=parent)
    commit = repository.add_commit(discussion.ref, changes, text, parent)
    discussion.add_commit(text.author, title, commit)
    return commit, discussion.number


def _note_commit(
    repository: DatasetRepository, ref: str, caller: Account, summary: str, commit: str
) -> None:
    for discussion in repository.discussions:
        if discussion.ref == ref:
            discussion.add_commit(caller.name, summary, commit)


def _check_new_ref(repository: DatasetRepository, ref: str, taken: str) -> None:
    try:
        repository.git.run("check-ref-format", ref)
    except GitError as error:
        raise HubError(400, f"Invalid reference name: {ref}") from error
    name = ref.split("/", 2)[2]
    if name.startswith("refs/") or FULL_ID.fullmatch(name):
        raise HubError(400, f"Invalid reference for a branch or tag: {name}")
    if repository.find_commit(ref) is not None:
        raise HubError(409, taken)


def _delete_ref(state: HubState, call: Call, ref: str) -> Reply:
    repository, _ = state.open_to_write(call)
    with repository.lock:
        if repository.find_commit(ref) is None:
            raise HubError(404, f"Invalid rev id: {ref}", code="RevisionNotFound")
        repository.git.run("update-ref", "-d", ref)
    return Reply()


def _read_lines(body: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            yield entry["key"], entry["value"]
        except (ValueError, KeyError, TypeError) as error:
            raise HubError(400, f"Not a line of a commit: {line[:80]!r}") from error


def _read_path(value: dict[str, Any]) -> str:
    path: object = value.get("path")
    if not isinstance(path, str) or not path or "\0" in path or "\n" in path:
        raise HubError(400, f"Invalid path {path!r}")
    if path.startswith("/") or any(
        part.lower() in FORBIDDEN_PARTS for part in path.rstrip("/").split("/")
    ):
        raise HubError(400, f"Invalid path {path!r}")
    return path


def _read_content(value: dict[str, Any]) -> bytes:
    content = str(value.get("content", ""))
    if value.get("encoding", "utf-8") != "base64":
        return content.encode()
    try:
        decoded = base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise HubError(400, f"{value['path']} is not base64: {error}") from error
    if len(decoded) > LARGEST_REGULAR_FILE:
        raise HubError(
            400,
            f"Your push was rejected because it contains files larger than 10 MiB: {value['path']}",
        )
    return decoded
