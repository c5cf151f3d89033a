"""The `[selection]` of a pretraining recipe: which sources become prompts.

As Cosmopedia (Ben Allal et al. 2024) chose its web pages by topic and educational score before it
prompted with them. The routing by quality follows later rephrasing work (among others Nemotron-CC,
arXiv:2412.02595): good pages are worth rich new forms, poor ones a plain paraphrase.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Self

from pydantic import Field, model_validator

from builders.recipe_sections import RecipeSection
from distilabel_pipelines.passages import FORMATS, BuiltInFormat
from distilabel_pipelines.rows import Language


def refuse_unknown(kind: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise ValueError that names the first unknown name, the nearest known one, and all."""
    names = list(allowed)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ValueError(f"unknown {kind} {name!r}{hint}. There are: {', '.join(names)}.")


class RoutingConfig(RecipeSection):
    """Which formats an extract of the web or of a book is worth.

    Good is an `educational_score` of at least `min_score`; where a source has none, a share of at
    least `min_prose_share` of its characters in lines with a finished sentence. Good ones get the
    formats of `good` (empty: those of the mixture), the others those of `poor`.
    """

    enabled: bool = False
    min_score: float = 3.0
    min_prose_share: float = Field(default=0.9, ge=0, le=1)
    good: tuple[BuiltInFormat, ...] = ()
    poor: tuple[BuiltInFormat, ...] = ("paraphrase",)

    @model_validator(mode="after")
    def _poor_ones_get_a_format(self) -> Self:
        if not self.poor:
            raise ValueError(
                "selection.routing.poor is empty: name a format for poor extracts, or set "
                "min_educational_score to leave them out"
            )
        return self


class SelectionConfig(RecipeSection):
    """Rules for sources, in the order in which they are applied (`select_sources.REASONS`).

    Topics and categories are compared as whole names without regard to case; with a list of
    allowed ones a source that names none is dropped, with `min_educational_score` a source without
    a score is kept. `topic_formats` gives the sources of a topic the formats it names. Lengths are
    those of whole extracts of the web and of books before they are cut; a Chinese character counts
    as three. `extract_characters` is where they are cut, at a sentence.
    """

    languages: tuple[Language, ...] = ("en", "zh")
    topics: tuple[str, ...] = ()
    without_topics: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    without_categories: tuple[str, ...] = ()
    min_educational_score: float | None = None
    topic_formats: dict[str, tuple[BuiltInFormat, ...]] = Field(default_factory=dict)
    min_characters: int = Field(default=300, ge=0)
    max_characters: int | None = Field(default=None, ge=1)
    extract_characters: int = Field(default=1000, ge=100)
    drop_boilerplate: bool = True
    max_boilerplate_share: float = Field(default=0.3, ge=0, le=1)
    min_prose_share: float = Field(default=0.5, ge=0, le=1)
    routing: RoutingConfig = RoutingConfig()

    @model_validator(mode="before")
    @classmethod
    def _formats_are_known(cls, given: object) -> object:
        tables = given.get("topic_formats") if isinstance(given, dict) else None
        for topic, formats in (tables if isinstance(tables, dict) else {}).items():
            if isinstance(formats, list | tuple):
                try:
                    refuse_unknown("format", map(str, formats), FORMATS)
                except ValueError as error:
                    raise ValueError(f"selection.topic_formats.{topic}: {error}") from error
        return given
