"""One real server for all tests that do not start their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_teacher import reserve_port
from tests.vllm.real_server import ENVIRONMENT, RealServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    log_path = tmp_path_factory.mktemp("server") / "vllm.log"
    with RealServer(log_path, reserve_port()) as running:
        yield running
    print(f"vLLM started in {running.start_s} s")  # noqa: T201  # the target's figures


@pytest.fixture(autouse=True)
def _small_server_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """For servers that a build starts, as for those that tests start."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
