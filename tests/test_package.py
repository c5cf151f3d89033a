"""The package stage: what is written loads with `load_dataset`, whole and in order."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from builders.any_manifest import read_manifest
from builders.columns import arrow_schema
from builders.errors import NothingPublishedError, OutputError
from builders.judged import CheckedTrace, Outcome
from builders.manifest_parts import ROW_INDEX_NAME, digest_rows
from builders.package import package_dataset, write_dataset
from builders.reasoning_rows import (
    LISTS,
    REJECTED_COLUMNS,
    inline_think_row,
    published_row,
)
from builders.swap import STAGING_NAME, swap_in
from tests.outcomes import checked, rejected, small_facts, small_outcome
from tests.package_checks import check_load_snippet, check_row_index, check_same_bytes

HOSTILE = "  \r\n<think>\x00\u2028 🙂 ```\n---\n</details> \t\n"


def load(folder: Path, config: str, cache: Path) -> Any:  # noqa: ANN401  # datasets has no types
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    return load_dataset(str(folder), config, cache_dir=str(cache), split="train")


def all_null(number: int) -> CheckedTrace:
    """A row without anything that may be null, as the first shard of an open build."""
    nulls = dict.fromkeys(
        ("answer", "accuracy_reward", "pass_rate", "prompt_tokens", "completion_tokens")
    )
    fields: dict[str, Any] = {"verdict": "unverifiable", **nulls}
    return checked(f"open {number}?", "t", "r", **fields)


def test_both_configs_load_with_all_rows_in_order(tmp_path: Path) -> None:
    rows = [*map(all_null, range(3)), *small_outcome().published]
    rows.append(checked(HOSTILE, HOSTILE + "1", HOSTILE + "2"))
    outcome = Outcome(published=rows, rejected=small_outcome().rejected)

    manifest = write_dataset(outcome, small_facts(rows_wanted=8), tmp_path / STAGING_NAME)
    swap_in(tmp_path / STAGING_NAME, tmp_path)

    expected = [published_row(one) for one in rows]
    default = load(tmp_path / "dataset", "default", tmp_path / "cache")
    assert default.to_list() == expected
    assert digest_rows(default) == manifest.content_digest
    check_row_index(manifest, tmp_path / "dataset", default)
    inline = load(tmp_path / "dataset", "inline_think", tmp_path / "cache")
    assert inline.to_list() == [inline_think_row(row) for row in expected]
    assert default[0]["answer"] is None
    assert default[0]["accuracy_reward"] is None
    assert default.features._to_yaml_list() == manifest.configs[0].features
    assert inline.features._to_yaml_list() == manifest.configs[1].features


def test_the_default_config_is_the_one_that_loads_without_a_name(tmp_path: Path) -> None:
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    manifest = write_dataset(small_outcome(), small_facts(), tmp_path)
    splits = load_dataset(str(tmp_path / "dataset"), cache_dir=str(tmp_path / "cache"))
    check_load_snippet(manifest, tmp_path / "dataset", tmp_path / "cache")
    assert list(splits) == ["train"]
    assert "reasoning_content" in splits["train"][0]["messages"][0]


def test_files_are_chunked_indexed_and_never_large_string(tmp_path: Path) -> None:
    write_dataset(small_outcome(), small_facts(), tmp_path)

    for path in tmp_path.rglob("*.parquet"):
        file = pq.ParquetFile(path)
        assert "large" not in str(file.schema_arrow)
        is_shown = path.name != ROW_INDEX_NAME  # the index is read whole, by no viewer
        assert file.metadata.row_group(0).column(0).has_offset_index == is_shown


def test_the_manifest_names_every_parquet_file_with_its_digest(tmp_path: Path) -> None:
    manifest = write_dataset(small_outcome(), small_facts(), tmp_path)

    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet")}
    assert {f"{record.folder}/{record.path}" for record in manifest.files} == found
    for record in manifest.files:
        content = (tmp_path / record.folder / record.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == record.sha256
        assert len(content) == record.bytes
    copy = (tmp_path / "dataset" / "manifest.json").read_bytes()
    assert (tmp_path / "manifest.json").read_bytes() == copy
    assert read_manifest(tmp_path / "manifest.json") == manifest


def test_rejected_rows_keep_their_texts_and_say_why(tmp_path: Path) -> None:
    write_dataset(small_outcome(), small_facts(), tmp_path)

    table = pq.read_table(tmp_path / "rejected" / "rejected-00000-of-00001.parquet")
    assert table.column_names == [column.name for column in REJECTED_COLUMNS]
    assert table.num_rows == 8
    assert table["reason"].to_pylist() == [one.reason for one in small_outcome().rejected]


def test_nothing_rejected_is_an_empty_file_with_its_schema(tmp_path: Path) -> None:
    outcome = Outcome(published=small_outcome().published, rejected=[])
    manifest = write_dataset(outcome, small_facts(), tmp_path)

    (record,) = [record for record in manifest.files if record.folder == "rejected"]
    table = pq.read_table(tmp_path / "rejected" / record.path)
    assert (table.num_rows, record.rows) == (0, 0)
    assert table.schema.equals(arrow_schema(REJECTED_COLUMNS, LISTS["default"]))


def test_nothing_published_leaves_no_dataset_but_what_was_rejected(tmp_path: Path) -> None:
    outcome = Outcome(published=[], rejected=[rejected("a?", "looping"), rejected("b?", "looping")])
    staging = tmp_path / STAGING_NAME
    with pytest.raises(NothingPublishedError, match=r"no row of 2 passed \(looping 2\)"):
        package_dataset(outcome, small_facts(), staging, tmp_path)
    assert not (tmp_path / "dataset").exists()
    assert not (tmp_path / "manifest.json").exists()
    (shard,) = (tmp_path / "rejected").iterdir()
    assert pq.read_table(shard).column("reason").to_pylist() == ["looping", "looping"]


def test_nothing_published_leaves_an_earlier_build_whole(tmp_path: Path) -> None:
    package_dataset(small_outcome(), small_facts(), tmp_path / STAGING_NAME, tmp_path)
    before = {path: path.read_bytes() for path in files_below(tmp_path / "rejected")}
    empty = Outcome(published=[], rejected=[rejected("a?", "looping")])
    with pytest.raises(NothingPublishedError):
        package_dataset(empty, small_facts(), tmp_path / STAGING_NAME, tmp_path)
    assert {path: path.read_bytes() for path in files_below(tmp_path / "rejected")} == before


def test_the_same_build_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        manifest = write_dataset(small_outcome(), small_facts(), tmp_path / name)
    check_same_bytes(manifest, tmp_path / "a", tmp_path / "b")


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_a_killed_build_left_in_staging_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "dataset" / "data").mkdir(parents=True)
    (tmp_path / "dataset" / "data" / "train-00000-of-00009.parquet").write_bytes(b"torn")
    (tmp_path / "manifest.json").write_text("{}")

    write_dataset(small_outcome(), small_facts(), tmp_path)

    files = {path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)}
    assert "dataset/data/train-00000-of-00001.parquet" in files
    assert "dataset/data/train-00000-of-00009.parquet" not in files


def test_a_staging_folder_with_foreign_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match=r"thesis\.txt"):
        write_dataset(small_outcome(), small_facts(), tmp_path)
    assert [path.name for path in files_below(tmp_path)] == ["thesis.txt"]


def test_a_lone_surrogate_is_stored_as_the_replacement_character(tmp_path: Path) -> None:
    broken = checked("a?", "half \ud83d", "r", served_model="\udc80", finish_reason="\ud800")
    lost = rejected("b?", "looping", detail="\udfff")
    manifest = write_dataset(
        Outcome(published=[broken], rejected=[lost]), small_facts(rows_wanted=1), tmp_path
    )
    table = pq.read_table(tmp_path / "dataset" / "data")
    assert table["reasoning_content"].to_pylist() == ["half \ufffd"]
    assert manifest.replaced_surrogates == 4
    assert "⟨U+" not in json.dumps(manifest.sample)


@pytest.mark.real_data
def test_real_traces_come_back_byte_for_byte(tmp_path: Path) -> None:
    shared = Path(os.environ.get("SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    source = shared / "traces" / "misguided_attention_open_models.jsonl.gz"
    if not source.exists():
        pytest.skip("SHARED_DATA has no traces/misguided_attention_open_models.jsonl.gz")
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    rows = [
        checked(one["prompt"], one["thinking"], one["output"], sample=number)
        for number, one in enumerate(texts)
    ]
    outcome = Outcome(published=rows, rejected=[])
    write_dataset(outcome, small_facts(rows_wanted=len(rows)), tmp_path)

    inline = load(tmp_path / "dataset", "inline_think", tmp_path / "cache")
    for got, one in zip(inline, texts, strict=True):
        thought, answer = one["thinking"], one["output"]
        assert (got["reasoning_content"], got["content"]) == (thought, answer)
        assert got["messages"][1]["content"] == f"<think>\n{thought}\n</think>\n\n{answer}"


def test_importing_the_stage_loads_neither_datasets_nor_pyarrow_nor_distilabel() -> None:
    code = (
        "import sys, builders.package; "
        "print({'datasets', 'pyarrow', 'distilabel', 'pandas'} & set(sys.modules))"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True)
    assert done.stdout.decode().strip() == "set()"
