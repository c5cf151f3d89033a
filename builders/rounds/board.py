"""Everything a build was told, in the order of its requests, and when that is enough.

A list reply opens one slot a task; a slot is finished when its rows are known. What is published
and where the build ends depend on the finished beginning of the slots alone, never on the order of
arrival: so a killed, slower or wider run ends with the same rows.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from builders.instruction_outcome import InstructionRejectReason, InstructionRow
from builders.rounds.forecast import Yield
from builders.rounds.lists import Screened
from builders.rounds.plan import Example, ListRequest
from distilabel_pipelines.instruction_prompts import ExampleTask

FindStaying = Callable[[Sequence[InstructionRow]], Sequence[bool]]


class Task(NamedTuple):
    """A kept task whose instances are still to be written; `slot` is its place on the board."""

    slot: int
    row: InstructionRow


class _Slot:
    """One piece of a list reply: its rows, or the task whose rows are not known yet."""

    def __init__(self, row: InstructionRow, *, is_finished: bool, ends_request: bool) -> None:
        self.task = row
        self.rows: list[InstructionRow] | None = [row] if is_finished else None
        self.ends_request = ends_request

    @property
    def is_fruitful(self) -> bool:
        return any(row.reason is None for row in self.rows or ())


class Board:
    """The slots of a build; `find_staying` deduplicates rows in order and says which of them stay.

    `ended_fruitless` is set once the last `fruitless_requests` list requests brought no row that
    stays; what comes after their place is not taken in any more.
    """

    def __init__(
        self, rows_wanted: int, fruitless_requests: int, find_staying: FindStaying
    ) -> None:
        self._rows_wanted = rows_wanted
        self._fruitless_requests = fruitless_requests
        self._find_staying = find_staying
        self._slots: list[_Slot] = []
        self._untaken: deque[int] = deque()  # places of kept tasks that nobody asked about yet
        self._prefix = 0
        self._gap: int | None = None  # the first place that nobody will ever know more of
        self._prefix_rows = 0
        self._fruitless = 0
        self._is_request_fruitful = False
        self._ended_requests = 0
        self._settle_at = rows_wanted
        self._settle_at_request = fruitless_requests
        self._lost_to_settling = 0
        self.ended_fruitless = False
        self.is_enough = False
        self.counts = Yield()
        self.rejects: Counter[InstructionRejectReason] = Counter()

    def add_list(self, request: ListRequest, screened: Screened) -> None:
        """Take in a list reply; replies must come in the order of their requests."""
        if self.ended_fruitless:
            return
        pieces = sorted([*screened.kept, *screened.rejected], key=lambda row: row.item)
        if not pieces:
            raise ValueError(f"list request {request.number} brought neither task nor reason")
        for place, row in enumerate(pieces):
            is_open = row.reason is None and row.stage == "task"
            if is_open:
                self._untaken.append(len(self._slots))
            slot = _Slot(row, is_finished=not is_open, ends_request=place == len(pieces) - 1)
            self._slots.append(slot)
        self._count_rejects(pieces)
        whole = [row for row in screened.kept if row.stage == "instance"]
        passing = sum(row.reason is None for row in whole)
        self.counts = self.counts.add_list(len(screened.kept), written=len(whole), rows=passing)

    def add_gap(self) -> None:
        """A list request was never sent, since the run was stopped: what comes after it is kept,
        but no end can be told from it."""
        if self._gap is None:
            self._gap = len(self._slots)

    def take_tasks(self, count: int) -> list[Task]:
        """The next kept tasks to have instances written for, each handed out once."""
        places = [self._untaken.popleft() for _ in range(min(count, len(self._untaken)))]
        return [Task(place, self._slots[place].task) for place in places]

    @property
    def untaken_tasks(self) -> int:
        """Kept tasks that nobody has asked about yet."""
        return len(self._untaken)

    def add_rows(self, task: Task, rows: list[InstructionRow]) -> None:
        """Take in the rows of one task, unless the build has ended before its place."""
        if task.slot >= len(self._slots):
            return
        self._slots[task.slot].rows = rows
        self._count_rejects(rows)
        self.counts = self.counts.add_task(sum(row.reason is None for row in rows))

    def _count_rejects(self, rows: Sequence[InstructionRow]) -> None:
        """A new counter each time: another thread shows it."""
        fallen = Counter(row.reason for row in rows if row.reason is not None)
        self.rejects = self.rejects + fallen

    def look(self) -> None:
        """Step over what is finished with all before it, and see whether it is enough."""
        if self.has_ended:
            return
        known = len(self._slots) if self._gap is None else self._gap
        while self._prefix < known and not self.ended_fruitless:
            slot = self._slots[self._prefix]
            if slot.rows is None:
                break
            self._prefix += 1
            self._prefix_rows += sum(row.reason is None for row in slot.rows)
            self._note_end_of_request(slot)
        if self.ended_fruitless:
            self._end_fruitless(self._prefix)
        self._settle()

    def _note_end_of_request(self, slot: _Slot) -> None:
        """A first look, which takes every passing row for one that stays."""
        self._is_request_fruitful |= slot.is_fruitful
        if not slot.ends_request:
            return
        self._ended_requests += 1
        self._fruitless = 0 if self._is_request_fruitful else self._fruitless + 1
        self._is_request_fruitful = False
        self.ended_fruitless = self._fruitless >= self._fruitless_requests

    def _settle(self) -> None:
        """Settling costs as much as the whole beginning: only when the rows may suffice, the end
        is there, or twice as many requests as at the last time brought rows that may be copies."""
        is_due = (
            self.ended_fruitless
            or self._prefix_rows >= self._settle_at
            or self._ended_requests >= self._settle_at_request
        )
        if self.is_enough or not is_due:
            return
        staying = self._count_staying()
        published = sum(staying)
        self._lost_to_settling = self._prefix_rows - published
        self._settle_at = self._prefix_rows + max(1, self._rows_wanted - published)
        self._settle_at_request = 2 * self._ended_requests
        self._find_end(staying)

    def _count_staying(self) -> list[int]:
        """For each slot of the beginning, how many of its rows stay."""
        slots = self._slots[: self._prefix]
        stays = iter(self._find_staying([row for slot in slots for row in slot.rows or ()]))
        return [sum(next(stays) for _ in slot.rows or ()) for slot in slots]

    def _find_end(self, staying: Sequence[int]) -> None:
        """Whichever comes first in the order of the requests: rows enough, or nothing new. Seen
        sooner or later it is at the same place, since no row's fate depends on those after it."""
        published = fruitless = new = 0
        for place, stay in enumerate(staying):
            published, new = published + stay, new + stay
            if published >= self._rows_wanted:
                self.is_enough = True
                return
            if self._slots[place].ends_request:
                fruitless, new = (0 if new else fruitless + 1), 0
                if fruitless >= self._fruitless_requests:
                    self._end_fruitless(place + 1)
                    return

    def _end_fruitless(self, end: int) -> None:
        self.ended_fruitless = True
        self._prefix = end
        del self._slots[end:]
        self._untaken.clear()

    @property
    def has_ended(self) -> bool:
        """Whether nothing further can change what is published."""
        return self.is_enough or self.ended_fruitless

    @property
    def missing_rows(self) -> int:
        """Rows still to come, known duplicates left out."""
        return max(0, self._rows_wanted + self._lost_to_settling - self.counts.rows)

    @property
    def requests_until_fruitless(self) -> int:
        """List requests that may still bring nothing before the build ends; those whose rows are
        not all known yet are taken for such."""
        unknown = self.counts.lists - self._ended_requests
        return self._fruitless_requests - self._fruitless - unknown

    def list_rows(self) -> list[InstructionRow]:
        """All rows in order; a kept task that nobody needed is `surplus`."""
        unneeded = {"reason": "surplus", "detail": "its instances were not asked for"}
        rows: list[InstructionRow] = []
        for slot in self._slots:
            rows += slot.rows or [slot.task.model_copy(update=unneeded)]
        return rows

    def list_kept(self) -> list[Example]:
        """The kept tasks in order, as prompts may show them."""
        return [
            Example(
                task_id=row.task_id,
                task=ExampleTask(instruction=row.instruction, input=row.input, output=row.output),
                language=row.language,
            )
            for row in (slot.task for slot in self._slots)
            if row.reason is None
        ]
