"""Versions: read strictly, compared as numbers, and never smaller than the change demands."""

import pytest

from builders.publishing.changes import Change, Level, Reason
from builders.publishing.versions import (
    Version,
    VersionError,
    choose_version,
    list_versions,
    parse_version,
)


def change(level: Level, text: str = "3 rows removed ('a-0', 'b-0', 'c-0')") -> Change:
    """A change of that level, for the reason told."""
    return Change(
        level=level,
        reasons=[] if level == "patch" else [Reason(level=level, text=text)],
        rows=None,
        columns=[],
        columns_reordered=[],
        splits_added=[],
        splits_removed=[],
        configs_added=[],
        configs_removed=[],
        rewritten=[],
    )


@pytest.mark.parametrize("text", ["0.0.0", "1.0.0", "10.20.30", "1.0.999999999"])
def test_three_plain_numbers_are_a_version(text: str) -> None:
    assert str(parse_version(text)) == text
    assert parse_version(text).tag == f"v{text}"


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.0-rc1", "1.0.0+build", "01.0.0", "1.00.0"),
        *(" 1.0.0", "1.0.0\n", "1.0.-1", "１.0.0", "1.0.1000000000", "latest", "AUTO", "\x1b[2J"),
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(VersionError, match=r"is not MAJOR\.MINOR\.PATCH.*VERSION=auto") as caught:
        parse_version(text)
    assert "\x1b" not in str(caught.value)


def test_versions_compare_as_numbers() -> None:
    assert parse_version("1.10.0") > parse_version("1.9.9") > parse_version("1.9.0")


def test_releases_are_found_among_the_tags() -> None:
    tags = ["v1.10.0", "v1.2.0", "1.3.0", "vv1.0.0", "v1.0", "latest", "v2.0.0-rc1", "v1.2.0x"]
    assert list_versions(tags) == [Version(1, 2, 0), Version(1, 10, 0)]


@pytest.mark.parametrize("wanted", ["auto", "1.0.0"])
def test_the_first_version_is_1_0_0(wanted: str) -> None:
    assert choose_version(wanted, [], None) == "1.0.0"


@pytest.mark.parametrize("wanted", ["0.1.0", "1.0.1", "2.0.0"])
def test_no_other_version_is_the_first(wanted: str) -> None:
    with pytest.raises(VersionError, match=r"nothing was released .* Give VERSION=1\.0\.0"):
        choose_version(wanted, [], None)


@pytest.mark.parametrize(
    ("level", "expected"), [("patch", "1.10.3"), ("minor", "1.11.0"), ("major", "2.0.0")]
)
def test_auto_takes_the_smallest_step_from_the_greatest_release(
    level: Level, expected: str
) -> None:
    assert choose_version("auto", ["1.10.2", "1.9.0", "0.9.0"], change(level)) == expected


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        *(("patch", "1.0.1"), ("patch", "1.0.7"), ("patch", "1.1.0"), ("patch", "3.0.0")),
        *(("minor", "1.1.0"), ("minor", "1.1.1"), ("minor", "2.0.0")),
        *(("major", "2.0.0"), ("major", "2.3.4")),
    ],
)
def test_a_version_that_is_great_enough_is_taken_as_it_is(level: Level, wanted: str) -> None:
    assert choose_version(wanted, ["1.0.0"], change(level)) == wanted


@pytest.mark.parametrize(
    ("level", "wanted"), [("minor", "1.0.1"), ("major", "1.0.1"), ("major", "1.9.0")]
)
def test_a_version_too_small_for_the_change_is_refused_with_why_and_what_to_do(
    level: Level, wanted: str
) -> None:
    with pytest.raises(VersionError) as caught:
        choose_version(wanted, ["1.0.0"], change(level))
    demanded = {"minor": "1.1.0", "major": "2.0.0"}[level]
    assert str(caught.value) == (
        f"version {wanted} is too small. Since 1.0.0 this is a {level} change: "
        "3 rows removed ('a-0', 'b-0', 'c-0'). "
        f"Give VERSION={demanded}, a greater one, or VERSION=auto."
    )


def test_a_version_that_was_released_is_never_released_again() -> None:
    with pytest.raises(VersionError, match=r"1\.0\.0 was released before.*Give VERSION=1\.1\.1"):
        choose_version("1.0.0", ["1.0.0", "1.1.0"], change("patch"))


def test_no_version_is_put_between_releases() -> None:
    with pytest.raises(VersionError, match=r"1\.5\.0 is smaller than the latest release, 2\.0\.0"):
        choose_version("1.5.0", ["1.0.0", "2.0.0"], change("patch"))


def test_a_wanted_version_must_be_one() -> None:
    for previous, told in (([], None), (["1.0.0"], change("patch"))):
        with pytest.raises(VersionError, match=r"'v1\.2\.0' is not"):
            choose_version("v1.2.0", previous, told)
    with pytest.raises(ValueError, match=r"no change given since 1\.0\.0"):
        choose_version("auto", ["1.0.0"], None)


def test_a_level_without_its_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="level patch"):
        Change.model_validate({**dict(change("major")), "level": "patch"})
