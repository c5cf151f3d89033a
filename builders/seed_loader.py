"""From `SEEDS` to the questions of a build: read, limit, merge equal questions.

A source is a bundled set (`bundled:reasoning`, the default, or `bundled:reasoning-open`), a local
file, or a Hub dataset; a local path wins over a Hub id. Everything that is wrong with the seeds is
found here, before anything is paid, and told in one SeedError that names the file, row and field.
"""

from __future__ import annotations

import difflib
import itertools
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from builders.checks.language import detect_language
from builders.errors import SeedError
from builders.judged import SeedFacts
from builders.seed_columns import SeedRow, SeedText, check_mapped_fields, read_seed_row
from builders.seed_files import SUFFIXES, hash_seed_file, read_file_rows
from builders.seed_hub import open_hub_dataset, parse_hub_source
from builders.text_keys import normalise_text
from distilabel_pipelines.rows import Question, question_id

BUNDLED_LICENSE = "Apache-2.0"
BUNDLED_SETS = {
    "bundled:reasoning": "reasoning_gold.jsonl",
    "bundled:reasoning-open": "reasoning_open.jsonl",
}
_SEEDS_FOLDER = Path(__file__).parent / "seeds"
_logger = logging.getLogger(__name__)


class SeedConfig(BaseModel):
    """Where the questions come from: `columns` maps fields to the source's columns (SEED_COLUMNS).

    `limit` counts rows of the source, in its order, before equal questions are merged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = "bundled:reasoning"
    columns: dict[str, str] = Field(default_factory=dict)
    limit: int | None = Field(default=None, ge=1)
    license: str | None = None


class LoadedSeeds(BaseModel):
    """The questions in their order, no two of them equal, and the facts for the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    questions: list[Question]
    facts: SeedFacts


class _OpenSource(NamedTuple):
    """A source before its rows are read; `name` is fit for a public manifest."""

    name: str
    rows: Iterator[SeedRow]
    sha256: str | None
    revision: str | None
    license: str | None


def load_questions(config: SeedConfig) -> LoadedSeeds:
    """Read the source and merge equal questions; the same source gives the same questions.

    Raises SeedError for a source that cannot be found or read and for the first bad row,
    RecipeError for a column mapping that names no field of a question.
    """
    check_mapped_fields(config.columns)
    source = _open_source(config)
    seen_columns: set[str] = set()
    texts: list[SeedText] = []
    for row in itertools.islice(source.rows, config.limit):
        seen_columns.update(row.values)
        texts.append(read_seed_row(row, config.columns))
    if not texts:
        raise SeedError(f"{source.name}: no rows. Give a file with at least one question.")
    _check_columns_seen(config.columns, seen_columns, source.name)
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
        license=config.license or source.license,
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


def _check_columns_seen(columns: dict[str, str], seen: set[str], source: str) -> None:
    for field, column in columns.items():
        if column not in seen:
            near = difflib.get_close_matches(column, seen, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise SeedError(
                f'{source}: SEED_COLUMNS maps {field} to "{column}", and no row that was read has '
                f"such a column; they have {', '.join(sorted(seen))}.{hint}"
            )


def _open_source(config: SeedConfig) -> _OpenSource:
    if config.source.startswith("bundled:"):
        return _open_bundled(config.source)
    path = Path(config.source).expanduser()
    if path.exists():
        return _open_local(path)
    hub = parse_hub_source(config.source)
    if hub is None or _names_a_file(config.source):
        raise _missing_file(config.source, path)
    found = open_hub_dataset(hub, config.limit)
    return _OpenSource(config.source, found.rows, None, found.revision, found.license)


def _open_bundled(source: str) -> _OpenSource:
    file_name = BUNDLED_SETS.get(source)
    if file_name is None:
        raise SeedError(
            f"No bundled seeds are called {source!r}. There are {' and '.join(BUNDLED_SETS)}; or "
            "give a file or a Hub dataset as SEEDS."
        )
    path = _SEEDS_FOLDER / file_name
    return _OpenSource(source, read_file_rows(path), hash_seed_file(path), None, BUNDLED_LICENSE)


def _open_local(path: Path) -> _OpenSource:
    if not path.is_file():
        inside = sorted(file.name for file in path.iterdir()) if path.is_dir() else []
        files = [name for name in inside if _names_a_file(name)]
        hint = f" It holds {', '.join(files[:5])}." if files else ""
        name = path.name or "The working folder"
        raise SeedError(f"{name} is not a regular file. Give one seed file as SEEDS.{hint}")
    try:
        sha256 = hash_seed_file(path)
    except OSError as error:
        raise SeedError(
            f"{path.name}: cannot be read ({error.strerror}). Check its permissions."
        ) from error
    return _OpenSource(path.name, read_file_rows(path), sha256, None, None)


def _names_a_file(source: str) -> bool:
    return any(suffix.lower() in SUFFIXES for suffix in Path(source).suffixes)


def _missing_file(source: str, path: Path) -> SeedError:
    names = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.8)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    if "://" in source:
        hint = " Addresses are not fetched: download the file and give its path."
    return SeedError(
        f"No seed file {source!r}.{hint} SEEDS is {', '.join(BUNDLED_SETS)}, a local JSONL, JSON, "
        f"CSV or Parquet file (.gz too), or a Hub dataset written owner/name[:config[:split]]."
    )
