"""The refill of a reasoning build: replies judged as they land, by rule and by a second opinion.

The admission limit itself is `admission`'s. A judge is asked about a reply as soon as it is judged
by rule. Where its word may change the selection, such a row counts as still in flight until the
word is in; otherwise nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO, NamedTuple

from builders.admission import Admission, Sampled, Settled
from builders.checks.answers import AnswerVerifier
from builders.checks.stage import check_traces
from builders.judged import CheckedTrace
from builders.opinions import Word, apply_opinion, needs_opinion, show_row
from builders.recipe import Recipe
from builders.settle import settle
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.generations import make_failed_generation, read_record
from distilabel_pipelines.journal import read_record as read_journal_record
from distilabel_pipelines.reasoning import Request, make_trace
from distilabel_pipelines.rows import Trace


class _Spoken(NamedTuple):
    """The judge has spoken of a row, the reply to request `place`."""

    place: int
    row: CheckedTrace
    said: Future[Word]


class Refill(Admission[CheckedTrace, _Spoken]):
    """Watches the replies of one reasoning build; `checked` holds every judged trace, so that none
    is judged twice."""

    def __init__(
        self,
        requests: Sequence[Request],
        recipe: Recipe,
        verifier: AnswerVerifier,
        *,
        responses: Path,
        work_dir: Path,
    ) -> None:
        sampled = Sampled(recipe.sampling.samples, recipe.selection.keep == "all")
        super().__init__(len(requests), recipe, sampled, responses=responses)
        self._requests = requests
        self._recipe = recipe
        self._verifier = verifier
        self._work_dir = work_dir
        # Replies that are in; those that wait for a word that counts are not settled yet.
        self._replies: dict[int, Trace] = {}
        self._at_the_judge = 0

    @property
    def at_the_judge(self) -> int:
        """Rows whose second opinion is still to come."""
        return self._at_the_judge

    def _name_unit(self, one: CheckedTrace) -> str:
        return one.trace.seed_id

    def _name_row(self, one: CheckedTrace) -> str:
        return one.trace.trace_id

    def _check(self, events: Sequence[Finished], journal: IO[bytes]) -> None:
        """Judge replies by rule; those that no rule clears go to the judge."""
        traces = [self._read_trace(event, journal) for event in events]
        checked = check_traces(traces, self._recipe.gates, self._verifier)
        tokens = self.tally.tokens
        for event, one in zip(events, checked, strict=True):
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

    def _hear(self, news: _Spoken) -> None:
        """Take in a row with its word; one that a later reply has replaced is left aside."""
        self._at_the_judge -= 1
        said, accepts = news.said.result(), self._judge is not None and self._judge.accepts
        if self._replies[news.place] == news.row.trace:
            self._settle(news.place, apply_opinion(news.row, *said, accepts=accepts))

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

    def _settle_beginning(self, beginning: Sequence[CheckedTrace]) -> Settled:
        outcome = settle(beginning, self._recipe, self._work_dir)
        repeated = sum(one.reason == "duplicate" for one in outcome.rejected)
        return Settled(len(outcome.published), repeated)
