"""Releases with several splits on the fake Hub: grown, divided anew, divided for the first time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builders.splits import SplitConfig
from tests.fake_hub import FakeHub
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.sessions import needs_git
from tests.publishing.publications import MAKERS, load_splits, make_build, push

pytestmark = needs_git
SPLITS = SplitConfig(validation=0.2, test=0.2)


def ids_by_split(client: ClientProcess, repo: str, tag: str) -> dict[str, set[str]]:
    loaded: dict[str, list[dict[str, Any]]] = client.call(load_splits, repo, tag)
    return {split: {row["id"] for row in rows} for split, rows in loaded.items()}


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[] if kind == "reasoning" else pytest.mark.slow) for kind in MAKERS],
)
def test_a_grown_release_is_minor_and_moves_no_row(
    hub: FakeHub, client: ClientProcess, repo: str, tmp_path: Path, kind: str
) -> None:
    small, larger = (MAKERS[kind](tmp_path / f"{rows}", rows, splits=SPLITS) for rows in (40, 60))
    client.call(push, small, "1.0.0", repo=repo, kind=kind)
    client.call(push, larger, "auto", repo=repo, kind=kind)
    first, second = (ids_by_split(client, repo, tag) for tag in ("v1.0.0", "v1.1.0"))
    assert list(first) == list(second) == ["train", "validation", "test"]
    assert all(first[split] <= second[split] for split in first)
    assert sum(map(len, second.values())) == sum(map(len, first.values())) + 20
    card = hub.read_files(repo)["README.md"].decode()
    assert "20 added, 0 removed, 0 changed, 0 moved to another split" in card
    assert "### Splits" in card


def test_other_shares_move_rows_and_are_major(
    client: ClientProcess, repo: str, tmp_path: Path
) -> None:
    first = make_build(tmp_path / "a", 40, splits=SPLITS)
    more = make_build(tmp_path / "b", 40, splits=SplitConfig(validation=0.2, test=0.5))
    client.call(push, first, "1.0.0", repo=repo)
    with pytest.raises(ClientError, match="moved to another split"):
        client.call(push, more, "1.1.0", repo=repo)
    client.call(push, more, "auto", repo=repo)
    before, after = (ids_by_split(client, repo, tag) for tag in ("v1.0.0", "v2.0.0"))
    assert before["test"] < after["test"]
    assert before["validation"] == after["validation"]


def test_splits_that_come_later_are_major(client: ClientProcess, repo: str, tmp_path: Path) -> None:
    client.call(push, make_build(tmp_path / "a", 40), "1.0.0", repo=repo)
    divided = make_build(tmp_path / "b", 40, splits=SPLITS)
    with pytest.raises(ClientError, match="split 'validation' added to configs 'default'"):
        client.call(push, divided, "1.1.0", repo=repo)
    client.call(push, divided, "auto", repo=repo)
    assert list(ids_by_split(client, repo, "v2.0.0")) == ["train", "validation", "test"]
