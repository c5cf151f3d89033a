"""Each source has a licence that is known, by its own word or the user's."""

from __future__ import annotations

import pytest

from builders.any_manifest import AnyManifest
from builders.licensing.errors import LicenseError
from builders.licensing.seed_licenses import licenses_of, resolve_seed_licenses
from tests.licensing.manifests import HOSTILE, hub_source, one_source, several_sources
from tests.test_instruction_manifest import small_manifest as small_instruction


def resolved(manifest: AnyManifest, stated: str = "") -> list[tuple[str, str, str]]:
    found = resolve_seed_licenses(manifest, stated)
    return [(one.source, one.license, one.stated_by) for one in found]


def built_with(stated: str, recorded: str | None, **changes: object) -> AnyManifest:
    """A build that was told SEEDS_LICENSE itself."""
    recipe = {"seeds": {"source": "questions.jsonl", "license": stated}}
    return one_source(recorded, recipe=recipe, **changes)


def test_a_source_says_its_licence_itself() -> None:
    assert resolved(hub_source("cc-by-4.0")) == [("owner/data", "cc-by-4.0", "hub")]
    bundled = one_source("Apache-2.0", source="bundled:reasoning")
    assert resolved(bundled) == [("bundled:reasoning", "apache-2.0", "project")]
    assert resolved(small_instruction()) == [("bundled:instruction", "apache-2.0", "project")]


def test_a_source_may_be_under_several_licences() -> None:
    assert [one[1] for one in resolved(hub_source("mit, cc-by-4.0"))] == ["mit", "cc-by-4.0"]
    assert [one[1] for one in resolved(hub_source("mit, mit"))] == ["mit"]
    assert [one.id for one in licenses_of(resolve_seed_licenses(hub_source("mit, MIT"), ""))] == [
        "mit"
    ]


@pytest.mark.parametrize("recorded", [None, "", "other", "unknown", "cc", "mit, other", *HOSTILE])
def test_a_licence_that_is_not_known_is_refused_until_the_user_states_it(
    recorded: str | None,
) -> None:
    manifest = hub_source(recorded)
    with pytest.raises(LicenseError, match=r"'owner/data' .*SEEDS_LICENSE=cc-by-4\.0") as told:
        resolve_seed_licenses(manifest, "")
    assert len(str(told.value)) < 600
    assert str(told.value).isprintable()
    assert "SEEDS_LICENSE=owner/data=cc-by-4.0" in str(told.value)
    assert resolved(manifest, "cc-by-4.0") == [("owner/data", "cc-by-4.0", "user")]
    assert resolved(manifest, "owner/data=mit") == [("owner/data", "mit", "user")]


def test_what_the_card_says_is_kept_beside_the_users_word() -> None:
    stated = resolve_seed_licenses(hub_source("other"), "mit")[0]
    assert stated.instead_of == "'other'"
    long = resolve_seed_licenses(hub_source("x" * 10_000), "mit")[0]
    assert long.instead_of is not None
    assert len(long.instead_of) < 100
    assert resolve_seed_licenses(one_source(None), "mit")[0].instead_of is None


def test_all_unknown_sources_are_told_at_once_and_each_can_be_stated() -> None:
    manifest = several_sources(a=None, b="mit", c="who knows")
    with pytest.raises(LicenseError, match=r"2 of the sources .*'a' .*none.*'c' .*'who knows'"):
        resolve_seed_licenses(manifest, "")
    with pytest.raises(LicenseError, match="1 of the sources"):
        resolve_seed_licenses(manifest, "a=mit")
    assert resolved(manifest, "a=cc0-1.0,c=cc-by-4.0") == [
        ("a", "cc0-1.0", "user"),
        ("b", "mit", "user"),
        ("c", "cc-by-4.0", "user"),
    ]
    assert [one[1] for one in resolved(manifest, "cc-by-4.0")] == ["cc-by-4.0"] * 3


def test_many_unknown_sources_make_no_long_message() -> None:
    manifest = several_sources(**{f"{'s' * 200}{n}": "?" * 10_000 for n in range(50)})
    with pytest.raises(LicenseError, match=r"50 of the sources .* and 45 more") as told:
        resolve_seed_licenses(manifest, "")
    assert len(str(told.value)) < 1_500


def test_a_statement_for_a_source_that_is_none_is_refused() -> None:
    with pytest.raises(LicenseError, match=r"'data\.jsonl', which is no source .*'questions"):
        resolve_seed_licenses(one_source("mit"), "data.jsonl=mit")


def test_the_user_cannot_take_back_what_a_sources_own_card_asks_for() -> None:
    with pytest.raises(LicenseError, match=r"owner/data states cc-by-nc-4\.0 .*noncommercial"):
        resolve_seed_licenses(hub_source("cc-by-nc-4.0"), "mit")
    with pytest.raises(LicenseError, match=r"cc-by-sa-4\.0 .*share alike"):
        resolve_seed_licenses(hub_source("cc-by-sa-4.0"), "owner/data=cc-by-4.0")
    with pytest.raises(LicenseError, match=r"bundled:reasoning states apache-2\.0"):
        resolve_seed_licenses(one_source("Apache-2.0", source="bundled:reasoning"), "cc0-1.0")


def test_the_user_may_ask_for_more_or_choose_among_what_the_card_offers() -> None:
    more = resolve_seed_licenses(hub_source("cc-by-4.0"), "cc-by-nc-4.0")[0]
    assert (more.license, more.stated_by, more.instead_of) == ("cc-by-nc-4.0", "user", "cc-by-4.0")
    chosen = resolved(hub_source("cc-by-sa-4.0, gfdl"), "cc-by-sa-4.0")
    assert chosen == [("owner/data", "cc-by-sa-4.0", "user")]
    assert resolved(hub_source("mit"), "mit") == [("owner/data", "mit", "hub")]


def test_a_statement_at_the_build_counts_and_a_later_one_takes_its_place() -> None:
    manifest = built_with("cc-by-nc-4.0", "cc-by-nc-4.0")
    assert resolved(manifest) == [("questions.jsonl", "cc-by-nc-4.0", "user")]
    assert resolved(manifest, "mit") == [("questions.jsonl", "mit", "user")]
    assert resolved(built_with("mit", None)) == [("questions.jsonl", "mit", "user")]
    several = built_with("questions.jsonl=mit", "questions.jsonl=mit")
    assert resolved(several) == [("questions.jsonl", "mit", "user")]
    assert resolve_seed_licenses(several, "")[0].instead_of is None


def test_a_statement_at_the_build_that_says_what_the_card_says_leaves_the_word_to_the_card() -> (
    None
):
    manifest = built_with("mit", "mit", source="owner/data", revision="ab" * 20)
    assert resolved(manifest) == [("owner/data", "mit", "hub")]


def test_a_statement_at_the_build_takes_nothing_back_either() -> None:
    manifest = built_with("mit", "cc-by-nc-4.0", source="owner/data", revision="ab" * 20)
    with pytest.raises(LicenseError, match=r"owner/data states cc-by-nc-4\.0"):
        resolve_seed_licenses(manifest, "")
