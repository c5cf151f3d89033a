"""The fixtures of tests that speak to a fake Hub: a server and a client process for a module.

Generators for `yield from` in a fixture, since modules differ in settings and scope. A server ends
with the assertion that nobody asked it for an endpoint that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_hub.client import ClientProcess
from tests.fake_hub.git import explain_missing_git
from tests.fake_hub.hub import FakeHub
from tests.fake_hub.state import HubSettings

needs_git = pytest.mark.skipif(bool(explain_missing_git()), reason=explain_missing_git())


def serve_hub(
    folders: pytest.TempPathFactory, settings: HubSettings | None = None
) -> Iterator[FakeHub]:
    """A running server."""
    with FakeHub(folders.mktemp("hub"), settings=settings) as running:
        yield running
        assert running.unknown_requests == []


def serve_client(hub: FakeHub, folders: pytest.TempPathFactory) -> Iterator[ClientProcess]:
    """A client process that begins with empty caches."""
    with ClientProcess(hub.environment(folders.mktemp("home"))) as running:
        yield running


def serve_afresh(hub: FakeHub) -> Iterator[FakeHub]:
    """A running server for one test: it is healthy and has seen nothing yet."""
    hub.forget_requests()
    yield hub
    hub.heal()
