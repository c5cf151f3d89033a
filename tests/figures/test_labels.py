"""Labels: safe for XML, measured on the wide side, never cut in the middle of a letter."""

import pytest

from builders.figures.labels import clean_label, cut_text, measure_text, split_label


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\u202e", "\ud800", "\ufffe", "\uffff"])
def test_a_character_that_xml_forbids_or_that_hides_is_written_out(character: str) -> None:
    assert clean_label(f"a{character}b") == f"a⟨U+{ord(character):04X}⟩b"


def test_white_space_becomes_one_space() -> None:
    assert clean_label(" a\n\t b\r\nc ") == "a b c"


def test_a_label_of_a_megabyte_costs_no_more_than_a_long_one() -> None:
    assert len(clean_label("x" * 10**6)) == 201
    assert clean_label("x" * 10**6).endswith("…")


def test_a_chinese_character_takes_an_em_and_a_latin_one_less() -> None:
    assert measure_text("数据", 10) == 20
    assert measure_text("in", 10) < measure_text("数", 10) * 2
    assert measure_text("e\u0301", 10) == measure_text("e", 10)


@pytest.mark.parametrize("text", ["plain words of a label", "教科书式的叙述文章", "m" * 300, "a"])
@pytest.mark.parametrize("width", [20, 60, 120])
def test_a_cut_label_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    cut = cut_text(text, width, 14)
    assert cut == text or cut.endswith("…")
    assert measure_text(cut, 14) <= width or cut == "…"


@pytest.mark.parametrize("whole", ["e\u0301", "👩\u200d🔬", "❤\ufe0f"])
def test_a_letter_is_never_cut_in_two(whole: str) -> None:
    text = whole * 20
    for width in range(14, 200, 7):
        kept = cut_text(text, width, 14).removesuffix("…")
        assert kept == whole * (len(kept) // len(whole))


def test_a_long_name_takes_more_lines_where_it_has_a_place_to_break() -> None:
    assert split_label("middle_school_students", 70, 13) == ["middle_", "school_", "students"]
    assert split_label("middle_school_students", 120, 13) == ["middle_school_", "students"]
    assert split_label("general", 90, 13) == ["general"]
    assert split_label("ends_with_", 60, 13)[-1] != ""
    assert len(split_label("x" * 80, 90, 13)) == 1
    assert len(split_label("a b c d e f g h i j", 14, 13)) == 3
