"""Rows are recognised by the columns that hold something; faults name file, row, field, value."""

from __future__ import annotations

import pytest

from builders.errors import SeedError
from builders.pretraining.source_rows import RawSource, read_source_row
from builders.seed_columns import SeedRow
from distilabel_pipelines.passages import SourceKind


def read(values: dict[str, object], kind: SourceKind | None = None, **mapping: str) -> RawSource:
    return read_source_row(SeedRow("file.jsonl", 7, values), mapping, kind, "file.jsonl")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"prompt": "Write.", "text": "Once", "format": "story"}, "prompt"),
        ({"course": "Physics", "unit": "Heat", "section": "Melting"}, "outline"),
        ({"book": "Astronomy", "title": "Moon", "section": ["a"], "text": "It"}, "textbook"),
        ({"title": "Moon", "text": "It is round."}, "textbook"),
        ({"book": "Astronomy", "text": "It is round."}, "textbook"),
        ({"text": "A page.", "url": "https://x.example", "title": ""}, "web"),
        ({"title": "How to mend a tyre", "text": None}, "title"),
        ({"story": "A letter arrives."}, "story"),
        ({"instruction": "Tell of a storm.", "input": "", "output": "x"}, "story"),
        ({"prompt": " ", "text": "A page."}, "web"),
    ],
)
def test_a_row_is_recognised_by_its_filled_columns(values: dict[str, object], kind: str) -> None:
    assert read(values).kind == kind


def test_an_openstax_row_keeps_its_headings_in_order() -> None:
    values: dict[str, object] = {
        "book": "Astronomy 2e",
        "module": "m1",
        "title": "The  Calendar",
        "section": ["Origins", "", "The\nWeek"],
        "text": "Seven days.\r\nNo more.",
    }
    raw = read(values)
    assert (raw.work, raw.title) == ("Astronomy 2e", "The Calendar > Origins > The Week")
    assert raw.text == "Seven days.\nNo more."


def test_an_own_prompt_carries_its_format_audience_and_source_over() -> None:
    values: dict[str, object] = {
        "prompt": "Write a post.",
        "format": "blogpost",
        "audience": "grade_school_students",
        "seed_data": "auto_math_text",
        "text": "Here it is.",
    }
    raw = read(values)
    assert raw.text == "Write a post."
    assert (raw.text_format, raw.audience) == ("blogpost", "grade_school_students")
    assert raw.seed_data == "auto_math_text"


def test_without_a_source_column_the_file_names_the_source() -> None:
    assert read({"text": "A page."}).seed_data == "file.jsonl"


def test_metadata_is_read_as_text_and_number() -> None:
    values: dict[str, object] = {
        "text": "A page.",
        "topic": "Bees",
        "category": 4,
        "educational_score": "3.5",
        "language": "EN",
    }
    raw = read(values)
    assert (raw.topic, raw.category, raw.educational_score, raw.language) == (
        "Bees",
        "4",
        3.5,
        "en",
    )


def test_a_mapping_reads_other_columns() -> None:
    raw = read({"content": "A page.", "cluster": "Bees"}, text="content", topic="cluster")
    assert (raw.kind, raw.text, raw.topic) == ("web", "A page.", "Bees")


def test_an_override_takes_the_row_for_what_it_says() -> None:
    values: dict[str, object] = {"title": "Moon", "text": "It is round."}
    assert read(values, "web") == RawSource(kind="web", text="It is round.", seed_data="file.jsonl")
    assert read(values, "title").title == "Moon"
    assert read(values, "story").text == "It is round."
    assert read({"course": "Physics", "section": "Heat"}, "outline").title == "Heat"


def test_an_override_that_does_not_fit_names_the_columns_there_are() -> None:
    with pytest.raises(
        SeedError, match=r'row 7, field "title": a source of kind title needs title'
    ):
        read({"text": "A page.", "url": "u"}, "title")


def test_empty_columns_make_an_empty_source_not_an_error() -> None:
    assert read({"text": "  "}).is_empty
    assert read({"text": None, "title": None}).is_empty
    assert read({"title": "Moon", "text": ""}, "web").is_empty
    assert read({"book": "Astronomy", "text": ""}).is_empty


def test_unknown_columns_are_an_error_that_lists_them() -> None:
    with pytest.raises(SeedError, match=r"file\.jsonl, row 7.*its columns are body, url"):
        read({"body": "A page.", "url": "u"})
    with pytest.raises(SeedError, match="its columns are course, section"):
        read({"course": "Physics", "section": "Heat"})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"text": ["a", "b"]}, r'field "text": .*seen list'),
        ({"text": "A page.", "educational_score": "good"}, "expected a number, seen 'good'"),
        ({"text": "A page.", "educational_score": float("inf")}, r'field "educational_score"'),
        ({"title": {"en": "Moon"}}, r'field "title": expected text or a number, seen dict'),
        ({"text": "half \ud83d"}, "half of a surrogate pair"),
    ],
)
def test_a_wrong_value_is_told_with_its_place(values: dict[str, object], message: str) -> None:
    with pytest.raises(SeedError, match=message):
        read(values)
