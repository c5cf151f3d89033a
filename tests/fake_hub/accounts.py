"""Who asks, and what he may do: tokens with a role, users, organisations, private repositories.

Statuses and words follow the Hub's "User access tokens" page and `hf_raise_for_status`: a private
repository is not found (404) for strangers and 401 without a token, never "forbidden".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.fake_hub.wire import Call, HubError

WRITE_TOKEN = "hf_test-write"  # noqa: S105  # of this server alone
READ_TOKEN = "hf_test-read"  # noqa: S105
OTHER_TOKEN = "hf_test-other"  # noqa: S105
OWNER = "me"
STRANGER = "someone-else"
ORGANISATION = "lab"


@dataclass(frozen=True)
class Account:
    """A token of a user."""

    name: str
    token: str
    role: str = "write"
    organisations: tuple[str, ...] = ()

    def owns(self, namespace: str) -> bool:
        return namespace == self.name or namespace in self.organisations


ACCOUNTS = (
    Account(OWNER, WRITE_TOKEN, "write", (ORGANISATION,)),
    Account(OWNER, READ_TOKEN, "read", (ORGANISATION,)),
    Account(STRANGER, OTHER_TOKEN),
)


def find_account(call: Call, accounts: Sequence[Account]) -> Account | None:
    """The account of the request's token, None without one; an unknown token is 401."""
    header = call.headers.get("Authorization", "")
    if not header:
        return None
    token = header.removeprefix("Bearer ").strip()
    for account in accounts:
        if account.token == token:
            return account
    raise HubError(401, "Invalid credentials in Authorization header")


def require_account(account: Account | None) -> Account:
    """The caller, or 401 without a token."""
    if account is None:
        raise HubError(401, "Invalid username or password.")
    return account


def check_reading(account: Account | None, namespace: str, *, private: bool) -> None:
    """A private repository shows itself to its owners alone."""
    if private and (account is None or not account.owns(namespace)):
        raise missing_repository(account)


def check_writing(account: Account | None, namespace: str, *, as_pull_request: bool) -> Account:
    """The caller, if he may write there; a pull request is open to every write token."""
    caller = require_account(account)
    if caller.role != "write":
        raise HubError(403, "Forbidden: you must use a write token to upload to a repository.")
    if not caller.owns(namespace) and not as_pull_request:
        raise HubError(
            403, "Forbidden: pass `create_pr=1` as a query parameter to create a Pull Request"
        )
    return caller


def missing_repository(account: Account | None) -> HubError:
    """What is said of a repository that does not exist or is hidden."""
    if account is None:
        return HubError(401, "Invalid username or password.", code="RepoNotFound")
    return HubError(404, "Repository not found", code="RepoNotFound")
