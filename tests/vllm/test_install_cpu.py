"""The environment with vLLM's CPU build: what is missing is said before anything is fetched."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import pytest

from tests.vllm.install_cpu import (
    InstallError,
    add_metadata,
    check_machine,
    check_torch,
    read_locked_version,
)


@pytest.mark.parametrize(
    ("version", "system", "machine"),
    [((3, 12), "Linux", "x86_64"), ((3, 11), "Darwin", "arm64"), ((3, 11), "Linux", "aarch64")],
)
def test_another_machine_than_the_locks_is_refused(
    version: tuple[int, int], system: str, machine: str
) -> None:
    with pytest.raises(InstallError, match=r"PYTHON=python3\.11"):
        check_machine(version, system, machine)
    check_machine((3, 11), "Linux", "x86_64")


def test_without_the_cpu_build_of_torch_it_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(InstallError, match="PIP_FIND_LINKS=FOLDER") as caught:
        check_torch(Path(sys.executable))
    assert "No matching distribution found for torch==2.13.0+cpu" in str(caught.value)


def test_the_metadata_gives_vllm_its_version(tmp_path: Path) -> None:
    version = f"{read_locked_version()}+cpu"
    add_metadata(tmp_path, version)
    (found,) = importlib.metadata.distributions(path=[str(tmp_path)])
    assert (found.name, found.version) == ("vllm", version)
