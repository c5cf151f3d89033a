"""The ledger: what was paid, what may still have to be paid, and whether one more request fits.

Its totals are those of `accounts`; the live methods make the journal's lines and count them at
once, so a cap holds between the decision and the disk. Reserve first, settle with the real usage:
write-ahead as in Gray & Reuter, Transaction Processing, 1992. All of it is synchronous and takes
constant time a request.

The cap holds for what the provider bills as long as each request stays within its reservation, an
answer is billed once, and an attempt that brought no text is not billed. What a kill interrupted
may have been billed before it is asked again; `Spend.interrupted` says how much that can be.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from distilabel_pipelines.accounts import Accounts, Charge, Payer
from distilabel_pipelines.journal_lines import (
    JournalLine,
    JournalRecord,
    Loss,
    Release,
    Reservation,
    Tariff,
)
from distilabel_pipelines.prices import TOKENS, Budget, Price, TokenCount, format_amount
from distilabel_pipelines.spend import Spend
from distilabel_pipelines.wire import TeacherName


class Claim(NamedTuple):
    """One request that wants to be sent; `tokens` are upper bounds."""

    key: str
    model: str
    tokens: TokenCount
    batch: bool = False
    teacher: TeacherName = "teacher"

    @property
    def charge(self) -> Charge:
        """The worst case, with who would pay it."""
        return Charge(Payer(self.teacher, self.model), self.tokens, self.batch)


class Ledger:
    """The money of one OUT. `on_room`: called whenever a hold of this process has ended."""

    def __init__(self, budget: Budget | None) -> None:
        self._budget = budget
        self.accounts = Accounts()
        self._own: set[str] = set()
        self.on_room: list[Callable[[], None]] = []

    def follow(self, line: JournalLine) -> None:
        """Count a line that is in the journal already."""
        self.accounts.follow(line)

    def spent(self) -> Spend:
        """The totals so far."""
        return self.accounts.spent()

    @property
    def is_capped(self) -> bool:
        """Whether there is a budget: then nothing without a worst case may be sent."""
        return self._budget is not None

    def set_tariff(
        self, teacher: TeacherName, model: str, prices: tuple[Price, ...]
    ) -> Tariff | None:
        """From now on the model costs this; the line to write, None where nothing changes."""
        if self.accounts.find_prices(Payer(teacher, model)) == prices:
            return None
        line = Tariff(tariff=model, teacher=teacher, prices=prices)
        self.accounts.follow(line)
        return line

    def find_budget_problem(self) -> str:
        """Why a cap in money cannot be kept in this OUT, "" where it can.

        To be asked once the journal was followed and the tariffs are set.
        """
        if self._budget is None or not self._budget.is_money:
            return ""
        unit, told = self._budget.unit, f"BUDGET={self._budget.describe()} cannot be kept: "
        for (kind, (_, model)), account in self.accounts.sums.items():
            if kind == "interrupted":
                continue
            if account.unpriced:
                return (
                    f"{told}OUT holds {account.count} requests to {model}, whose price is unknown. "
                    "Give it in PRICES=my-prices.toml, cap tokens (BUDGET=2Mtok), or choose "
                    "another OUT."
                )
            others = sorted(name for name, sum_ in account.cost.items() if sum_ and name != unit)
            if others:
                return (
                    f"{told}OUT has already spent {', '.join(others)} on {model}. Cap in that "
                    "currency, cap tokens (BUDGET=2Mtok), or choose another OUT."
                )
        return ""

    def fits(self, claim: Claim) -> bool:
        """Whether the claim's worst case is left, after all that is spent and reserved.

        A key that is already reserved costs only what it takes more than that. Raises ValueError
        for a cap in money where the model's price is unknown or in another currency.
        """
        if self._budget is None:
            return True
        more = self._measure(claim.charge)
        held = self.accounts.open.get(claim.key)
        if held is not None:
            more -= self._measure(held)
        return self.accounts.committed[self._budget.unit] + more <= self._budget.amount

    def _measure(self, charge: Charge) -> Decimal:
        """A worst case in the budget's unit."""
        if self._budget is None or not self._budget.is_money:
            return Decimal(charge.tokens.total)
        cost = self.accounts.price("reserved", charge)
        if cost is None or cost[0] != self._budget.unit:
            found = "unknown" if cost is None else f"in {cost[0]}"
            raise ValueError(
                f"BUDGET={self._budget.describe()}: the price of {charge.payer.model} is {found}"
            )
        return cost[1]

    def hold(self, claim: Claim) -> Reservation | None:
        """Reserve the claim; the line to write before it is sent.

        None where this process holds the key already: a twin or a further attempt costs no more.
        """
        if claim.key in self._own:
            return None
        line = Reservation(
            reserved=claim.key,
            teacher=claim.teacher,
            model=claim.model,
            prompt_tokens=claim.tokens.prompt,
            completion_tokens=claim.tokens.completion,
            batch=claim.batch,
        )
        self.accounts.follow(line)
        self._own.add(claim.key)
        return line

    def adopt(self, key: str) -> None:
        """This process waits for the answer of a request that an earlier one sent in a batch."""
        if key in self.accounts.open:
            self._own.add(key)

    def settle(self, record: JournalRecord) -> None:
        """The answer is in the journal: its real usage replaces the reservation."""
        self.accounts.follow(record)
        self._let_go(record.key)

    def release(self, key: str) -> Release | None:
        """The request ended and nothing was billed; the line to write, None where none is open."""
        if key not in self.accounts.open:
            return None
        line = Release(released=key)
        self.accounts.follow(line)
        self._let_go(key)
        return line

    def lose(self, key: str, *, text_bytes: int | None = None) -> Loss | None:
        """An attempt broke after text had come in; the line to write, None where none is open.

        The reservation ends: a further attempt must be held anew. `text_bytes` bounds the tokens of
        a stream that the provider ends with the connection; None charges the whole reservation.
        """
        held = self.accounts.open.get(key)
        if held is None:
            return None
        completion = held.tokens.completion
        line = Loss(
            lost=key,
            teacher=held.payer.teacher,
            model=held.payer.model,
            prompt_tokens=held.tokens.prompt,
            completion_tokens=completion if text_bytes is None else min(completion, text_bytes),
            batch=held.batch,
        )
        self.accounts.follow(line)
        self._let_go(key)
        return line

    def _let_go(self, key: str) -> None:
        self._own.discard(key)
        for call in tuple(self.on_room):
            call()

    @property
    def is_idle(self) -> bool:
        """True when this process holds nothing: a claim that does not fit now never will."""
        return not self._own

    def describe_cap(self, claim: Claim | None = None) -> str:
        """Why nothing more is sent and what to do next; `claim` is what did not fit."""
        if self._budget is None:
            raise ValueError("no budget was given")
        unit, spend = self._budget.unit, self.accounts.spent()
        spent = (
            Decimal(spend.tokens) if unit == TOKENS else (spend.cost or {}).get(unit, Decimal(0))
        )
        reserved = self.accounts.committed[unit] - spent
        parts = [f"{format_amount(spent, unit)} spent"]
        if reserved:
            count = f"{spend.reserved.count} requests that were never answered"
            parts.append(f"{format_amount(reserved, unit)} reserved for {count}")
        if claim is not None:
            worst = self._measure(claim.charge)
            parts.append(f"the next request may take up to {format_amount(worst, unit)}")
        return (
            f"BUDGET={self._budget.describe()} is reached: {', '.join(parts)}. The same command "
            "with a larger BUDGET goes on and pays nothing twice; PACKAGE_PARTIAL=1 packages what "
            "is there. (A lower MAX_TOKENS or THINKING_BUDGET reserves less a request, but makes "
            "each one another request: what is answered would be asked anew.)"
        )
