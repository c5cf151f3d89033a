"""Drawing tasks: an instruction with its instances, from the grammars of one language.

A skeleton is one line of a grammar file. The tasks of one list come from different skeletons, so
that a list shows different kinds of work, about a quarter of it classification.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from distilabel_pipelines.embedded_model.families.model import Language

from .computed import COMPUTED, Pair
from .grammar import Filling, capitalise, read_toml, split_entries

CLASSIFICATION_SHARE = 0.27
TRUTH_SHARE = 0.12  # of the classification tasks
CORE_SHARE = 0.85  # of the lists and single draws
CONTEXT_SHARE = 0.5  # a sentence before the request; otherwise a clause about the answer


@dataclass(frozen=True)
class Task:
    """An instruction and its instances: (input, output), the input "" where there is none."""

    name: str
    instruction: str
    instances: tuple[Pair, ...]
    is_classification: bool


LIST_END = re.compile(r"^20", re.MULTILINE)  # the build ends a list of 20 there

Skeleton = Callable[[random.Random], Task]


@cache
def load_core(language: Language) -> tuple[tuple[Skeleton, ...], ...]:
    """The skeletons drawn most, in the three groups of `load_skeletons`."""
    tasks, labels = read_toml("tasks", language), read_toml("labels", language)
    plain, labelled, truth = load_skeletons(language)
    core = [place for place, task in enumerate(tasks["task"]) if task["name"] in tasks["core"]]
    sets = [next(iter(entry["labels"])) for entry in labels["labels"]]
    core_sets = [place for place, label in enumerate(sets) if label in labels["core"]]
    return tuple(plain[p] for p in core), tuple(labelled[p] for p in core_sets), truth


def choose_skeletons(language: Language, rng: random.Random) -> tuple[tuple[Skeleton, ...], ...]:
    """Mostly the core."""
    return (load_core if rng.random() < CORE_SHARE else load_skeletons)(language)


@cache
def load_skeletons(language: Language) -> tuple[tuple[Skeleton, ...], ...]:
    """Writing and answering tasks; classification by labels; true or false."""
    tasks = read_toml("tasks", language)
    labels = read_toml("labels", language)
    (truth,) = labels["truth"]
    context = tasks["context"]
    return (
        tuple(partial(draw_plain, language, task, context) for task in tasks["task"]),
        tuple(partial(draw_labels, language, entry, labels) for entry in labels["labels"]),
        tuple(partial(draw_truth, language, truth, labels["tails"], f) for f in truth["frames"]),
    )


def draw_tasks(language: Language, number: int, rng: random.Random) -> list[Task]:
    """So many tasks of different skeletons."""
    plain, labelled, truth = choose_skeletons(language, rng)
    classifying = sum(rng.random() < CLASSIFICATION_SHARE for _ in range(number))
    judging = sum(rng.random() < TRUTH_SHARE for _ in range(classifying))
    chosen: list[Skeleton] = rng.sample(plain, number - classifying)
    chosen += rng.sample(labelled, classifying - judging)
    chosen += rng.sample(truth, min(judging, len(truth)))
    rng.shuffle(chosen)
    return [skeleton(rng) for skeleton in chosen]


def draw_classification(language: Language, rng: random.Random) -> Task:
    """One classification task."""
    _, labelled, truth = choose_skeletons(language, rng)
    return rng.choice(truth if rng.random() < TRUTH_SHARE else labelled)(rng)


def draw_plain_task(language: Language, rng: random.Random) -> Task:
    """One task that is no classification."""
    return rng.choice(choose_skeletons(language, rng)[0])(rng)


def draw_plain(
    language: Language, entry: dict[str, Any], context: dict[str, list[str]], rng: random.Random
) -> Task:
    """A task of the file `tasks`: with input, without, in fixed pairs, or computed."""
    filling = Filling(language, rng)
    asked = rng.choice(entry["ask"]).replace("{Context}", "\0")
    instruction = filling.fill(asked)
    if "\0" in instruction:
        instruction = place_context(instruction, context, language, rng)
    pairs = _distinct(lambda: _draw_pair(entry, filling.branch()))
    return Task(entry["name"], tidy(instruction), pairs, is_classification=False)


def place_context(
    instruction: str, context: dict[str, list[str]], language: Language, rng: random.Random
) -> str:
    """The request with a sentence about its occasion, or with a word on the answer's form."""
    filling = Filling(language, rng)  # its people and things are none of the task's
    if rng.random() < CONTEXT_SHARE:
        return instruction.replace("\0", filling.fill(rng.choice(context["lines"])))
    end = capitalise(filling.fill(rng.choice(context["ends"])))
    bare = instruction.replace("\0", "").strip()
    return f"{bare} {end}." if language == "en" else f"{bare}{end}。"


