"""Sentences that manifests hold already put together, made by the code that makes them: all of
them have a Chinese form."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.any_manifest import AnyManifest
from builders.card_words import catalogue
from builders.card_words.catalogue import read_catalogue
from builders.licensing.decide import decide_license, preview_license
from builders.licensing.facts import LicenseDecision
from builders.licensing.teacher_terms import known_terms
from builders.publishing.changes import CountedRows, RowChanges, SplitChange
from builders.publishing.release_changes import tell_change
from tests.licensing.manifests import hub_source, judged_by, one_source, several_sources, taught_by
from tests.outcomes import checked, small_outcome
from tests.publishing.releases import (
    Built,
    previous_release,
    reasoning_build,
    release_facts,
    splits,
    with_config,
)
from tests.publishing.test_changelog import changes_between
from tests.test_manifest import small_manifest

CHINESE = read_catalogue("zh")
TERMS = Path(catalogue.__file__).with_name("zh_terms.toml")
QUOTED = "（英文原文）"
NAMELESS = "vllm/nobody-knows-it"
OPEN, RESTRICTED = "Qwen/Qwen3-8B", "meta-llama/Llama-3.1-8B-Instruct"


def find_untold(sentences: Iterator[str]) -> list[str]:
    return [one for one in sentences if QUOTED in CHINESE.retell(one)]


def list_sentences(decision: LicenseDecision) -> Iterator[str]:
    yield from decision.paragraphs
    yield from (one.text for one in decision.attribution)


def list_decisions() -> Iterator[LicenseDecision]:
    yield preview_license(one_source(None))
    yield decide_license(small_manifest())
    for license_text in ("cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-sa-4.0", "gpl-3.0, mit"):
        yield decide_license(one_source(license_text))
        yield decide_license(hub_source(license_text))
        yield decide_license(taught_by(RESTRICTED, license=license_text))
        yield decide_license(taught_by(NAMELESS, license=license_text))
    yield decide_license(taught_by(NAMELESS), stated="apache-2.0")
    yield decide_license(taught_by(RESTRICTED), stated="cc-by-nc-4.0")
    yield decide_license(small_manifest(), stated="mit")
    yield decide_license(hub_source("mit"), seeds_license="cc-by-4.0")
    yield decide_license(several_sources(**{f"a{number}": "mit" for number in range(11)}))
    yield decide_license(several_sources(a="gfdl", b="mit"))
    yield decide_license(several_sources(a="odc-by", b="cc-by-4.0"))
    yield decide_license(judged_by(OPEN))
    yield decide_license(judged_by("qwen-max", llm="dashscope"))
    yield decide_license(taught_by("gpt-5"))


def test_what_keeps_a_dataset_from_being_published_is_told_in_chinese() -> None:
    blocked = [
        one_source(None),
        several_sources(a=None, b="my own"),
        one_source("cc-by-nd-4.0"),
        several_sources(a="cc-by-sa-4.0", b="odbl"),
        several_sources(a="cc-by-nc-4.0", b="cc-by-nc-sa-4.0", c="cc-by-sa-4.0"),
    ]
    why = [preview_license(one).unresolved for one in blocked]
    assert find_untold(text for text in why if text is not None) == []
    assert None not in why


def test_every_sentence_about_a_licence_has_a_chinese_one() -> None:
    sentences = (text for decision in list_decisions() for text in list_sentences(decision))
    assert find_untold(sentences) == []


def test_what_the_bundled_table_says_of_models_is_translated_and_nothing_else() -> None:
    table = known_terms()
    said = {one.says for one in [*table.teachers, *table.services]}
    assert find_untold(iter(said)) == []
    assert tomllib.loads(TERMS.read_text("utf-8"))["stored"].keys() == said


def test_a_users_own_words_on_a_model_stand_as_they_are(tmp_path: Path) -> None:
    own = tmp_path / "terms.toml"
    own.write_text(
        '[[teachers]]\nmodels = ["mine"]\nname = "Ours"\nopenness = "open"\n'
        'says = "Do as you like."\nurl = "https://x.example"\nsource = "us"\nread_on = 2026-01-01\n'
    )
    decision = decide_license(taught_by("mine"), own_terms=own)
    told = " ".join(map(CHINESE.retell, decision.paragraphs))
    assert f"“Do as you like.”{QUOTED}" in told
    assert "权重：Ours（出自发布者自己的表格）" in told


def counted(count: int) -> CountedRows:
    return CountedRows(count=count, examples=["a, b"] if count else [])


@pytest.mark.parametrize("count", [0, 1, 1_234])
def test_what_a_release_changed_is_told_in_chinese(tmp_path: Path, count: int) -> None:
    changes = changes_between(reasoning_build(tmp_path / "a"), reasoning_build(tmp_path / "b"))
    rows = RowChanges(
        removed=counted(count),
        added=counted(count),
        changed=counted(count),
        moved=counted(count),
        reported=counted(count),
        reordered=bool(count),
    )
    came = [SplitChange(split="test", configs=["default"])] * min(count, 2)
    change = changes.change.model_copy(
        update={"rows": rows, "splits_added": came, "configs_added": ["x"] * min(count, 2)}
    )
    told = [
        release_facts(
            small_manifest(),
            version=changes.version,
            previous=[previous_release(changes.since)],
            changes=changes.model_copy(update={"change": one}),
        ).told
        for one in (change, change.model_copy(update={"rows": None}))
    ]
    assert find_untold(iter(told)) == []
    parts = [part for one in told for part in CHINESE.retell(one).split("：")[1].split("，")]
    assert [part for part in parts if part.isascii()] == []


def list_reasons(folder: Path) -> Iterator[str]:
    first = reasoning_build(folder / "a")
    rows = small_outcome().published
    more = reasoning_build(folder / "b", [*rows, checked("New?", "t", "r")])
    fewer = reasoning_build(folder / "c", rows[:2])
    turned = reasoning_build(folder / "d", rows[::-1])
    other_splits = with_config(first, "default", splits=splits(train=3, test=1))
    features = [{"name": "new", "dtype": "string"}, {"name": "id", "dtype": "int64"}]
    columns = with_config(first, "inline_think", features=features)
    fewer_configs = first._replace(
        manifest=first.manifest.model_copy(update={"configs": first.manifest.configs[:1]})
    )
    for before, after in (
        *((first, other) for other in (more, fewer, turned, other_splits, columns, fewer_configs)),
        (other_splits, first),
        (fewer_configs, first),
        (columns, first),
    ):
        yield from list_texts(before, after)
    change = tell_change(first.manifest, more.manifest, None, more.row_index)
    yield from (one.text for one in change.reasons)


def list_texts(before: Built, after: Built) -> Iterator[str]:
    change = tell_change(before.manifest, after.manifest, before.row_index, after.row_index)
    yield from (one.text for one in change.reasons)


def test_why_a_change_has_its_level_is_told_in_chinese(tmp_path: Path) -> None:
    reasons = list(list_reasons(tmp_path))
    assert len(reasons) > 12
    assert find_untold(iter(reasons)) == []


def test_names_of_what_is_compared_are_translated(tmp_path: Path) -> None:
    first = reasoning_build(tmp_path / "a")
    other: AnyManifest = taught_by(OPEN)
    changes = changes_between(first, first._replace(manifest=other))
    names = [pair.name for pair in changes.rows] + [pair.name for pair in changes.teacher]
    names += ["split a b", "licence", "decontamination", "code version"]
    assert find_untold(iter(names)) == []
