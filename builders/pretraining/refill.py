"""The refill of a pretraining build: texts checked as they land, parts of a cut text joined first.

The admission limit itself is `admission`'s; every passing text is a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Never

from builders.admission import Admission, Sampled, Settled
from builders.decontamination import Benchmarks
from builders.pretraining.check import check_texts
from builders.pretraining.outcome import CheckedPassage
from builders.pretraining.recipe import PretrainingRecipe
from builders.pretraining.settle import settle_passages
from distilabel_pipelines.continuations import join_replies, needs_continuation
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.generations import make_failed_generation, read_record
from distilabel_pipelines.journal import read_record as read_journal_record
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.passages import Passage
from distilabel_pipelines.pretraining import TextRequest, make_passage
from distilabel_pipelines.wire import Reply, count_tokens


class PassageRefill(Admission[CheckedPassage, Never]):
    """Watches the replies of one pretraining build; `checked` holds every checked text, so that
    none is checked twice."""

    def __init__(
        self,
        requests: Sequence[TextRequest],
        recipe: PretrainingRecipe,
        benchmarks: Benchmarks,
        *,
        responses: Path,
        work_dir: Path,
    ) -> None:
        sampled = Sampled(recipe.sampling.samples, keeps_all=True)
        super().__init__(len(requests), recipe, sampled, responses=responses)
        self._requests = requests
        self._recipe = recipe
        self._opening_tag_in_prompt = recipe.teacher.opening_tag_in_prompt
        self._benchmarks = benchmarks
        self._work_dir = work_dir
        # The parts of each text by their places in the journal, in the order they came: the next
        # part is asked for when the one before it is in.
        self._parts: defaultdict[int, dict[int, Reply]] = defaultdict(dict)
        self._passages: dict[int, Passage] = {}
        self._tokens = 0

    def _name_unit(self, one: CheckedPassage) -> str:
        return one.passage.prompt.prompt_id

    def _name_row(self, one: CheckedPassage) -> str:
        return one.passage.passage_id

    def _check(self, events: Sequence[Finished], journal: IO[bytes]) -> None:
        whole: dict[int, Passage] = {}
        for event in events:
            index = event.index or 0
            passage = self._read_passage(index, event, journal)
            if passage is not None and self._passages.get(index) != passage:
                whole[index] = passage
        self._passages |= whole
        checked = check_texts(list(whole.values()), self._recipe.checks)
        for index, one in zip(whole, checked, strict=True):
            self._settle(index, one)
        # A new one each time: others read it.
        self.tally = self.tally._replace(replies=len(self._passages), tokens=self._tokens)

    def _read_passage(self, index: int, event: Finished, journal: IO[bytes]) -> Passage | None:
        """The text, or None for a part whose continuation is on its way."""
        request, parts = self._requests[index], self._parts[index]
        if event.offset is None:
            failed = make_failed_generation("teacher_error", event.error, attempts=event.attempts)
            return make_passage(request, failed, model=self._model)
        record = read_journal_record(journal, event.offset)
        if record.reply is not None and event.offset not in parts:
            parts[event.offset] = record.reply
            self._count_tokens(record.reply, event)
        replies = list(parts.values())
        if record.reply is not None:
            most, opened = self._recipe.sampling.continuations, self._opening_tag_in_prompt
            if needs_continuation(replies, most, opening_tag_in_prompt=opened):
                return None
            record = record.model_copy(update={"reply": join_replies(replies)})
        return self._make_passage(request, record, len(replies) - 1)

    def _make_passage(
        self, request: TextRequest, record: JournalRecord, continuations: int
    ) -> Passage:
        generation = read_record(record, opening_tag_in_prompt=self._opening_tag_in_prompt)
        return make_passage(
            request,
            generation,
            model=self._model,
            continuations=0 if record.reply is None else continuations,
        )

    def _count_tokens(self, reply: Reply, event: Finished) -> None:
        if not event.from_journal:
            self._tokens += count_tokens(reply.usage, "completion_tokens") or 0

    def _settle_beginning(self, beginning: Sequence[CheckedPassage]) -> Settled:
        settled = settle_passages(beginning, self._recipe, self._work_dir, self._benchmarks)
        repeated = sum(one.reason in {"duplicate", "contaminated"} for one in settled.rejected)
        return Settled(len(settled.published), repeated)
