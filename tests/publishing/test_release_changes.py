"""From two builds to the step of the version: what is major, minor and patch, and why."""

import json
from pathlib import Path
from typing import Any

import pytest

from builders.judged import CheckedTrace
from builders.manifest_parts import manifest_bytes
from builders.publishing.changes import Change
from builders.publishing.release_changes import (
    describe_type,
    is_same_build,
    read_release_manifest,
    tell_change,
)
from builders.publishing.row_index import REPORTED_COLUMNS
from builders.publishing.versions import VersionError
from tests.outcomes import checked, small_outcome
from tests.pretraining.outcomes import passage
from tests.pretraining.outcomes import small_outcome as small_passages
from tests.publishing.releases import (
    Built,
    change_between,
    find_config,
    pretraining_build,
    reasoning_build,
    splits,
    with_config,
    write_index,
)
from tests.test_instruction_manifest import small_manifest as instruction_manifest
from tests.test_manifest import small_manifest

ROWS = small_outcome().published


@pytest.fixture
def first(tmp_path: Path) -> Built:
    """The release before: four rows."""
    return reasoning_build(tmp_path / "first")


def rebuilt(tmp_path: Path, published: list[CheckedTrace], **facts: object) -> Built:
    return reasoning_build(tmp_path / "second", published, **facts)


def told(change: Change) -> list[tuple[str, str]]:
    return [(one.level, one.text) for one in change.reasons]


def altered(one: CheckedTrace, **changes: object) -> CheckedTrace:
    """The row with other fields of its trace."""
    return one.model_copy(update={"trace": one.trace.model_copy(update=changes)})


def test_a_build_that_differs_in_its_facts_alone_is_a_patch(first: Built, tmp_path: Path) -> None:
    second = rebuilt(tmp_path, ROWS, code_version="9", license="MIT")
    change = change_between(first, second)
    assert (change.level, change.reasons) == ("patch", [])
    assert first.manifest.content_digest == second.manifest.content_digest


def test_added_rows_are_minor_wherever_they_stand(first: Built, tmp_path: Path) -> None:
    new = [checked(f"{n}?", "t", "r") for n in range(7)]
    change = change_between(first, rebuilt(tmp_path, [*new[:3], *ROWS, *new[3:]]))
    ids = ", ".join(repr(one.trace.trace_id) for one in new[:5])
    assert told(change) == [("minor", f"7 rows added ({ids}, …)")]
    assert change.level == "minor"


def test_removed_and_changed_rows_are_major(first: Built, tmp_path: Path) -> None:
    rows = [ROWS[0], altered(ROWS[1], content="42."), ROWS[2], checked("new?", "t", "r")]
    change = change_between(first, rebuilt(tmp_path, rows))
    assert change.level == "major"
    assert told(change) == [
        ("major", f"1 row removed ('{ROWS[3].trace.trace_id}')"),
        ("major", f"1 row changed ('{ROWS[1].trace.trace_id}')"),
        ("minor", f"1 row added ('{rows[3].trace.trace_id}')"),
    ]


def test_labels_are_content(first: Built, tmp_path: Path) -> None:
    rows = [ROWS[0].model_copy(update={"pass_rate": 0.25}), *ROWS[1:]]
    assert change_between(first, rebuilt(tmp_path, rows)).level == "major"


def test_what_servers_reported_otherwise_is_minor(first: Built, tmp_path: Path) -> None:
    rows = [altered(one, served_model="other", prompt_tokens=9) for one in ROWS]
    change = change_between(first, rebuilt(tmp_path, rows))
    assert change.level == "minor"
    assert "4 rows reported otherwise by servers" in change.reasons[0].text
    assert all(name in change.reasons[0].text for name in REPORTED_COLUMNS)


def test_another_order_alone_is_minor(first: Built, tmp_path: Path) -> None:
    change = change_between(first, rebuilt(tmp_path, ROWS[::-1]))
    assert told(change) == [("minor", "rows stand in another order")]


def test_rows_that_moved_to_another_split_are_major(first: Built, tmp_path: Path) -> None:
    def divide(train: int) -> Built:
        rows = [{"id": one.trace.trace_id} for one in ROWS]
        index, _ = write_index(tmp_path / f"{train}", train=rows[:train], test=rows[train:])
        built = first._replace(row_index=index)
        return with_config(built, "default", splits=splits(train=train, test=4 - train))

    change = change_between(divide(3), divide(2))
    assert told(change) == [("major", f"1 row moved to another split ('{ROWS[2].trace.trace_id}')")]


def test_a_change_of_the_columns_is_major(first: Built) -> None:
    features = find_config(first, "default").features
    cases: dict[str, list[dict[str, Any]]] = {
        "column 'note' added to config 'default'": [*features, {"name": "note", "dtype": "string"}],
        "column 'id' removed from config 'default'": features[1:],
        "column 'sample' of config 'default' was int64 and is string": [
            {"name": "sample", "dtype": "string"} if one["name"] == "sample" else one
            for one in features
        ],
        "columns of config 'default' stand in another order": features[::-1],
    }
    for reason, changed in cases.items():
        change = change_between(first, with_config(first, "default", features=changed))
        assert told(change) == [("major", reason)]


def test_a_column_that_changed_in_many_configs_is_told_once(first: Built) -> None:
    after = first
    for name in ("default", "inline_think"):
        features = [one for one in find_config(first, name).features if one["name"] != "model"]
        after = with_config(after, name, features=features)
    change = change_between(first, after)
    reason = "column 'model' removed from configs 'default', 'inline_think'"
    assert told(change) == [("major", reason)]


