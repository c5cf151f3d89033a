"""What changed between two releases, as plain data that a manifest can hold.

Apart from the functions that find it out (`row_index`, `versions`, `changelog`), so that a manifest
may hold `Changes` and those functions may read manifests.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from builders.manifest_parts import ManifestPart

MOST_EXAMPLES = 5
Level = Literal["patch", "minor", "major"]
LEVELS: tuple[Level, ...] = ("patch", "minor", "major")
"""From the smallest to the greatest."""


class CountedRows(ManifestPart):
    """How many rows, and the ids of the first few in the order of the dataset."""

    count: int
    examples: list[str]


class RowChanges(ManifestPart):
    """Config `default`'s rows by id: which of them are gone, new or not what they were.

    `changed` rows differ in what they say (text, labels, scores), `reported` ones in nothing but
    what servers reported of them (`row_index.REPORTED_COLUMNS`); `moved` ones stand in another
    split. `reordered` is whether rows that stayed in their split have another order.
    """

    removed: CountedRows
    added: CountedRows
    changed: CountedRows
    moved: CountedRows
    reported: CountedRows
    reordered: bool


class ColumnChange(ManifestPart):
    """A column that was added (`before` is None), removed (`after` is None) or has another type.

    `configs` are those, of both releases, in which it happened.
    """

    column: str
    before: str | None
    after: str | None
    configs: list[str]


class SplitChange(ManifestPart):
    """A split that the configs named have got or lost."""

    split: str
    configs: list[str]


class Reason(ManifestPart):
    """Why a change has at least this level: a clause, in which names stand as `repr` has them."""

    level: Level
    text: str


class Change(ManifestPart):
    """What the version rules see of two releases; `versions.tell_change` makes it.

    `rows` is None where the previous release has no row index and its rows are others: then nobody
    knows which. `rewritten` are configs whose files changed although those of `default` did not.
    """

    level: Level
    reasons: list[Reason]
    rows: RowChanges | None
    columns: list[ColumnChange]
    columns_reordered: list[str]
    splits_added: list[SplitChange]
    splits_removed: list[SplitChange]
    configs_added: list[str]
    configs_removed: list[str]
    rewritten: list[str]

    @model_validator(mode="after")
    def _level_is_that_of_the_reasons(self) -> Change:
        told = max((LEVELS.index(one.level) for one in self.reasons), default=0)
        if self.level != LEVELS[told]:
            raise ValueError(f"level {self.level}, reasons {self.reasons}")
        return self


class CountPair(ManifestPart):
    """A count in both releases; None where one of them does not have it."""

    name: str
    before: int | None
    after: int | None


class ValuePair(ManifestPart):
    """A value that differs between the releases; None where one of them does not have it."""

    name: str
    before: str | None
    after: str | None


class Changes(ManifestPart):
    """The changelog of one release against the one before it; `changelog.list_changes` makes it.

    `rows` are the published rows in all and by split of `default`. `teacher` holds models and
    judge, `prompts` templates by length and digest, `settings` the recipe's by dotted name, each
    only where it differs; `settings_left_out` more differ than are listed. `funnel` has every stage
    that either release counts, and the reasons for rejection that occur in one.
    """

    since: str
    version: str
    change: Change
    rows: list[CountPair]
    teacher: list[ValuePair]
    prompts: list[ValuePair]
    settings: list[ValuePair]
    settings_left_out: int
    sources: list[ValuePair]
    licenses: list[ValuePair]
    funnel: list[CountPair]
    decontamination: ValuePair | None
    code_version: ValuePair | None
