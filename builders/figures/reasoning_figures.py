"""The figures of a reasoning build: funnel, reasons, pass rates, lengths."""

from __future__ import annotations

from builders.figures.bar_chart import Bar, BarGroup, draw_bars, tell_decontaminated
from builders.figures.drawing import Figure
from builders.figures.histogram import draw_histogram
from builders.figures.length_panels import draw_length_panels
from builders.figures.reason_bars import draw_reasons
from builders.manifest import Manifest


def draw_reasoning_figures(manifest: Manifest) -> list[Figure]:
    """The figures for which the manifest has numbers, in the order of the card."""
    figures = [_draw_funnel(manifest)]
    figures += draw_reasons(manifest.funnel.rejected)
    if any(manifest.pass_rates.values()):
        figures.append(_draw_pass_rates(manifest))
    return [*figures, *draw_length_panels(manifest.length_histograms)]


def _draw_funnel(manifest: Manifest) -> Figure:
    f = manifest.funnel
    questions = [
        Bar("seeds read", f.seeds_read),
        Bar("questions", f.questions),
        *tell_decontaminated(manifest.decontamination, f.questions - f.contaminated),
        Bar("questions asked", f.questions_asked),
    ]
    responses = [
        Bar("responses", f.responses),
        Bar("replies", f.answered),
        Bar("whole replies", f.whole),
        Bar("passed the gates", f.passed_gates),
        Bar("selected", f.selected),
        Bar("after deduplication", f.deduplicated),
        Bar("published", f.published),
    ]
    verdicts = [
        Bar(name, count, of=f.answered) for name, count in manifest.answered.verdicts.items()
    ]
    groups = [
        BarGroup("Questions", questions, of=f.seeds_read),
        BarGroup("Responses", responses, of=f.responses),
    ]
    if verdicts:
        groups.append(BarGroup("Final answers of the replies", verdicts))
    return draw_bars(
        "funnel",
        "From seeds to published rows",
        ["Each group has its own scale; shares are of its first line, or as they say."],
        groups,
        alt=f"Funnel: {f.seeds_read:,} seeds read, {f.responses:,} responses, "
        f"{f.passed_gates:,} passed the gates, {f.published:,} published.",
    )


def _draw_pass_rates(manifest: Manifest) -> Figure:
    rates = manifest.pass_rates
    total = sum(rates.values())
    return draw_histogram(
        "pass_rates",
        "How often questions were answered right",
        [
            f"{total:,} questions with a gold answer, published or not.",
            "An inner bin holds its upper edge; never and always stand alone.",
        ],
        rates,
        axis="share of a question's samples that were verified",
        alt=f"Pass rates of {total:,} questions: {rates['1']:,} always right, "
        f"{rates['0']:,} never.",
    )
