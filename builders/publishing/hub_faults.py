"""What the Hub's client raises, read: may a request be sent again, when, and what users are told.

Status codes after https://huggingface.co/docs/hub/rate-limits and the client's own list (408, 429,
5xx); 409 is a conflict with another operation that is under way, 412 a head that has moved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from builders.errors import PublishError

_AGAIN = frozenset({408, 409, 425, 429})
_NEVER = frozenset({501, 505})  # HF_ENDPOINT is a server that does not know how
_STALE = 412
_ADDRESS_QUERY = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]*")
_ADDRESS_LOGIN = re.compile(r"(https?://)[^\s/@'\"]+@")
_BEARER = re.compile(r"(Bearer )[^'\"]+")
_WHERE_TO_READ = re.compile(r"For more (?:information check:|details, see) \S+ ?")
_MOST_CHARACTERS = 400


class RetryPolicy(NamedTuple):
    """Waits double from `first_wait_s`; none, Retry-After's neither, is over `longest_wait_s`."""

    attempts: int = 6
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0

    def choose_wait_s(self, attempt: int, told_s: float | None) -> float:
        """Seconds to wait after attempt number `attempt` (from 0); `told_s` is Retry-After."""
        wait_s = self.first_wait_s * 2**attempt if told_s is None else told_s
        return min(wait_s, self.longest_wait_s)


def list_client_faults() -> tuple[type[Exception], ...]:
    """What the client raises: HTTP errors, replies that are no JSON, uploads that broke off."""
    # The Hub client names the HTTP library that it was built on; its errors derive from no OSError.
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415

    return (httpx.HTTPError, OSError, ValueError, RuntimeError)


def read_status(error: BaseException) -> int | None:
    """The HTTP status behind an error; None where no reply came, or none that could be read."""
    for one in walk_causes(error):
        status = getattr(getattr(one, "response", None), "status_code", None)
        if isinstance(status, int):
            return status
    return None


def read_retry_after_s(error: BaseException) -> float | None:
    """Seconds that the reply asks to wait; None where it does not say."""
    for one in walk_causes(error):
        headers = getattr(getattr(one, "response", None), "headers", {})
        told = str(headers.get("Retry-After", ""))
        if told.isdecimal():
            return float(told)
    return None


def may_be_repeated(error: BaseException) -> bool:
    """Whether the same request may go through later: no reply, a garbled one, or a busy server."""
    from huggingface_hub.errors import (  # noqa: PLC0415  # slow import
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
    )
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415

    status = read_status(error)
    if status is not None:
        return status in _AGAIN or (status >= 500 and status not in _NEVER)
    if any(isinstance(one, OfflineModeIsEnabled) for one in walk_causes(error)):
        return False  # HF_HUB_OFFLINE=1 is the user's own word
    if any(isinstance(one, httpx.UnsupportedProtocol) for one in walk_causes(error)):
        return False  # HF_ENDPOINT is no address
    lost = (httpx.TransportError, LocalEntryNotFoundError, ConnectionError, TimeoutError)
    garbled = (UnicodeDecodeError,)
    return any(
        isinstance(one, (*lost, *garbled)) or type(one).__name__ == "JSONDecodeError"
        for one in walk_causes(error)
    )


def is_stale(error: BaseException) -> bool:
    """Whether the Hub says that the branch has moved since."""
    return read_status(error) == _STALE


def is_missing(error: BaseException) -> bool:
    """Whether the Hub says that there is no such repository, revision or file."""
    return read_status(error) == 404


def explain_fault(what: str, error: BaseException) -> PublishError:
    """The error for the user: what was tried, what came back, what to do next."""
    status = read_status(error)
    if status in (401, 403):
        advice = (
            "Give a token that may write to this repository (HF_TOKEN, or `hf auth login`), and "
            "look whether REPO= names your own user or organisation."
        )
    elif may_be_repeated(error):
        away = "" if status is not None else "Look at the network and at HF_ENDPOINT. "
        advice = f"{away}Run the same command again: it goes on where it stopped."
    elif status in (404, *_NEVER):
        advice = "Look at REPO=, HF_ENDPOINT, and whether the token may see the repository."
    else:
        advice = "Nothing was lost: mend this and run the same command again."
    return PublishError(f"{what} failed: {tell_fault(error)}. {advice}")


def tell_fault(error: BaseException) -> str:
    """An error on one line, without what is a key: queries and logins of addresses, the token."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    cause = error.__cause__
    if isinstance(error, RuntimeError) and cause is not None:
        text += f" ({' '.join(f'{type(cause).__name__}: {cause}'.split())})"
    text = _WHERE_TO_READ.sub("", text)
    for secret in (_ADDRESS_QUERY, _ADDRESS_LOGIN, _BEARER):
        text = secret.sub(r"\1", text)
    return text[:_MOST_CHARACTERS].rstrip(". ")


def walk_causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        pending += [one.__cause__, one.__context__]
