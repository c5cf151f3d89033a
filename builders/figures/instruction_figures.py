"""The figures of an instruction build: funnel, reasons, novelty, lengths, verbs."""

from __future__ import annotations

from collections import Counter

from builders.figures.bar_chart import Bar, BarGroup, draw_bars, tell_decontaminated
from builders.figures.drawing import Figure
from builders.figures.histogram import draw_histogram
from builders.figures.length_panels import LANGUAGE_NAMES, draw_length_panels
from builders.figures.reason_bars import draw_reasons
from builders.instruction_manifest import InstructionManifest
from builders.instruction_statistics import InstructionStatistics

_VERBS = 12


def draw_instruction_figures(manifest: InstructionManifest) -> list[Figure]:
    """The figures for which the manifest has numbers, in the order of the card."""
    counted: Counter[str] = Counter()
    for reasons in manifest.funnel.rejected.values():
        counted.update(reasons)
    figures = [_draw_funnel(manifest), *draw_reasons(counted, what="replies, tasks and instances")]
    if any(manifest.statistics.novelty.highest.values()):
        figures.append(_draw_novelty(manifest.statistics))
    figures += _draw_verbs(manifest.statistics)
    return [*figures, *draw_length_panels(manifest.length_histograms)]


def _draw_funnel(manifest: InstructionManifest) -> Figure:
    f = manifest.funnel
    seeds = [
        Bar("seeds read", f.seeds_read),
        Bar("seed tasks", f.seed_tasks),
        *tell_decontaminated(manifest.decontamination, f.seed_tasks - f.contaminated_seeds),
    ]
    requests = [
        Bar("requests for tasks", f.requests),
        Bar("replies", f.replies),
        Bar("replies with a list", f.replies_with_tasks),
    ]
    tasks = [
        Bar("tasks listed", f.tasks),
        Bar("passed the filters", f.screened),
        Bar("novel", f.novel),
        Bar("with instances", f.with_instances),
    ]
    instances = [
        Bar("instances", f.instances),
        Bar("passed the checks", f.passed_filters),
        Bar("after deduplication", f.deduplicated),
        Bar("published", f.published),
    ]
    return draw_bars(
        "funnel",
        "From seed tasks to published rows",
        ["Each group has its own scale; shares are of its first line."],
        [
            BarGroup("Seeds", seeds, of=f.seeds_read),
            BarGroup("Requests", requests, of=f.requests),
            BarGroup("Tasks", tasks, of=f.tasks),
            BarGroup("Instances", instances, of=f.instances),
        ],
        alt=f"Funnel: {f.seeds_read:,} seeds read, {f.requests:,} requests for tasks, "
        f"{f.tasks:,} tasks, {f.novel:,} novel, {f.published:,} rows published.",
    )


def _draw_novelty(statistics: InstructionStatistics) -> Figure:
    novelty = statistics.novelty
    screened = sum(novelty.highest.values())
    notes = [f"{screened:,} published instructions, each with its nearest one."]
    if novelty.unscreened:
        notes.append(f"There was nothing to compare {novelty.unscreened:,} others with.")
    return draw_histogram(
        "novelty",
        "Likeness to seeds and to earlier instructions",
        notes,
        novelty.highest,
        axis="highest ROUGE-L F (0: no common words, 1: the same); a bin holds its upper edge",
        alt=f"Highest ROUGE-L of {screened:,} instructions with seeds and earlier instructions.",
    )


def _draw_verbs(statistics: InstructionStatistics) -> list[Figure]:
    groups = []
    for language, roots in statistics.roots.items():
        bars = [
            Bar(f"{one.verb} · {', '.join(one.nouns)}", one.count) for one in roots.verbs[:_VERBS]
        ]
        if bars:
            groups.append(BarGroup(LANGUAGE_NAMES[language], bars, of=roots.instructions))
    if not groups:
        return []
    figure = draw_bars(
        "verbs",
        "What the instructions ask for",
        ["The most common root verbs with their objects; shares are of all instructions."],
        groups,
        alt="The most common root verbs of the instructions with their most common objects.",
    )
    return [figure]
