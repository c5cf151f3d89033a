"""What the published rows of an instruction build look like in numbers, for manifest and card.

Verbs and objects follow the figure of Self-Instruct (arXiv:2212.10560, figure 3): the most common
root verbs, each with its most common objects. Equal rows give equal figures on every machine,
whatever their order. Instructions count once, however many instances they have.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from builders.checks.task_filters import measure_length
from builders.instruction_outcome import InstructionRow
from builders.length_histograms import LengthHistogram, Part, bin_lengths
from builders.public_text import replace_lone_surrogates
from builders.trace_statistics import Quantiles, count_values, measure_quantiles
from builders.verb_nouns import Root, find_root
from distilabel_pipelines.rows import Language

MOST_COMMON_VERBS = 20
NOUNS_PER_VERB = 4
LANGUAGES: tuple[Language, ...] = ("en", "zh")
_UNITS: dict[Language, Literal["words", "characters"]] = {"en": "words", "zh": "characters"}
_EDGES = tuple(number / 10 for number in range(1, 11))
SIMILARITY_BINS = tuple(f"{(number - 1) / 10:.1f} to {number / 10:.1f}" for number in range(1, 11))


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VerbNouns(_Part):
    """A root verb, how often it has an object, and its most common objects."""

    verb: str
    count: int
    nouns: dict[str, int]


class RootStatistics(_Part):
    """Verbs and objects of the instructions in one language.

    `with_pair` instructions have a verb and an object, `questions` counts those that ask by their
    question word; `share_with_pair` is rounded to four decimals.
    """

    instructions: int
    with_pair: int
    share_with_pair: float
    questions: dict[str, int]
    verbs: tuple[VerbNouns, ...]


class InstructionLengths(_Part):
    """Lengths in words (English) or characters (Chinese); `input` over rows that have one."""

    unit: Literal["words", "characters"]
    rows_with_input: int
    instruction: Quantiles | None
    input: Quantiles | None
    output: Quantiles | None


class NoveltyStatistics(_Part):
    """ROUGE-L F of instructions with the seeds and the tasks kept before them.

    `highest` counts instructions by their highest score, a bin holding its upper edge and the
    first one 0 as well; `unscreened` had nothing to be compared with.
    """

    highest: dict[str, int]
    unscreened: int
    mean_of_means: float | None


class InstructionStatistics(_Part):
    """The rows in numbers; languages without rows are left out, dicts go by falling count."""

    rows: int
    instructions: int
    languages: dict[str, int]
    classification: dict[str, int]
    forms: dict[str, int]
    roots: dict[Language, RootStatistics]
    lengths: dict[Language, InstructionLengths]
    novelty: NoveltyStatistics


def describe_instructions(rows: Sequence[InstructionRow]) -> InstructionStatistics:
    """Statistics of the published rows; pure, and independent of their order."""
    tasks = list({row.task_id: row for row in rows}.values())
    by_language = {
        language: [row for row in rows if row.language == language] for language in LANGUAGES
    }
    present = {language: found for language, found in by_language.items() if found}
    return InstructionStatistics(
        rows=len(rows),
        instructions=len(tasks),
        languages=count_values(row.language for row in rows),
        classification=count_values(_name_answer(row.is_classification) for row in rows),
        forms=count_values(row.form for row in rows),
        roots={language: _count_roots(found, language) for language, found in present.items()},
        lengths={language: _measure(found, language) for language, found in present.items()},
        novelty=_describe_novelty(tasks),
    )


def _name_answer(is_classification: bool | None) -> str:
    return "unknown" if is_classification is None else str(is_classification).lower()


def _count_roots(rows: Sequence[InstructionRow], language: Language) -> RootStatistics:
    instructions = {row.task_id: row.instruction for row in rows}.values()
    roots = [find_root(replace_lone_surrogates(text)[0], language) for text in instructions]
    pairs = [root for root in roots if root.verb and root.noun]
    return RootStatistics(
        instructions=len(roots),
        with_pair=len(pairs),
        share_with_pair=round(len(pairs) / len(roots), 4),
        questions=count_values(root.question for root in roots if root.question),
        verbs=_rank_verbs(pairs),
    )


def _rank_verbs(pairs: Sequence[Root]) -> tuple[VerbNouns, ...]:
    nouns: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for root in pairs:
        nouns[root.verb or ""][root.noun or ""] += 1
    ranked = sorted(nouns, key=lambda verb: (-nouns[verb].total(), verb))[:MOST_COMMON_VERBS]
    return tuple(
        VerbNouns(verb=verb, count=nouns[verb].total(), nouns=_take_first(nouns[verb]))
        for verb in ranked
    )


def _take_first(nouns: Counter[str]) -> dict[str, int]:
    return dict(list(count_values(nouns.elements()).items())[:NOUNS_PER_VERB])


def _measure(rows: Sequence[InstructionRow], language: Language) -> InstructionLengths:
    lengths = _read_lengths(rows, language)
    return InstructionLengths(
        unit=_UNITS[language],
        rows_with_input=len(lengths["input"]),
        instruction=measure_quantiles(lengths["instruction"]),
        input=measure_quantiles(lengths["input"]),
        output=measure_quantiles(lengths["output"]),
    )


def _read_lengths(rows: Sequence[InstructionRow], language: Language) -> dict[Part, list[int]]:
    """Of each instruction once, of inputs where there are some, of all outputs."""
    texts: dict[Part, list[str]] = {
        "instruction": list({row.task_id: row.instruction for row in rows}.values()),
        "input": [row.input for row in rows if row.input],
        "output": [row.output for row in rows],
    }
    return {
        part: [measure_length(text, language) for text in found] for part, found in texts.items()
    }


def count_instruction_lengths(rows: Sequence[InstructionRow]) -> list[LengthHistogram]:
    """The histograms of `InstructionLengths`, language by language."""
    return [
        one
        for language in LANGUAGES
        for part, lengths in _read_lengths(
            [row for row in rows if row.language == language], language
        ).items()
        for one in bin_lengths(part, _UNITS[language], lengths, language)
    ]


def _describe_novelty(tasks: Sequence[InstructionRow]) -> NoveltyStatistics:
    screened = [row.novelty for row in tasks if row.novelty is not None and row.novelty.closest]
    highest = dict.fromkeys(SIMILARITY_BINS, 0)
    for novelty in screened:
        score = max(one.score for one in novelty.closest)
        highest[SIMILARITY_BINS[min(bisect_left(_EDGES, score), len(_EDGES) - 1)]] += 1
    means = math.fsum(novelty.mean for novelty in screened)
    return NoveltyStatistics(
        highest=highest,
        unscreened=len(tasks) - len(screened),
        mean_of_means=round(means / len(screened), 4) if screened else None,
    )
