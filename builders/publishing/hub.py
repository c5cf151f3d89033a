"""The Hub of datasets as a release needs it: the only module that speaks to huggingface_hub.

Reading is repeated where it fails for the moment. Writing is sent once a call: whoever writes has
to look at the repository after a reply that was lost, and `UncertainError` says so. The client
honours HF_ENDPOINT, HF_TOKEN and its other variables by itself.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from builders.errors import PublishError
from builders.publishing.hub_faults import (
    RetryPolicy,
    explain_fault,
    is_missing,
    is_stale,
    list_client_faults,
    may_be_repeated,
    read_retry_after_s,
    tell_fault,
)
from builders.publishing.hub_token import has_hub_token, read_hub_token
from builders.publishing.remote import (
    CommitOrder,
    PullRequest,
    RemoteCommit,
    RemoteFile,
    RemoteRepository,
    Tree,
)

if TYPE_CHECKING:
    from huggingface_hub import HfApi

MAIN = "main"
_KIND = "dataset"
_logger = logging.getLogger("build")
T = TypeVar("T")


class UncertainError(Exception):
    """A change that may have been made or not: no reply, a busy server, or a head that has moved.

    `told_s` is what the server asks to wait; `fault` is the error for a user who is told to wait no
    longer.
    """

    def __init__(self, fault: PublishError, told_s: float | None, *, stale: bool) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.told_s = told_s
        self.stale = stale


class Hub:
    """One dataset repository on the Hub; where it is only read, nobody needs a token."""

    def __init__(
        self, repo: str, policy: RetryPolicy | None = None, *, only_read: bool = False
    ) -> None:
        self.repo = repo
        self.policy = policy or RetryPolicy()
        self._only_read = only_read

    @property
    def url(self) -> str:
        """The repository's page."""
        from huggingface_hub import constants  # noqa: PLC0415  # slow import

        return f"{constants.ENDPOINT}/datasets/{self.repo}"

    def read_token(self) -> str:
        """The token that is used; raises PublishError without one."""
        return read_hub_token(self.repo)

    def read_repository(self) -> RemoteRepository | None:
        """Head and visibility; None where there is no such repository that the token may see."""
        try:
            info = self._ask(
                "reading the repository",
                lambda: self._api().dataset_info(self.repo, expand=["sha", "private"]),
            )
        except _MissingError:
            return None
        return RemoteRepository(str(info.sha), bool(info.private))

    def read_head(self, revision: str = MAIN) -> str:
        """The commit of a branch, a tag or a pull request's ref."""
        info = self._ask(
            f"reading revision {revision}",
            lambda: self._api().dataset_info(self.repo, revision=revision, expand=["sha"]),
        )
        return str(info.sha)

    def read_tags(self) -> list[str]:
        """The names of all tags."""
        refs = self._ask(
            "reading the tags",
            lambda: self._api().list_repo_refs(self.repo, repo_type=_KIND),
        )
        return [tag.name for tag in refs.tags]

    def read_tree(self, revision: str) -> Tree:
        """All files of a revision by their path."""
        from huggingface_hub import RepoFile  # noqa: PLC0415  # slow import

        entries = self._ask(
            f"reading the files of {revision}",
            lambda: list(
                self._api().list_repo_tree(
                    self.repo, recursive=True, revision=revision, repo_type=_KIND
                )
            ),
        )
        return {
            one.path: RemoteFile(one.size, one.blob_id, one.lfs.sha256 if one.lfs else None)
            for one in entries
            if isinstance(one, RepoFile)
        }

    def read_file(self, path: str, commit: str) -> bytes:
        """A file of a commit, past the user's cache."""
        from huggingface_hub import hf_hub_download  # noqa: PLC0415  # slow import

        def download() -> bytes:
            with tempfile.TemporaryDirectory() as folder:
                found = hf_hub_download(
                    self.repo,
                    path,
                    repo_type=_KIND,
                    revision=commit,
                    local_dir=folder,
                    token=self._choose_token(),
                )
                return Path(found).read_bytes()

        return self._ask(f"reading {path} of {commit[:12]}", download)

    def list_commits(self, revision: str = MAIN) -> list[RemoteCommit]:
        """The commits of a revision, newest first."""
        found = self._ask(
            f"reading the history of {revision}",
            lambda: self._api().list_repo_commits(self.repo, repo_type=_KIND, revision=revision),
        )
        return [RemoteCommit(one.commit_id, one.title, list(one.authors)) for one in found]

    def create_repository(self, *, private: bool) -> None:
        """Make the repository, if it does not exist.

        Not `private` is what the owner's settings say: public, unless an organisation decides else.
        """
        self._ask(
            f"creating the repository {self.repo}",
            lambda: self._api().create_repo(
                self.repo, repo_type=_KIND, private=private or None, exist_ok=True
            ),
        )

    def commit(self, order: CommitOrder) -> str:
        """Send one commit; its id. Files that the Hub holds already are not sent.

        Raises UncertainError where it may have landed, PublishError where it was refused.
        """
        operations = _list_operations(order)
        return self._tell(
            f"the commit to {order.revision}",
            lambda: str(
                self._api()
                .create_commit(
                    self.repo,
                    operations,
                    commit_message=order.title,
                    commit_description=order.description,
                    repo_type=_KIND,
                    revision=order.revision,
                    parent_commit=order.parent,
                )
                .oid
            ),
        )

    def create_tag(self, tag: str, commit: str, message: str) -> None:
        """An annotated tag; raises UncertainError where it may be there, 409 included."""
        self._tell(
            f"the tag {tag}",
            lambda: self._api().create_tag(
                self.repo, tag=tag, tag_message=message, revision=commit, repo_type=_KIND
            ),
        )

    def find_pull_request(self, title: str) -> PullRequest | None:
        """Our own pull request of this title that is not merged or closed."""
        me = self._ask("asking who the token belongs to", lambda: self._api().whoami())["name"]
        found = self._ask(
            "reading the pull requests",
            lambda: list(
                self._api().get_repo_discussions(
                    self.repo,
                    author=me,
                    discussion_type="pull_request",
                    repo_type=_KIND,
                )
            ),
        )
        mine = (one for one in found if (one.title, one.author) == (title, me))
        waiting = (one for one in mine if one.status in ("draft", "open"))
        return next((PullRequest(one.num, one.status == "draft") for one in waiting), None)

    def open_pull_request(self, title: str, description: str) -> None:
        """A draft at main; raises UncertainError where it may be there."""
        self._tell(
            "opening a pull request",
            lambda: self._api().create_pull_request(
                self.repo, title, description=description, repo_type=_KIND
            ),
        )

    def set_pull_request(self, number: int, *, is_open: bool) -> None:
        """Make a draft one that can be merged, or close it."""
        self._ask(
            f"changing pull request {number}",
            lambda: self._api().change_discussion_status(
                self.repo, number, "open" if is_open else "closed", repo_type=_KIND
            ),
        )

    def merge_pull_request(self, number: int) -> None:
        """Merge into main; raises UncertainError where it may be done."""
        self._tell(
            f"merging pull request {number}",
            lambda: self._api().merge_pull_request(self.repo, number, repo_type=_KIND),
        )

    def wait(self, attempt: int, told_s: float | None, why: str) -> None:
        """Sleep before the next attempt, and say so where it is long."""
        wait_s = self.policy.choose_wait_s(attempt, told_s)
        _logger.info("%s; trying again in %.0f s", why, wait_s)
        time.sleep(wait_s)

    def _api(self) -> HfApi:
        from huggingface_hub import HfApi  # noqa: PLC0415  # slow import

        # Given, so that HF_HUB_DISABLE_IMPLICIT_TOKEN does not hide a private repository.
        return HfApi(library_name="synthetic-data-toolkit", token=self._choose_token())

    def _choose_token(self) -> str | Literal[False]:
        """The token; False, which asks as nobody, where there is none and nothing is written."""
        return False if self._only_read and not has_hub_token() else self.read_token()

    def _ask(self, what: str, call: Callable[[], T]) -> T:
        """A request that may be repeated; raises PublishError, `_MissingError` for a 404."""
        for attempt in range(self.policy.attempts):
            try:
                return call()
            except list_client_faults() as error:
                if is_missing(error):
                    raise _MissingError(str(explain_fault(what, error))) from error
                if not may_be_repeated(error) or attempt + 1 == self.policy.attempts:
                    raise explain_fault(what, error) from error
                self.wait(attempt, read_retry_after_s(error), f"{what}: {tell_fault(error)}")
        raise AssertionError("the loop returns or raises")

    def _tell(self, what: str, call: Callable[[], T]) -> T:
        """A request that changes something: sent once."""
        try:
            return call()
        except list_client_faults() as error:
            fault = explain_fault(what, error)
            if may_be_repeated(error) or is_stale(error):
                told_s = read_retry_after_s(error)
                raise UncertainError(fault, told_s, stale=is_stale(error)) from error
            raise fault from error


class _MissingError(PublishError):
    """There is no such repository, revision or file, or the token may not see it."""


def _list_operations(order: CommitOrder) -> list[Any]:
    from huggingface_hub import (  # noqa: PLC0415  # slow import
        CommitOperationAdd,
        CommitOperationCopy,
        CommitOperationDelete,
    )

    return [
        *(CommitOperationDelete(path, is_folder=False) for path in order.deleted),
        *(CommitOperationAdd(path, file) for path, file in order.added.items()),
        *(
            CommitOperationCopy(path, path, src_revision=order.restored_from)
            for path in order.restored
        ),
    ]
