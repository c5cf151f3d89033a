"""From what a row says to a source that can be prompted with, or to the reason why not.

The extract of a page or section is what a prompt shows: lines of boilerplate are taken out, then it
is cut at a sentence. Every rule is a pure function of the row, so a source has the same fate in
every build with the same recipe.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from builders.checks.language import detect_language
from builders.pretraining.boilerplate import (
    find_language_fault,
    find_page_fault,
    is_back_matter,
    remove_boilerplate_lines,
    share_of_prose,
)
from builders.pretraining.excerpts import cut_at_sentence
from builders.pretraining.outcome import DroppedSource
from builders.pretraining.selection import SelectionConfig
from builders.pretraining.source import EXTRACTED, Source, drop_source, identify_source
from builders.pretraining.source_rows import RawSource
from builders.text_keys import CJK
from distilabel_pipelines.passages import CUSTOM_AUDIENCE, CUSTOM_FORMAT
from distilabel_pipelines.pretraining_prompts import Material
from distilabel_pipelines.rows import Language

UNREADABLE = "unreadable"  # a row that makes no source at all
# In the order in which they are tried.
REASONS = (
    "empty",
    "format_name",
    "language",
    "topic",
    "category",
    "educational_score",
    "too_short",
    "too_long",
    "boilerplate",
)
_FORMAT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# Names of configs of the dataset; the Hub's library refuses `data`.
_TAKEN_NAMES = frozenset(["default", "with_prompt", "other_formats", "data"])
# What is left of "(see Figure 3)" where the links of a book were taken out.
_EMPTY_REFERENCE = re.compile(r" \((?:see\s*|and\s*|[,;.]\s*)*\)", re.IGNORECASE)
_CJK = re.compile(f"[{CJK}]")
_MOST_SHOWN = 20_000  # characters of what stands in a prompt as it is
_LOOKED_AT = 4  # times the extract: boilerplate further down a page changes nothing


class _Candidate(NamedTuple):
    """A row on its way: `removed` says which lines of boilerplate were taken out, "" for none."""

    raw: RawSource
    source: Source
    removed_share: float
    removed: str


def select_source(raw: RawSource, config: SelectionConfig) -> Source | DroppedSource:
    """The source that a row makes, or the row with the reason why it makes none."""
    candidate = _make_candidate(raw, config)
    for reason, find_fault in _RULES.items():
        detail = find_fault(candidate, config)
        if detail is not None:
            return drop_source(candidate.source, reason, detail)
    return candidate.source


def _make_candidate(raw: RawSource, config: SelectionConfig) -> _Candidate:
    text, removed_share, removed = raw.text, 0.0, ""
    if raw.kind in EXTRACTED:
        text = raw.text[: _LOOKED_AT * config.extract_characters]
        if config.drop_boilerplate and raw.kind == "web":
            cleaned, removed_share, removed = remove_boilerplate_lines(text)
            # A page that is dropped for its boilerplate is told apart and shown by it.
            text = cleaned if removed_share <= config.max_boilerplate_share else text
        text = _EMPTY_REFERENCE.sub("", text) if raw.kind == "textbook" else text
        text = cut_at_sentence(re.sub(r"\n{3,}", "\n\n", text), config.extract_characters)
    material = Material(
        source_kind=raw.kind,
        work=raw.work,
        unit=raw.unit,
        title=raw.title,
        text=text,
        topic=raw.topic,
    )
    brings_prompt = raw.kind == "prompt"
    stated = _read_language(raw.language)
    source = Source(
        source_id=identify_source(material),
        material=material,
        seed_data=raw.seed_data,
        language=stated or detect_language(f"{raw.title}\n{text}"),
        text_format=(raw.text_format or CUSTOM_FORMAT) if brings_prompt else "",
        audience=(raw.audience or CUSTOM_AUDIENCE) if brings_prompt else "",
        educational_score=raw.educational_score,
    )
    return _Candidate(raw, source, removed_share, removed)


def _read_language(stated: str) -> Language | None:
    """`en`, `en-US`, `english`; `zh`, `zh_Hans`, `cmn_Hani` (as in FineWeb-2), `chinese`."""
    if stated.startswith(("zh", "cmn", "zho", "chinese", "中")):
        return "zh"
    return "en" if stated.startswith(("en", "eng")) else None


def _find_emptiness(candidate: _Candidate, _config: SelectionConfig) -> str | None:
    return "nothing in the columns that its kind needs" if candidate.raw.is_empty else None


def _find_bad_format(candidate: _Candidate, _config: SelectionConfig) -> str | None:
    name = candidate.source.text_format
    if not name or (_FORMAT_NAME.fullmatch(name) and name.lower() not in _TAKEN_NAMES):
        return None
    return f"{name[:80]!r} cannot name a configuration of the dataset"


def _find_other_language(candidate: _Candidate, config: SelectionConfig) -> str | None:
    stated, language = candidate.raw.language, candidate.source.language
    if stated and _read_language(stated) is None:
        return stated
    if language not in config.languages:
        return language
    if candidate.source.kind != "web" or stated:
        return None
    return find_language_fault(candidate.source.material.text, language)


def _find_unwanted_topic(candidate: _Candidate, config: SelectionConfig) -> str | None:
    return _find_unwanted(candidate.raw.topic, config.topics, config.without_topics)


def _find_unwanted_category(candidate: _Candidate, config: SelectionConfig) -> str | None:
    return _find_unwanted(candidate.raw.category, config.categories, config.without_categories)


def _find_unwanted(name: str, allowed: tuple[str, ...], denied: tuple[str, ...]) -> str | None:
    key = name.casefold()
    wanted = not allowed or key in {each.casefold() for each in allowed}
    if wanted and key not in {each.casefold() for each in denied}:
        return None
    return name or "none is named"


def _find_low_score(candidate: _Candidate, config: SelectionConfig) -> str | None:
    score, least = candidate.raw.educational_score, config.min_educational_score
    return None if score is None or least is None or score >= least else f"{score:g}"


def _find_shortness(candidate: _Candidate, config: SelectionConfig) -> str | None:
    if candidate.raw.kind not in EXTRACTED:
        return None
    length = _count_characters(candidate.raw.text)
    return f"{length} characters" if length < config.min_characters else None


def _find_excess(candidate: _Candidate, config: SelectionConfig) -> str | None:
    """Of a text that is cut by the recipe's word; what a prompt shows whole has a bound of ours."""
    most, shown = config.max_characters, candidate.raw.text
    if candidate.raw.kind not in EXTRACTED:
        most, shown = _MOST_SHOWN, candidate.source.shown_text
    if most is None:
        return None
    length = _count_characters(shown)
    return f"{length} characters" if length > most else None


