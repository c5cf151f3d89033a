"""A text's contamination, and what a manifest tells about a build's benchmarks."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

NOTHING_CHECKED = "decontamination: nothing is compared with any benchmark"
_MOST_FILES = 8  # named in a line
_MOST_COLUMNS = 12
_MOST_CHARACTERS = 60  # of a column's name


class Contamination(BaseModel):
    """The benchmark item that a rejected row (or a dropped seed or source) holds.

    `item` is the item's place in its file, from 0; `item_text` the item in full; `matched_share`
    the share of the item's characters that matched.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmark: str
    item: int
    item_text: str
    matched_share: float

    def tell(self) -> str:
        """Which item of which benchmark it is, in a few words."""
        share = "" if self.matched_share >= 1 else f", {self.matched_share:.0%} of it"
        return f"item {self.item} of {self.benchmark}{share}"


class BenchmarkFacts(BaseModel):
    """One benchmark file; `items_indexed` had a question that can be found.

    `seeds_matched` counts seeds (or sources) that were dropped before anything was paid,
    `rows_matched` rows that were rejected; each under the item that it holds most of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    file: str
    sha256: str
    items: int
    items_indexed: int
    seeds_matched: int = 0
    rows_matched: int = 0


class UnusableFile(BaseModel):
    """A file that was read as a benchmark's, and holds no question that can be looked for.

    `columns` are those of its `items` rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    sha256: str
    items: int
    columns: list[str]


class WhyUnusable(NamedTuple):
    """Why a file is of no use, in words around the names of columns."""

    file: str
    why: str
    columns: list[str]

    def tell(self) -> str:
        """All of it in one line."""
        return f"{self.file} ({' '.join(filter(None, [self.why, ', '.join(self.columns)]))})"


class DecontaminationFacts(BaseModel):
    """What was checked and how; `checked` is False where there was nothing to check against.

    `enabled` is the recipe's word. `unusable` are the files of the folder in which no question was
    found; the first of `question_columns` that holds text is a row's question. The numbers are
    those of `DecontaminationConfig`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool
    checked: bool
    n_grams: int
    min_share: float
    common_share: float
    short_tokens: int
    option_tokens: int
    benchmarks: list[BenchmarkFacts]
    unusable: list[UnusableFile] = []
    question_columns: list[str] = []

    def tell_check(self) -> str:
        """What texts are held against, or in plain words that nothing is checked."""
        if self.checked:
            files, items = len(self.benchmarks), self.items
            return f"decontamination: against {items:,} items of {files} benchmark files"
        if not self.enabled:
            return f"{NOTHING_CHECKED}: the recipe has it switched off"
        if self.unusable:
            return (
                f"{NOTHING_CHECKED}: {self.tell_unusable()}, and run make fetch-benchmarks or name "
                "a folder of benchmark files with BENCHMARKS="
            )
        return (
            f"{NOTHING_CHECKED}: no benchmark files were found. Run make fetch-benchmarks, or name "
            "a folder of them with BENCHMARKS="
        )

    def list_warnings(self) -> list[str]:
        """Sentences on what texts are not held against: any benchmark, or some of the files."""
        if not self.checked:
            return [f"{self.tell_check()}."]
        return [f"decontamination: {self.tell_unusable()}."] if self.unusable else []

    def tell_unusable(self) -> str:
        """Which files hold no question, what they hold instead, and what to do; "" for none."""
        if not self.unusable:
            return ""
        told = [one.tell() for one in self.explain_unusable()]
        more = len(told) - _MOST_FILES
        files = "; ".join([*told[:_MOST_FILES], *([f"{more} more"] if more > 0 else [])])
        return (
            f"no question was found in {files}. Questions are read from the columns "
            f"{', '.join(self.question_columns)}: rename one of theirs, or remove the files"
        )

    def explain_unusable(self) -> list[WhyUnusable]:
        """For each of `unusable` why it is; long lists of columns and long names are cut."""
        return [self._explain(one) for one in self.unusable]

    def _explain(self, one: UnusableFile) -> WhyUnusable:
        if not one.items:
            return WhyUnusable(one.file, "no rows", [])
        asked = [column for column in one.columns if column in self.question_columns]
        named = asked or one.columns
        why = "no words in" if asked else "has only" if one.columns else "no columns"
        columns = [column[:_MOST_CHARACTERS] for column in named[:_MOST_COLUMNS]]
        return WhyUnusable(one.file, why, columns + ["…"] * (len(named) > _MOST_COLUMNS))

    @property
    def items(self) -> int:
        """Items of all benchmarks."""
        return sum(one.items for one in self.benchmarks)

    @property
    def seeds_matched(self) -> int:
        """Seeds dropped, over all benchmarks."""
        return sum(one.seeds_matched for one in self.benchmarks)

    @property
    def rows_matched(self) -> int:
        """Rows rejected, over all benchmarks."""
        return sum(one.rows_matched for one in self.benchmarks)
