"""The code version names the commit in a clone and the release outside of one."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from builders.code_version import read_code_version

NO_OTHER_CONFIG = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    environment = {**os.environ, **NO_OTHER_CONFIG}
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        environment.pop(name, None)
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, env=environment)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    return tmp_path


@pytest.fixture
def clone(project: Path) -> Path:
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "first")
    return project


def test_outside_of_a_clone_it_is_the_release(project: Path) -> None:
    assert read_code_version(project) == "1.2.3"


def test_in_a_clone_it_names_the_commit(clone: Path) -> None:
    assert re.fullmatch(r"1\.2\.3\+g[0-9a-f]{12}", read_code_version(clone))


def test_changes_to_tracked_files_are_told_and_other_files_are_not(clone: Path) -> None:
    (clone / "output").mkdir()
    (clone / "output" / "rows.parquet").touch()
    assert not read_code_version(clone).endswith(".dirty")
    (clone / "pyproject.toml").write_text('[project]\nversion = "1.2.4"\n')
    assert read_code_version(clone).endswith(".dirty")


def test_a_git_hook_of_another_repository_changes_nothing(
    clone: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = read_code_version(clone)
    monkeypatch.setenv("GIT_DIR", str(tmp_path_factory.mktemp("other")))
    assert read_code_version(clone) == before


def test_without_git_it_is_the_release(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert read_code_version(clone) == "1.2.3"


def test_this_repository_has_one() -> None:
    assert re.match(r"\d+\.\d+\.\d+", read_code_version())
