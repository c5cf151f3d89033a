"""From `SEEDS` to the seed tasks of an instruction build: read, limit, merge equal instructions.

A row has the form of Self-Instruct's seed tasks (arXiv:2212.10560): `id`, `name`, `instruction`,
`instances` (a list of `{input, output}`) and `is_classification`; or that of Stanford Alpaca's
data: `instruction`, `input`, `output`, where nothing says whether the task is a classification.
Everything that is wrong with the seeds is found here, before anything is paid, and told in one
SeedError that names the file, row, field and value.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from builders.checks.language import detect_language
from builders.errors import SeedError
from builders.licensing.seeds_statement import check_stated_sources
from builders.seed_columns import (
    LANGUAGES,
    SeedRow,
    check_mapped_fields,
    read_text,
    shorten_value,
    write_scalar,
)
from builders.seed_loader import SeedConfig
from builders.seed_source import SeedSource, check_columns_seen, open_seed_source
from builders.text_keys import normalise_text
from distilabel_pipelines.rows import Language, question_id

BUNDLED_TASKS = {"bundled:instruction": "instruction.jsonl"}
# What SEED_COLUMNS can map, left of the `=`, where the seeds are tasks.
TASK_FIELDS = (
    "instruction",
    "input",
    "output",
    "instances",
    "is_classification",
    "id",
    "name",
    "language",
)
_NO_INPUT = "<noinput>"  # how Alpaca's prompt writes that a task needs none
_TRUE = ("true", "yes", "1")
_FALSE = ("false", "no", "0")
_logger = logging.getLogger(__name__)


class _SeedModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Instance(_SeedModel):
    """One example of a task; `input` is "" where the task needs none, `output` is never blank."""

    input: str
    output: str


class SeedTask(_SeedModel):
    """One seed task with at least one instance.

    `is_classification` is None where the source does not say; `name` is "" where it has none.
    """

    task_id: str
    name: str
    instruction: str
    instances: list[Instance]
    is_classification: bool | None
    language: Language


class TaskSeedFacts(_SeedModel):
    """Where the seed tasks came from. `source` is a file's name or a Hub id, never a path.

    rows_read = tasks + equal_merged + without_output. `languages` counts the tasks of each one.
    """

    source: str
    sha256: str | None
    revision: str | None
    rows_read: int
    equal_merged: int
    without_output: int
    tasks: int
    languages: dict[Language, int]
    classification: int
    classification_unknown: int
    license: str | None


class TaskSeeds(NamedTuple):
    """The seed tasks in the source's order, no two instructions or ids equal, and their facts."""

    tasks: list[SeedTask]
    facts: TaskSeedFacts


class _ReadTask(NamedTuple):
    """A row and its task, whose instances may still be none."""

    row: SeedRow
    task: SeedTask


def load_task_seeds(config: SeedConfig) -> TaskSeeds:
    """Read the first `limit` rows of the source; the same source gives the same tasks.

    A row whose outputs are all blank shows a teacher nothing: it is left out, counted and told in
    a warning. Raises SeedError for a source that cannot be found or read, for the first bad row
    and where no task is left; RecipeError for a mapping that names no field of a task, LicenseError
    where SEEDS_LICENSE names another source.
    """
    check_mapped_fields(config.columns, TASK_FIELDS)
    source = open_seed_source(config.source, config.limit, BUNDLED_TASKS, config.find_pin(0))
    check_stated_sources(config.license, [source.name])
    seen_columns: set[str] = set()
    read: list[_ReadTask] = []
    for row in itertools.islice(source.rows, config.limit):
        seen_columns.update(row.values)
        read.append(_ReadTask(row, read_task_row(row, config.columns)))
    if not read:
        raise SeedError(f"{source.name}: no rows. Give a file with at least one seed task.")
    check_columns_seen(config.columns, seen_columns, source.name)
    shown = _leave_out_blank(read, source.name)
    tasks = _merge_equal_instructions(shown)
    facts = _count_facts(tasks, source, rows_read=len(read), with_output=len(shown))
    return TaskSeeds(tasks, facts)


def read_task_row(row: SeedRow, columns: Mapping[str, str]) -> SeedTask:
    """The task of one row; instances with a blank output are left out, so there may be none.

    Texts lose their outer white space alone. Raises SeedError, naming file, row and field.
    """
    instruction = _read_instruction(row, columns.get("instruction", "instruction"))
    identifier, name = (
        write_scalar(row, column, row.values.get(column), field)
        for field, column in ((field, columns.get(field, field)) for field in ("id", "name"))
    )
    stated = row.values.get(columns.get("language", "language"))
    language = stated.strip().lower() if isinstance(stated, str) else None
    return SeedTask(
        task_id=identifier or question_id(instruction),
        name=name or "",
        instruction=instruction,
        instances=_read_instances(row, columns),
        is_classification=_read_classification(
            row, columns.get("is_classification", "is_classification")
        ),
        language=next((known for known in LANGUAGES if known == language), None)
        or detect_language(instruction),
    )


