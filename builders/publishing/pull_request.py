"""A release by way of a pull request: for many files, or for somebody else to look at (PR=1).

Its files come in as many commits as they need; main changes in one step, when it is merged. The
pull request of a command that was cut off is found again by its title and author.
"""

from __future__ import annotations

from builders.errors import PublishError
from builders.publishing.hub import Hub, UncertainError
from builders.publishing.remote import Goal, PullRequest, find_missing


def prepare_pull_request(hub: Hub, words: tuple[str, str]) -> PullRequest:
    """The open pull request of this release, made where there is none."""
    title, description = words
    for attempt in range(hub.policy.attempts):
        found = hub.find_pull_request(title)
        if found is not None:
            return found
        try:
            hub.open_pull_request(title, description)
        except UncertainError as error:
            if attempt + 1 == hub.policy.attempts:
                raise error.fault from error
            hub.wait(attempt, error.told_s, str(error))
    raise PublishError(
        f"a pull request {title!r} was opened in {hub.repo}, but the Hub does not list it. Run the "
        "same command again."
    )


def merge_into_main(hub: Hub, number: int, goal: Goal) -> str:
    """Merge, and return main's head, which holds the goal; raises PublishError."""
    for attempt in range(hub.policy.attempts):
        fault: PublishError | None = None
        told_s = None
        try:
            hub.merge_pull_request(number)
        except UncertainError as error:
            fault, told_s = error.fault, error.told_s
        head = hub.read_head()
        if find_missing(hub.read_tree(head), goal).is_empty:
            return head
        if fault is None:
            raise PublishError(
                f"pull request {number} of {hub.repo} was merged, but main does not hold the "
                "release: somebody changed it meanwhile. Look at the repository's history."
            )
        if attempt + 1 == hub.policy.attempts:
            raise PublishError(
                f"{fault} If its page says that pull request {number} has conflicts, close it: the "
                "command then opens a new one."
            ) from fault
        hub.wait(attempt, told_s, str(fault))
    raise AssertionError("the loop returns or raises")
