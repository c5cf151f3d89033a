"""How many requests a build sends: enough for the rows that are wanted, and few more.

The gateway holds all requests in order and sends those below an admission limit. Each reply is
checked as it lands, by the same checks as at the end, and the limit follows: it is raised while the
rows expected from what is in flight fall short of what is missing, and closed when the first n
published rows are certain. So there are no rounds with a barrier between them, and the window stays
full until the end is near. What a reply is and when a row passes is the kind's own.

While the journal of an earlier run is answering, the limit follows it and does not run ahead.
"""

from __future__ import annotations

import queue
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Generic, NamedTuple, Protocol, TypeVar

from builders.journal_replay import JournalReplay
from builders.judge import Judge
from builders.recipe_sections import BuildRecipe
from builders.row_forecast import count_needed_in_flight
from builders.tally import Tally
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.journal import JOURNAL_FILE


class CheckedRow(Protocol):
    """A reply after its checks; `reason` is None for one that passed so far."""

    @property
    def reason(self) -> str | None:
        """Why it is rejected."""


RowT = TypeVar("RowT", bound=CheckedRow)
NewsT = TypeVar("NewsT")


class Sampled(NamedTuple):
    """How requests become rows: `samples` of them belong together, and all passing ones are rows
    where `keeps_all`, else one of them."""

    samples: int
    keeps_all: bool


class Settled(NamedTuple):
    """What a beginning of the build comes to: its published rows and its known repetitions."""

    published: int
    repeated: int


