"""The table of routes: every endpoint's stable name, address and function.

Names are what faults and records speak of. Sources: the endpoint table of shared/hub/README.md and
`hf_api.py`, `_commit_api.py`, `lfs.py` of huggingface_hub 2.4.0 (the addresses it asks).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from tests.fake_hub import account_routes as account
from tests.fake_hub import discussion_routes as talk
from tests.fake_hub import lfs_routes as lfs
from tests.fake_hub import read_routes as read
from tests.fake_hub import write_routes as write
from tests.fake_hub.state import HubState
from tests.fake_hub.wire import Call, Reply

Handler = Callable[[HubState, Call], Reply]
NAME = r"(?P<repository>[^/]+/[^/]+?)"
API = f"/api/datasets/{NAME}"
REVISION = r"(?P<revision>refs/(?:heads|tags|pr|convert)/[^/]+|[^/]+)"
DISCUSSION = rf"{API}/discussions/(?P<number>\d+)"
OBJECT = r"(?P<repository>[^/]+/[^/]+)/(?P<sha256>[0-9a-f]{64})"


@dataclass(frozen=True)
class Route:
    """An endpoint; `pattern` is matched against the whole path as it was sent, still quoted."""

    name: str
    method: str
    pattern: str
    handler: Handler


HUB_ROUTES = (
    Route("whoami", "GET", "/api/whoami-v2", account.tell_who),
    Route("agent_harnesses", "GET", "/api/agent-harnesses", account.list_agents),
    Route("repo_create", "POST", "/api/repos/create", account.create_repository),
    Route("repo_delete", "DELETE", "/api/repos/delete", account.delete_repository),
    Route("validate_yaml", "POST", "/api/validate-yaml", account.validate_card),
    Route("settings", "PUT", f"{API}/settings", account.change_settings),
    Route("auth_check", "GET", f"{API}/auth-check(?:/write)?", account.check_access),
    Route("preupload", "POST", f"{API}/preupload/{REVISION}", write.choose_upload_modes),
    Route("commit", "POST", f"{API}/commit/{REVISION}", write.create_commit),
    Route("tag_create", "POST", f"{API}/tag/{REVISION}", write.create_tag),
    Route("tag_delete", "DELETE", f"{API}/tag/{REVISION}", write.delete_tag),
    Route("branch_create", "POST", f"{API}/branch/{REVISION}", write.create_branch),
    Route("branch_delete", "DELETE", f"{API}/branch/{REVISION}", write.delete_branch),
    Route("discussions", "GET", f"{API}/discussions", talk.list_discussions),
    Route("discussion_create", "POST", f"{API}/discussions", talk.create_discussion),
    Route("discussion_info", "GET", DISCUSSION, talk.tell_discussion),
    Route("discussion_comment", "POST", f"{DISCUSSION}/comment", talk.comment_discussion),
    Route("discussion_status", "POST", f"{DISCUSSION}/status", talk.change_status),
    Route("discussion_merge", "POST", f"{DISCUSSION}/merge", talk.merge_pull_request),
    Route("refs", "GET", f"{API}/refs", read.list_refs),
    Route("commits", "GET", f"{API}/commits/{REVISION}", read.list_commits),
    Route("tree", "GET", f"{API}/tree/{REVISION}(?:/(?P<path>.*))?", read.list_tree),
    Route("paths_info", "POST", f"{API}/paths-info/{REVISION}", read.tell_paths),
    Route("revision_info", "GET", f"{API}/revision/{REVISION}", read.tell_repository),
    Route("repo_info", "GET", API, read.tell_repository),
    Route(
        "lfs_batch", "POST", f"/datasets/{NAME}\\.git/info/lfs/objects/batch", lfs.plan_transfers
    ),
    Route(
        "lfs_verify", "POST", f"/datasets/{NAME}\\.git/info/lfs/objects/verify", lfs.verify_object
    ),
    Route("lfs_complete", "POST", f"/api/complete_multipart/{OBJECT}", lfs.complete_parts),
    *(
        Route(
            f"resolve_{method.lower()}",
            method,
            f"/datasets/{NAME}/resolve/{REVISION}/(?P<path>.+)",
            read.send_file,
        )
        for method in ("HEAD", "GET")
    ),
)
STORAGE_ROUTES = (
    Route("lfs_put", "PUT", f"/objects/{OBJECT}", lfs.store_object),
    Route("lfs_get", "GET", f"/objects/{OBJECT}", lfs.send_object),
)


def find_route(
    routes: tuple[Route, ...], method: str, path: str
) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and the unquoted parts of its address.

    What can be got can be asked for by HEAD too (mirrors do), under the name of GET's route.
    """
    for asked in (method, "GET") if method == "HEAD" else (method,):
        for route in routes:
            found = re.fullmatch(route.pattern, path) if route.method == asked else None
            if found is not None:
                groups = found.groupdict().items()
                return route, {name: unquote(value) for name, value in groups if value}
    return None
