"""A build without processes: the real planner, reader and board, told by a replier in any order.

What differs between two builds here is what differs between two machines: how many requests make a
wave, how far the build looks ahead, and which of the things under way is looked at next.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from builders.decontamination import Benchmarks, DecontaminationConfig
from builders.instruction_dedup import reject_duplicates, settle_instructions
from builders.instruction_outcome import InstructionRow
from builders.instruction_recipe import InstructionRecipe, load_instruction_recipe
from builders.novelty import NoveltyScreen
from builders.rounds.board import Board, Task
from builders.rounds.instances import read_instances
from builders.rounds.lists import ListReader
from builders.rounds.plan import ListRequest, RoundPlanner
from builders.seed_loader import SeedConfig
from builders.task_seeds import SeedTask, load_task_seeds
from distilabel_pipelines.instruction import StepReply
from distilabel_pipelines.instruction_prompts import (
    PromptName,
    render_classification_prompt,
    render_input_first_prompt,
    render_output_first_prompt,
)
from distilabel_pipelines.instruction_replies import UnreadableReplyError, parse_classification
from distilabel_pipelines.rows import Generation
from tests.fake_teacher import Replier

NO_BENCHMARKS = Benchmarks([], DecontaminationConfig())
Ask = Callable[[str, int], Generation]


@cache
def bundled_seeds() -> list[SeedTask]:
    """Every tenth of the bundled ones."""
    return load_task_seeds(SeedConfig(source="bundled:instruction")).tasks[::10]


def make_recipe(method: str, rows: int = 30, **sections: dict[str, Any]) -> InstructionRecipe:
    """A recipe whose duplicates are looked for by equality alone, which takes no time."""
    given = {"dedup": {"min_output_words": 10_000}, **sections, "rows": rows}
    return load_instruction_recipe("", given, recipe=method)


def make_generation(content: str, **changes: object) -> Generation:
    fields: dict[str, Any] = {
        "reasoning_content": "",
        "content": content,
        "thought_form": "none",
        "finish_reason": "stop",
        "served_model": "small-writer",
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "reasoning_tokens": None,
        "attempts": 1,
        "request_id": "r",
    }
    return Generation.model_validate(fields | changes)


def asking(replier: Replier) -> Ask:
    """A replier, asked without a wire."""

    def ask(prompt: str, seed: int) -> Generation:
        body = {"messages": [{"role": "user", "content": prompt}], "seed": seed}
        said = replier({**body, "stop": ["\n20", "\n20."]})
        return make_generation(said.content, finish_reason=said.finish_reason)

    return ask


def write_instances(ask: Ask, row: InstructionRow, recipe: InstructionRecipe) -> list[StepReply]:
    """The replies of the last three steps about one kept task."""
    text, language, seed = row.instruction, row.language, recipe.sampling.seed
    told = ask(render_classification_prompt(text, language=language), seed)
    replies = [StepReply(step="classification", generation=told)]
    try:
        labelled = parse_classification(told.content)
    except UnreadableReplyError:
        return replies
    step: PromptName = "output_first" if labelled else "input_first"
    prompt = (
        render_output_first_prompt(text, language=language)
        if labelled
        else render_input_first_prompt(text, language=language, count=3)
    )
    return [*replies, StepReply(step=step, generation=ask(prompt, seed))]


@dataclass
class InMemoryBuild:
    """One build; `chance` decides everything that must not matter."""

    recipe: InstructionRecipe
    ask: Ask
    chance: random.Random
    work_dir: Path
    benchmarks: Benchmarks = NO_BENCHMARKS
    asked: list[ListRequest] = field(default_factory=list)
    _planned: deque[ListRequest] = field(default_factory=deque)
    _lists: deque[list[ListRequest]] = field(default_factory=deque)
    _tasks: deque[list[Task]] = field(default_factory=deque)
    _rounds: int = 0

    def __post_init__(self) -> None:
        seeds = bundled_seeds()
        self._planner = RoundPlanner(seeds, self.recipe)
        screen = NoveltyScreen([seed.instruction for seed in seeds])
        self._reader = ListReader(screen, self.recipe, "small-writer", self.benchmarks)
        self.board = Board(
            self.recipe.rows,
            self.recipe.generation.fruitless_requests,
            lambda rows: [one.reason is None for one in self.deduplicate(rows)],
        )

    def run(self) -> list[InstructionRow]:
        """The published rows; what was under way at the end comes in, or part of it does."""
        while not (self.board.is_enough or self.board.ended_fruitless):
            self._send()
            self._take()
        for _ in range(self.chance.randrange(4)):
            self._take()
        return self.settle(self.board.list_rows())[0]

    def deduplicate(self, rows: Sequence[InstructionRow]) -> list[InstructionRow]:
        """The same rows, with those that repeat an earlier one rejected."""
        return reject_duplicates(rows, self.recipe.dedup, self.work_dir)

    def settle(
        self, rows: Sequence[InstructionRow]
    ) -> tuple[list[InstructionRow], list[InstructionRow]]:
        """Published and rejected rows."""
        return settle_instructions(rows, self.recipe.dedup, self.recipe.rows, self.work_dir)

    def _send(self) -> None:
        if len(self._lists) < 3 and self.chance.random() < 0.6:
            wave = self._take_requests(self.chance.randint(1, 12))
            self.asked += wave
            if wave:
                self._lists.append(wave)
        if self.board.untaken_tasks and self.chance.random() < 0.6:
            self._tasks.append(self.board.take_tasks(self.chance.randint(1, 40)))

    def _take_requests(self, count: int) -> list[ListRequest]:
        if not self._planned:
            shows_kept = self.recipe.generation.machine_examples > 0
            if shows_kept and self._lists:
                return []
            kept = self.board.list_kept() if shows_kept else []
            self._planned.extend(self._planner.plan(self._rounds, kept))
            self._rounds += 1
        return [self._planned.popleft() for _ in range(min(count, len(self._planned)))]

    def _take(self) -> None:
        """Look at one of the waves under way: lists in their order, tasks in any."""
        takes_list = bool(self._lists) and (not self._tasks or self.chance.random() < 0.5)
        if takes_list:
            wave = self._lists.popleft()
            replies = [self.ask(one.proposal.prompt, one.proposal.seed) for one in wave]
            screened = self._reader.read(list(zip(wave, replies, strict=True)))
            for request, one in zip(wave, screened, strict=True):
                self.board.add_list(request, one)
        elif self._tasks:
            self.chance.shuffle(self._tasks)
            for task in self._tasks.popleft():
                written = write_instances(self.ask, task.row, self.recipe)
                rows = read_instances(task.row, written, self.recipe.filters)
                self.board.add_rows(task, self._reader.reject_contaminated(rows))
        self.board.look()
