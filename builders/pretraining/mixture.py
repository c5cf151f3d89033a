"""The `[mixture]` of a pretraining recipe: how many prompts of which source, format and audience.

The defaults stand in `mixture_weights`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from builders.pretraining.mixture_weights import (
    AUDIENCES_BY_FORMAT,
    FORMATS_BY_KIND,
    SOURCES,
    Weights,
)
from builders.pretraining.selection import refuse_unknown
from builders.recipe_sections import RecipeSection
from distilabel_pipelines.passages import (
    AUDIENCES,
    FORMATS,
    SOURCE_KINDS,
    BuiltInAudience,
    BuiltInFormat,
    SourceKind,
)

# Kinds that have a text which can be said in other words.
_WITH_TEXT: frozenset[SourceKind] = frozenset(["web", "textbook"])
NEEDS_TEXT: frozenset[BuiltInFormat] = frozenset(["paraphrase"])


class MixtureConfig(RecipeSection):
    """Weights, of any scale: what is named changes the default, 0 takes out.

    `sources` maps a kind of source, or the `seed_data` of some sources (which then leave their
    kind's share), to the share of prompts; `formats` such a name to the formats within it,
    `audiences` a format to the readers within it. `only_formats` and `only_audiences` leave all
    others out. Each source is used up to `uses_per_source` times, each time for another format;
    `prompts_per_row` prompts are made ready for each row that is wanted.
    """

    sources: Weights = Field(default_factory=lambda: dict(SOURCES))
    formats: dict[str, Weights] = Field(default_factory=lambda: _copy(FORMATS_BY_KIND))
    audiences: dict[str, Weights] = Field(default_factory=lambda: _copy(AUDIENCES_BY_FORMAT))
    only_formats: tuple[str, ...] = ()
    only_audiences: tuple[str, ...] = ()
    uses_per_source: int = Field(default=4, ge=1, le=len(FORMATS))
    prompts_per_row: int = Field(default=10, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _defaults_stay_beside_what_is_named(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        defaults: dict[str, Mapping[str, Any]] = {
            "sources": SOURCES,
            "formats": FORMATS_BY_KIND,
            "audiences": AUDIENCES_BY_FORMAT,
        }
        return given | {
            name: _lay_over(table, given.get(name, {})) for name, table in defaults.items()
        }

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for name, weights in self.formats.items():
            _check_weights(f"mixture.formats.{name}", "format", weights, FORMATS)
        refuse_unknown("format in mixture.audiences:", self.audiences, FORMATS)
        for name, weights in self.audiences.items():
            _check_weights(f"mixture.audiences.{name}", "audience", weights, AUDIENCES)
        refuse_unknown("format in mixture.only_formats:", self.only_formats, FORMATS)
        refuse_unknown("audience in mixture.only_audiences:", self.only_audiences, AUDIENCES)
        _check_numbers("mixture.sources", self.sources)
        return self

    @model_validator(mode="after")
    def _formats_suit_their_sources(self) -> Self:
        for kind in SOURCE_KINDS:
            given = self.formats.get(kind, {})
            if kind == "prompt" and given:
                raise ValueError("mixture.formats.prompt: such sources bring their own format")
            wrong = [name for name in NEEDS_TEXT if given.get(name)]
            if wrong and kind not in _WITH_TEXT:
                raise ValueError(
                    f"mixture.formats.{kind}: {wrong[0]} needs a text to start from, and a source "
                    f"of kind {kind} has none. Take it out; {' and '.join(sorted(_WITH_TEXT))} "
                    "have one."
                )
        return self

    def weigh_formats(self, kind: SourceKind, seed_data: str) -> dict[BuiltInFormat, float]:
        """The formats of a source, those with a weight above 0; `seed_data` goes before `kind`."""
        weights = self.formats.get(seed_data) or self.formats.get(kind, {})
        kept = _keep_only(weights, self.only_formats)
        known: dict[str, BuiltInFormat] = {name: name for name in FORMATS}
        return {known[name]: kept[name] for name in kept if suits(known[name], kind)}

    def weigh_audiences(self, text_format: str) -> dict[BuiltInAudience, float]:
        """The readers of a format, those with a weight above 0."""
        weights = self.audiences.get(text_format, {})
        kept = _keep_only(weights, self.only_audiences)
        known: dict[str, BuiltInAudience] = {name: name for name in AUDIENCES}
        return {known[name]: kept[name] for name in kept}


def suits(text_format: BuiltInFormat, kind: SourceKind) -> bool:
    """Whether a source of this kind has what the format needs."""
    return text_format not in NEEDS_TEXT or kind in _WITH_TEXT


def _keep_only(weights: Weights, only: tuple[str, ...]) -> Weights:
    """The weights above 0; with `only`, of its names alone, which weigh 1 each where none does."""
    if not only:
        return {name: weight for name, weight in weights.items() if weight}
    kept = {name: weights[name] for name in only if weights.get(name)}
    return kept or dict.fromkeys(only, 1.0)


def _copy(tables: Mapping[str, Weights]) -> dict[str, Weights]:
    return {name: dict(weights) for name, weights in tables.items()}


def _lay_over(default: Mapping[str, Any], given: object) -> object:
    """`given` over a table of weights or of such tables; what is no table is left to pydantic."""
    if not isinstance(given, Mapping):
        return given
    merged = {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in default.items()
    }
    for name, value in given.items():
        inner = merged.get(name)
        merged[name] = (
            inner | value if isinstance(inner, dict) and isinstance(value, dict) else value
        )
    return merged


def _check_weights(place: str, kind: str, weights: Weights, names: tuple[str, ...]) -> None:
    refuse_unknown(f"{kind} in {place}:", weights, names)
    _check_numbers(place, weights)


def _check_numbers(place: str, weights: Weights) -> None:
    for name, weight in weights.items():
        if weight < 0 or not math.isfinite(weight):
            raise ValueError(f"{place}.{name} = {weight:g}: a weight is 0 or more")
    if weights and not any(weights.values()):
        raise ValueError(f"{place}: every weight is 0. Leave one above 0.")
