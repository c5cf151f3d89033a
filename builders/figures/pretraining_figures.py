"""The figures of a pretraining build: funnel, reasons, formats by audience, openings, lengths."""

from __future__ import annotations

from collections import Counter, defaultdict

from builders.any_manifest import find_words
from builders.card_words.catalogue import CardWords
from builders.figures.bar_chart import Bar, BarGroup, draw_bars, tell_decontaminated
from builders.figures.count_grid import Grid, draw_grid
from builders.figures.drawing import BoxRole, Figure
from builders.figures.length_panels import draw_length_panels
from builders.figures.range_chart import RangeGroup, draw_ranges
from builders.figures.reason_bars import draw_reasons
from builders.pretraining.diversity import Diversity, LengthGroup
from builders.pretraining.funnel import PretrainingFunnel
from builders.pretraining.manifest import PretrainingManifest
from builders.trace_statistics import Quantiles
from distilabel_pipelines.passages import AUDIENCES

MOST_RANGES = 24


def draw_pretraining_figures(manifest: PretrainingManifest) -> list[Figure]:
    """The figures for which the manifest has numbers, in the order of the card."""
    words = find_words(manifest)
    figures = [
        _draw_funnel(manifest, words),
        *draw_reasons(manifest.funnel.rejected, words, what="texts"),
    ]
    measured = [one for one in manifest.diversity.lengths if one.length is not None]
    if measured:
        figures += [_draw_formats(measured, words), _draw_openings(manifest, words)]
        figures += draw_length_panels(manifest.length_histograms, words)
        figures.append(_draw_lengths(measured, words))
    return figures


def _draw_funnel(manifest: PretrainingManifest, words: CardWords) -> Figure:
    f, say = manifest.funnel, words.say
    sources = [Bar(say("rows of the sources read"), f.rows_read), Bar(say("sources"), f.sources)]
    prompts = [Bar(say("prompts made"), f.prompts), Bar(say("prompts asked"), f.prompts_asked)]
    texts = [
        Bar(say("responses"), f.responses),
        Bar(say("replies"), f.answered),
        Bar(say("passed the checks"), f.passed_checks),
        *tell_decontaminated(manifest.decontamination, f.decontaminated, words),
        Bar(say("after deduplication"), f.deduplicated),
        Bar(say("published"), f.published),
    ]
    return draw_bars(
        "funnel",
        say("From sources to published rows"),
        [say("Each group has its own scale; shares are of its first line.")],
        [
            BarGroup(say("Sources"), sources, of=f.rows_read),
            BarGroup(say("Prompts"), prompts, of=f.prompts),
            BarGroup(say("Texts"), texts, of=f.responses),
        ],
        alt=_tell_funnel(f, words),
        words=words,
    )


def _tell_funnel(f: PretrainingFunnel, words: CardWords) -> str:
    return words.say(
        "Funnel: sources {sources:,}, prompts {prompts:,}, responses {responses:,}, "
        "passed the checks {passed:,}, published {published:,}.",
        sources=f.sources,
        prompts=f.prompts,
        responses=f.responses,
        passed=f.passed_checks,
        published=f.published,
    )


def _draw_formats(measured: list[LengthGroup], words: CardWords) -> Figure:
    say = words.say
    counts: Counter[tuple[str, str]] = Counter()
    for one in measured:
        counts[one.format, one.audience] += one.length.count if one.length else 0
    present = {one.audience for one in measured}
    known = [name for name in AUDIENCES if name in present]
    columns = [*known, *sorted(present - set(known))]
    return draw_grid(
        "formats",
        say("Formats and audiences"),
        Grid(counts, columns, say("format"), say("audience")),
        alt=say(
            "Published rows by format and audience, {count:,} in all.", count=sum(counts.values())
        ),
        words=words,
    )


def _draw_openings(manifest: PretrainingManifest, words: CardWords) -> Figure:
    """A share of few texts says nothing: formats with fewer than `min_rows` are left out."""
    told, say = manifest.diversity, words.say
    groups: defaultdict[str, list[Bar]] = defaultdict(list)
    for one in told.openings:
        if one.format is not None and one.rows < told.min_rows:
            continue
        label = say("all formats") if one.format is None else one.format
        role: BoxRole = "lost" if one.dominated else "bar"
        groups[one.language].append(Bar(label, one.count, of=one.rows, role=role))
    names = {"en": say("English texts"), "zh": say("Chinese texts")}
    return draw_bars(
        "openings",
        say("How often the most common opening occurs"),
        _explain_openings(told, words),
        [BarGroup(names[language], bars) for language, bars in groups.items()],
        alt=say("How many texts of each format share their most common opening."),
        words=words,
    )


def _explain_openings(told: Diversity, words: CardWords) -> list[str]:
    return [
        words.say(
            "Full width: all its texts; formats with fewer than {rows} have none.",
            rows=told.min_rows,
        ),
        words.say(
            "In another colour: more than {share:.0%}, the sign of a template.",
            share=told.max_share,
        ),
    ]


def _draw_lengths(measured: list[LengthGroup], words: CardWords) -> Figure:
    """Ranges by unit; those of most rows, in the order of the card's table."""
    say = words.say
    units = {"words": say("English, words"), "characters": say("Chinese, characters")}
    groups = []
    for unit, heading in units.items():
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
        say("Lengths by format and audience"),
        groups,
        alt=say("Lengths of the texts by format and audience: range, 10% to 90%, median."),
        words=words,
    )
