"""The annotated tag of a release: set once, after the commit was loaded back, and never moved.

A reply that is lost leaves it open whether the tag is there, so it is looked for; what it names
decides whether the release is finished or somebody else has taken the version meanwhile.
"""

from __future__ import annotations

from builders.errors import PublishError
from builders.publishing.hub import Hub, UncertainError


def put_tag(hub: Hub, tag: str, commit: str, message: str) -> None:
    """Set the tag; one that is there already must name this commit, for a tag is never moved."""
    for attempt in range(hub.policy.attempts):
        try:
            hub.create_tag(tag, commit, message)
        except UncertainError as error:
            doubt = error
        else:
            return
        if tag in hub.read_tags():
            there = hub.read_head(tag)
            if there == commit:
                return
            raise PublishError(
                f"tag {tag} of {hub.repo} names commit {there[:12]} since a moment ago, not "
                f"{commit[:12]}: somebody else released this version. A tag is never moved: run "
                "the command again with VERSION=auto."
            )
        if attempt + 1 == hub.policy.attempts:
            raise doubt.fault
        hub.wait(attempt, doubt.told_s, str(doubt))
    raise AssertionError("the loop returns or raises")
