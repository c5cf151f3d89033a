"""The figures of a pretraining build: funnel, reasons, formats by audience, openings, lengths."""

from __future__ import annotations

from collections import Counter, defaultdict

from builders.figures.bar_chart import Bar, BarGroup, draw_bars, tell_decontaminated
from builders.figures.count_grid import Grid, draw_grid
from builders.figures.drawing import BoxRole, Figure
from builders.figures.length_panels import draw_length_panels
from builders.figures.range_chart import RangeGroup, draw_ranges
from builders.figures.reason_bars import draw_reasons
from builders.pretraining.diversity import LengthGroup
from builders.pretraining.manifest import PretrainingManifest
from builders.trace_statistics import Quantiles
from distilabel_pipelines.passages import AUDIENCES

MOST_RANGES = 24
_UNITS = {"words": "English, words", "characters": "Chinese, characters"}


def draw_pretraining_figures(manifest: PretrainingManifest) -> list[Figure]:
    """The figures for which the manifest has numbers, in the order of the card."""
    figures = [_draw_funnel(manifest), *draw_reasons(manifest.funnel.rejected, what="texts")]
    measured = [one for one in manifest.diversity.lengths if one.length is not None]
    if measured:
        figures += [_draw_formats(measured), _draw_openings(manifest)]
        figures += draw_length_panels(manifest.length_histograms)
        figures.append(_draw_lengths(measured))
    return figures


def _draw_funnel(manifest: PretrainingManifest) -> Figure:
    f = manifest.funnel
    sources = [Bar("rows of the sources read", f.rows_read), Bar("sources", f.sources)]
    prompts = [Bar("prompts made", f.prompts), Bar("prompts asked", f.prompts_asked)]
    texts = [
        Bar("responses", f.responses),
        Bar("replies", f.answered),
        Bar("passed the checks", f.passed_checks),
        *tell_decontaminated(manifest.decontamination, f.decontaminated),
        Bar("after deduplication", f.deduplicated),
        Bar("published", f.published),
    ]
    return draw_bars(
        "funnel",
        "From sources to published rows",
        ["Each group has its own scale; shares are of its first line."],
        [
            BarGroup("Sources", sources, of=f.rows_read),
            BarGroup("Prompts", prompts, of=f.prompts),
            BarGroup("Texts", texts, of=f.responses),
        ],
        alt=f"Funnel: {f.sources:,} sources, {f.prompts:,} prompts, {f.responses:,} responses, "
        f"{f.passed_checks:,} passed the checks, {f.published:,} published.",
    )


def _draw_formats(measured: list[LengthGroup]) -> Figure:
    counts: Counter[tuple[str, str]] = Counter()
    for one in measured:
        counts[one.format, one.audience] += one.length.count if one.length else 0
    present = {one.audience for one in measured}
    known = [name for name in AUDIENCES if name in present]
    return draw_grid(
        "formats",
        "Formats and audiences",
        Grid(counts, [*known, *sorted(present - set(known))], "format", "audience"),
        alt=f"Published rows by format and audience, {sum(counts.values()):,} in all.",
    )


def _draw_openings(manifest: PretrainingManifest) -> Figure:
    """A share of few texts says nothing: formats with fewer than `min_rows` are left out."""
    told = manifest.diversity
    groups: defaultdict[str, list[Bar]] = defaultdict(list)
    for one in told.openings:
        if one.format is not None and one.rows < told.min_rows:
            continue
        label = "all formats" if one.format is None else one.format
        role: BoxRole = "lost" if one.dominated else "bar"
        groups[one.language].append(Bar(label, one.count, of=one.rows, role=role))
    names = {"en": "English texts", "zh": "Chinese texts"}
    return draw_bars(
        "openings",
        "How often the most common opening occurs",
        [
            f"Full width: all its texts; formats with fewer than {told.min_rows} have none.",
            f"In another colour: more than {told.max_share:.0%}, the sign of a template.",
        ],
        [BarGroup(names[language], bars) for language, bars in groups.items()],
        alt="How many texts of each format share their most common opening.",
    )


def _draw_lengths(measured: list[LengthGroup]) -> Figure:
    """Ranges by unit; those of most rows, in the order of the card's table."""
    groups = []
    for unit, heading in _UNITS.items():
        own = [(one, one.length) for one in measured if one.unit == unit and one.length]
        by_rows = sorted(range(len(own)), key=lambda place: -own[place][1].count)
        shown: list[tuple[str, Quantiles]] = [
            (f"{one.format} · {one.audience}", length)
            for one, length in (own[place] for place in sorted(by_rows[:MOST_RANGES]))
        ]
        if shown:
            groups.append(RangeGroup(heading, shown, left_out=len(own) - len(shown)))
    return draw_ranges(
        "lengths_by_format",
        "Lengths by format and audience",
        groups,
        alt="Lengths of the texts by format and audience: range, 10% to 90%, median.",
    )
