"""Facts and finds of decontamination, for the tests of manifests, cards and packages."""

from __future__ import annotations

from builders.decontamination import (
    BenchmarkFacts,
    Benchmarks,
    Contamination,
    DecontaminationConfig,
    DecontaminationFacts,
)

ITEM = Contamination(
    benchmark="sums", item=7, item_text="How many bulbs stand in the garden?", matched_share=0.8
)


def check_facts(*, seeds: int = 0, rows: int = 0) -> DecontaminationFacts:
    """Two benchmarks; what was found was an item of `sums`."""
    settings = DecontaminationConfig().model_dump(exclude={"benchmarks", "pins"})
    exam, sums = (
        BenchmarkFacts(
            name=name, file=f"{name}.jsonl.gz", sha256=digit * 64, items=30, items_indexed=29
        )
        for name, digit in (("exam", "a"), ("sums", "b"))
    )
    found = sums.model_copy(update={"seeds_matched": seeds, "rows_matched": rows})
    return DecontaminationFacts(checked=True, benchmarks=[exam, found], **settings)


def no_check() -> DecontaminationFacts:
    """What a build without benchmark files says."""
    return Benchmarks([], DecontaminationConfig()).describe()
