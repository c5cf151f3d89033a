"""How a dataset was divided, as its manifest, its card and the end of a build tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self, TypeVar

from pydantic import model_validator

from builders.manifest_parts import ConfigFacts, ManifestPart
from builders.splits import SPLITS, Split, SplitBy, SplitConfig, divide_rows

One = TypeVar("One")
_SHARES: dict[Split, str] = {"validation": "VALIDATION_SHARE", "test": "TEST_SHARE"}


class DivisionFacts(ManifestPart):
    """What rows were divided `by`, the shares asked for, and what each split has got.

    `rows` and `groups` have every split that was asked for, in the fixed order; one without a row
    is in no config.
    """

    by: SplitBy
    seed: int
    validation: float
    test: float
    rows: dict[Split, int]
    groups: dict[Split, int]

    @model_validator(mode="after")
    def _counts_can_be_true(self) -> Self:
        asked = SplitConfig(validation=self.validation, test=self.test).asked
        if (tuple(self.rows), tuple(self.groups)) != (asked, asked):
            raise ValueError(f"splits {list(self.rows)} and {list(self.groups)}, asked: {asked}")
        for split in asked:
            rows, groups = self.rows[split], self.groups[split]
            if not min(1, rows) <= groups <= rows:
                raise ValueError(f"{rows} rows of {groups} {self.by}s in split {split}")
        return self

    @property
    def empty(self) -> list[Split]:
        """The splits that were asked for and have no row."""
        return [split for split, rows in self.rows.items() if not rows]


def describe_division(
    published: Iterable[One], find_group: Callable[[One], str], by: SplitBy, config: SplitConfig
) -> DivisionFacts | None:
    """The facts of rows divided by `divide_rows`; None where `config` asks for `train` alone."""
    if config.asked == ("train",):
        return None
    divided = divide_rows(published, find_group, config)
    return DivisionFacts(
        by=by,
        seed=config.seed,
        validation=config.validation,
        test=config.test,
        rows={split: len(divided.get(split, ())) for split in config.asked},
        groups={split: len(set(map(find_group, divided.get(split, ())))) for split in config.asked},
    )


def refuse_false_division(told: DivisionFacts | None, configs: Sequence[ConfigFacts]) -> None:
    """Raise ValueError where the configs show other splits than the rows were divided into.

    No facts are fine: all is `train`, or the manifest is from before there were any.
    """
    for config in configs:
        names = [split.name for split in config.splits]
        if names != [split for split in SPLITS if split in names]:
            raise ValueError(f"config {config.name!r} has splits {names}, their order is {SPLITS}")
        if told is None or not config.default:
            continue
        shown = {split.name: split.num_examples for split in config.splits}
        if shown != {split: rows for split, rows in told.rows.items() if rows}:
            raise ValueError(f"config {config.name!r} shows {shown}, divided were {told.rows}")


def tell_division(told: DivisionFacts | None) -> Iterator[str]:
    """`rows by split: train 90, …`, and by what they were divided; no line where they were not."""
    if told is not None:
        counted = ", ".join(f"{split} {rows}" for split, rows in told.rows.items())
        yield f"rows by split: {counted} (divided by {told.by})"


def warn_of_empty_splits(told: DivisionFacts | None) -> Iterator[str]:
    """Splits that were asked for and are not there."""
    if told is None:
        return
    shares = {"validation": told.validation, "test": told.test}
    for split in told.empty:
        if split == "train":
            yield (
                "no row is left to train on: all stand in other splits, and an empty one is left "
                "out, since it would not load. Raise ROWS, or ask for no splits."
            )
        else:
            yield (
                f"split {split} has no row at a share of {shares[split]:g}, and is left out, since "
                f"an empty one would not load. Raise ROWS or {_SHARES[split]}; once published, a "
                "split that comes later makes a major version."
            )