def _read_instruction(row: SeedRow, name: str) -> str:
    text = read_text(row, name, "instruction")
    if text is not None:
        return text.strip()
    if name in row.values:
        raise row.fault(
            name, f"empty ({shorten_value(row.values[name])})", "Fill it in or drop the row."
        )
    seen = ", ".join(sorted(row.values)) or "none"
    raise row.fault(
        name,
        f"no instruction in this row; its columns are {seen}",
        "Name the right column with SEED_COLUMNS=instruction=COLUMN.",
    )


def _read_instances(row: SeedRow, columns: Mapping[str, str]) -> list[Instance]:
    """The list in `instances`, else the row's own pair, which a mapping of its parts prefers."""
    name = columns.get("instances", "instances")
    listed = row.values.get(name)
    if listed is None or ("instances" not in columns and {"input", "output"} & set(columns)):
        pair = {field: columns.get(field, field) for field in ("input", "output")}
        return _read_pair(row, row.values, pair, "")
    if not isinstance(listed, list):
        raise row.fault(
            name,
            f"expected a list, seen {type(listed).__name__} {shorten_value(listed)}",
            'Write it as [{"input": "…", "output": "…"}], or give columns `input` and `output`.',
        )
    instances: list[Instance] = []
    for number, values in enumerate(listed, start=1):
        place = f"{name}[{number}]"
        if not isinstance(values, Mapping):
            raise row.fault(
                place,
                f"expected an object, seen {type(values).__name__} {shorten_value(values)}",
                'Write each instance as {"input": "…", "output": "…"}.',
            )
        instances += _read_pair(row, values, {"input": "input", "output": "output"}, f"{place}.")
    return instances


def _read_pair(
    row: SeedRow, values: Mapping[str, object], pair: Mapping[str, str], place: str
) -> list[Instance]:
    """The one instance that the values hold, none where its output is blank."""
    if pair["output"] not in values:
        seen = ", ".join(sorted(map(str, values))) or "none"
        raise row.fault(
            f"{place}{pair['output']}",
            f"no output beside the instruction; there are {seen}",
            "Give `instances` or `output`, or name the column with SEED_COLUMNS=output=COLUMN.",
        )
    given, output = (
        write_scalar(row, f"{place}{column}", values.get(column), field)
        for field, column in pair.items()
    )
    if output is None:
        return []
    needs_none = given is None or given.casefold() == _NO_INPUT
    return [Instance(input="" if needs_none else given or "", output=output)]


def _read_classification(row: SeedRow, name: str) -> bool | None:
    """True, False, or None where the row does not say; text and 0 or 1 as CSV writes them."""
    value = row.values.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isnan(value):
        return None
    known = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    known = known.strip().lower()
    if known in ("", *_TRUE, *_FALSE):
        return known in _TRUE if known else None
    raise row.fault(
        name,
        f"expected true or false, seen {type(value).__name__} {shorten_value(value)}",
        "Write true or false, or leave it out where it is not known.",
    )


def _leave_out_blank(read: list[_ReadTask], source: str) -> list[_ReadTask]:
    shown = [each for each in read if each.task.instances]
    if not shown:
        raise SeedError(
            f"{source}: none of {len(read)} rows has an output. A seed task shows a teacher what "
            f"is wanted: give `instances` or `output`, or name it with SEED_COLUMNS=output=COLUMN."
        )
    if len(shown) < len(read):
        first = next(each.row.number for each in read if not each.task.instances)
        _logger.warning(
            "%s: %d of %d rows have no output and are left out; the first is row %d.",
            *(source, len(read) - len(shown), len(read), first),
        )
    return shown


def _merge_equal_instructions(read: Iterable[_ReadTask]) -> list[SeedTask]:
    """One task for each normalised instruction, the first; raises where an id stands for two."""
    merged: dict[str, _ReadTask] = {}
    for each in read:
        # An instruction of signs alone may normalise to nothing: it is then its own key.
        text = each.task.instruction
        merged.setdefault(normalise_text(text) or text, each)
    rows: dict[str, SeedRow] = {}
    for row, task in merged.values():
        first = rows.setdefault(task.task_id, row)
        if first is not row:
            raise row.fault(
                "id",
                f"{shorten_value(task.task_id)} is the id of row {first.number} already",
                "Make the ids unique, or leave them out: then they follow from the text.",
            )
    return [each.task for each in merged.values()]


def _count_facts(
    tasks: list[SeedTask], source: SeedSource, *, rows_read: int, with_output: int
) -> TaskSeedFacts:
    languages = Counter(task.language for task in tasks)
    return TaskSeedFacts(
        source=source.name,
        sha256=source.sha256,
        revision=source.revision,
        rows_read=rows_read,
        equal_merged=with_output - len(tasks),
        without_output=rows_read - with_output,
        tasks=len(tasks),
        languages={language: languages[language] for language in LANGUAGES},
        classification=sum(task.is_classification is True for task in tasks),
        classification_unknown=sum(task.is_classification is None for task in tasks),
        license=source.license,
    )
