"""Contamination of a pretraining build: sources before anything is paid, and what a manifest says.

A source that holds a benchmark's item would lead a teacher to write it out again.
"""

from __future__ import annotations

from builders.checks.task_filters import measure_length
from builders.decontamination import Benchmarks, DecontaminationFacts
from builders.errors import SeedError
from builders.pretraining.outcome import PretrainingOutcome
from builders.pretraining.source import Source, drop_source
from builders.pretraining.sources import LoadedSources

_LEAST_WORDS = 13  # as of an item that is found by its n-grams


def drop_contaminated_sources(sources: LoadedSources, benchmarks: Benchmarks) -> LoadedSources:
    """The same without the sources whose material, as prompts show it, holds a benchmark's item.

    Raises SeedError where none is left.
    """
    looked_at = [one for one in sources.kept if _says_enough(one)]
    found = benchmarks.find_contamination([_write_shown(one) for one in looked_at])
    dropped = [
        drop_source(one, "contaminated", f"it holds {contamination.tell()}", contamination)
        for one, contamination in zip(looked_at, found, strict=True)
        if contamination is not None
    ]
    if dropped and len(dropped) == len(sources.kept):
        raise SeedError(
            f"all {len(dropped)} sources that were selected hold items of the benchmarks that they "
            "were compared with. Give other SEEDS."
        )
    return sources.leave_out(dropped)


def _write_shown(source: Source) -> str:
    return f"{source.shown_text}\n{source.material.topic}".rstrip()


def _says_enough(source: Source) -> bool:
    """A title of few words may be a benchmark's whole question ("Inflation"), and asks nothing."""
    return measure_length(_write_shown(source), source.language) >= _LEAST_WORDS


def describe_contamination(
    outcome: PretrainingOutcome, benchmarks: Benchmarks
) -> DecontaminationFacts:
    """What was checked, and what was found in sources and rows, by benchmark."""
    in_sources = [one.contamination for one in outcome.dropped_sources]
    in_rows = [one.contamination for one in outcome.rejected]
    return benchmarks.describe(seeds=filter(None, in_sources), rows=filter(None, in_rows))
