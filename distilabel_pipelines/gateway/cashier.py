"""What a request may cost, written down before it is sent, and what it did cost.

One a build, for all its teachers: it joins the journal, which is on disk, to the ledger, which adds
up and knows the budget. No line is written that the ledger has not been told, and none is told
that could not be written.
"""

from __future__ import annotations

from collections.abc import Callable

from distilabel_pipelines.gateway.settings import StopReason
from distilabel_pipelines.gateway.upstream import Attempt
from distilabel_pipelines.gateway.window import RunStoppedError, Ticket
from distilabel_pipelines.journal import Journal, JournalError
from distilabel_pipelines.journal_lines import JournalLine, JournalRecord
from distilabel_pipelines.ledger import Claim, Ledger
from distilabel_pipelines.prices import Price, bound_tokens
from distilabel_pipelines.wire import Body, TeacherName


class NoWorstCaseError(Exception):
    """A request that could cost any amount: no budget takes it."""


class Cashier:
    """Journal and ledger in one hand. A journal that fails ends the run through `on_stop`."""

    def __init__(
        self, journal: Journal, ledger: Ledger, on_stop: Callable[[StopReason, str], None]
    ) -> None:
        self._journal = journal
        self.ledger = ledger
        self._on_stop = on_stop

    def find(self, key: str) -> tuple[int, JournalRecord] | None:
        """The request's record with its byte offset; raises RunStoppedError where disks fail."""
        try:
            return self._journal.find(key)
        except JournalError as error:
            self._on_stop("journal", str(error))
            raise RunStoppedError(str(error)) from error

    async def append(self, line: JournalLine) -> int:
        """Write a line and return its offset; where that fails the run stops.

        An answered request is settled in the ledger once it is on disk.
        """
        try:
            offset = await self._journal.append(line)
        except JournalError as error:
            message = f"{error}. Nothing more is paid until it can be written."
            self._on_stop("journal", message)
            raise RunStoppedError(message) from error
        if isinstance(line, JournalRecord):
            self.ledger.settle(line)
        return offset

    def claim(
        self, teacher: TeacherName, key: str, body: Body, *, thought_tokens: int, batch: bool
    ) -> Claim | None:
        """The request's worst case; None where it has none and there is no budget.

        Raises NoWorstCaseError for such a request under a budget: it must not be sent.
        """
        try:
            tokens = bound_tokens(body, thought_tokens=thought_tokens)
        except TypeError as error:
            if not self.ledger.is_capped:
                return None
            raise NoWorstCaseError(
                f"not sent: under BUDGET every request needs a worst case, and {error}. Give the "
                "request max_tokens, a whole number, or build without BUDGET."
            ) from error
        return Claim(key, str(body.get("model")), tokens, batch, teacher)

    async def set_tariff(self, teacher: TeacherName, model: str, prices: tuple[Price, ...]) -> None:
        """From now on the model costs this; written where it is new."""
        line = self.ledger.set_tariff(teacher, model, prices)
        if line is not None:
            await self.append(line)

    async def reserve(self, ticket: Ticket) -> None:
        """Write the worst case before anything is sent: once a request, not once an attempt."""
        if ticket.reservation is not None:
            line, ticket.reservation = ticket.reservation, None
            await self.append(line)

    def adopt(self, ticket: Ticket) -> None:
        """A batch of an earlier run has the request: its reservation of then goes on."""
        if ticket.claim is not None:
            self.ledger.adopt(ticket.claim.key)
            ticket.is_held = True

    async def give_back(self, ticket: Ticket) -> None:
        """The request ended without an answer: its worst case is free again."""
        if ticket.claim is None or not ticket.is_held:
            return
        ticket.is_held, ticket.reservation = False, None
        line = self.ledger.release(ticket.claim.key)
        if line is not None:
            await self.append(line)

    async def note_loss(self, ticket: Ticket, attempt: Attempt) -> None:
        """A reply broke off, and what came of it may be billed: at most a token a byte.

        The next attempt is held anew.
        """
        if ticket.claim is None or not ticket.is_held:
            return
        ticket.is_held = False
        line = self.ledger.lose(ticket.claim.key, text_bytes=attempt.text_bytes)
        if line is not None:
            await self.append(line)
