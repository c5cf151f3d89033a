"""What the routes share: accounts, repositories, settings, and addresses that are signed."""

from __future__ import annotations

import hashlib
import hmac
import re
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlencode

from tests.fake_hub.accounts import (
    ACCOUNTS,
    Account,
    check_reading,
    check_writing,
    find_account,
    missing_repository,
)
from tests.fake_hub.repositories import DatasetRepository
from tests.fake_hub.wire import Call, HubError

REPOSITORY_NAME = re.compile(r"[\w-][\w.-]{0,95}/[\w-][\w.-]{0,95}")
SIGNING_KEY = b"of this server alone"


class MergeStyle(StrEnum):
    """What merging a pull request leaves on main."""

    SQUASH = "squash"  # one new commit, as the Hub's pages show ("Title (#3)")
    FAST_FORWARD = "fast_forward"  # the pull request's own commit, where main did not move


@dataclass(frozen=True)
class HubSettings:
    """Limits: small pages make paging show; files above `part_size` bytes go up in parts of it."""

    page_size: int = 1000
    expanded_page_size: int = 50
    part_size: int | None = None
    merge: MergeStyle = MergeStyle.SQUASH
    accounts: Sequence[Account] = ACCOUNTS


class HubState:
    """Everything behind the routes. `endpoint` and `storage` are set when the server listens."""

    def __init__(self, root: Path, settings: HubSettings) -> None:
        self.root = root
        self.settings = settings
        self.endpoint = ""
        self.storage = ""
        self.repositories: dict[str, DatasetRepository] = {}
        self._lock = threading.Lock()
        self._made = 0

    def find_account(self, call: Call) -> Account | None:
        """Who asks; None without a token, 401 with a wrong one."""
        return find_account(call, self.settings.accounts)

    def open_to_read(self, call: Call) -> DatasetRepository:
        """The request's repository, if the caller may see it."""
        account = self.find_account(call)
        repository = self.repositories.get(call.groups["repository"])
        if repository is None:
            raise missing_repository(account)
        check_reading(account, repository.namespace, private=repository.private)
        return repository

    def open_to_write(
        self, call: Call, *, as_pull_request: bool = False
    ) -> tuple[DatasetRepository, Account]:
        """The request's repository and its caller, if he may change it."""
        repository = self.open_to_read(call)
        account = self.find_account(call)
        caller = check_writing(account, repository.namespace, as_pull_request=as_pull_request)
        return repository, caller

    def create_repository(self, name: str, *, private: bool) -> DatasetRepository:
        """A new repository with the Hub's first commit; 409 if there is one."""
        if not REPOSITORY_NAME.fullmatch(name) or ".." in name or "--" in name:
            raise HubError(400, f"Invalid repository name: {name}")
        with self._lock:
            if name in self.repositories:
                url = self.repository_url(name)
                raise HubError(409, "You already created this dataset repo", body={"url": url})
            self._made += 1
            folder = self.root / f"{self._made}-{name.replace('/', '--')}"
            self.repositories[name] = DatasetRepository(name, folder, private=private)
            return self.repositories[name]

    def delete_repository(self, name: str) -> None:
        """Forget a repository and all its content."""
        with self._lock:
            gone = self.repositories.pop(name)
        shutil.rmtree(gone.git.folder.parent)

    def repository_url(self, name: str) -> str:
        return f"{self.endpoint}/datasets/{name}"

    def sign_storage(self, verb: str, repository: str, sha256: str, **more: int) -> str:
        """An address at the other origin that lets anyone do one thing with one object."""
        return self._sign(f"{self.storage}/objects/{repository}/{sha256}", verb, more)

    def sign_completion(self, repository: str, sha256: str, size: int) -> str:
        """Where the parts of an object are put together."""
        address = f"{self.endpoint}/api/complete_multipart/{repository}/{sha256}"
        return self._sign(address, "POST", {"size": size})

    def check_signature(self, call: Call, verb: str) -> None:
        """Refuse an address that was not given out for this."""
        named = {key: values[0] for key, values in call.query.items() if key != "signature"}
        origin = self.endpoint if call.path.startswith("/api/") else self.storage
        expected = self._digest(f"{origin}{call.path}", verb, named)
        if not hmac.compare_digest(expected, call.argument("signature")):
            raise HubError(403, "SignatureDoesNotMatch")

    def _sign(self, address: str, verb: str, more: dict[str, int]) -> str:
        named = {key: str(value) for key, value in more.items()}
        query = urlencode({**named, "signature": self._digest(address, verb, named)})
        return f"{address}?{query}"

    def _digest(self, address: str, verb: str, named: dict[str, str]) -> str:
        text = f"{verb} {address} {sorted(named.items())}"
        return hmac.new(SIGNING_KEY, text.encode(), hashlib.sha256).hexdigest()
