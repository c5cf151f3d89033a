"""The list requests of a round: which tasks each prompt shows, and in which language.

A prompt is a function of the recipe's seed, the round, its place in the round and the pool at the
round's start, so a killed, slower or wider run asks the same. Sources: Self-Instruct
(arXiv:2212.10560: 6 human and 2 generated tasks), Alpaca (3 human ones).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from builders.checks.task_filters import measure_length
from builders.instruction_recipe import InstructionRecipe
from builders.task_seeds import SeedTask
from distilabel_pipelines.instruction import Proposal
from distilabel_pipelines.instruction_prompts import (
    ExampleTask,
    render_instructions_prompt,
    render_task_list_prompt,
)
from distilabel_pipelines.rows import Language


class Example(NamedTuple):
    """A task that a prompt may show: a seed, or a kept task, and its id."""

    task_id: str
    task: ExampleTask
    language: Language


class ListRequest(NamedTuple):
    """One request for new tasks; `number` is its place in the build."""

    round: int
    number: int
    language: Language
    examples: tuple[str, ...]
    first_number: int
    proposal: Proposal


class RoundPlanner:
    """Makes the requests of each round from the seeds and the kept tasks.

    `too_long` counts the seeds that no prompt shows, because of `generation.shown_words`; where a
    language has no shorter ones its seeds are shown all the same.
    """

    def __init__(self, seeds: Sequence[SeedTask], recipe: InstructionRecipe) -> None:
        self._recipe = recipe
        config = recipe.generation
        groups = _by_language([_show_seed(seed) for seed in seeds])
        self._seeds = {
            language: [one for one in group if _is_short(one, recipe)] or group
            for language, group in groups.items()
        }
        self.too_long = len(seeds) - sum(map(len, self._seeds.values()))
        self._languages = _LanguageShares(
            {language: len(tasks) for language, tasks in self._seeds.items()}
        )
        self._size = config.round_requests

    def plan(self, round_number: int, kept: Sequence[Example]) -> list[ListRequest]:
        """All requests of the round; `kept` are the tasks of all rounds before it, in order."""
        machine = _by_language([one for one in kept if _is_short(one, self._recipe)])
        first = round_number * self._size
        return [
            self._make_request(round_number, number, machine)
            for number in range(first, first + self._size)
        ]

    def _make_request(
        self, round_number: int, number: int, machine: Mapping[Language, list[Example]]
    ) -> ListRequest:
        config, sampling = self._recipe.generation, self._recipe.sampling
        language = self._languages.choose(number)
        chance = random.Random(f"{sampling.seed}:{round_number}:{number}")  # noqa: S311  # no secret
        generated = _draw(machine.get(language, []), config.machine_examples, chance)
        human = _draw(self._seeds[language], config.examples - len(generated), chance)
        shown = _shuffle([*human, *generated], chance)
        return ListRequest(
            round=round_number,
            number=number,
            language=language,
            examples=tuple(one.task_id for one in shown),
            first_number=len(shown) + 1,
            proposal=Proposal(
                index=number,
                seed=sampling.seed + number,
                language=language,
                prompt=self._render(shown, language),
            ),
        )

    def _render(self, shown: Sequence[Example], language: Language) -> str:
        tasks = [one.task for one in shown]
        count = self._recipe.generation.tasks_listed
        if self._recipe.method == "alpaca":
            return render_task_list_prompt(tasks, language=language, count=count)
        instructions = [task.instruction for task in tasks]
        return render_instructions_prompt(instructions, language=language, count=count)


class _LanguageShares:
    """The language of each request, so that every stretch of requests has the seeds' shares."""

    def __init__(self, counts: Mapping[Language, int]) -> None:
        self._counts = counts
        self._total = sum(counts.values())
        self._chosen = Counter[Language]()
        self._order: list[Language] = []

    def choose(self, number: int) -> Language:
        """The language that is furthest behind its share when request `number` comes."""
        while len(self._order) <= number:
            due = len(self._order) + 1
            behind = {
                language: due * count - self._total * self._chosen[language]
                for language, count in self._counts.items()
            }
            next_one = max(behind, key=lambda language: (behind[language], language))
            self._chosen[next_one] += 1
            self._order.append(next_one)
        return self._order[number]


def _show_seed(seed: SeedTask) -> Example:
    first = seed.instances[0]
    task = ExampleTask(instruction=seed.instruction, input=first.input, output=first.output)
    return Example(seed.task_id, task, seed.language)


def _is_short(one: Example, recipe: InstructionRecipe) -> bool:
    """What the method's prompt shows of the task: all of it, or its instruction."""
    task = one.task
    parts = [task.instruction]
    if recipe.method == "alpaca":
        parts += [task.input, task.output]
    return measure_length("\n".join(parts), one.language) <= recipe.generation.shown_words


def _by_language(examples: Sequence[Example]) -> dict[Language, list[Example]]:
    groups: dict[Language, list[Example]] = {}
    for one in examples:
        groups.setdefault(one.language, []).append(one)
    return groups


def _draw(examples: Sequence[Example], count: int, chance: random.Random) -> list[Example]:
    """Distinct ones. Only `random()` gives the same numbers in every Python, hence not `sample`."""
    drawn: dict[int, Example] = {}
    while len(drawn) < min(count, len(examples)):
        place = int(chance.random() * len(examples))
        drawn.setdefault(place, examples[place])
    return list(drawn.values())


def _shuffle(examples: Sequence[Example], chance: random.Random) -> list[Example]:
    keyed = [(chance.random(), place, one) for place, one in enumerate(examples)]
    return [one for _, _, one in sorted(keyed, key=lambda key: key[:2])]