def _count_characters(text: str) -> int:
    chinese = 0 if text.isascii() else len(_CJK.findall(text))
    return len(text) + 2 * chinese


def _find_boilerplate(candidate: _Candidate, config: SelectionConfig) -> str | None:
    material = candidate.source.material
    if not config.drop_boilerplate or material.source_kind not in EXTRACTED:
        return None
    if material.source_kind == "textbook":
        return f"back matter: {material.title}" if is_back_matter(material.title) else None
    if candidate.removed_share > config.max_boilerplate_share:
        return f"{candidate.removed} ({candidate.removed_share:.0%} of the text)"
    if _count_characters(material.text) < config.min_characters:
        return f"{candidate.removed}; too little is left"
    if (prose := share_of_prose(material.text)) < config.min_prose_share:
        return f"few full sentences ({prose:.0%} of the text)"
    return find_page_fault(material.text)


_RULES: dict[str, Callable[[_Candidate, SelectionConfig], str | None]] = dict(
    zip(
        REASONS,
        (
            _find_emptiness,
            _find_bad_format,
            _find_other_language,
            _find_unwanted_topic,
            _find_unwanted_category,
            _find_low_score,
            _find_shortness,
            _find_excess,
            _find_boilerplate,
        ),
        strict=True,
    )
)
