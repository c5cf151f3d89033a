"""A source of prompts after selection: what a prompt shows of it, and what may be made of it."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict

from builders.decontamination.facts import Contamination
from builders.pretraining.outcome import DroppedSource
from distilabel_pipelines.passages import BuiltInFormat, SourceKind
from distilabel_pipelines.pretraining_prompts import Material
from distilabel_pipelines.rows import Language

# Kinds whose text is an extract of something longer: they alone are cut, cleaned and measured.
EXTRACTED: frozenset[SourceKind] = frozenset(["web", "textbook"])
_SHOWN_CHARACTERS = 300


class Source(BaseModel):
    """One source. `formats` are the only ones it may be used for (`route_source`), () for all.

    A source that brings its own prompt has it in `material.text`, with its `text_format` and
    `audience`, which are "" for all other sources.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_id: str
    material: Material
    seed_data: str
    language: Language
    text_format: str = ""
    audience: str = ""
    educational_score: float | None = None
    formats: tuple[BuiltInFormat, ...] = ()

    @property
    def kind(self) -> SourceKind:
        """What the source is: a page, a section, a title …"""
        return self.material.source_kind

    @property
    def shown_text(self) -> str:
        """Everything that a prompt shows of it, one part a line: what can be contaminated."""
        return write_material(self.material)


def write_material(material: Material) -> str:
    """The parts of a material that hold something, one a line, without its topic."""
    parts = (material.work, material.unit, material.title, material.text)
    return "\n".join(part for part in parts if part)


def identify_source(material: Material) -> str:
    """16 hex digits of the SHA-256 of kind and material, equal but for case and white space.

    The topic is no part of it: one text stays one source, whoever named its subject.
    """
    shown = " ".join(write_material(material).casefold().split())
    key = f"{material.source_kind}\n{shown}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def drop_source(
    source: Source,
    reason: str,
    detail: str = "",
    contamination: Contamination | None = None,
) -> DroppedSource:
    """The source as the list of dropped ones keeps it, with the beginning of its material."""
    return DroppedSource(
        source_id=source.source_id,
        seed_data=source.seed_data,
        kind=source.kind,
        text=source.shown_text[:_SHOWN_CHARACTERS],
        reason=reason,
        detail=detail,
        contamination=contamination,
    )
