"""The table of licences: the Hub's ids, flags that can be true together, no name twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.errors import BuildError
from builders.licensing.errors import LicenseError
from builders.licensing.license_table import known_licenses, read_license_table
from tests.licensing.manifests import HOSTILE

GOOD = """
read_on = 2026-11-21

[[licenses]]
id = "mit"
name = "MIT License"
url = "https://opensource.org/license/mit"
aliases = ["expat"]
family = "notice"
attribution = true
open = true
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "licenses.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("apache-2.0", "apache-2.0"),
        ("Apache-2.0", "apache-2.0"),
        ("Apache 2.0", "apache-2.0"),
        (" CC BY-SA 4.0\n", "cc-by-sa-4.0"),
        ("CC0-1.0", "cc0-1.0"),
        ("cc_by_4.0", "cc-by-4.0"),
        ("ODC-By-1.0", "odc-by"),
        ("PDDL-1.0", "pddl"),
        ("bigscience-openrail-m", "bigscience-openrail-m"),
        ("openrail++", "openrail++"),
    ],
)
def test_a_licence_is_found_however_its_id_is_written(text: str, found: str) -> None:
    license_ = known_licenses().find(text)
    assert license_ is not None
    assert license_.id == found


@pytest.mark.parametrize(
    "text", [None, "", "  ", "cc", "bsd", "gpl", "other", "unknown", "free", *HOSTILE]
)
def test_what_leaves_the_licence_open_is_none(text: str | None) -> None:
    assert known_licenses().find(text) is None


def test_the_flags_of_creative_commons_are_those_of_their_names() -> None:
    for one in known_licenses().licenses:
        if one.id.startswith("cc-"):
            parts = one.id.split("-")
            assert one.attribution, one.id
            assert one.noncommercial == ("nc" in parts), one.id
            assert one.share_alike == ("sa" in parts), one.id
            assert one.no_derivatives == ("nd" in parts), one.id
            assert one.open == (not {"nc", "nd"} & set(parts)), one.id
            assert one.family == one.id.rpartition("-")[0], one.id
            assert f"{one.version}" == parts[-1], one.id
            assert f"/{'-'.join(parts[1:-1])}/{parts[-1]}/" in one.url, one.id


def test_public_domain_asks_for_nothing_and_the_hubs_usual_data_licences_are_known() -> None:
    asking = {one.id: one.conditions for one in known_licenses().licenses if one.public_domain}
    assert asking == {name: frozenset() for name in ("cc0-1.0", "pddl", "unlicense", "wtfpl")}
    usual = "mit apache-2.0 odc-by odbl gfdl gemma llama3.1 llama4 cdla-permissive-2.0 c-uda"
    assert all(known_licenses().find(name) for name in usual.split())


def test_one_flag_says_what_it_does_not_ask_for() -> None:
    sharing = {one.id for one in known_licenses().licenses if one.share_alike and one.open}
    assert {"cc-by-sa-4.0", "odbl", "gfdl", "gpl-3.0"} <= sharing
    assert not {"mit", "cc-by-4.0", "cc0-1.0"} & sharing


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('id = "mit"', 'id = "MIT"'), r"licenses\.0\.id"),
        (('id = "mit"', 'id = "mit\\nother"'), r"licenses\.0\.id"),
        (("open = true", "opne = true"), r"licenses\.0\.opne: Extra inputs"),
        (("open = true", 'open = "perhaps"'), r"licenses\.0\.open: .*perhaps"),
        (("open = true", "open = true\nnoncommercial = true"), "open and forbids commercial"),
        (("open = true", "open = true\nno_derivatives = true"), "open and forbids commercial"),
        (("open = true", "public_domain = true"), "public domain and asks for"),
        (('["expat"]', '["mit"]'), "mit stands for two licences"),
        (("https://opensource", "javascript:opensource"), r"licenses\.0\.url"),
        (('"MIT License"', '"MIT\\nLicense"'), r"licenses\.0\.name"),
        (("read_on = 2026-11-21", ""), "read_on: Field required"),
        (("[[licenses]]", "[[licences]]"), "Field required|Extra inputs"),
        (('id = "mit"', "id ="), "cannot be read as TOML"),
    ],
)
def test_a_broken_table_says_which_entry_is_wrong(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = write(tmp_path, GOOD.replace(*change))
    with pytest.raises(LicenseError, match=rf"licenses\.toml.*({message})"):
        read_license_table(path)


def test_a_licence_that_stands_twice_is_refused(tmp_path: Path) -> None:
    twice = GOOD + GOOD.split("\n\n", 1)[1].replace('["expat"]', "[]")
    with pytest.raises(LicenseError, match="mit stands for two licences"):
        read_license_table(write(tmp_path, twice))


def test_a_table_may_be_dated_in_the_future(tmp_path: Path) -> None:
    """No clock is asked: the same table is right or wrong on any day."""
    table = read_license_table(write(tmp_path, GOOD.replace("2026-11-21", "2999-01-01")))
    assert table.read_on.year == 2999


def test_a_missing_table_is_told_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as told:
        read_license_table(tmp_path / "none.toml")
    assert str(told.value).startswith("none.toml cannot be read")
