"""`FakeHub`: the server as a context manager, and what a test may ask of it or do behind its back.

    with FakeHub(tmp_path / "hub", faults=[Fault("commit", FaultKind.DROP_REPLY)]) as hub:
        api = HfApi(endpoint=hub.endpoint, token=WRITE_TOKEN)

Clients must not use Xet, which this server does not speak. huggingface_hub reads that setting and
the endpoint when it is imported, so clients run in a process of their own: `hub.environment` has
all variables that it needs, `ClientProcess` (client.py) runs functions in one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.fake_hub.accounts import STRANGER, WRITE_TOKEN
from tests.fake_hub.discussion_routes import merge
from tests.fake_hub.faults import Fault, FaultBoard
from tests.fake_hub.git import Changes, CommitText
from tests.fake_hub.listing import list_files
from tests.fake_hub.record import RequestLog, RequestRecord
from tests.fake_hub.repositories import DatasetRepository
from tests.fake_hub.routes import HUB_ROUTES, STORAGE_ROUTES
from tests.fake_hub.server import Origin, OriginServer
from tests.fake_hub.state import HubSettings, HubState
from tests.fake_hub.upload_modes import find_lfs_paths, is_large_or_binary

SAMPLE_SIZE = 512


@dataclass(frozen=True)
class RepositoryState:
    """All that a request can change: refs with their commits, visibility, discussions' states."""

    refs: Mapping[str, str]
    private: bool
    discussions: Sequence[str]


class FakeHub:
    """A Hub of datasets on two loopback ports; its repositories live below `root`."""

    def __init__(
        self, root: Path, *, faults: Iterable[Fault] = (), settings: HubSettings | None = None
    ) -> None:
        self.state = HubState(root, settings or HubSettings())
        self._board = FaultBoard(faults)
        self._log = RequestLog()
        self._servers = OriginServer(), OriginServer()

    def __enter__(self) -> Self:
        self.state.endpoint, self.state.storage = (server.url for server in self._servers)
        for server, routes in zip(self._servers, (HUB_ROUTES, STORAGE_ROUTES), strict=True):
            server.start(Origin(self.state, routes, self._board, self._log, self._run_act))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._board.heal()
        for server in self._servers:
            server.stop()
        crashes = [crash for server in self._servers for crash in server.crashes]
        if crashes and error is None:
            raise RuntimeError("the test Hub itself failed") from crashes[0]

    @property
    def endpoint(self) -> str:
        """What HF_ENDPOINT is set to."""
        return self.state.endpoint

    def environment(self, home: Path, token: str | None = WRITE_TOKEN) -> dict[str, str]:
        """The variables of a client process whose caches are in `home` alone."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HF_", "HUGGING", "XDG_"))
        }
        own = {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        return inherited | own | ({"HF_TOKEN": token} if token is not None else {})

    @property
    def requests(self) -> list[RequestRecord]:
        """All requests so far, in order of arrival; `number` counts from 1."""
        return self._log.records()

    @property
    def unknown_requests(self) -> list[str]:
        """Method and path of every request that no route answers, `forget_requests` or not."""
        return self._log.unknown()

    def forget_requests(self) -> None:
        """Begin the list anew."""
        self._log.clear()

    def inject(self, *faults: Fault) -> None:
        """More faults, counting from the next request."""
        self._board.add(*faults)

    def heal(self) -> None:
        """No more faults; thaws a frozen server and releases held requests."""
        self._board.heal()

    def wait_until_held(self, timeout_s: float = 30.0) -> RequestRecord:
        """The request that a HOLD fault keeps waiting: the moment to kill its client."""
        return self._board.wait_until_held(timeout_s)

    def release(self) -> None:
        """Close the connections of held requests."""
        self._board.release()

    def create_repository(self, name: str, *, private: bool = False) -> DatasetRepository:
        """A repository made without a request."""
        return self.state.create_repository(name, private=private)

    def repository(self, name: str) -> DatasetRepository:
        """A repository, to look at its git and LFS objects."""
        return self.state.repositories[name]

    def commit(
        self,
        name: str,
        files: Mapping[str, bytes],
        *,
        deleted: Sequence[str] = (),
        branch: str = "main",
        author: str = STRANGER,
    ) -> str:
        """A commit that somebody makes without a request of the client under test; its id."""
        repository = self.repository(name)
        with repository.lock:
            parent = repository.require_commit(f"refs/heads/{branch}")
            through_lfs = find_lfs_paths(repository.git, parent, list(files))
            written = {
                path: repository.lfs.keep(content).content
                if path in through_lfs or is_large_or_binary(content[:SAMPLE_SIZE], len(content))
                else content
                for path, content in files.items()
            }
            text = CommitText(f"{author} changes {', '.join([*files, *deleted])}", author)
            changes = Changes(written, deleted)
            return repository.add_commit(f"refs/heads/{branch}", changes, text, parent)

    def merge(self, name: str, number: int, *, author: str = STRANGER) -> str:
        """Somebody merges a pull request in his browser; main's new commit."""
        repository = self.repository(name)
        discussion = repository.find_discussion(number)
        return merge(self.state.settings.merge, repository, discussion, author)

    def read_files(self, name: str, revision: str = "main") -> dict[str, bytes]:
        """All files of a revision, LFS objects in full."""
        repository = self.repository(name)
        entries = list_files(repository.list_entries(repository.require_commit(revision)))
        return {entry.path: repository.read_entry(entry) for entry in entries}

    def read_state(self, name: str) -> RepositoryState | None:
        """What a release is measured by; None where the repository does not exist."""
        repository = self.state.repositories.get(name)
        if repository is None:
            return None
        talks = [f"{talk.number} {talk.status}" for talk in repository.discussions]
        return RepositoryState(repository.git.list_refs(), repository.private, talks)

    def _run_act(self, fault: Fault) -> None:
        if fault.act is not None:
            fault.act(self)
