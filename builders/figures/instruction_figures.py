"""The figures of an instruction build: funnel, reasons, novelty, lengths, verbs."""

from __future__ import annotations

from collections import Counter

from builders.any_manifest import find_words
from builders.card_words.catalogue import CardWords
from builders.figures.bar_chart import Bar, BarGroup, draw_bars, tell_decontaminated
from builders.figures.drawing import Figure
from builders.figures.histogram import draw_histogram
from builders.figures.length_panels import draw_length_panels
from builders.figures.reason_bars import draw_reasons
from builders.instruction_funnel import InstructionFunnel
from builders.instruction_manifest import InstructionManifest
from builders.instruction_statistics import InstructionStatistics

_VERBS = 12


def draw_instruction_figures(manifest: InstructionManifest) -> list[Figure]:
    """The figures for which the manifest has numbers, in the order of the card."""
    words = find_words(manifest)
    counted: Counter[str] = Counter()
    for reasons in manifest.funnel.rejected.values():
        counted.update(reasons)
    figures = [
        _draw_funnel(manifest, words),
        *draw_reasons(counted, words, what="replies, tasks and instances"),
    ]
    if any(manifest.statistics.novelty.highest.values()):
        figures.append(_draw_novelty(manifest.statistics, words))
    figures += _draw_verbs(manifest.statistics, words)
    return [*figures, *draw_length_panels(manifest.length_histograms, words)]


def _draw_funnel(manifest: InstructionManifest, words: CardWords) -> Figure:
    f, say = manifest.funnel, words.say
    shown = f.seed_tasks - f.contaminated_seeds
    seeds = [
        Bar(say("seeds read"), f.seeds_read),
        Bar(say("seed tasks"), f.seed_tasks),
        *tell_decontaminated(manifest.decontamination, shown, words),
    ]
    requests = [
        Bar(say("requests for tasks"), f.requests),
        Bar(say("replies"), f.replies),
        Bar(say("replies with a list"), f.replies_with_tasks),
    ]
    tasks = [
        Bar(say("tasks listed"), f.tasks),
        Bar(say("passed the filters"), f.screened),
        Bar(say("novel"), f.novel),
        Bar(say("with instances"), f.with_instances),
    ]
    instances = [
        Bar(say("instances"), f.instances),
        Bar(say("passed the checks"), f.passed_filters),
        Bar(say("after deduplication"), f.deduplicated),
        Bar(say("published"), f.published),
    ]
    return draw_bars(
        "funnel",
        say("From seed tasks to published rows"),
        [say("Each group has its own scale; shares are of its first line.")],
        [
            BarGroup(say("Seeds"), seeds, of=f.seeds_read),
            BarGroup(say("Requests"), requests, of=f.requests),
            BarGroup(say("Tasks"), tasks, of=f.tasks),
            BarGroup(say("Instances"), instances, of=f.instances),
        ],
        alt=_tell_funnel(f, words),
        words=words,
    )


def _tell_funnel(f: InstructionFunnel, words: CardWords) -> str:
    return words.say(
        "Funnel: seeds read {seeds:,}, requests for tasks {requests:,}, tasks {tasks:,}, "
        "novel {novel:,}, rows published {published:,}.",
        seeds=f.seeds_read,
        requests=f.requests,
        tasks=f.tasks,
        novel=f.novel,
        published=f.published,
    )


def _draw_novelty(statistics: InstructionStatistics, words: CardWords) -> Figure:
    novelty, say = statistics.novelty, words.say
    screened = sum(novelty.highest.values())
    notes = [
        say("Published instructions, each with its nearest one: {count:,}.", count=screened),
    ]
    if novelty.unscreened:
        notes.append(
            say("Others, with nothing to compare them with: {count:,}.", count=novelty.unscreened)
        )
    return draw_histogram(
        "novelty",
        say("Likeness to seeds and to earlier instructions"),
        notes,
        novelty.highest,
        axis=say("highest ROUGE-L F (0: no common words, 1: the same); a bin holds its upper edge"),
        alt=say(
            "Highest ROUGE-L of instructions with seeds and earlier ones, {count:,} in all.",
            count=screened,
        ),
        words=words,
    )


def _draw_verbs(statistics: InstructionStatistics, words: CardWords) -> list[Figure]:
    say = words.say
    names = {"en": say("English"), "zh": say("Chinese")}
    groups = []
    for language, roots in statistics.roots.items():
        bars = [
            Bar(f"{one.verb} · {say(', ').join(one.nouns)}", one.count)
            for one in roots.verbs[:_VERBS]
        ]
        if bars:
            groups.append(BarGroup(names[language], bars, of=roots.instructions))
    if not groups:
        return []
    figure = draw_bars(
        "verbs",
        say("What the instructions ask for"),
        [say("The most common root verbs with their objects; shares are of all in the language.")],
        groups,
        alt=say("The most common root verbs of the instructions with their most common objects."),
        words=words,
    )
    return [figure]
