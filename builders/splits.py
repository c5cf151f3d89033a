"""The `splits` section of a recipe, and which split a row stands in: by its group, never by row.

A group is what rows share that would give each other away: the question of a reasoning trace, the
instruction of a task's instances, the source of a text, whatever its format and audience. Rows of
one group stand in one split, chosen by a hash of the group's id against fixed thresholds:

    0 ─ validation ─┬─────────── train ───────────┬─ test ─ 1
                 validation                    1 - test

So nothing that happens to other groups moves a row: a dataset that grows is a minor version. Each
end has a share of its own: another share of `test` moves rows between test and train alone, and
never one between validation and test. Rows that move, by other shares or another seed, make a major
version. Datasets made of the same questions by the same shares and seed are divided alike, so that
the train split of one holds no question of the test split of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Split = Literal["train", "validation", "test"]
SplitBy = Literal["question", "instruction", "source"]
SPLITS: tuple[Split, ...] = get_args(Split)
"""The order of splits in files, digests, row indexes and cards."""

_WHOLE = 2**64
One = TypeVar("One")


class SplitConfig(BaseModel):
    """Shares, from 0 to below 1, of the groups that go to `validation` and `test`; the rest is
    `train`, and everything is by default. Another `seed` draws other groups.

    Shares are of groups, so that those of rows differ from them the more the fewer groups there
    are; a split may even get no row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    validation: float = Field(default=0.0, ge=0, lt=1, allow_inf_nan=False)
    test: float = Field(default=0.0, ge=0, lt=1, allow_inf_nan=False)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError(
                f"splits.validation = {self.validation} and splits.test = {self.test} leave "
                "nothing to train on: their sum must be below 1"
            )
        return self

    @property
    def asked(self) -> tuple[Split, ...]:
        """The splits that may get rows, in the fixed order."""
        shares = {"train": 1.0, "validation": self.validation, "test": self.test}
        return tuple(split for split in SPLITS if shares[split])


def choose_split(group: str, config: SplitConfig) -> Split:
    """The split of a group by its id: 64 bits of a SHA-256 against the thresholds, exactly."""
    # "split" sets it apart from other draws by the same id and seed: a mixture orders sources so.
    digest = hashlib.sha256(f"split\n{config.seed}\n{group}".encode()).digest()
    place = int.from_bytes(digest[:8])
    if place < int(config.validation * _WHOLE):
        return "validation"
    if place >= _WHOLE - int(config.test * _WHOLE):
        return "test"
    return "train"


def divide_rows(
    rows: Iterable[One], find_group: Callable[[One], str], config: SplitConfig
) -> dict[Split, list[One]]:
    """Split → its rows in their own order; in the fixed order of splits, and none is empty.

    A dataset cannot hold an empty split, since it would not load.
    """
    divided: dict[Split, list[One]] = {split: [] for split in config.asked}
    for row in rows:
        divided[choose_split(find_group(row), config)].append(row)
    return {split: inside for split, inside in divided.items() if inside}
