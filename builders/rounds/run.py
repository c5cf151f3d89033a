"""Waves out, replies in: the loop of an instruction build.

List requests of a round, and the kept tasks whose instances are to be written, go to the pipeline
in waves, one or two of each kind at once, so that the gateway's window stays full while the build
looks at what came in. How many are sent follows the forecast; what is published does not.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from builders.instruction_judge import judge_rows
from builders.instruction_outcome import InstructionRow
from builders.instruction_recipe import InstructionRecipe
from builders.judge import Judge
from builders.rounds.board import Board, Task
from builders.rounds.forecast import count_lists_needed, count_tasks_needed
from builders.rounds.instances import read_instances
from builders.rounds.lists import ListReader, Screened
from builders.rounds.plan import ListRequest, RoundPlanner
from builders.rounds.reply_counts import ReplyCounts
from distilabel_pipelines.instruction import InstructionPipeline, StepReply, TaskToWrite

_WAVES_AT_ONCE = 2
_INSTANCES_AT_FIRST = 1.5  # rows that a task is taken to give before any has been written


@dataclass
class _Wave:
    """What one wave asked: list requests, or kept tasks."""

    number: int
    lists: Sequence[ListRequest] = ()
    tasks: Sequence[Task] = ()


class RoundsRun:
    """One build's rounds, from the first request to the last reply; `run` returns when it ends.

    `board` holds what came in, `replies` counts it, `rounds` are those that were begun. `batch`: a
    wave is a batch of the provider, and nothing is sent beside it.
    """

    def __init__(
        self,
        planner: RoundPlanner,
        reader: ListReader,
        board: Board,
        pipeline: InstructionPipeline,
        recipe: InstructionRecipe,
        judge: Judge | None,
        stopped: threading.Event,
    ) -> None:
        self._planner = planner
        self._reader = reader
        self.board = board
        self._pipeline = pipeline
        self._recipe = recipe
        self._judge = judge
        self._stopped = stopped
        self._planned: deque[ListRequest] = deque()
        self._pending: deque[_Wave] = deque()
        self.replies = ReplyCounts(recipe.steps)
        self.rounds = 0

    def run(self) -> None:
        """Ask until the board says that it is enough, or the run is stopped."""
        while not self._is_over():
            self._send()
            self._take_next_wave()

    def finish(self) -> None:
        """Take in what is still under way: it is paid for."""
        while self._pending:
            self._take_next_wave()

    def _is_over(self) -> bool:
        return self.board.has_ended or self._stopped.is_set()

    def _send(self) -> None:
        """Send what is likely to be needed and not yet under way; at least one wave."""
        tasks_under_way = sum(len(wave.tasks) for wave in self._pending)
        lists_under_way = sum(len(wave.lists) for wave in self._pending)
        needed = self._count_tasks_needed()
        self._send_tasks(needed - tasks_under_way)
        at_hand = self.board.untaken_tasks + sum(len(wave.tasks) for wave in self._pending)
        missing = needed - at_hand
        lists = count_lists_needed(
            missing, self.board.counts, tasks_per_list=self._most_tasks_per_list
        )
        allowed = self.board.requests_until_fruitless - lists_under_way
        wanted = min(lists - lists_under_way, allowed) if missing > 0 else 0
        self._send_lists(wanted if self._pending else max(1, wanted))

    @property
    def _most_tasks_per_list(self) -> int:
        config = self._recipe.generation
        return config.tasks_listed - config.examples

    def _count_tasks_needed(self) -> int:
        at_first = 1.0 if self._recipe.method == "alpaca" else _INSTANCES_AT_FIRST
        board = self.board
        return count_tasks_needed(board.missing_rows, board.counts, rows_per_task=at_first)

    def _send_tasks(self, wanted: int) -> int:
        """How many were sent."""
        sent = 0
        while sent < wanted and self.board.untaken_tasks and self._has_room(lambda one: one.tasks):
            tasks = self.board.take_tasks(min(wanted - sent, self._pipeline.wave_rows))
            rows = [
                TaskToWrite(
                    index=task.slot,
                    seed=self._recipe.sampling.seed,
                    language=task.row.language,
                    instruction=task.row.instruction,
                )
                for task in tasks
            ]
            self._pending.append(_Wave(self._pipeline.ask(rows), tasks=tasks))
            sent += len(tasks)
        return sent

    def _send_lists(self, wanted: int) -> int:
        """How many were sent; none while the next round waits for the pool."""
        sent = 0
        while sent < wanted and self._has_room(lambda one: one.lists):
            requests = self._take_requests(min(wanted - sent, self._pipeline.wave_rows))
            if not requests:
                break
            rows = [request.proposal for request in requests]
            self._pending.append(_Wave(self._pipeline.ask(rows), lists=requests))
            sent += len(requests)
        return sent

    def _has_room(self, kind: Callable[[_Wave], Sequence[object]]) -> bool:
        """Waves of one kind beyond the second would only wait in the pipeline."""
        most = 1 if self._recipe.teacher.batch else _WAVES_AT_ONCE
        return sum(bool(kind(wave)) for wave in self._pending) < most

    def _take_requests(self, count: int) -> list[ListRequest]:
        """The next requests in order; none while the next round waits for the pool."""
        if not self._planned:
            shows_kept = self._recipe.generation.machine_examples > 0
            if shows_kept and any(wave.lists for wave in self._pending):
                return []
            kept = self.board.list_kept() if shows_kept else []
            self._planned.extend(self._planner.plan(self.rounds, kept))
            self.rounds += 1
        return [self._planned.popleft() for _ in range(min(count, len(self._planned)))]

    def _take_next_wave(self) -> None:
        wave = self._pending[0]
        replies = self._pipeline.wait(wave.number, self._stopped)
        self._pending.popleft()
        self.replies.add(replies)
        if wave.lists:
            self._take_lists(wave.lists, replies)
        else:
            self._take_rows(wave.tasks, replies)
        self.board.look()

    def _take_lists(
        self, requests: Sequence[ListRequest], replies: Sequence[Sequence[StepReply]]
    ) -> None:
        """Requests that were never sent, because the run stopped, leave a gap."""
        answered = [
            (request, steps[0].generation)
            for request, steps in zip(requests, replies, strict=True)
            if steps and steps[0].generation is not None
        ]
        screened = self._reader.read(
            [(request, generation) for request, generation in answered if generation is not None]
        )
        kept = iter(self._ask_judge([row for one in screened for row in one.kept]))
        read = {request.number: one for (request, _), one in zip(answered, screened, strict=True)}
        for request in requests:
            if request.number not in read:
                self.board.add_gap()
                continue
            one = read[request.number]
            self.board.add_list(request, Screened([next(kept) for _ in one.kept], one.rejected))

    def _take_rows(self, tasks: Sequence[Task], replies: Sequence[Sequence[StepReply]]) -> None:
        written = [
            (task, read_instances(task.row, steps, self._recipe.filters))
            for task, steps in zip(tasks, replies, strict=True)
            if steps and steps[-1].generation is not None
        ]
        passing = self._reader.reject_contaminated([row for _, rows in written for row in rows])
        rows = iter(self._ask_judge(passing))
        for task, unjudged in written:
            self.board.add_rows(task, [next(rows) for _ in unjudged])

    def _ask_judge(self, rows: list[InstructionRow]) -> list[InstructionRow]:
        """The rows with the judge's word; a task without an instance is nothing to judge yet, and
        what comes in after the end is not published."""
        if self._judge is None or self.board.has_ended:
            return rows
        shown = [row for row in rows if row.stage == "instance"]
        judged = iter(judge_rows(self._judge, shown))
        return [next(judged) if row.stage == "instance" else row for row in rows]