class Admission(ABC, Generic[RowT, NewsT]):
    """Watches the replies of one build and moves the gateway's admission limit.

    It works in a thread of its own between `start` and `stop`; `note` may be called from any
    thread. `tally` counts replies. `NewsT` is what a kind puts into the queue beside them.
    """

    def __init__(
        self, requests: int, recipe: BuildRecipe, sampled: Sampled, *, responses: Path
    ) -> None:
        self._total = requests
        self._rows = recipe.rows
        self._in_batches = recipe.teacher.batch
        self._samples, self._keeps_all = sampled
        self._requests_a_unit = 1 if self._keeps_all else self._samples
        self._journal_path = responses / JOURNAL_FILE
        self._events: queue.SimpleQueue[Finished | NewsT | None] = queue.SimpleQueue()
        # Replies whose fate is known.
        self._by_index: dict[int, RowT] = {}
        self.tally = Tally()
        # Counted as replies come in, in units of rows: all samples, where they are kept, else one
        # row of the samples that belong together.
        self._finished: Counter[str] = Counter()
        self._passed_units: set[str] = set()
        self._passed = 0
        self._decided = 0
        self._prefix = 0
        self._prefix_rows: set[str] = set()
        self._rows_to_settle_at = recipe.rows
        self._repeated = 0
        self._closed = False
        self._limit = self._heard = 0
        self._replay = JournalReplay()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="refill")

    @abstractmethod
    def _check(self, events: Sequence[Finished], journal: IO[bytes]) -> None:
        """Read and check these replies; each whose fate is known then goes to `_settle`."""

    @abstractmethod
    def _name_unit(self, one: RowT) -> str:
        """What the samples that belong together have in common."""

    @abstractmethod
    def _name_row(self, one: RowT) -> str:
        """The row's id."""

    @abstractmethod
    def _settle_beginning(self, beginning: Sequence[RowT]) -> Settled:
        """What the first replies, complete and in order, come to at the end of the build."""

    def _hear(self, news: NewsT) -> None:
        """Take in what the kind put into the queue itself."""
        raise NotImplementedError(f"{type(self).__name__} puts no news into its queue: {news!r}")

    @property
    def at_the_judge(self) -> int:
        """Rows whose second opinion is still to come."""
        return 0

    @property
    def accepted(self) -> int:
        """Rows that passed so far, known duplicates left out."""
        return self._passed - self._repeated

    def start(
        self, admit: Callable[[int, bool, int], None], model: str, judge: Judge | None = None
    ) -> None:
        """Begin to admit requests; `admit` takes a limit, whether it is final, and how many
        requests' ends it knows of.

        `judge` must be entered already, and left only after `stop`; None where the recipe has none.
        """
        self._admit = admit
        self._model = model
        self._judge = judge
        self._running = self._thread.submit(self._run)

    def note(self, event: Finished) -> None:
        """A request's way has ended."""
        self._events.put(event)

    def stop(self) -> None:
        """End the thread once everything noted so far is checked; raises what went wrong in it.

        It waits for the judge's words too; `Judge.give_up` cuts that short.
        """
        self._events.put(None)
        self._thread.shutdown()
        self._running.result()

    @property
    def checked(self) -> dict[str, RowT]:
        """Every checked reply by its row's id, in the order of the requests."""
        known = dict(self._by_index)
        return {self._name_row(known[index]): known[index] for index in sorted(known)}

    def _run(self) -> None:
        try:
            self._move_limit()
            ending = False
            while not ending or self.at_the_judge:
                events = self._take_events()
                ending = ending or None in events
                self._take_in([event for event in events if isinstance(event, Finished)])
                for event in events:
                    if event is not None and not isinstance(event, Finished):
                        self._hear(event)
                if not ending:
                    self._move_limit()
        finally:
            # Also when this thread fails: requests that wait for admission would wait for ever.
            self._admit(0, True, self._heard)

    def _take_events(self) -> list[Finished | NewsT | None]:
        """Everything that has come in; waits for the first, or until the journal is quiet."""
        events: list[Finished | NewsT | None] = []
        try:
            events.append(self._events.get(timeout=self._replay.rest_s))
            while True:
                events.append(self._events.get_nowait())
        except queue.Empty:
            return events

    def _take_in(self, events: Sequence[Finished]) -> None:
        indexed = [event for event in events if event.index is not None]
        self._heard += len(indexed)
        self._replay.note(indexed)
        if indexed:
            with self._journal_path.open("rb") as journal:
                self._check(indexed, journal)

    def _settle(self, index: int, one: RowT) -> None:
        """The row's fate is known (now with more about it, where it was known before)."""
        if index not in self._by_index:
            self._count(one)
            rejects = Counter(self.tally.rejects)
            rejects.update([one.reason] if one.reason is not None else [])
            self.tally = self.tally._replace(rejects=rejects)
        self._by_index[index] = one

    def _count(self, one: RowT) -> None:
        """Samples that belong together are decided by the first that passes, or by the last."""
        unit, passes = self._name_unit(one), one.reason is None
        self._finished[unit] += 1
        if self._keeps_all:
            self._decided += 1
            self._passed += passes
        elif unit not in self._passed_units:
            self._decided += passes or self._finished[unit] == self._samples
            self._passed += passes
            if passes:
                self._passed_units.add(unit)

    def _move_limit(self) -> None:
        if self._closed:
            return
        self._advance_prefix()
        if self._prefix == self._total or self._is_enough():
            self._closed = True
            self._admit(0, True, self._heard)
            return
        if self._in_batches and (self._replay.is_under_way or not self._has_all_admitted()):
            self._admit(self._limit, False, self._heard)
            return
        passed = self.accepted
        missing = self._rows - passed
        wanted = self._decided + count_needed_in_flight(missing, passed, self._decided)
        limit = max(wanted * self._requests_a_unit, self._end_of_next_unit())
        if self._replay.is_under_way:
            limit = min(limit, max(self._limit, self._replay.reach))
        limit += -limit % self._samples  # samples that belong together are asked for together
        self._limit = min(limit, self._total)
        self._admit(self._limit, False, self._heard)

    def _has_all_admitted(self) -> bool:
        """Whether everything that was let go has come in, the judge's word included.

        A batch takes in at once whatever is admitted: the first few answers of one say too little
        of how many more are needed.
        """
        return self.tally.replies >= self._limit and not self.at_the_judge

    def _advance_prefix(self) -> None:
        """Step over the replies that are in with all before them; note the rows they may give."""
        while (one := self._by_index.get(self._prefix)) is not None:
            self._prefix += 1
            if one.reason is None:
                name = self._name_row(one) if self._keeps_all else self._name_unit(one)
                self._prefix_rows.add(name)

    def _end_of_next_unit(self) -> int:
        """What must be open whatever the estimate says: the limit may fall, never below this.

        Enough replies may have passed while the first unfinished one still waits for a place;
        without it the beginning stays unfinished and the build would wait for ever.
        """
        return (self._prefix // self._samples + 1) * self._samples

    def _is_enough(self) -> bool:
        """True when the finished beginning of the requests gives all wanted rows.

        Settling costs as much as the whole beginning, so it is tried again only when as many rows
        have come in as the last try was short of.
        """
        if len(self._prefix_rows) < self._rows_to_settle_at:
            return False
        whole = self._prefix - self._prefix % self._samples
        settled = self._settle_beginning([self._by_index[index] for index in range(whole)])
        self._repeated = settled.repeated
        short_of = self._rows - settled.published
        self._rows_to_settle_at = len(self._prefix_rows) + max(1, short_of)
        return short_of <= 0
