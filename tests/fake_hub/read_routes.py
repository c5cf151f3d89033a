"""Routes that only read: info, trees, paths, commits, refs, and files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.fake_hub.card_rules import CardError, read_metadata
from tests.fake_hub.discussions import write_date
from tests.fake_hub.listing import Entry, list_files
from tests.fake_hub.repositories import DatasetRepository
from tests.fake_hub.state import HubState
from tests.fake_hub.wire import Call, HubError, Json, Reply, reply_bytes, reply_json

COMMIT_FIELDS = "%H%x00%an%x00%at%x00%s%x00%b"


def tell_repository(state: HubState, call: Call) -> Reply:
    """GET R and R/revision/{revision}, with `blobs` or `expand`."""
    repository = state.open_to_read(call)
    commit = repository.require_commit(call.groups.get("revision") or "main")
    files = list_files(repository.list_entries(commit))
    blobs = call.has_flag("blobs")
    history = _read_commits(repository, commit)
    told: dict[str, Any] = {
        "_id": commit[:24],
        "id": repository.name,
        "author": repository.namespace,
        "sha": commit,
        "lastModified": history[0]["date"],
        "createdAt": history[-1]["date"],
        "private": repository.private,
        "gated": False,
        "disabled": False,
        "tags": [],
        "downloads": 0,
        "likes": 0,
        "siblings": [entry.describe_sibling(blobs=blobs) for entry in files],
        "cardData": _read_card(repository, commit),
    }
    wanted = call.query.get("expand", []) + call.query.get("expand[]", [])
    if wanted:
        told = {name: told.get(name) for name in ("_id", "id", *wanted)}
    return reply_json(told)


def list_tree(state: HubState, call: Call) -> Reply:
    """GET R/tree/{revision}[/{path}], a page of it."""
    repository = state.open_to_read(call)
    commit = repository.require_commit(call.groups["revision"])
    folder = (call.groups.get("path") or "").strip("/")
    entries = repository.list_entries(commit)
    if folder and not any(entry.is_folder and entry.path == folder for entry in entries):
        raise HubError(
            404, f"{folder} does not exist on {call.groups['revision']}", code="EntryNotFound"
        )
    prefix = f"{folder}/" if folder else ""
    found = [entry for entry in entries if entry.path.startswith(prefix)]
    if not call.has_flag("recursive"):
        found = [entry for entry in found if "/" not in entry.path.removeprefix(prefix)]
    expand = call.has_flag("expand")
    size = state.settings.expanded_page_size if expand else state.settings.page_size
    page, headers = _cut_page(state, call, found, min(size, state.settings.page_size))
    described = [_describe(repository, commit, entry, expand=expand) for entry in page]
    return reply_json(described, headers=headers)


def tell_paths(state: HubState, call: Call) -> Reply:
    """POST R/paths-info/{revision}; paths that do not exist are left out."""
    repository = state.open_to_read(call)
    commit = repository.require_commit(call.groups["revision"])
    form = parse_qs(call.body.decode())
    is_json = "json" in call.headers.get("Content-Type", "")
    wanted = call.json().get("paths", []) if is_json else form.get("paths", [])
    expand = is_json and call.json().get("expand") is True
    expand = expand or form.get("expand", ["false"])[0].lower() == "true"
    entries = {entry.path: entry for entry in repository.list_entries(commit)}
    found = [entries[path.rstrip("/")] for path in wanted if path.rstrip("/") in entries]
    return reply_json([_describe(repository, commit, entry, expand=expand) for entry in found])


def list_commits(state: HubState, call: Call) -> Reply:
    """GET R/commits/{revision}, a page of it."""
    repository = state.open_to_read(call)
    commits = _read_commits(repository, repository.require_commit(call.groups["revision"]))
    page, headers = _cut_page(state, call, commits, state.settings.expanded_page_size)
    return reply_json(page, headers={**headers, "X-Total-Count": str(len(commits))})


def list_refs(state: HubState, call: Call) -> Reply:
    """GET R/refs[?include_prs=1]."""
    repository = state.open_to_read(call)
    told: dict[str, Any] = {
        "branches": repository.describe_refs("refs/heads/"),
        "tags": repository.describe_refs("refs/tags/"),
        "converts": repository.describe_refs("refs/convert/"),
    }
    if call.has_flag("include_prs"):
        told["pullRequests"] = repository.describe_refs("refs/pr/")
    return reply_json(told)


def send_file(state: HubState, call: Call) -> Reply:
    """HEAD and GET /datasets/{id}/resolve/{revision}/{path}; LFS is elsewhere (302)."""
    repository = state.open_to_read(call)
    commit = repository.require_commit(call.groups["revision"])
    origin = {"X-Repo-Commit": commit}
    entry = repository.find_entry(commit, call.groups["path"])
    if entry is None or entry.is_folder:
        raise HubError(404, "Entry not found", code="EntryNotFound", headers=origin)
    if entry.lfs is None:
        headers = {**origin, "ETag": f'"{entry.oid}"', "Content-Type": "text/plain; charset=utf-8"}
        return reply_bytes(repository.read_entry(entry), call, headers)
    linked = {
        **origin,
        "Location": state.sign_storage("GET", repository.name, entry.lfs.sha256),
        "X-Linked-Etag": f'"{entry.lfs.sha256}"',
        "X-Linked-Size": str(entry.lfs.size),
    }
    return Reply(302, b"Found", linked)


def _cut_page(
    state: HubState, call: Call, items: Sequence[Any], size: int
) -> tuple[list[Any], dict[str, str]]:
    """One page and the `Link` to the next; the cursor is a place in the list."""
    start = int(call.argument("cursor", "0"))
    end = start + min(size, int(call.argument("limit", str(size))))
    if end >= len(items):
        return list(items[start:]), {}
    pairs = [(name, value) for name, values in call.query.items() for value in values]
    query = urlencode([pair for pair in pairs if pair[0] != "cursor"] + [("cursor", str(end))])
    return list(items[start:end]), {"Link": f'<{state.endpoint}{call.path}?{query}>; rel="next"'}


def _describe(
    repository: DatasetRepository, commit: str, entry: Entry, *, expand: bool
) -> dict[str, Any]:
    if not expand:
        return entry.describe()
    last = _read_commits(repository, commit, "-1", "--", entry.path)[0]
    short = {name: last[name] for name in ("id", "title", "date")}
    return {**entry.describe(), "lastCommit": short}


def _read_commits(repository: DatasetRepository, commit: str, *more: str) -> list[dict[str, Any]]:
    shown = repository.git.run("log", "-z", f"--format={COMMIT_FIELDS}", commit, *more).decode()
    words = shown.removesuffix("\0").split("\0")
    return [
        {
            "id": words[place],
            "title": words[place + 3],
            "message": words[place + 4].strip(),
            "authors": [{"user": words[place + 1], "avatar": ""}],
            "date": write_date(datetime.fromtimestamp(int(words[place + 2]), UTC)),
        }
        for place in range(0, len(words), 5)
    ]


def _read_card(repository: DatasetRepository, commit: str) -> Json:
    content = repository.read_file(commit, "README.md") or b""
    try:
        return read_metadata(content.decode(errors="replace")) or {}
    except CardError:
        return {}
