"""How many requests a build sends: enough for the rows that are wanted, and few more.

The gateway holds all requests in seed order and sends those below an admission limit. Each reply
is judged as it lands, by the same checks as at the end, and the limit follows: it is raised while
the rows expected from what is in flight fall short of what is missing, and closed when the first n
published rows are certain. So there are no rounds with a barrier between them, and the window
stays full until the end is near.

A judge is asked about a reply as soon as it is judged by rule. Where its word may change the
selection, such a row counts as still in flight until the word is in; otherwise nobody waits for it.
"""

from __future__ import annotations

import queue
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, NamedTuple

from builders.checks.answers import AnswerVerifier
from builders.checks.stage import check_traces
from builders.judge import Judge
from builders.judged import CheckedTrace
from builders.opinions import Word, apply_opinion, needs_opinion, show_row
from builders.recipe import Recipe
from builders.row_forecast import count_needed_in_flight
from builders.settle import settle
from builders.tally import Tally
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.generations import make_failed_generation, read_record
from distilabel_pipelines.journal import JOURNAL_FILE
from distilabel_pipelines.journal import read_record as read_journal_record
from distilabel_pipelines.reasoning import Request, make_trace
from distilabel_pipelines.rows import Trace


class _Spoken(NamedTuple):
    """The judge has spoken of a row, the reply to request `place`."""

    place: int
    row: CheckedTrace
    said: Future[Word]


