"""The figures of a reasoning build: funnel, reasons, pass rates, lengths."""

from __future__ import annotations

from builders.any_manifest import find_words
from builders.card_words.catalogue import CardWords
from builders.figures.bar_chart import Bar, BarGroup, draw_bars, tell_decontaminated
from builders.figures.drawing import Figure
from builders.figures.histogram import draw_histogram
from builders.figures.length_panels import draw_length_panels
from builders.figures.reason_bars import draw_reasons
from builders.funnel import Funnel
from builders.manifest import Manifest


def draw_reasoning_figures(manifest: Manifest) -> list[Figure]:
    """The figures for which the manifest has numbers, in the order of the card."""
    words = find_words(manifest)
    figures = [_draw_funnel(manifest, words)]
    figures += draw_reasons(manifest.funnel.rejected, words)
    if any(manifest.pass_rates.values()):
        figures.append(_draw_pass_rates(manifest, words))
    return [*figures, *draw_length_panels(manifest.length_histograms, words)]


def _draw_funnel(manifest: Manifest, words: CardWords) -> Figure:
    f, say = manifest.funnel, words.say
    questions = [
        Bar(say("seeds read"), f.seeds_read),
        Bar(say("questions"), f.questions),
        *tell_decontaminated(manifest.decontamination, f.questions - f.contaminated, words),
        Bar(say("questions asked"), f.questions_asked),
    ]
    responses = [
        Bar(say("responses"), f.responses),
        Bar(say("replies"), f.answered),
        Bar(say("whole replies"), f.whole),
        Bar(say("passed the gates"), f.passed_gates),
        Bar(say("selected"), f.selected),
        Bar(say("after deduplication"), f.deduplicated),
        Bar(say("published"), f.published),
    ]
    verdicts = [
        Bar(name, count, of=f.answered) for name, count in manifest.answered.verdicts.items()
    ]
    groups = [
        BarGroup(say("Questions"), questions, of=f.seeds_read),
        BarGroup(say("Responses"), responses, of=f.responses),
    ]
    if verdicts:
        groups.append(BarGroup(say("Final answers of the replies"), verdicts))
    return draw_bars(
        "funnel",
        say("From seeds to published rows"),
        [say("Each group has its own scale; shares are of its first line, or as they say.")],
        groups,
        alt=_tell_funnel(f, words),
        words=words,
    )


def _tell_funnel(f: Funnel, words: CardWords) -> str:
    return words.say(
        "Funnel: seeds read {seeds:,}, responses {responses:,}, passed the gates {passed:,}, "
        "published {published:,}.",
        seeds=f.seeds_read,
        responses=f.responses,
        passed=f.passed_gates,
        published=f.published,
    )


def _draw_pass_rates(manifest: Manifest, words: CardWords) -> Figure:
    rates, say = manifest.pass_rates, words.say
    total = sum(rates.values())
    return draw_histogram(
        "pass_rates",
        say("How often questions were answered right"),
        [
            say("Questions with a gold answer, published or not: {total:,}.", total=total),
            say("An inner bin holds its upper edge; never and always stand alone."),
        ],
        rates,
        axis=say("share of a question's samples that were verified"),
        alt=say(
            "Pass rates of questions, {total:,} in all: always right {always:,}, never {never:,}.",
            total=total,
            always=rates["1"],
            never=rates["0"],
        ),
        words=words,
    )
