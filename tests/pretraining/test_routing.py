"""A source's topic and quality decide the formats it is worth."""

from __future__ import annotations

import pytest

from builders.pretraining.routing import choose_formats, route_source
from builders.pretraining.selection import RoutingConfig, SelectionConfig
from builders.pretraining.source import Source
from distilabel_pipelines.passages import SourceKind
from distilabel_pipelines.pretraining_prompts import Material

PROSE = "Bees dance. The others follow."


def source(
    text: str = PROSE, topic: str = "", score: float | None = None, kind: SourceKind = "web"
) -> Source:
    return Source(
        source_id="0",
        material=Material(source_kind=kind, text=text, topic=topic),
        seed_data="x",
        language="en",
        educational_score=score,
    )


def test_without_a_map_or_routing_every_format_is_open() -> None:
    one = source(topic="Bees", score=0)
    assert choose_formats(one, SelectionConfig()) == ()
    assert route_source(one, SelectionConfig()) is one


def test_a_topic_has_its_own_formats() -> None:
    selection = SelectionConfig(topic_formats={"Cooking": ("wikihow", "faq")})
    assert route_source(source(topic="cooking"), selection).formats == ("wikihow", "faq")
    assert choose_formats(source(topic="Bees"), selection) == ()


def test_the_score_routes_and_where_there_is_none_the_share_of_prose() -> None:
    selection = SelectionConfig(routing=RoutingConfig(enabled=True, min_score=3))
    assert choose_formats(source(score=2.9), selection) == ("paraphrase",)
    assert choose_formats(source(score=3), selection) == ()
    assert choose_formats(source("Menu\nShop\nBees dance."), selection) == ("paraphrase",)
    assert choose_formats(source(), selection) == ()


def test_a_title_has_no_quality_to_route_by() -> None:
    selection = SelectionConfig(routing=RoutingConfig(enabled=True))
    assert choose_formats(source(kind="title", text="", score=0), selection) == ()


def test_routing_narrows_the_formats_of_a_topic_where_that_leaves_any() -> None:
    routing = RoutingConfig(enabled=True, good=("faq", "table"), poor=("paraphrase",))
    selection = SelectionConfig(topic_formats={"Bees": ("faq", "story")}, routing=routing)
    assert choose_formats(source(topic="Bees", score=5), selection) == ("faq",)
    assert choose_formats(source(topic="Bees", score=0), selection) == ("paraphrase",)


def test_poor_extracts_need_a_format() -> None:
    with pytest.raises(ValueError, match="poor is empty"):
        RoutingConfig(poor=())
