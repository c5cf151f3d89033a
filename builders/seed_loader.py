"""From `SEEDS` to the questions of a build: read, limit, merge equal questions.

A source is a bundled set (`bundled:reasoning`, the default, or `bundled:reasoning-open`), a local
file, or a Hub dataset. Everything that is wrong with the seeds is found here, before anything is
paid, and told in one SeedError that names the file, row and field.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field, field_validator

from builders.checks.language import detect_language
from builders.errors import SeedError
from builders.judged import SeedFacts
from builders.licensing.errors import LicenseError
from builders.licensing.seeds_statement import check_stated_sources, parse_seeds_license
from builders.seed_columns import SeedText, check_mapped_fields, read_seed_row
from builders.seed_pins import SeedPin
from builders.seed_source import check_columns_seen, open_seed_source
from builders.text_keys import normalise_text
from distilabel_pipelines.rows import Question, question_id

BUNDLED_SETS = {
    "bundled:reasoning": "reasoning_gold.jsonl",
    "bundled:reasoning-open": "reasoning_open.jsonl",
}
_logger = logging.getLogger(__name__)


class SeedConfig(BaseModel):
    """Where the questions come from: `columns` maps fields to the source's columns (SEED_COLUMNS).

    `limit` counts rows of the source, in its order, before equal questions are merged. `license` is
    what the user states of the source (SEEDS_LICENSE); what it says itself is recorded beside it.
    `pins` (of `make rebuild`) are what each source has to be, in their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = "bundled:reasoning"
    columns: dict[str, str] = Field(default_factory=dict)
    limit: int | None = Field(default=None, ge=1)
    license: str | None = None
    pins: tuple[SeedPin, ...] = ()

    def find_pin(self, number: int) -> SeedPin | None:
        """The pin of source `number` (from 0), None where nothing is pinned.

        Raises SeedError for a source behind the pinned ones: whoever wrote the manifest may have
        named a file of this machine there.
        """
        if self.pins and number >= len(self.pins):
            raise SeedError(
                f"{len(self.pins)} sources are pinned, and the build comes to source {number + 1} "
                "without a pin: the manifest's recipe names more sources than its build read. "
                "Somebody changed it, or LIMIT is not what it was."
            )
        return self.pins[number] if self.pins else None

    @field_validator("license")
    @classmethod
    def _license_can_be_read(cls, stated: str | None) -> str | None:
        try:
            parse_seeds_license(stated or "")
        except LicenseError as error:
            raise ValueError(str(error)) from error
        return stated


class LoadedSeeds(BaseModel):
    """The questions in their order, no two of them equal, and the facts for the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    questions: list[Question]
    facts: SeedFacts


def load_questions(config: SeedConfig) -> LoadedSeeds:
    """Read the source and merge equal questions; the same source gives the same questions.

    Raises SeedError for a source that cannot be found or read and for the first bad row,
    RecipeError for a column mapping that names no field of a question, LicenseError where
    SEEDS_LICENSE names another source.
    """
    check_mapped_fields(config.columns)
    source = open_seed_source(config.source, config.limit, BUNDLED_SETS, config.find_pin(0))
    check_stated_sources(config.license, [source.name])
    seen_columns: set[str] = set()
    texts: list[SeedText] = []
    for row in itertools.islice(source.rows, config.limit):
        seen_columns.update(row.values)
        texts.append(read_seed_row(row, config.columns))
    if not texts:
        raise SeedError(f"{source.name}: no rows. Give a file with at least one question.")
    check_columns_seen(config.columns, seen_columns, source.name)
    several = sum(text.several_answers for text in texts)
    if several:
        _logger.warning(
            "%s: %d of %d rows have a gold answer of several parts (a list or an object), which no "
            "rule can check; they count as rows without gold.",
            *(source.name, several, len(texts)),
        )
    questions = merge_equal_questions(texts)
    facts = SeedFacts(
        source=source.name,
        sha256=source.sha256,
        revision=source.revision,
        rows_read=len(texts),
        equal_merged=len(texts) - len(questions),
        questions=len(questions),
        with_gold=sum(question.answer is not None for question in questions),
        license=source.license,
    )
    return LoadedSeeds(questions=questions, facts=facts)


def merge_equal_questions(texts: Iterable[SeedText]) -> list[Question]:
    """One question for each normalised text, in order: the first wording, the first gold answer.

    Equal questions with different gold answers keep the first one and are logged as a warning.
    """
    merged: dict[str, SeedText] = {}
    conflicts: list[tuple[str, str, str]] = []
    for text in texts:
        # A question of signs alone may normalise to nothing: it is then its own key.
        key = normalise_text(text.question) or text.question
        first = merged.setdefault(key, text)
        if text.answer is None:
            continue
        if first.answer is None:
            merged[key] = first.model_copy(
                update={"answer": text.answer, "solution": first.solution or text.solution}
            )
        elif normalise_text(first.answer) != normalise_text(text.answer):
            conflicts.append((first.question, first.answer, text.answer))
    if conflicts:
        question, kept, dropped = conflicts[0]
        _logger.warning(
            "%d equal questions carry different gold answers; the first is kept. "
            "For example %.80r: kept %.40r, not %.40r.",
            *(len(conflicts), question, kept, dropped),
        )
    return [_make_question(text) for text in merged.values()]


def _make_question(text: SeedText) -> Question:
    return Question(
        seed_id=question_id(text.question),
        question=text.question,
        answer=text.answer,
        solution=text.solution,
        language=text.language or detect_language(text.question),
    )
