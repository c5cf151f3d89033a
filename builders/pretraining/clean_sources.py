"""Contamination of a pretraining build: sources before anything is paid, and what a manifest says.

A source that holds a benchmark's item would lead a teacher to write it out again.
"""

from __future__ import annotations

from builders.decontamination import Benchmarks, DecontaminationFacts
from builders.pretraining.outcome import PretrainingOutcome
from builders.pretraining.source import drop_source
from builders.pretraining.sources import LoadedSources


def drop_contaminated_sources(sources: LoadedSources, benchmarks: Benchmarks) -> LoadedSources:
    """The same without the sources whose material, as prompts show it, holds a benchmark's item."""
    found = benchmarks.find_contamination([one.shown_text for one in sources.kept])
    dropped = [
        drop_source(one, "contaminated", f"it holds {contamination.tell()}", contamination)
        for one, contamination in zip(sources.kept, found, strict=True)
        if contamination is not None
    ]
    return sources.leave_out(dropped)


def describe_contamination(
    outcome: PretrainingOutcome, benchmarks: Benchmarks
) -> DecontaminationFacts:
    """What was checked, and what was found in sources and rows, by benchmark."""
    in_sources = [one.contamination for one in outcome.dropped_sources]
    in_rows = [one.contamination for one in outcome.rejected]
    return benchmarks.describe(seeds=filter(None, in_sources), rows=filter(None, in_rows))
