"""The package stage of the instruction kind: each config loads, whole, in order, with its types."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from builders.errors import NothingPublishedError
from builders.instruction_outcome import InstructionOutcome
from builders.instruction_rows import (
    CONFIGS,
    REJECTED_COLUMNS,
    config_row,
    published_row,
)
from builders.manifest_parts import digest_rows
from builders.package import package_instruction_dataset, write_instruction_dataset
from builders.swap import STAGING_NAME
from tests.instruction_outcomes import fallen, row, small_alpaca, small_facts, small_self_instruct
from tests.package_checks import (
    check_files,
    check_load_snippet,
    check_row_index,
    check_same_bytes,
)

HOSTILE = "  \r\n### 4. Instruction:\x00\u2028 🙂 ```\n---\n</details> \t\n"


def load(folder: Path, config: str, cache: Path) -> Any:  # noqa: ANN401  # datasets has no types
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    return load_dataset(str(folder), config, cache_dir=str(cache), split="train")


@pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
def test_each_config_loads_with_its_rows_and_exactly_its_features(
    tmp_path: Path, method: str
) -> None:
    outcome = small_alpaca() if method == "alpaca" else small_self_instruct()
    hostile = row(HOSTILE, HOSTILE + "1", HOSTILE + "2", request=1, item=9)
    outcome = outcome._replace(published=[*outcome.published, hostile])
    facts = small_facts(rows_wanted=len(outcome.published), method=method)
    outcome = outcome._replace(ended_by="rows")

    manifest = package_instruction_dataset(outcome, facts, tmp_path / STAGING_NAME, tmp_path)

    expected = [published_row(one) for one in outcome.published]
    for config, described in zip(CONFIGS, manifest.configs, strict=True):
        loaded = load(tmp_path / "dataset", config, tmp_path / "cache")
        assert loaded.to_list() == [config_row(config, one) for one in expected]
        assert loaded.features._to_yaml_list() == described.features
        if config == "default":
            assert digest_rows(loaded) == manifest.content_digest
            check_row_index(manifest, tmp_path / "dataset", loaded)


def test_the_default_config_is_the_one_that_loads_without_a_name(tmp_path: Path) -> None:
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    manifest = write_instruction_dataset(small_alpaca(), small_facts(), tmp_path)
    splits = load_dataset(str(tmp_path / "dataset"), cache_dir=str(tmp_path / "cache"))
    check_load_snippet(manifest, tmp_path / "dataset", tmp_path / "cache")
    assert list(splits) == ["train"]
    assert "most_similar_instructions" in splits["train"].column_names


def test_rejected_rows_keep_their_texts_and_say_why(tmp_path: Path) -> None:
    write_instruction_dataset(small_alpaca(), small_facts(), tmp_path)

    table = pq.read_table(tmp_path / "rejected" / "rejected-00000-of-00001.parquet")
    assert table.column_names == [column.name for column in REJECTED_COLUMNS]
    rejected = small_alpaca().rejected
    assert table["reason"].to_pylist() == [one.reason for one in rejected]
    assert table["stage"].to_pylist() == [one.stage for one in rejected]
    assert table["raw"].to_pylist() == [one.raw for one in rejected]


def test_the_manifest_names_every_file_and_is_read_back_as_its_kind(tmp_path: Path) -> None:
    check_files(write_instruction_dataset(small_alpaca(), small_facts(), tmp_path), tmp_path)


def test_the_same_build_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        manifest = write_instruction_dataset(small_alpaca(), small_facts(), tmp_path / name)
    check_same_bytes(manifest, tmp_path / "a", tmp_path / "b")


def test_nothing_published_leaves_no_dataset_but_what_was_rejected(tmp_path: Path) -> None:
    rejected = [fallen("Go.", "too_short"), fallen("Stop.", "too_short", item=1)]
    outcome = InstructionOutcome([], rejected, [], 1, "fruitless")
    with pytest.raises(NothingPublishedError, match=r"no row of 2 passed \(too_short 2\)"):
        package_instruction_dataset(outcome, small_facts(), tmp_path / STAGING_NAME, tmp_path)
    assert not (tmp_path / "dataset").exists()
    assert not (tmp_path / "manifest.json").exists()
    (shard,) = (tmp_path / "rejected").iterdir()
    assert pq.read_table(shard).column("instruction").to_pylist() == ["Go.", "Stop."]
