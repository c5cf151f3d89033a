"""What a contamination says of itself, and what the facts add up."""

from __future__ import annotations

from pathlib import Path

from builders.decontamination import Contamination, DecontaminationConfig, open_benchmarks
from tests.decontamination.benchmark_folder import LONG, write_folder


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
