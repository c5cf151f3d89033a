"""Every rule of the decision: sources, models, the user's word, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builders.any_manifest import AnyManifest
from builders.licensing.decide import decide_license, preview_license
from builders.licensing.errors import LicenseError
from builders.licensing.facts import LicenseDecision
from builders.licensing.license_table import known_licenses
from tests.licensing.manifests import (
    HOSTILE,
    hub_source,
    judged_by,
    one_source,
    several_sources,
    taught_by,
)
from tests.licensing.test_model_terms import OWN, OWN_SERVICE, write_own

IDS = [one.id for one in known_licenses().licenses]
OPEN_TEACHER = {"model": "Qwen/Qwen3-8B"}
RESTRICTED = {"model": "meta-llama/Llama-3.1-8B-Instruct"}
UNKNOWN = {"model": "somebody/some-model"}


def taught(teacher: dict[str, str], license_text: str) -> AnyManifest:
    return taught_by(teacher["model"], license=license_text)


def short(decision: LicenseDecision) -> tuple[str, str | None, str]:
    return decision.license, decision.license_name, decision.decided_by


def words(decision: LicenseDecision) -> str:
    return "\n".join(decision.paragraphs)


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        ("mit", "mit"),
        ("Apache-2.0", "apache-2.0"),
        ("cc-by-4.0", "cc-by-4.0"),
        ("cc-by-sa-4.0", "cc-by-sa-4.0"),
        ("cc-by-nc-4.0", "cc-by-nc-4.0"),
        ("cc-by-nc-sa-4.0", "cc-by-nc-sa-4.0"),
        ("odbl", "odbl"),
        ("llama3.1", "llama3.1"),
    ],
)
def test_the_sources_decide_where_the_teacher_is_open(seeds: str, expected: str) -> None:
    for manifest in (one_source(seeds), taught(OPEN_TEACHER, seeds)):
        decision = decide_license(manifest)
        assert short(decision) == (expected, None, "seeds")
        assert decision.license_link is None
        found = known_licenses().find(expected)
        assert found is not None
        assert (decision.open, decision.noncommercial) == (found.open, found.noncommercial)
        assert (decision.full_name, decision.url) == (found.name, found.url)


def test_sources_that_ask_for_nothing_leave_it_to_the_models_weights() -> None:
    assert short(decide_license(one_source("cc0-1.0"))) == ("apache-2.0", None, "teacher")
    by_deepseek = taught_by("deepseek-ai/DeepSeek-R1", license="pddl")
    assert short(decide_license(by_deepseek)) == ("mit", None, "teacher")
    by_service = taught_by("deepseek-chat", license="cc0-1.0")
    assert short(decide_license(by_service)) == ("apache-2.0", None, "default")
    assert "asks for a licence" not in words(decide_license(by_deepseek))


def test_several_open_licences_without_a_common_name_stand_side_by_side() -> None:
    decision = decide_license(several_sources(a="cc-by-4.0", b="odc-by"))
    assert short(decision) == ("other", "several-licenses-see-card", "seeds")
    assert decision.license_link == "LICENSE"
    assert decision.open
    assert not decision.noncommercial
    assert "cc-by-4.0, odc-by" in words(decision)


def test_an_unknown_licence_or_a_conflict_stops_everything_even_with_license_stated() -> None:
    for manifest in (
        one_source(None),
        one_source("cc-by-nd-4.0"),
        several_sources(a="cc-by-sa-4.0", b="cc-by-nc-4.0"),
    ):
        for stated in ("", "mit", "cc-by-nc-4.0"):
            with pytest.raises(LicenseError, match="SEEDS_LICENSE="):
                decide_license(manifest, stated=stated)
    assert decide_license(one_source(None), seeds_license="mit").license == "mit"
    freed = decide_license(
        several_sources(a="cc-by-sa-4.0", b="cc-by-nc-4.0"), seeds_license="b=cc-by-4.0"
    )
    assert freed.license == "cc-by-sa-4.0"


@pytest.mark.parametrize("teacher", [RESTRICTED, UNKNOWN])
@pytest.mark.parametrize("seeds", IDS)
def test_a_teacher_that_is_not_open_never_makes_an_open_dataset_by_default(
    seeds: str, teacher: dict[str, str]
) -> None:
    manifest = taught(teacher, seeds)
    try:
        decision = decide_license(manifest)
    except LicenseError:
        assert "-nd-" in seeds
        return
    assert decision.license == "other"
    assert not decision.open
    assert decision.decided_by == "teacher"
    assert decision.license_link == "LICENSE"
    assert decision.noncommercial == ("nc" in seeds.split("-"))


@pytest.mark.parametrize(
    ("seeds", "teacher", "name"),
    [
        ("mit", UNKNOWN, "unknown-teacher-terms"),
        ("cc0-1.0", RESTRICTED, "restricted-teacher-terms"),
        ("cc-by-nc-4.0", UNKNOWN, "cc-by-nc-4.0-and-unknown-teacher-terms"),
        ("cc-by-sa-4.0", RESTRICTED, "cc-by-sa-4.0-and-restricted-teacher-terms"),
    ],
)
def test_the_name_beside_other_says_what_binds(
    seeds: str, teacher: dict[str, str], name: str
) -> None:
    assert decide_license(taught(teacher, seeds)).license_name == name


@pytest.mark.parametrize("seeds", [name for name in IDS if "nc" in name.split("-")])
def test_non_commercial_seeds_are_never_published_as_open(seeds: str) -> None:
    manifest = one_source(seeds)
    for stated in IDS:
        found = known_licenses().find(stated)
        assert found is not None
        try:
            decision = decide_license(manifest, stated=stated)
        except LicenseError:
            continue
        assert decision.noncommercial, stated
        assert not decision.open, stated


@pytest.mark.parametrize("seeds", ["cc-by-sa-3.0", "cc-by-nc-sa-3.0", "odbl", "gfdl", "llama3.1"])
def test_share_alike_stays(seeds: str) -> None:
    source = known_licenses().find(seeds)
    assert source is not None
    for stated in IDS:
        target = known_licenses().find(stated)
        assert target is not None
        if target.family == source.family and target.version >= source.version:
            assert decide_license(one_source(seeds), stated=stated).license == stated
        else:
            with pytest.raises(
                LicenseError, match=rf"LICENSE={stated.replace('+', '.')}.* {seeds}"
            ):
                decide_license(one_source(seeds), stated=stated)


def test_a_stated_licence_that_keeps_what_the_sources_ask_is_taken() -> None:
    decision = decide_license(one_source("mit"), stated=" CC-BY-NC 4.0 ")
    assert short(decision) == ("cc-by-nc-4.0", None, "user")
    assert decision.noncommercial
    assert not decision.open
    assert "The publisher of this dataset stated its licence" in words(decision)
    assert short(decide_license(one_source("cc0-1.0"), stated="cc0-1.0")) == (
        "cc0-1.0",
        None,
        "user",
    )


def test_credit_that_a_source_asks_for_cannot_be_waived() -> None:
    with pytest.raises(LicenseError, match=r"attribution, which LICENSE=cc0-1\.0 does not"):
        decide_license(hub_source("cc-by-4.0"), stated="cc0-1.0")


def test_an_unknown_teacher_leaves_the_word_to_the_user_and_the_card_says_so() -> None:
    decision = decide_license(taught(UNKNOWN, "mit"), stated="mit")
    assert short(decision) == ("mit", None, "user")
    assert decision.open
    assert "The publisher of this dataset stated its licence" in words(decision)
    assert "Its terms for the use of its output are unknown" in words(decision)
    assert "The statement does not change that the terms of a model" in words(decision)


def test_restricted_terms_allow_no_open_licence_and_any_other() -> None:
    manifest = taught(RESTRICTED, "mit")
    for stated in IDS:
        found = known_licenses().find(stated)
        assert found is not None
        if not found.open:
            assert short(decide_license(manifest, stated=stated))[0] == stated
    with pytest.raises(LicenseError, match=r"LICENSE=mit allows any use.*Llama 3\.1") as told:
        decide_license(manifest, stated="mit")
    assert "TEACHER_TERMS=" in str(told.value)
    assert "models/llama3_1/LICENSE" in str(told.value)
    assert "begin with" in str(told.value)


def test_llama_brings_its_notice_and_its_rule_for_names() -> None:
    decision = decide_license(taught(RESTRICTED, "mit"))
    assert decision.notices == ["Built with Llama"]
    assert 'must begin with "Llama"' in words(decision)
    assert decide_license(taught(OPEN_TEACHER, "mit")).notices == []


def test_dashscope_is_restricted_until_an_agreement_is_stated(tmp_path: Path) -> None:
    manifest = taught_by("qwen3-32b", llm="dashscope", license="mit")
    assert short(decide_license(manifest)) == ("other", "restricted-teacher-terms", "teacher")
    with pytest.raises(LicenseError, match="LICENSE=mit allows any use"):
        decide_license(manifest, stated="mit")
    own = write_own(tmp_path, OWN_SERVICE)
    agreed = decide_license(manifest, own_terms=own)
    assert short(agreed) == ("mit", None, "seeds")
    assert "stated by the publisher's own table" in words(agreed)


def test_ones_own_table_may_know_a_local_model(tmp_path: Path) -> None:
    manifest = taught_by("my-model@0123abcd", weights="local", license="mit")
    assert decide_license(manifest).license == "other"
    assert decide_license(manifest, own_terms=write_own(tmp_path, OWN)).license == "mit"


def test_a_judge_that_is_not_open_counts_like_a_teacher() -> None:
    decision = decide_license(judged_by("claude-sonnet-4-5"))
    assert short(decision) == ("other", "restricted-teacher-terms", "teacher")
    assert "claude-sonnet-4-5 judged text of this dataset" in words(decision)
    assert decide_license(judged_by("Qwen/Qwen3-8B")).license == "apache-2.0"


def test_credit_is_given_to_each_source_that_wants_it() -> None:
    decision = decide_license(hub_source("cc-by-4.0, mit"))
    assert [(one.source, one.license_name) for one in decision.attribution] == [
        ("owner/data", "Creative Commons Attribution 4.0"),
        ("owner/data", "MIT License"),
    ]
    first = decision.attribution[0]
    assert first.source_url == f"https://huggingface.co/datasets/owner/data/tree/{'ab' * 20}"
    assert "Changes were made" in first.text
    assert first.license_url in first.text
    assert decide_license(one_source("cc0-1.0")).attribution == []
    bundled = one_source("Apache-2.0", source="bundled:reasoning")
    assert decide_license(bundled).attribution == []


def test_a_local_file_is_credited_without_an_address() -> None:
    (one,) = decide_license(one_source("cc-by-sa-4.0")).attribution
    assert one.source_url is None
    assert one.text.startswith("questions.jsonl, under Creative Commons")


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_statements_are_refused_in_one_short_printable_message(value: str) -> None:
    for stated, seeds_license in ((value, ""), ("", value)):
        with pytest.raises(LicenseError) as told:
            decide_license(one_source("mit"), stated=stated, seeds_license=seeds_license)
        assert len(str(told.value)) < 600
        assert str(told.value).isprintable()


@pytest.mark.parametrize("value", ["other", "unknown", "my-license", "cc"])
def test_only_licences_of_the_table_can_be_stated(value: str) -> None:
    with pytest.raises(LicenseError, match=r"LICENSE=.* is no licence of .*licenses\.toml"):
        decide_license(one_source("mit"), stated=value)


def test_an_empty_statement_is_none_and_a_near_miss_is_helped() -> None:
    assert decide_license(one_source("mit"), stated="  ").decided_by == "seeds"
    with pytest.raises(LicenseError, match=r"Did you mean cc-by-4\.0"):
        decide_license(one_source("mit"), stated="ccby-4.0")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_models_change_nothing_but_the_words(name: str) -> None:
    decision = decide_license(taught_by(name, license="mit"))
    assert short(decision) == ("other", "unknown-teacher-terms", "teacher")
    assert all(len(one) < 4_000 and "\n" not in one for one in decision.paragraphs)


def test_the_same_manifest_gives_the_same_decision_and_it_survives_json() -> None:
    for manifest in (
        one_source("mit"),
        taught(RESTRICTED, "cc-by-sa-4.0"),
        several_sources(a="cc-by-4.0", b="mit"),
        judged_by("gpt-4o"),
    ):
        first, second = decide_license(manifest), decide_license(manifest)
        assert first == second
        assert LicenseDecision.model_validate_json(first.model_dump_json()) == first


def test_a_decision_cannot_be_changed_or_extended() -> None:
    decision = decide_license(one_source("mit"))
    fields: dict[str, Any] = decision.model_dump()
    with pytest.raises(ValueError, match="frozen"):
        decision.license = "cc0-1.0"  # type: ignore[misc]
    with pytest.raises(ValueError, match="Extra inputs"):
        LicenseDecision.model_validate(fields | {"more": 1})


def test_a_card_before_publishing_says_what_is_missing_instead_of_failing() -> None:
    decision = preview_license(taught_by("gpt-4o", license="free"))
    assert (decision.license, decision.license_name, decision.open) == ("unknown", None, False)
    assert decision.unresolved is not None
    assert "SEEDS_LICENSE=" in decision.unresolved
    assert decision.models[0].openness == "restricted"
    assert "OpenAI Services Agreement" in words(decision)
    assert preview_license(one_source("mit")) == decide_license(one_source("mit"))


def test_a_preview_hides_no_broken_table(tmp_path: Path) -> None:
    with pytest.raises(LicenseError, match="TEACHER_TERMS="):
        preview_license(one_source("mit"), own_terms=tmp_path / "none.toml")
