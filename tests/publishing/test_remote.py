"""Files of a commit beside the staged ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from builders.publishing.remote import (
    Goal,
    Missing,
    RemoteFile,
    find_missing,
    holds,
    list_differences,
    list_staged,
    tell_paths,
)


@pytest.fixture
def goal(tmp_path: Path) -> Goal:
    (tmp_path / "data").mkdir()
    (tmp_path / "README.md").write_bytes(b"hello\n")
    (tmp_path / "data" / "a.parquet").write_bytes(b"PAR1")
    return Goal(list_staged(tmp_path), frozenset({"data/a.parquet", "data/old.parquet"}))


def stored(content: bytes) -> RemoteFile:
    """A file that goes through LFS: git's id is that of its pointer."""
    return RemoteFile(len(content), "0" * 40, hashlib.sha256(content).hexdigest())


def test_a_file_is_known_by_git_or_by_lfs(goal: Goal) -> None:
    card, shard = goal.files["README.md"], goal.files["data/a.parquet"]
    # `echo hello | git hash-object --stdin`
    assert holds(RemoteFile(6, "ce013625030ba8dba906f756967f9e9ca394464a", None), card)
    assert not holds(RemoteFile(6, "0" * 40, None), card)
    assert holds(stored(b"PAR1"), shard)
    assert not holds(stored(b"PAR2"), shard)
    assert not holds(None, shard)


def test_what_is_missing_names_no_file_of_anybody_else(goal: Goal) -> None:
    tree = {
        "data/old.parquet": stored(b"x"),
        "notes.md": stored(b"y"),
        ".gitattributes": stored(b"z"),
    }
    assert find_missing(tree, goal) == Missing(
        ["README.md", "data/a.parquet"], ["data/old.parquet"]
    )
    card = RemoteFile(6, "ce013625030ba8dba906f756967f9e9ca394464a", None)
    whole = {"README.md": card, "data/a.parquet": stored(b"PAR1"), "notes.md": stored(b"y")}
    assert find_missing(whole, goal).is_empty


def test_differences_between_trees() -> None:
    one, other = {"a": stored(b"1"), "b": stored(b"2")}, {"b": stored(b"3"), "c": stored(b"4")}
    assert list_differences(one, other) == ["a", "b", "c"]
    assert tell_paths(["a", "b", "c"], most=2) == "'a', 'b' and 1 more"
