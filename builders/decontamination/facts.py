"""A text's contamination, and what a manifest tells about a build's benchmarks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

NOTHING_CHECKED = "decontamination: nothing is compared with any benchmark"


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


class DecontaminationFacts(BaseModel):
    """What was checked and how; `checked` is False where there was nothing to check against.

    `enabled` is the recipe's word. `without_questions` names files of the folder in which no column
    holds questions. The numbers are those of `DecontaminationConfig`.
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
    without_questions: list[str] = []

    def tell_check(self) -> str:
        """What texts are held against, or in plain words that nothing is checked."""
        if self.checked:
            files, items = len(self.benchmarks), self.items
            return f"decontamination: against {items:,} items of {files} benchmark files"
        if not self.enabled:
            return f"{NOTHING_CHECKED}: the recipe has it switched off"
        return (
            f"{NOTHING_CHECKED}: no benchmark files were found. Run make fetch-benchmarks, or name "
            "a folder of them with BENCHMARKS="
        )

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
