"""Where seeds come from: the sets of one kind, a local file before the Hub, columns that exist."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import pytest

from builders.errors import SeedError
from builders.seed_source import BUNDLED_LICENSE, check_columns_seen, open_seed_source

SETS = {"bundled:reasoning-open": "reasoning_open.jsonl"}
FOLDER = Path(__file__).parents[1] / "builders" / "seeds"


def test_a_bundled_set_is_hashed_and_licensed() -> None:
    source = open_seed_source("bundled:reasoning-open", None, SETS)
    stored = (FOLDER / "reasoning_open.jsonl").read_bytes()
    assert source.name == "bundled:reasoning-open"
    assert source.sha256 == hashlib.sha256(stored).hexdigest()
    assert (source.license, source.revision) == (BUNDLED_LICENSE, None)
    assert len(list(source.rows)) == stored.count(b"\n")


def test_a_set_of_another_kind_is_not_opened() -> None:
    with pytest.raises(SeedError, match=r"'bundled:reasoning'.*SEEDS=bundled:reasoning-open, a"):
        open_seed_source("bundled:reasoning", None, SETS)


def test_a_local_file_is_opened_before_the_hub_is_asked(tmp_path: Path) -> None:
    (tmp_path / "owner").mkdir()
    (tmp_path / "owner" / "name").write_bytes(b'{"question": "local"}\n')
    with contextlib.chdir(tmp_path):
        source = open_seed_source("owner/name", 1, SETS)
        assert [row.values for row in source.rows] == [{"question": "local"}]
    assert (source.name, source.license) == ("name", None)


def test_a_file_that_is_not_there_is_told_with_the_sets_of_the_kind(tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path), pytest.raises(SeedError) as caught:
        open_seed_source("gone.jsonl", None, SETS)
    assert "No seed file 'gone.jsonl'" in str(caught.value)
    assert "SEEDS is bundled:reasoning-open, a local" in str(caught.value)


def test_a_mapping_to_a_column_that_no_row_has_is_told() -> None:
    check_columns_seen({"output": "reply"}, {"reply", "ask"}, "a.csv")
    with pytest.raises(SeedError, match=r'a\.csv: .* output to "replay".*ask, reply.*mean \'reply'):
        check_columns_seen({"output": "replay"}, {"reply", "ask"}, "a.csv")


@pytest.mark.parametrize("name", ["~nosuchuserofthis/x.jsonl", "x" * 5000 + ".jsonl", "a\0b.jsonl"])
def test_no_text_is_too_odd_to_be_told_that_there_is_no_such_file(name: str) -> None:
    with pytest.raises(SeedError, match="No seed file"):
        open_seed_source(name, None, SETS)