def tidy(text: str) -> str:
    """One space between words, none before or after."""
    return " ".join(text.split())


def _draw_pair(entry: dict[str, Any], filling: Filling) -> Pair:
    if "compute" in entry:
        return COMPUTED[entry["compute"]](filling)
    if "pairs" in entry:
        told, answer = filling.rng.choice(entry["pairs"])
    else:
        told = filling.rng.choice(entry["input"]) if "input" in entry else ""
        answer = filling.rng.choice(entry["output"])
    return filling.fill(told), filling.fill(answer)


def _distinct(draw: Callable[[], Pair]) -> tuple[Pair, ...]:
    """Up to three instances with different inputs; one where there is no input."""
    found: dict[str, str] = {}
    for _ in range(6):
        told, answer = draw()
        if told != answer and not LIST_END.search(f"{told}\n{answer}"):
            found.setdefault(told, answer)
        if found and (not told or len(found) == 3):
            break
    return tuple(found.items())


def draw_labels(
    language: Language, entry: dict[str, Any], labels: dict[str, Any], rng: random.Random
) -> Task:
    """A classification task: its labels in any order, an input for each."""
    filling = Filling(language, rng)
    options = list(entry["labels"])
    rng.shuffle(options)
    what = filling.fill(rng.choice(entry["what"]))
    tail = capitalise(filling.fill(rng.choice(labels["tails"])))
    frame = str(rng.choice(labels["frames"]))
    said = {"{what}": what, "{tail}": tail, "{either}": either(options, language)}
    said["{listed}"] = (", " if language == "en" else "、").join(options)
    for slot, text in said.items():
        frame = frame.replace(slot, text)
    instruction = capitalise(tidy(filling.fill(frame)))
    rng.shuffle(options)
    pairs = dict(_label_inputs(entry, options, filling))
    instances = tuple((told, capitalise(label)) for label, told in pairs.items())
    return Task(f"labels/{options[0]}", instruction, instances, is_classification=True)


def either(options: list[str], language: Language) -> str:
    """The labels as a question names them: a, b or c."""
    first = (", " if language == "en" else "、").join(options[:-1])
    return f"{first} or {options[-1]}" if language == "en" else f"{first}还是{options[-1]}"


def _label_inputs(
    entry: dict[str, Any], options: list[str], filling: Filling
) -> Iterator[tuple[str, str]]:
    for label in options:
        yield label, filling.branch().fill(filling.rng.choice(entry["labels"][label]))


def draw_truth(
    language: Language,
    entry: dict[str, Any],
    tails: list[str],
    frame: str,
    rng: random.Random,
) -> Task:
    """A true or false statement to judge; it needs no input."""
    filling = Filling(language, rng)
    question, right, wrong = frame.split("=")
    is_true = rng.random() < 0.5
    fact = filling.fill(rng.choice(split_entries(entry["true" if is_true else "false"])))
    said = question.replace("{fact}", fact).replace("{tail}", rng.choice(tails))
    instruction = tidy(filling.fill(said))
    answer = right if is_true else wrong
    return Task("truth", instruction, (("", answer),), is_classification=True)
