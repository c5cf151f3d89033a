"""Manifests of every kind are read back as what they are."""

import json
from pathlib import Path

import pytest

from builders.any_manifest import AnyManifest, find_judge, list_seed_files, read_manifest
from builders.errors import OutputError
from builders.manifest_parts import manifest_bytes
from tests.instruction_outcomes import small_self_instruct
from tests.outcomes import small_spend
from tests.pretraining.test_manifest import small_manifest as pretraining_manifest
from tests.test_instruction_manifest import judged_manifest, manifest_of
from tests.test_instruction_manifest import small_manifest as instruction_manifest
from tests.test_manifest import small_manifest


@pytest.mark.parametrize(
    "manifest",
    [
        small_manifest(),
        instruction_manifest(spend=small_spend()),
        manifest_of(small_self_instruct(), method="self-instruct"),
        judged_manifest(accepts=True),
        pretraining_manifest(spend=small_spend()),
    ],
    ids=["reasoning", "alpaca", "self-instruct", "judged", "pretraining"],
)
def test_a_manifest_that_is_read_back_is_the_one_that_was_written(
    tmp_path: Path, manifest: AnyManifest
) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(manifest_bytes(manifest))
    assert read_manifest(path) == manifest


@pytest.mark.parametrize("content", [b"", b"{}", b"[", b"\xff"])
def test_a_broken_manifest_is_an_output_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(OutputError, match=r"manifest\.json .* not a manifest of this version"):
        read_manifest(path)


def test_a_manifest_of_an_unknown_kind_is_an_output_error(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    fields = json.loads(manifest_bytes(small_manifest()))
    path.write_text(json.dumps(fields | {"kind": "poetry"}))
    with pytest.raises(OutputError, match=r"manifest\.json .* not a manifest of this version"):
        read_manifest(path)


def test_a_manifest_that_contradicts_itself_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    fields = json.loads(manifest_bytes(small_manifest()))
    fields["funnel"]["responses"] += 1
    path.write_text(json.dumps(fields))
    with pytest.raises(OutputError, match=r"reasoning\.funnel .* published and rejected") as told:
        read_manifest(path)
    assert "\n" not in str(told.value)
    assert "input_value" not in str(told.value)


def test_what_is_asked_of_all_manifests_alike_is_found_in_each() -> None:
    assert [one.source for one in list_seed_files(small_manifest())] == ["bundled:reasoning"]
    assert [one.source for one in list_seed_files(pretraining_manifest())] == [
        "bundled:pretraining",
        "stories.jsonl",
    ]
    assert find_judge(judged_manifest(accepts=True)) is not None
    assert find_judge(small_manifest()) is None
    assert find_judge(pretraining_manifest()) is None
