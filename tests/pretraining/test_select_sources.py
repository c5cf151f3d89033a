"""Each source becomes an extract, or has the one reason why it is not used."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from builders.pretraining.outcome import DroppedSource
from builders.pretraining.select_sources import REASONS, select_source
from builders.pretraining.selection import SelectionConfig
from builders.pretraining.source import Source
from builders.pretraining.source_rows import RawSource

PROSE = (
    "Bees dance to tell their sisters where the flowers are. The others follow the dance and fly "
    "out to the field. A long dance means that the field is far away. "
)


def raw(**values: object) -> RawSource:
    defaults = {"kind": "web", "text": PROSE * 3, "seed_data": "x"}
    return RawSource.model_validate(defaults | values)


def keep(source: RawSource, **selection: object) -> Source:
    selected = select_source(source, SelectionConfig.model_validate(selection))
    assert isinstance(selected, Source)
    return selected


def drop(source: RawSource, **selection: object) -> DroppedSource:
    selected = select_source(source, SelectionConfig.model_validate(selection))
    assert isinstance(selected, DroppedSource)
    assert selected.reason in REASONS
    return selected


def test_an_extract_is_cut_at_a_sentence_and_cleaned() -> None:
    page = f"Home | News | Shop | Contact\n{PROSE * 10}\nAll rights reserved."
    text = keep(raw(text=page)).material.text
    assert text.startswith("Bees dance")
    assert text.endswith(".")
    assert 900 <= len(text) <= 1100
    assert len(keep(raw(text=page), extract_characters=300).material.text) <= 330


def test_a_textbook_is_cut_but_loses_no_lines_of_its_own() -> None:
    text = f"{PROSE}\nThe mass () is known (see ).\nClick here, it said.\n{PROSE}"
    kept = keep(raw(kind="textbook", work="Biology", title="Bees", text=text)).material
    assert "Click here" in kept.text
    assert "The mass is known.\n" in kept.text


def test_own_prompts_titles_and_stories_are_neither_cut_nor_measured() -> None:
    prompt = keep(raw(kind="prompt", text="Write. " * 400, text_format="story_reddit"))
    assert prompt.material.text == "Write. " * 400
    assert (prompt.text_format, prompt.audience) == ("story_reddit", "general")
    assert keep(raw(kind="title", text="", title="Bees")).material.title == "Bees"
    assert keep(raw(kind="story", text="A letter.")).material.text == "A letter."


def test_the_language_is_the_stated_one_or_detected() -> None:
    assert keep(raw()).language == "en"
    assert keep(raw(kind="title", text="", title="怎样挑西瓜")).language == "zh"
    assert keep(raw(kind="title", text="", title="Melonen", language="zh-cn")).language == "zh"
    assert drop(raw(language="fr")).detail == "fr"
    assert drop(raw(), languages=("zh",)).reason == "language"
    italian = "il gatto dorme sul tetto della casa mentre la pioggia cade piano. " * 6
    assert drop(raw(text=italian)).reason == "language"


@pytest.mark.parametrize("name", ["default", "with_prompt", "data", "a b", "故事", "x/y", "n" * 65])
def test_a_format_that_cannot_name_a_config_drops_the_source(name: str) -> None:
    assert drop(raw(kind="prompt", text_format=name)).reason == "format_name"


def test_topics_and_categories_are_allowed_and_denied_without_regard_to_case() -> None:
    assert keep(raw(topic="Bees"), topics=("bees",)).material.topic == "Bees"
    assert drop(raw(topic="Ants"), topics=("bees",)).detail == "Ants"
    assert drop(raw(), topics=("bees",)).detail == "none is named"
    assert drop(raw(topic="BEES"), without_topics=("bees",)).reason == "topic"
    assert keep(raw(), without_topics=("bees",)).material.topic == ""
    assert drop(raw(category="ads"), without_categories=("ads",)).reason == "category"
    assert drop(raw(category="ads"), categories=("science",)).reason == "category"


def test_a_score_below_the_least_drops_and_no_score_does_not() -> None:
    assert drop(raw(educational_score=1.5), min_educational_score=2).detail == "1.5"
    assert keep(raw(educational_score=2), min_educational_score=2).educational_score == 2
    assert keep(raw(), min_educational_score=2).educational_score is None


def test_lengths_are_those_of_the_whole_text_and_chinese_counts_threefold() -> None:
    assert drop(raw(text="Bees dance.")).reason == "too_short"
    assert drop(raw(), max_characters=100).reason == "too_long"
    chinese = "蜜蜂用舞蹈告诉同伴花在哪里。" * 8
    assert 100 < len(chinese) < 200
    assert keep(raw(text=chinese)).language == "zh"


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (
            PROSE + "\n" + "This website uses cookies to make your visit better.\n" * 6,
            "cookie notice",
        ),
        (PROSE + "\n" + "Click here\nSign up now\n" * 6 + PROSE[:60], "navigation"),
        (
            "\n".join(f"Linen of the {n}th kind that is made in the mill" for n in range(9)),
            "few full sentences",
        ),
        (PROSE * 2 + "Lorem ipsum dolor sit amet.", "filler text"),
        (PROSE * 2 + "Contact us for free shipping. We offer honey.", "advertising"),
    ],
)
def test_boilerplate_is_dropped_unless_the_recipe_keeps_it(text: str, detail: str) -> None:
    dropped = drop(raw(text=text))
    assert dropped.reason == "boilerplate"
    assert dropped.detail.startswith(detail)
    assert keep(raw(text=text), drop_boilerplate=False)


def test_a_page_of_boilerplate_alone_is_still_shown_and_told_apart() -> None:
    menu, other = (f"Home | {name} | Shop | Contact\n" * 20 for name in ("News", "Maps"))
    dropped = drop(raw(text=menu))
    assert dropped.text.startswith("Home | News")
    assert dropped.source_id != drop(raw(text=other)).source_id


def test_back_matter_of_a_textbook_is_dropped() -> None:
    section = raw(kind="textbook", title="Quasars > For Further Exploration")
    assert drop(section).detail == "back matter: Quasars > For Further Exploration"


def test_an_empty_source_is_dropped_as_empty() -> None:
    assert drop(raw(text="", is_empty=True)).reason == "empty"


def test_the_first_reason_in_order_is_told() -> None:
    both = raw(text="Short.", topic="Ants", educational_score=0)
    assert drop(both, without_topics=("ants",), min_educational_score=3).reason == "topic"


def test_the_dropped_source_keeps_its_place_and_beginning() -> None:
    dropped = drop(raw(educational_score=0), min_educational_score=3)
    assert dropped.text == (PROSE * 3)[:300]
    assert (dropped.seed_data, dropped.kind) == ("x", "web")
    assert dropped.source_id == keep(raw()).source_id


def test_an_unknown_format_in_the_recipe_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=r"unknown format 'fqa' \(did you mean 'faq'\?\)"):
        SelectionConfig.model_validate({"topic_formats": {"Bees": ["fqa"]}})
