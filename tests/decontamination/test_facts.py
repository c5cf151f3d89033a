"""What a contamination says of itself, and what the facts add up."""

from __future__ import annotations

from pathlib import Path

from builders.decontamination import (
    Contamination,
    DecontaminationConfig,
    UnusableFile,
    open_benchmarks,
)
from builders.decontamination.facts import WhyUnusable
from builders.end_warnings import warn_of_no_check
from tests.decontamination.benchmark_folder import LONG, write_folder
from tests.decontamination.outcomes import check_facts


def test_a_contamination_tells_its_item_and_how_much_of_it_is_there() -> None:
    part = Contamination(benchmark="sums", item=3, item_text="…", matched_share=0.618)
    assert part.tell() == "item 3 of sums, 62% of it"
    assert part.model_copy(update={"matched_share": 1.0}).tell() == "item 3 of sums"


def test_facts_count_seeds_and_rows_by_benchmark(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "bench")
    benchmarks = open_benchmarks(DecontaminationConfig(benchmarks=str(folder)))
    found = benchmarks.find_contamination([LONG])
    facts = benchmarks.describe(seeds=filter(None, found), rows=[*filter(None, found * 2)])
    assert facts.checked
    assert (facts.items, facts.seeds_matched, facts.rows_matched) == (3, 1, 2)
    counted = {one.name: (one.seeds_matched, one.rows_matched) for one in facts.benchmarks}
    assert counted == {"exam": (0, 0), "sums": (1, 2)}


def test_files_of_no_use_are_explained_in_few_words() -> None:
    columns = [f"column {number} {'x' * 90}" for number in range(20)]
    files = [
        UnusableFile(file="many.csv", sha256="0", items=3, columns=columns),
        UnusableFile(file="bare.json", sha256="0", items=3, columns=[]),
    ]
    facts = check_facts().model_copy(update={"unusable": files})
    many, bare = facts.explain_unusable()
    assert (many.why, len(many.columns), many.columns[-1]) == ("has only", 13, "…")
    assert max(map(len, many.columns)) == 60
    assert bare == WhyUnusable("bare.json", "no columns", [])
    [warning] = warn_of_no_check(facts)
    assert "bare.json (no columns)" in warning
    [warning] = warn_of_no_check(facts.model_copy(update={"unusable": files[1:] * 30}))
    assert warning.count("bare.json") == 8
    assert "bare.json (no columns); 22 more. Questions are read from" in warning


def test_a_check_of_all_files_needs_no_warning() -> None:
    assert warn_of_no_check(check_facts()) == []
