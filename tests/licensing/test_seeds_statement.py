"""What SEEDS_LICENSE= can say, and what is told of one that cannot be read."""

from __future__ import annotations

import pytest

from builders.licensing.errors import LicenseError
from builders.licensing.seeds_statement import (
    EVERY_SOURCE,
    parse_seeds_license,
    suggest_license,
)
from tests.licensing.manifests import HOSTILE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("  ", {}),
        ("CC-BY-4.0", {EVERY_SOURCE: "cc-by-4.0"}),
        ("a.jsonl=mit", {"a.jsonl": "mit"}),
        ("a.jsonl=mit, owner/b:en=CC BY 4.0", {"a.jsonl": "mit", "owner/b:en": "cc-by-4.0"}),
        ("a,b.jsonl=mit,c=cc0-1.0", {"a,b.jsonl": "mit", "c": "cc0-1.0"}),
        ("a=b.jsonl=mit", {"a=b.jsonl": "mit"}),
    ],
)
def test_a_statement_names_one_licence_for_all_or_some_of_the_sources(
    text: str, expected: dict[str, str]
) -> None:
    assert {name: one.id for name, one in parse_seeds_license(text).items()} == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("free", "'free', which is no licence"),
        ("mit,apache-2.0", "'mit,apache-2.0', which is no licence"),
        ("apach-2.0", "Did you mean apache-2.0"),
        ("a=free", "'free' for 'a', which is no licence"),
        ("a=", "'' for 'a'"),
        ("=mit", "has no name before the ="),
        ("a=mit,a=mit", "is stated twice"),
        ("a=mit,b", "'b' has no licence behind it"),
        ("other", "no licence"),
        ("unknown", "no licence"),
        *[(text, "no licence|cannot be read") for text in HOSTILE],
        *[(f"a={text}", "no licence|cannot be read") for text in HOSTILE],
    ],
)
def test_a_statement_that_cannot_be_read_is_told_in_one_short_message(
    text: str, message: str
) -> None:
    with pytest.raises(LicenseError, match=message) as told:
        parse_seeds_license(text)
    assert len(str(told.value)) < 600
    assert str(told.value).isprintable()
    assert "SEEDS_LICENSE" in str(told.value)


def test_a_near_miss_is_suggested_and_nonsense_is_not() -> None:
    assert suggest_license("CC-BY-NC-SA-40").startswith(" Did you mean cc-by-nc-sa-4.0 or ")
    assert suggest_license("zzz") == ""
