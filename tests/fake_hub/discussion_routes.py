"""Routes of discussions and pull requests, merging among them."""

from __future__ import annotations

from tests.fake_hub.accounts import require_account
from tests.fake_hub.discussions import Discussion, Status
from tests.fake_hub.git import CommitText, MergeConflictError
from tests.fake_hub.repositories import DatasetRepository
from tests.fake_hub.state import HubState, MergeStyle
from tests.fake_hub.wire import Call, HubError, Reply, reply_json


def list_discussions(state: HubState, call: Call) -> Reply:
    """GET R/discussions[?type=pull_request&status=open&author=me], newest first."""
    repository = state.open_to_read(call)
    author = call.argument("author")
    kind, status = call.argument("type", "all"), call.argument("status", "all")
    found = [
        discussion
        for discussion in reversed(repository.discussions)
        if kind in {"all", "pull_request" if discussion.is_pull_request else "discussion"}
        and status in {"all", "closed" if _is_closed(discussion) else "open"}
        and author in {"", discussion.author}
    ]
    start = 50 * int(call.argument("p", "0"))
    page = [one.describe(repository.name) for one in found[start : start + 50]]
    return reply_json({"discussions": page, "count": len(found), "start": start})


def create_discussion(state: HubState, call: Call) -> Reply:
    """POST R/discussions; a pull request begins as a draft at main."""
    repository = state.open_to_read(call)
    caller = require_account(state.find_account(call))
    wants_pull_request = call.json().get("pullRequest") is True
    status = Status.DRAFT if wants_pull_request else Status.OPEN
    with repository.lock:
        head = repository.require_commit("main") if wants_pull_request else ""
        made = repository.open_discussion(call.text("title"), caller.name, status, head=head)
        made.add_comment(caller.name, call.text("description"))
    return reply_json({"num": made.number, "pullRequest": wants_pull_request})


def tell_discussion(state: HubState, call: Call) -> Reply:
    """GET R/discussions/{number}."""
    repository = state.open_to_read(call)
    discussion = _find(repository, call)
    diff = ""
    if discussion.is_pull_request and call.has_flag("diff"):
        base = discussion.merge_commit or repository.require_commit(discussion.base)
        diff = repository.git.run("diff", f"{base}...{discussion.ref}").decode(errors="replace")
    return reply_json(discussion.describe_details(repository.name, diff))


def comment_discussion(state: HubState, call: Call) -> Reply:
    """POST R/discussions/{number}/comment."""
    repository = state.open_to_read(call)
    caller = require_account(state.find_account(call))
    event = _find(repository, call).add_comment(caller.name, call.text("comment"))
    return reply_json({"newMessage": event})


def change_status(state: HubState, call: Call) -> Reply:
    """POST R/discussions/{number}/status: open or closed."""
    repository, caller = state.open_to_write(call)
    discussion = _find(repository, call)
    wanted = call.text("status")
    if wanted not in {"open", "closed"} or discussion.status is Status.MERGED:
        raise HubError(400, f"{discussion.ref} is {discussion.status}, it cannot become {wanted}")
    event = discussion.change_status(caller.name, Status(wanted))
    return reply_json({"newStatus": event})


def merge_pull_request(state: HubState, call: Call) -> Reply:
    """POST R/discussions/{number}/merge."""
    repository, caller = state.open_to_write(call)
    discussion = _find(repository, call)
    if comment := call.json().get("comment"):
        discussion.add_comment(caller.name, comment)
    merge(state.settings.merge, repository, discussion, caller.name)
    return reply_json({"newStatus": discussion.events[-1]})


def merge(
    style: MergeStyle, repository: DatasetRepository, discussion: Discussion, who: str
) -> str:
    """Merge a pull request: main's new commit; 409 on conflicts, 400 where it is not open."""
    with repository.lock:
        if not discussion.is_pull_request or discussion.status is not Status.OPEN:
            raise HubError(400, f"Discussion {discussion.number} is not an open pull request")
        head = repository.require_commit(discussion.base)
        try:
            merged = _write_merge(style, repository, discussion, head, who)
        except MergeConflictError as error:
            raise HubError(409, f"This pull request has {error}") from error
        repository.move_ref(discussion.base, merged, head)
        discussion.merge_commit = merged
        discussion.change_status(who, Status.MERGED)
    return merged


def _write_merge(
    style: MergeStyle, repository: DatasetRepository, discussion: Discussion, head: str, who: str
) -> str:
    """The commit that main becomes."""
    theirs = repository.require_commit(discussion.ref)
    tree = repository.git.merge_trees(head, theirs)
    base = repository.git.run("merge-base", head, theirs).decode().strip()
    if style is MergeStyle.FAST_FORWARD and base == head:
        return theirs
    commits = repository.git.run("log", "--reverse", "--format=- %s (%H)", f"{base}..{theirs}")
    message = f"{discussion.title} (#{discussion.number})\n\n{commits.decode()}"
    return repository.git.write_commit_of_tree(tree, [head], CommitText(message, who))


def _find(repository: DatasetRepository, call: Call) -> Discussion:
    return repository.find_discussion(int(call.groups["number"]))


def _is_closed(discussion: Discussion) -> bool:
    return discussion.status in {Status.CLOSED, Status.MERGED}
