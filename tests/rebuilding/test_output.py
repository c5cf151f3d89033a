"""Where a rebuild goes, and that it replaces no dataset of another recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.any_manifest import AnyManifest
from builders.errors import OutputError
from builders.manifest_parts import manifest_bytes
from builders.rebuilding.differences import describe_rebuild
from builders.rebuilding.find_manifest import FoundManifest
from builders.rebuilding.output import choose_out, measure_journal, refuse_other_dataset
from builders.rebuilding.reconstruct import reconstruct
from tests.rebuilding.manifests import instruction_build, reasoning_build

BUILD = reasoning_build()


def refuse(out: Path, manifest: AnyManifest = BUILD) -> None:
    refuse_other_dataset(out, manifest, describe_rebuild(reconstruct(manifest, {})))


def finish(out: Path, manifest: AnyManifest) -> Path:
    out.mkdir()
    (out / "manifest.json").write_bytes(manifest_bytes(manifest))
    return out


def test_out_is_what_was_given_else_where_the_journal_is_else_new() -> None:
    beside = FoundManifest(BUILD, "somewhere", Path("somewhere"))
    remote = FoundManifest(BUILD, "me/set@v1.0.0", None)
    assert choose_out(Path("here"), beside, "0.1.0") == Path("here")
    assert choose_out(None, beside, "0.1.0") == Path("somewhere")
    assert choose_out(None, remote, "other") == Path("output/rebuild-reasoning")


def test_another_code_does_not_replace_a_dataset_unasked() -> None:
    beside = FoundManifest(BUILD, "somewhere", Path("somewhere"))
    with pytest.raises(OutputError, match="OUT is needed: somewhere holds the journal") as told:
        choose_out(None, beside, "0.2.0")
    assert "OUT=somewhere asks nothing twice" in str(told.value)
    assert choose_out(Path("somewhere"), beside, "0.2.0") == Path("somewhere")


def test_an_empty_out_the_same_recipe_and_another_kind_pass_here(tmp_path: Path) -> None:
    refuse(tmp_path / "new")
    refuse(finish(tmp_path / "same", BUILD))
    refuse(finish(tmp_path / "kind", instruction_build()))  # lock_output refuses it


def test_a_dataset_of_another_recipe_is_not_replaced(tmp_path: Path) -> None:
    out = finish(tmp_path / "out", reasoning_build({"rows": 9}))
    with pytest.raises(OutputError, match="of 4 rows from another recipe or other seeds"):
        refuse(out)


def test_a_dataset_of_other_seeds_is_not_replaced(tmp_path: Path) -> None:
    out = finish(tmp_path / "out", reasoning_build(sha256="ff" * 32))
    with pytest.raises(OutputError, match="another recipe or other seeds"):
        refuse(out)


def test_an_out_of_nobody_is_told() -> None:
    with pytest.raises(OutputError, match="OUT=~nobody-here/x"):
        refuse(Path("~nobody-here/x"))


def test_the_journal_is_measured_by_its_size(tmp_path: Path) -> None:
    assert measure_journal(tmp_path) == 0
    (tmp_path / "responses").mkdir()
    (tmp_path / "responses/responses.jsonl").write_text("12345")
    assert measure_journal(tmp_path) == 5
