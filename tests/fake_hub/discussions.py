"""Discussions and pull requests: their numbers are one sequence, a pull request has `refs/pr/N`.

Sources: the Hub's page "Pull requests and discussions"; `community.py` of huggingface_hub 2.4.0 for
the fields of events. One made by `create_pull_request` is a draft, one made by a commit is open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where a discussion stands."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


def now_text() -> str:
    """This moment as the Hub writes it."""
    return write_date(datetime.now(UTC))


def write_date(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


@dataclass
class Discussion:
    """One discussion; `base` is the branch that a pull request goes to."""

    number: int
    title: str
    author: str
    status: Status
    is_pull_request: bool
    base: str = "refs/heads/main"
    merge_commit: str | None = None
    created: str = field(default_factory=now_text)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ref(self) -> str:
        return f"refs/pr/{self.number}"

    def add_comment(self, author: str, text: str) -> dict[str, Any]:
        """A comment; the event."""
        latest = {"raw": text, "html": "", "updatedAt": now_text(), "author": {"name": author}}
        data = {"edited": False, "hidden": False, "latest": latest, "history": [latest]}
        return self._add_event("comment", author, data)

    def add_commit(self, author: str, subject: str, commit: str) -> None:
        """A commit was pushed to the pull request."""
        self._add_event("commit", author, {"subject": subject, "oid": commit})

    def change_status(self, author: str, status: Status) -> dict[str, Any]:
        """Open, close or merge; the event."""
        self.status = status
        return self._add_event("status-change", author, {"status": str(status)})

    def describe(self, repository: str) -> dict[str, Any]:
        """As the list of discussions tells it."""
        return {
            "num": self.number,
            "title": self.title,
            "author": {"name": self.author},
            "status": str(self.status),
            "isPullRequest": self.is_pull_request,
            "createdAt": self.created,
            "repo": {"name": repository, "type": "dataset"},
        }

    def describe_details(self, repository: str, diff: str) -> dict[str, Any]:
        """As the page of one discussion tells it."""
        changes: dict[str, Any] = {"base": self.base}
        if self.merge_commit is not None:
            changes["mergeCommitId"] = self.merge_commit
        more: dict[str, Any] = {"events": self.events}
        if self.is_pull_request:
            more |= {"changes": changes, "filesWithConflicts": [], "diff": diff}
        return {**self.describe(repository), **more}

    def _add_event(self, kind: str, author: str, data: dict[str, Any]) -> dict[str, Any]:
        event = {
            "id": f"{self.number:08x}{len(self.events):08x}",
            "type": kind,
            "createdAt": now_text(),
            "author": {"name": author},
            "data": data,
        }
        self.events.append(event)
        return event
