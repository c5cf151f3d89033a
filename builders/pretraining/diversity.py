"""How varied the published texts of a pretraining build are: openings, distinct n-grams, lengths.

Openings and distinct-n are those of `text_variety`, rows taken in the order of their ids, which is
no order of theirs. Equal rows give equal figures, whatever their order.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from builders.checks.task_filters import measure_length
from builders.pretraining.audiences import name_audiences
from builders.pretraining.configs import order_formats
from builders.pretraining.funnel import PretrainingFunnel
from builders.pretraining.outcome import CheckedPassage
from builders.pretraining.rows import read_format
from builders.reasoning_rows import known_count
from builders.text_variety import (
    LANGUAGES,
    MOST_COMMON,
    OPENING_TOKENS,
    Distinct,
    count_openings,
    measure_distinct,
)
from builders.trace_statistics import Quantiles, count_values, measure_quantiles
from distilabel_pipelines.passages import AUDIENCES
from distilabel_pipelines.rows import Language

MIN_ROWS = 20
MAX_OPENING_SHARE = 0.2
"""A fifth of at least 20 texts. People's own texts stay below: the most common opening begins 0.3%
of 300 C4 pages, 0.9% of 1,000 news articles, and 12.7% of 1,157 OpenStax sections, many of which
list their goals first. Where one text in ten opens alike, 20 of them hold more than four such by
chance in one build of 23."""

_Key = TypeVar("_Key", bound=Hashable)
_Passages = Sequence[CheckedPassage]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Openings(_Part):
    """How the texts of one format and language begin; `format` is None for all formats together.

    `count` texts share the most common opening, `share` of them all; `top_share` begin with one of
    the ten most common. `distinct` are distinct-1, -2 and -3, None where no text is so long.
    `dominated` is the warning of a collapse.
    """

    format: str | None
    language: Language
    rows: int
    most_common: str
    count: int
    share: float
    top_share: float
    distinct: Distinct
    dominated: bool


class LengthGroup(_Part):
    """Lengths of the texts of one format, audience and language; `tokens` are the server's."""

    format: str
    audience: str
    language: Language
    unit: Literal["words", "characters"]
    length: Quantiles | None
    tokens: Quantiles | None


class TopicSpread(_Part):
    """How evenly the rows that name a topic are spread over `topics` different ones.

    `evenness` is the entropy of their shares over its maximum (Pielou 1966), 1 for equal shares,
    None for fewer than two topics. `most_common` holds the ten largest.
    """

    rows_with_topic: int
    topics: int
    evenness: float | None
    most_common: dict[str, int]


class Diversity(_Part):
    """The diversity of the published rows.

    An opening dominates where a group has `min_rows` or more and it begins more than `max_share` of
    them. `near_duplicate_rate` is the share of copies and near-copies, which are not published, in
    the texts that passed the checks.
    """

    min_rows: int
    max_share: float
    opening_tokens: dict[Language, int]
    openings: list[Openings]
    lengths: list[LengthGroup]
    topics: TopicSpread
    near_duplicate_rate: float

    @property
    def dominated(self) -> list[Openings]:
        """The groups in which one opening dominates."""
        return [one for one in self.openings if one.dominated]


def describe_diversity(published: _Passages, funnel: PretrainingFunnel) -> Diversity:
    """The report; pure, and independent of the rows' order."""
    rows = sorted(published, key=lambda one: one.passage.passage_id)
    duplicates, compared = funnel.rejected["duplicate"], funnel.passed_checks
    return Diversity(
        min_rows=MIN_ROWS,
        max_share=MAX_OPENING_SHARE,
        opening_tokens=OPENING_TOKENS,
        openings=[*_describe_languages(rows), *_describe_formats(rows)],
        lengths=_measure_groups(rows),
        topics=_spread_topics(rows),
        near_duplicate_rate=round(duplicates / compared, 4) if compared else 0.0,
    )


def _group(rows: _Passages, key: Callable[[CheckedPassage], _Key]) -> dict[_Key, _Passages]:
    groups: defaultdict[_Key, list[CheckedPassage]] = defaultdict(list)
    for one in rows:
        groups[key(one)].append(one)
    return dict(groups)


def _language(one: CheckedPassage) -> Language:
    return one.passage.prompt.language


def _describe_languages(rows: _Passages) -> Iterator[Openings]:
    groups = _group(rows, _language)
    for language in LANGUAGES:
        if language in groups:
            yield _describe_openings(groups[language], None, language)


def _describe_formats(rows: _Passages) -> Iterator[Openings]:
    groups = _group(rows, lambda one: (read_format(one), _language(one)))
    for text_format in order_formats({name for name, _ in groups}):
        for language in LANGUAGES:
            if (text_format, language) in groups:
                yield _describe_openings(groups[text_format, language], text_format, language)


def _describe_openings(rows: _Passages, text_format: str | None, language: Language) -> Openings:
    texts = [one.passage.content for one in rows]
    most_common, count, top = count_openings(texts, language)
    return Openings(
        format=text_format,
        language=language,
        rows=len(rows),
        most_common=most_common,
        count=count,
        share=round(count / len(rows), 4),
        top_share=round(top / len(rows), 6),
        distinct=measure_distinct(texts),
        dominated=len(rows) >= MIN_ROWS and count > MAX_OPENING_SHARE * len(rows),
    )


def _measure_groups(rows: _Passages) -> list[LengthGroup]:
    shown = name_audiences(one.passage.prompt.audience for one in rows)
    groups = _group(rows, lambda one: _name_length_group(one, shown))
    formats = order_formats({name for name, _, _ in groups})
    audiences = _order_audiences({name for _, name, _ in groups})
    return [
        _measure_lengths(groups[key], *key)
        for text_format in formats
        for audience in audiences
        for language in LANGUAGES
        if (key := (text_format, audience, language)) in groups
    ]


def _name_length_group(one: CheckedPassage, shown: Mapping[str, str]) -> tuple[str, str, Language]:
    prompt = one.passage.prompt
    return read_format(one), shown[prompt.audience], prompt.language


def _order_audiences(present: set[str]) -> list[str]:
    known = [name for name in AUDIENCES if name in present]
    return [*known, *sorted(present - set(known))]


def _measure_lengths(
    rows: _Passages, text_format: str, audience: str, language: Language
) -> LengthGroup:
    tokens = [known_count(one.passage.text_token_length) for one in rows]
    return LengthGroup(
        format=text_format,
        audience=audience,
        language=language,
        unit="characters" if language == "zh" else "words",
        length=measure_quantiles([measure_length(one.passage.content, language) for one in rows]),
        tokens=measure_quantiles([count for count in tokens if count is not None]),
    )


def _spread_topics(rows: _Passages) -> TopicSpread:
    named = [one.passage.prompt.topic for one in rows if one.passage.prompt.topic]
    topics = count_values(named)
    shares = [count / len(named) for count in topics.values()]
    entropy = -math.fsum(share * math.log(share) for share in shares)
    return TopicSpread(
        rows_with_topic=len(named),
        topics=len(topics),
        evenness=round(entropy / math.log(len(topics)), 4) if len(topics) > 1 else None,
        most_common=dict(list(topics.items())[:MOST_COMMON]),
    )
