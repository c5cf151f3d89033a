"""Fixtures of the releases' tests: one fake Hub and one client process a module."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_hub import FakeHub
from tests.fake_hub.client import ClientProcess
from tests.fake_hub.sessions import serve_afresh, serve_client, serve_hub
from tests.publishing.publications import make_build

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def running_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    yield from serve_hub(tmp_path_factory)


@pytest.fixture
def hub(running_hub: FakeHub) -> Iterator[FakeHub]:
    """The module's server, healthy, which has seen nothing yet."""
    yield from serve_afresh(running_hub)


@pytest.fixture(scope="module")
def client(
    running_hub: FakeHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClientProcess]:
    yield from serve_client(running_hub, tmp_path_factory)


@pytest.fixture
def repo() -> str:
    """The name of a repository that does not exist yet."""
    return f"me/sums-{next(NUMBERS)}"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of six rows."""
    return make_build(tmp_path_factory.mktemp("small") / "out", 6)


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows and three more."""
    return make_build(tmp_path_factory.mktemp("larger") / "out", 9)
