"""The staged files on a branch of the repository: commits that are settled though a reply be lost.

After a reply that did not come, or a refusal because the branch has moved (412), the branch is
read again: it holds what was sent (go on), or what it held before (send again), or somebody else's
commit (stop and say whose).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from itertools import takewhile

from builders.errors import PublishError
from builders.publishing.hub import MAIN, Hub, UncertainError
from builders.publishing.remote import (
    CommitOrder,
    Goal,
    Missing,
    Tree,
    find_missing,
    list_differences,
    tell_paths,
)

_logger = logging.getLogger("build")
_LAST = ("README.md", "manifest.json")


def send_commit(hub: Hub, order: CommitOrder, is_done: Callable[[Tree], bool]) -> str:
    """Make the commit; returns the branch's head, which holds it.

    Raises PublishError where it is refused, somebody else has changed the branch meanwhile, or no
    attempt is left.
    """
    for attempt in range(hub.policy.attempts):
        try:
            return hub.commit(order)
        except UncertainError as error:
            doubt = error
        head = hub.read_head(order.revision)
        if head != order.parent:
            if is_done(hub.read_tree(head)):
                return head
            raise _tell_stranger(hub, order, head)
        if attempt + 1 == hub.policy.attempts:
            raise doubt.fault
        hub.wait(attempt, doubt.told_s, str(doubt))
    raise AssertionError("the loop returns or raises")


def land(hub: Hub, goal: Goal, words: tuple[str, str], parent: str) -> str:
    """The goal on main in one commit on `parent`; nothing is sent where main holds it."""
    missing = find_missing(hub.read_tree(parent), goal)
    if missing.is_empty:
        return parent
    order = _order(goal, missing, words, MAIN, parent)
    return send_commit(hub, order, lambda tree: find_missing(tree, goal).is_empty)


def land_in_parts(
    hub: Hub, goal: Goal, words: tuple[str, str], revision: str, most_files: int
) -> str:
    """The goal on another branch in as many commits as it takes; card and manifest come last."""
    head = hub.read_head(revision)
    parts = list(_split(find_missing(hub.read_tree(head), goal), most_files))
    for number, part in enumerate(parts, start=1):
        title = words[0] if len(parts) == 1 else f"{words[0]}, part {number} of {len(parts)}"
        order = _order(goal, part, (title, words[1]), revision, head)
        head = send_commit(hub, order, partial(_has, goal, part))
    return head


def revert_release(hub: Hub, title: str) -> str | None:
    """Undo the release's commits on main in one commit; None where they cannot be told apart.

    Paths that somebody changed since stay as they are.
    """
    head = hub.read_head()
    history = hub.list_commits(head)
    above = list(takewhile(lambda one: not _is_of(one.title, title), history))
    rest = history[len(above) :]
    ours = list(takewhile(lambda one: _is_of(one.title, title), rest))
    if not ours or len(ours) == len(rest):
        return None
    before = rest[len(ours)].id
    old, new, now = (hub.read_tree(commit) for commit in (before, ours[0].id, head))
    touched = [path for path in list_differences(old, new) if now.get(path) == new.get(path)]
    order = CommitOrder(
        title=f"Revert {title}",
        description="The published dataset did not pass the check that loads it back.",
        revision=MAIN,
        parent=head,
        added={},
        deleted=[path for path in touched if path not in old],
        restored=[path for path in touched if path in old],
        restored_from=before,
    )
    return send_commit(
        hub, order, lambda tree: all(tree.get(path) == old.get(path) for path in touched)
    )


def _is_of(title: str, release: str) -> bool:
    """Whether a commit is the release's: its own, a part of it, or its pull request's merge."""
    return title == release or title.startswith((f"{release} (#", f"{release}, part "))


def _order(
    goal: Goal, missing: Missing, words: tuple[str, str], revision: str, parent: str
) -> CommitOrder:
    return CommitOrder(
        title=words[0],
        description=words[1],
        revision=revision,
        parent=parent,
        added={path: goal.files[path].file for path in missing.added},
        deleted=missing.deleted,
    )


def _has(goal: Goal, part: Missing, tree: Tree) -> bool:
    lacking = find_missing(tree, goal)
    return not {*part.added, *part.deleted} & {*lacking.added, *lacking.deleted}


def _split(missing: Missing, most_files: int) -> Iterator[Missing]:
    """Parts of at most so many files; card, manifest and deletions in the last."""
    last = [path for path in missing.added if path in _LAST]
    data = [path for path in missing.added if path not in _LAST]
    parts = [data[start : start + most_files] for start in range(0, len(data), most_files)]
    for part in parts[:-1]:
        yield Missing(part, [])
    ending = Missing([*(parts[-1] if parts else []), *last], missing.deleted)
    if not ending.is_empty:
        yield ending


def _tell_stranger(hub: Hub, order: CommitOrder, head: str) -> PublishError:
    """Who changed the branch, and what."""
    since = takewhile(lambda one: one.id != order.parent, hub.list_commits(order.revision))
    told = [f"{one.id[:12]} {one.title[:60]!r} by {', '.join(one.authors)}" for one in since]
    changed = list_differences(hub.read_tree(order.parent), hub.read_tree(head))
    return PublishError(
        f"{order.revision} of {hub.repo} was changed by somebody else while this release was sent: "
        f"{'; '.join(told[:5])}. Changed: {tell_paths(changed)}. The commit "
        f"{order.title!r} was not made. Look at that change, then run the same command again."
    )