class Refill:
    """Watches the replies of one build and moves the gateway's admission limit.

    It works in a thread of its own between `start` and `stop`; `note` may be called from any
    thread. `checked` holds every judged trace, so that none is judged twice; `tally` counts them.
    """

    def __init__(
        self,
        requests: Sequence[Request],
        recipe: Recipe,
        verifier: AnswerVerifier,
        *,
        responses: Path,
        work_dir: Path,
    ) -> None:
        self._requests = requests
        self._recipe = recipe
        self._verifier = verifier
        self._journal_path = responses / JOURNAL_FILE
        self._work_dir = work_dir
        self._events: queue.SimpleQueue[Finished | _Spoken | None] = queue.SimpleQueue()
        self._judge: Judge | None = None
        self._replies: dict[int, Trace] = {}
        self._at_the_judge = 0
        # Replies whose fate is known; those that wait for a word that counts are not here yet.
        self._by_index: dict[int, CheckedTrace] = {}
        self.tally = Tally()
        # Counted as replies come in, in units of rows: all samples of a question, where they are
        # kept, else one row a question.
        self._finished: Counter[str] = Counter()
        self._passed_questions: set[str] = set()
        self._passed = 0
        self._decided = 0
        self._prefix = 0
        self._prefix_rows: set[str] = set()
        self._rows_to_settle_at = recipe.rows
        self._repeated = 0
        self._closed = False
        self._limit = self._heard = 0
        self._samples = recipe.sampling.samples
        self._keeps_all = recipe.selection.keep == "all"
        self._requests_a_unit = 1 if self._keeps_all else self._samples
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="refill")

    def start(
        self, admit: Callable[[int, bool, int], None], model: str, judge: Judge | None = None
    ) -> None:
        """Begin to admit requests; `admit` takes a limit, whether it is final, and how many
        requests' ends it knows of.

        `judge` must be entered already, and left only after `stop`.
        """
        self._admit = admit
        self._model = model
        self._judge = judge
        self._running = self._thread.submit(self._run)

    def note(self, event: Finished) -> None:
        """A request's way has ended."""
        self._events.put(event)

    def stop(self) -> None:
        """End the thread once everything noted so far is judged; raises what went wrong in it.

        It waits for the judge's words too; `Judge.give_up` cuts that short.
        """
        self._events.put(None)
        self._thread.shutdown()
        self._running.result()

    @property
    def checked(self) -> dict[str, CheckedTrace]:
        """Every judged trace by its id, in the order of the requests."""
        known = dict(self._by_index)
        return {known[index].trace.trace_id: known[index] for index in sorted(known)}

    @property
    def accepted(self) -> int:
        """Rows that passed so far, known duplicates left out."""
        return self._passed - self._repeated

    @property
    def at_the_judge(self) -> int:
        """Rows whose second opinion is still to come."""
        return self._at_the_judge

    def _run(self) -> None:
        try:
            self._move_limit()
            ending = False
            while not ending or self._at_the_judge:
                events = self._take_events()
                ending = ending or None in events
                self._check([event for event in events if isinstance(event, Finished)])
                for event in events:
                    if isinstance(event, _Spoken):
                        self._hear(event)
                if not ending:
                    self._move_limit()
        finally:
            # Also when this thread fails: requests that wait for admission would wait for ever.
            self._admit(0, True, self._heard)

    def _take_events(self) -> list[Finished | _Spoken | None]:
        """Everything that has come in; waits for the first."""
        events = [self._events.get()]
        while True:
            try:
                events.append(self._events.get_nowait())
            except queue.Empty:
                return events

    def _check(self, events: Sequence[Finished]) -> None:
        """Judge replies by rule; those that no rule clears go to the judge."""
        indexed = [event for event in events if event.index is not None]
        self._heard += len(indexed)
        if not indexed:
            return
        with self._journal_path.open("rb") as journal:
            traces = [self._read_trace(event, journal) for event in indexed]
        checked = check_traces(traces, self._recipe.gates, self._verifier)
        tokens = self.tally.tokens
        for event, one in zip(indexed, checked, strict=True):
            index = event.index or 0
            known = self._replies.get(index)
            if known == one.trace:
                continue
            self._replies[index] = one.trace
            if known is None and not event.from_journal:
                tokens += one.trace.completion_tokens or 0
            if not self._wait_for_word(index, one):
                self._settle(index, one)
        # A new one each time: others read it.
        self.tally = self.tally._replace(replies=len(self._replies), tokens=tokens)

    def _wait_for_word(self, index: int, one: CheckedTrace) -> bool:
        """Show the row to the judge where that is wanted; whether its word must be waited for."""
        if self._judge is None or not needs_opinion(one):
            return False
        self._at_the_judge += 1
        asked = self._judge.ask(show_row(one))
        asked.add_done_callback(lambda said: self._events.put(_Spoken(index, one, said)))
        return self._judge.accepts

    def _hear(self, word: _Spoken) -> None:
        """Take in a row with its word; one that a later reply has replaced is left aside."""
        self._at_the_judge -= 1
        said, accepts = word.said.result(), self._judge is not None and self._judge.accepts
        if self._replies[word.place] == word.row.trace:
            self._settle(word.place, apply_opinion(word.row, *said, accepts=accepts))

    def _settle(self, index: int, one: CheckedTrace) -> None:
        """The row's fate is known (now with more about it, where it was known before)."""
        if index not in self._by_index:
            self._count(one)
            rejects = Counter(self.tally.rejects)
            rejects.update([one.reason] if one.reason is not None else [])
            self.tally = self.tally._replace(rejects=rejects)
        self._by_index[index] = one

    def _count(self, one: CheckedTrace) -> None:
        """A question is decided by its first passing sample, or by its last one."""
        seed_id, passes = one.trace.seed_id, one.reason is None
        self._finished[seed_id] += 1
        if self._keeps_all:
            self._decided += 1
            self._passed += passes
        elif seed_id not in self._passed_questions:
            self._decided += passes or self._finished[seed_id] == self._samples
            self._passed += passes
            if passes:
                self._passed_questions.add(seed_id)

    def _read_trace(self, event: Finished, journal: IO[bytes]) -> Trace:
        request = self._requests[event.index or 0]
        if event.offset is None:
            generation = make_failed_generation(
                "teacher_error", event.error, attempts=event.attempts
            )
        else:
            generation = read_record(
                read_journal_record(journal, event.offset),
                opening_tag_in_prompt=self._recipe.teacher.opening_tag_in_prompt,
            )
        return make_trace(request, generation, model=self._model)

    def _move_limit(self) -> None:
        if self._closed:
            return
        self._advance_prefix()
        if self._prefix == len(self._requests) or self._is_enough():
            self._closed = True
            self._admit(0, True, self._heard)
            return
        if self._recipe.teacher.batch and not self._has_all_admitted():
            self._admit(self._limit, False, self._heard)
            return
        passed = self.accepted
        missing = self._recipe.rows - passed
        wanted = self._decided + count_needed_in_flight(missing, passed, self._decided)
        limit = max(wanted * self._requests_a_unit, self._end_of_next_question())
        limit += -limit % self._recipe.sampling.samples  # questions are sampled whole
        self._limit = min(limit, len(self._requests))
        self._admit(self._limit, False, self._heard)

    def _has_all_admitted(self) -> bool:
        """Whether everything that was let go has come in, the judge's word included.

        A batch takes in at once whatever is admitted: the first few answers of one say too little
        of how many more are needed.
        """
        return len(self._replies) >= self._limit and not self._at_the_judge

    def _advance_prefix(self) -> None:
        """Step over the replies that are in with all before them; note the rows they may give."""
        while (one := self._by_index.get(self._prefix)) is not None:
            self._prefix += 1
            if one.reason is None:
                self._prefix_rows.add(one.trace.trace_id if self._keeps_all else one.trace.seed_id)

    def _end_of_next_question(self) -> int:
        """What must be open whatever the estimate says: the limit may fall, never below this.

        Enough replies may have passed while the first unfinished question still waits for a place;
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
        beginning = [self._by_index[index] for index in range(whole)]
        outcome = settle(beginning, self._recipe, self._work_dir)
        self._repeated = sum(one.reason == "duplicate" for one in outcome.rejected)
        short_of = self._recipe.rows - len(outcome.published)
        self._rows_to_settle_at = len(self._prefix_rows) + max(1, short_of)
        return short_of <= 0