def test_types_are_told_in_words() -> None:
    members: Any = [{"name": "role", "dtype": "string"}, {"name": "score", "dtype": "float64"}]
    assert describe_type({"name": "x", "dtype": "bool"}) == "bool"
    assert describe_type({"name": "x", "list": "string"}) == "list of string"
    told = describe_type({"name": "x", "list": members})
    assert told == "list of {role: string, score: float64}"


def test_a_split_of_default_that_came_or_went_is_major(first: Built) -> None:
    both = first
    for name in ("default", "inline_think"):
        both = with_config(both, name, splits=splits(train=3, test=1))
    came, went = change_between(first, both), change_between(both, first)
    configs = "configs 'default', 'inline_think'"
    assert told(came) == [("major", f"split 'test' added to {configs}")]
    assert told(went) == [("major", f"split 'test' removed from {configs}")]


def test_a_views_first_row_in_a_split_that_default_has_is_minor(first: Built) -> None:
    divided = splits(train=3, test=1)
    before = with_config(first, "default", splits=divided)
    after = with_config(before, "inline_think", splits=divided)
    assert told(change_between(before, after)) == [
        ("minor", "split 'test' added to config 'inline_think'")
    ]


def test_a_config_may_come_and_none_may_go(first: Built) -> None:
    fewer = first._replace(
        manifest=first.manifest.model_copy(update={"configs": first.manifest.configs[:1]})
    )
    came, went = change_between(fewer, first), change_between(first, fewer)
    assert told(came) == [("minor", "config 'inline_think' added")]
    assert told(went) == [("major", "config 'inline_think' removed")]


def test_new_texts_of_a_new_format_are_minor(tmp_path: Path) -> None:
    outcome = small_passages()
    more = [passage("A letter to a friend.", 20, format="letter"), passage("# How to wait", 21)]
    before = pretraining_build(tmp_path / "a", outcome)
    after = pretraining_build(
        tmp_path / "b", outcome._replace(published=[*outcome.published, *more])
    )
    change = change_between(before, after)
    assert change.level == "minor"
    assert ("minor", "config 'letter' added") in told(change)
    assert change.rows is not None
    assert (change.rows.added.count, change.rows.reordered) == (2, False)
    assert change_between(after, before).level == "major"


def test_a_derived_config_that_is_made_otherwise_is_major(first: Built) -> None:
    files = [
        one.model_copy(update={"sha256": "00" * 32}) if one.config == "inline_think" else one
        for one in first.manifest.files
    ]
    after = first._replace(manifest=first.manifest.model_copy(update={"files": files}))
    change = change_between(first, after)
    assert change.level == "major"
    assert change.rewritten == ["inline_think"]
    rewritten = [one.model_copy(update={"sha256": "11" * 32}) for one in first.manifest.files]
    all_new = first._replace(manifest=first.manifest.model_copy(update={"files": rewritten}))
    assert change_between(first, all_new).level == "patch"  # another writer, the same rows


def test_a_release_without_an_index_is_compared_by_its_digest(first: Built, tmp_path: Path) -> None:
    same = rebuilt(tmp_path, ROWS, code_version="9")
    assert tell_change(first.manifest, same.manifest, None, same.row_index).level == "patch"
    more = rebuilt(tmp_path, [*ROWS, checked("new?", "t", "r")])
    change = tell_change(first.manifest, more.manifest, None, more.row_index)
    assert (change.level, change.rows) == ("major", None)
    assert "no row index" in change.reasons[0].text


def test_an_index_of_another_build_is_refused(first: Built, tmp_path: Path) -> None:
    more = rebuilt(tmp_path, [*ROWS, checked("new?", "t", "r")])
    with pytest.raises(VersionError, match=r"previous release's row index has 5 rows.*manifest 4"):
        tell_change(first.manifest, more.manifest, more.row_index, more.row_index)
    with pytest.raises(VersionError, match="new row index has 4 rows, its manifest 5"):
        tell_change(first.manifest, more.manifest, first.row_index, first.row_index)


def test_a_repository_has_one_kind(first: Built) -> None:
    with pytest.raises(VersionError, match=r"kind instruction, and .* kind reasoning: .*REPO="):
        tell_change(instruction_manifest(), first.manifest, None, first.row_index)


def test_names_of_an_earlier_release_cannot_speak_to_a_terminal(first: Built) -> None:
    features = [{"name": "\x1b[2J\u202e" * 50, "dtype": "string"}]
    before = with_config(first, "inline_think", features=features)
    text = " ".join(one.text for one in change_between(before, first).reasons)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 20 * 100


def test_manifests_from_before_later_fields_are_read() -> None:
    fields = json.loads(manifest_bytes(small_manifest()))
    del fields["decontamination"], fields["funnel"]["contaminated"]
    old = read_release_manifest(json.dumps(fields).encode(), "v1.0.0")
    assert (old.kind, old.decontamination) == ("reasoning", None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>", r"the manifest of v1\.0\.0 is no JSON"),
        (b"\xff", "is no JSON"),
        (b"[]", "schema version None"),
        (b'{"schema_version": 1}', "cannot be read"),
        (b'{"schema_version": 1, "kind": "poetry"}', "cannot be read"),
        (
            b'{"schema_version": 2, "code_version": "7.0+gabc"}',
            r"has schema version 2, and this code reads 1 only.*'7\.0\+gabc'",
        ),
    ],
)
def test_manifests_that_cannot_be_read_are_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(VersionError, match=words):
        read_release_manifest(content, "v1.0.0")


def test_the_same_build_is_known_again(first: Built, tmp_path: Path) -> None:
    again = rebuilt(tmp_path, ROWS)
    assert is_same_build(first.manifest, again.manifest)
    assert not is_same_build(first.manifest, rebuilt(tmp_path, ROWS, code_version="9").manifest)
