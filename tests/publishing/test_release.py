"""A manifest's release: a name the Hub takes, versions that fall, a decided licence."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from builders.any_manifest import AnyManifest
from builders.licensing.decide import preview_license
from builders.manifest import Manifest
from builders.manifest_parts import manifest_bytes
from builders.publishing.changes import CountedRows
from builders.publishing.release import MAX_NAME_CHARACTERS, PreviousRelease, check_repo
from builders.publishing.release_changes import is_same_build, read_release_manifest
from tests.licensing.manifests import one_source
from tests.pretraining.test_manifest import small_manifest as pretraining_manifest
from tests.publishing.releases import (
    previous_release,
    reasoning_build,
    release_facts,
    released,
)
from tests.publishing.test_changelog import small_changes
from tests.test_instruction_manifest import small_manifest as instruction_manifest
from tests.test_manifest import small_manifest

HOSTILE_REPOS = [
    "",
    "name",
    "/name",
    "owner/",
    "owner/name/more",
    "../name",
    "owner/..",
    "owner/a..b",
    "owner/a--b",
    "owner/.name",
    "owner/name.",
    "-owner/name",
    "owner/name-",
    "owner/name.git",
    "owner/name\n",
    "owner/na me",
    "owner/name?x=1",
    "owner/name#x",
    "owner/name@main",
    "owner/näme",
    'owner/name", split="x',
    "owner/{{ 7 * 7 }}",
    "owner/${HOME}",
    "https://evil.example/owner/name",
    f"owner/{'x' * (MAX_NAME_CHARACTERS + 1)}",
]


@pytest.mark.parametrize("repo", HOSTILE_REPOS)
def test_a_name_that_is_no_repository_is_refused(repo: str) -> None:
    with pytest.raises(ValueError, match="write owner/name") as told:
        check_repo(repo)
    assert len(str(told.value)) < 600
    with pytest.raises(ValidationError, match="write owner/name"):
        released(small_manifest(), repo=repo)


@pytest.mark.parametrize("repo", ["me/traces", "my-org_1/Name.v2-x_", "a/b", "_/_"])
def test_a_name_that_the_hub_takes_is_kept(repo: str) -> None:
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # noqa: PLC0415

    validate_repo_id(repo)
    assert check_repo(repo) == repo


@pytest.mark.parametrize("version", ["v1.0.0", "1.0", "01.0.0", "1.0.0-rc1", "1.0.0\n", "auto"])
def test_a_release_has_a_whole_version(version: str) -> None:
    with pytest.raises(ValidationError, match=r"is not MAJOR\.MINOR\.PATCH"):
        released(small_manifest(), version=version)
    assert release_facts(small_manifest(), version="1.20.3").tag == "v1.20.3"


def test_a_licence_that_nobody_knows_is_never_released() -> None:
    manifest = one_source(None)
    with pytest.raises(ValidationError, match=r"not decided: the licence of 1 of the sources"):
        released(manifest, license=preview_license(manifest))


def test_earlier_releases_stand_newest_first_and_none_is_as_new_as_this_one() -> None:
    older = [previous_release(version) for version in ("1.10.0", "1.9.0", "1.0.0")]
    assert release_facts(small_manifest(), version="2.0.0", previous=older).previous == older
    for wrong in (older[::-1], [older[0], older[0]], [previous_release("2.0.0")]):
        with pytest.raises(ValidationError, match="not in falling order"):
            released(small_manifest(), version="2.0.0", previous=wrong)


def test_the_changes_are_those_between_the_last_two_releases(tmp_path: Path) -> None:
    changes = small_changes(tmp_path)  # from 1.0.0 to 1.1.0
    first, later = previous_release("1.0.0"), previous_release("1.0.1")
    facts: dict[str, Any] = {"version": "1.1.0", "previous": [first], "changes": changes}
    assert release_facts(small_manifest(), **facts).changes == changes
    contradictions: list[dict[str, Any]] = [
        {"version": "1.2.0", "previous": [first]},
        {"version": "1.1.0", "previous": [later, first]},
        {"version": "1.1.0", "previous": []},
    ]
    for wrong in contradictions:
        with pytest.raises(ValidationError, match="the changes are from"):
            released(small_manifest(), changes=changes, **wrong)


def test_what_a_release_changed_is_told_in_one_sentence(tmp_path: Path) -> None:
    changes = small_changes(tmp_path)
    first = previous_release("1.0.0")

    def told(**change: object) -> str:
        changed = changes.model_copy(update={"change": changes.change.model_copy(update=change)})
        facts: dict[str, Any] = {"version": "1.1.0", "previous": [first], "changes": changed}
        return release_facts(small_manifest(), **facts).told

    assert changes.change.rows is not None
    many = CountedRows(count=1_200, examples=["a"])
    rows = changes.change.rows.model_copy(update={"removed": many, "reordered": True})
    assert told() == "Minor: 1 row added."
    assert told(level="major", rows=rows) == (
        "Major: 1 row added, 1,200 rows removed, rows in another order."
    )
    assert told(rows=None, configs_added=["x", "y"]) == (
        "Minor: 2 configs added or removed, nobody knows which rows changed."
    )
    unchanged = rows.model_copy(
        update=dict.fromkeys(("added", "removed"), many.model_copy(update={"count": 0}))
    )
    assert told(level="patch", rows=unchanged.model_copy(update={"reordered": False})) == (
        "Patch: no row, column or split."
    )
    assert release_facts(small_manifest()).told == "The first release."
    unknown = release_facts(small_manifest(), version="1.1.0", previous=[first])
    assert unknown.told == "What it changed is not known."


@pytest.mark.parametrize(
    "manifest", [small_manifest(), instruction_manifest(), pretraining_manifest()]
)
def test_every_kind_is_read_back_with_its_release(tmp_path: Path, manifest: AnyManifest) -> None:
    facts: dict[str, Any] = {"previous": [previous_release("1.0.0")], "version": "1.1.0"}
    published = released(manifest, **facts, changes=small_changes(tmp_path))
    again = read_release_manifest(manifest_bytes(published), "v1.1.0")
    assert again == published
    assert is_same_build(again, manifest)
    assert again.content_digest == manifest.content_digest
    assert again.recipe_digest == manifest.recipe_digest


def test_a_manifest_from_before_there_were_releases_is_read() -> None:
    fields = json.loads(manifest_bytes(small_manifest()))
    assert fields.pop("release") is None
    assert Manifest.model_validate(fields).release is None


def test_nothing_else_may_stand_in_a_release(tmp_path: Path) -> None:
    built = reasoning_build(tmp_path).manifest
    fields = json.loads(manifest_bytes(released(built)))
    fields["release"]["day"] = "today"
    with pytest.raises(ValidationError, match="Extra inputs"):
        Manifest.model_validate(fields)
    with pytest.raises(ValidationError, match="Extra inputs"):
        PreviousRelease.model_validate(dict(previous_release("1.0.0")) | {"day": "today"})
