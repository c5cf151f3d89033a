"""Several licences become one that meets them all, or a refusal with advice."""

from __future__ import annotations

import itertools

import pytest

from builders.licensing.combine import can_replace, combine_licenses
from builders.licensing.errors import LicenseError
from builders.licensing.license_table import License, known_licenses


def licenses(names: str) -> list[License]:
    found = [known_licenses().find(name) for name in names.split()]
    assert None not in found, names
    return [one for one in found if one is not None]


def combined(names: str) -> str | None:
    """The id of the common licence, the same whatever the order of the names."""
    results = {combine_licenses(order) for order in itertools.permutations(licenses(names))}
    assert len(results) == 1
    license_ = results.pop().license
    return None if license_ is None else license_.id


@pytest.mark.parametrize(
    ("names", "common"),
    [
        ("mit", "mit"),
        ("mit mit", "mit"),
        ("mit apache-2.0", "apache-2.0"),
        ("mit bsd-3-clause cdla-permissive-2.0", "apache-2.0"),
        ("cc0-1.0 mit", "mit"),
        ("mit cc-by-4.0", "cc-by-4.0"),
        ("cc-by-2.0 cc-by-3.0 cc-by-4.0", "cc-by-4.0"),
        ("mit odc-by", "odc-by"),
        ("cc0-1.0 pddl cc-by-3.0", "cc-by-3.0"),
        ("cc-by-nc-4.0", "cc-by-nc-4.0"),
        ("cc-by-nc-2.0 cc-by-nc-4.0 mit cc-by-4.0", "cc-by-nc-4.0"),
        ("cc-by-sa-3.0", "cc-by-sa-3.0"),
        ("cc-by-sa-3.0 cc-by-sa-4.0", "cc-by-sa-4.0"),
        ("cc-by-sa-4.0 cc-by-4.0 mit cc0-1.0", "cc-by-sa-4.0"),
        ("cc-by-nc-sa-4.0 cc-by-nc-4.0 cc-by-4.0", "cc-by-nc-sa-4.0"),
        ("cc-by-nc-sa-2.0 cc-by-nc-sa-3.0", "cc-by-nc-sa-3.0"),
        ("odbl mit", "odbl"),
        ("llama3.1 mit", "llama3.1"),
        ("bigcode-openrail-m apache-2.0", "bigcode-openrail-m"),
    ],
)
def test_one_licence_meets_them_all(names: str, common: str) -> None:
    assert combined(names) == common


@pytest.mark.parametrize("names", ["cc-by-4.0 odc-by", "etalab-2.0 cc-by-4.0", "odc-by etalab-2.0"])
def test_some_stand_side_by_side_without_a_common_name(names: str) -> None:
    assert combined(names) is None
    assert not combine_licenses(licenses(names)).public_domain


@pytest.mark.parametrize("names", ["cc0-1.0", "cc0-1.0 pddl unlicense", ""])
def test_what_asks_for_nothing_leaves_the_choice_free(names: str) -> None:
    result = combine_licenses(licenses(names))
    assert result.license is None
    assert result.public_domain
    assert not result.noncommercial


@pytest.mark.parametrize(
    "names",
    [
        "cc-by-sa-4.0 cc-by-nc-4.0",
        "cc-by-sa-4.0 cc-by-nc-sa-4.0",
        "cc-by-sa-4.0 odbl",
        "cc-by-sa-3.0 gfdl",
        "gpl-2.0 gpl-3.0",
        "odbl cc-by-nc-4.0",
        "llama3.1 llama3.3",
        "llama3.1 cc-by-nc-4.0",
        "gemma cc-by-sa-4.0",
    ],
)
def test_licences_that_contradict_each_other_are_refused_with_advice(names: str) -> None:
    for order in itertools.permutations(licenses(names)):
        with pytest.raises(LicenseError, match="share-alike") as told:
            combine_licenses(order)
        for name in names.split():
            assert name in str(told.value)
        assert "SEEDS_LICENSE=name=licence" in str(told.value)


@pytest.mark.parametrize("name", ["cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"])
def test_no_dataset_is_made_of_what_forbids_derivatives(name: str) -> None:
    with pytest.raises(LicenseError, match=rf"{name} forbids .* SEEDS_LICENSE"):
        combine_licenses(licenses(f"{name} mit"))


def test_whether_it_is_non_commercial_is_known() -> None:
    assert combine_licenses(licenses("cc-by-nc-4.0 mit")).noncommercial
    assert combine_licenses(licenses("cc-by-nc-sa-4.0")).noncommercial
    assert not combine_licenses(licenses("cc-by-sa-4.0 mit")).noncommercial


def test_two_kinds_of_non_commercial_licences_are_not_mixed() -> None:
    (one,) = licenses("cc-by-nc-4.0")
    other = one.model_copy(update={"id": "research-only", "family": "research"})
    with pytest.raises(LicenseError, match=r"cc-by-nc-4\.0 and research-only"):
        combine_licenses([one, other])


def test_every_pair_of_licences_is_met_in_full_or_refused() -> None:
    """The common licence asks for all that each of the two asks for: none loses a condition."""
    for one, other in itertools.combinations(known_licenses().licenses, 2):
        try:
            result = combine_licenses([one, other])
        except LicenseError:
            assert (one.conditions | other.conditions) & {"share_alike", "no_derivatives"}
            continue
        assert result.noncommercial == (one.noncommercial or other.noncommercial)
        if result.license is not None:
            assert can_replace(result.license, one), (one.id, other.id)
            assert can_replace(result.license, other), (one.id, other.id)
        elif not result.public_domain:
            assert "share_alike" not in one.conditions | other.conditions, (one.id, other.id)


@pytest.mark.parametrize(
    ("stated", "asked", "can"),
    [
        ("cc0-1.0", "cc0-1.0", True),
        ("mit", "cc0-1.0", True),
        ("cc0-1.0", "mit", False),
        ("cc0-1.0", "cc-by-4.0", False),
        ("apache-2.0", "cc-by-4.0", True),
        ("cc-by-4.0", "cc-by-nc-4.0", False),
        ("cc-by-nc-4.0", "cc-by-4.0", True),
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0", True),
        ("llama3.1", "cc-by-nc-4.0", False),
        ("cc-by-sa-4.0", "cc-by-sa-3.0", True),
        ("cc-by-sa-3.0", "cc-by-sa-4.0", False),
        ("cc-by-nc-sa-4.0", "cc-by-sa-4.0", False),
        ("cc-by-4.0", "cc-by-sa-4.0", False),
        ("odbl", "cc-by-sa-4.0", False),
    ],
)
def test_a_licence_replaces_another_only_if_it_asks_for_as_much(
    stated: str, asked: str, *, can: bool
) -> None:
    assert can_replace(licenses(stated)[0], licenses(asked)[0]) is can
