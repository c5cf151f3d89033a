"""The accounts of one OUT: every line of the journal, counted in its order.

A pure function of the lines: whoever follows the same journal has the same totals, whatever was
killed in between. Constant time a line; money and tokens are exact.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from distilabel_pipelines.journal_lines import (
    JournalLine,
    JournalRecord,
    Loss,
    Release,
    Reservation,
    Tariff,
)
from distilabel_pipelines.prices import (
    TOKENS,
    Price,
    TokenCount,
    bound_cost,
    bound_prompt_tokens,
    bound_tokens,
    choose_price,
    compute_cost,
)
from distilabel_pipelines.spend import JUDGE_MARK, BoundedSpend, Cost, ModelSpend, Spend
from distilabel_pipelines.wire import Reply, TeacherName, count_tokens

Kind = Literal["answered", "unreported", "lost", "reserved", "interrupted"]
_SPENT: tuple[Kind, ...] = ("answered", "unreported", "lost")
_COMMITTED = frozenset({*_SPENT, "reserved"})
_TEACHERS: tuple[TeacherName, ...] = ("teacher", "judge")


class Payer(NamedTuple):
    """Who asked which model: what a price belongs to."""

    teacher: TeacherName
    model: str


class Charge(NamedTuple):
    """Tokens of one model that were or may be billed."""

    payer: Payer
    tokens: TokenCount
    batch: bool


class Account:
    """Running sums of one kind of charge for one payer; `unpriced` counts those without a cost."""

    __slots__ = (
        "batched",
        "cached",
        "completion",
        "cost",
        "count",
        "prompt",
        "unpriced",
    )

    def __init__(self) -> None:
        self.count = self.batched = self.unpriced = 0
        self.prompt = self.cached = self.completion = 0
        self.cost: Cost = {}

    def add(self, tokens: TokenCount, *, batch: bool, sign: int = 1) -> None:
        """Count a charge in, or with sign -1 out again."""
        self.count += sign
        self.batched += sign * batch
        self.prompt += sign * tokens.prompt
        self.cached += sign * tokens.cached
        self.completion += sign * tokens.completion

    def add_cost(self, cost: tuple[str, Decimal] | None, *, sign: int = 1) -> None:
        """The price of a charge, None where it is unknown."""
        if cost is None:
            self.unpriced += sign
            return
        currency, amount = cost
        self.cost[currency] = self.cost.get(currency, Decimal(0)) + sign * amount


def sum_costs(accounts: Iterable[Account]) -> Cost | None:
    """The accounts' costs by currency, None where any charge has no price."""
    total: Cost = {}
    for account in accounts:
        if account.unpriced:
            return None
        for currency, amount in account.cost.items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    # Normalised, so that equal sums are written alike whatever was added in between.
    return {currency: total[currency].normalize() for currency in sorted(total) if total[currency]}


def sum_bounds(accounts: Iterable[Account]) -> BoundedSpend:
    """Accounts of one kind, over all payers."""
    listed = list(accounts)
    return BoundedSpend(
        count=sum(account.count for account in listed),
        prompt_tokens=sum(account.prompt for account in listed),
        completion_tokens=sum(account.completion for account in listed),
        cost=sum_costs(listed),
    )


class Accounts:
    """What the followed lines say was paid and reserved; see `Spend` for the kinds of charges.

    `open` holds the reservations without an end, `committed` everything spent and reserved by unit
    (a currency, or "tokens"), `sums` the running sums by kind and payer.
    """

    def __init__(self) -> None:
        self._tariffs: dict[Payer, tuple[Price, ...]] = {}
        self.open: dict[str, Charge] = {}
        self.sums: defaultdict[tuple[Kind, Payer], Account] = defaultdict(Account)
        self.committed: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._refused: Counter[Payer] = Counter()
        self._waited_ms: Counter[Payer] = Counter()  # whole numbers: their sum has no order
        self._unpriced: defaultdict[Payer, list[tuple[Kind, Charge]]] = defaultdict(list)

    def follow(self, line: JournalLine) -> None:
        """Count one line of the journal, in the order in which they stand there."""
        if isinstance(line, JournalRecord):
            self._follow_record(line)
        elif isinstance(line, Reservation):
            self._reserve(line)
        elif isinstance(line, Release):
            self._close(line.released)
        elif isinstance(line, Loss):
            self._close(line.lost)
            self._book("lost", _read_charge(line))
        elif isinstance(line, Tariff):
            for teacher in _TEACHERS if line.teacher is None else (line.teacher,):
                self._set_prices(Payer(teacher, line.tariff), line.prices)

    def _follow_record(self, record: JournalRecord) -> None:
        payer = Payer(record.teacher, str(record.request.get("model", "")))
        held = self._close(record.key)
        if record.reply is None:
            self._refused[payer] += 1
            return
        self._waited_ms[payer] += 0 if record.batch else round(record.latency_s * 1000)
        tokens = read_usage(record.reply.usage)
        if tokens is None:
            bound = held.tokens if held is not None else _bound_answer(record)
            tokens = _bound_usage(record.reply.usage, bound)
            self._book("unreported", Charge(payer, tokens, record.batch))
            return
        self._book("answered", Charge(payer, tokens, record.batch))

    def _reserve(self, line: Reservation) -> None:
        interrupted = self._close(line.reserved)
        if interrupted is not None:
            self._book("interrupted", interrupted)
        charge = _read_charge(line)
        self.open[line.reserved] = charge
        self._book("reserved", charge)

    def _close(self, key: str) -> Charge | None:
        held = self.open.pop(key, None)
        if held is not None:
            self._book("reserved", held, sign=-1)
        return held

    def _set_prices(self, payer: Payer, prices: tuple[Price, ...]) -> None:
        """The model's price from here on, also for what was taken while no price was known."""
        held = {key: charge for key, charge in self.open.items() if charge.payer == payer}
        for key in held:
            self._close(key)
        self._tariffs[payer] = prices
        for key, charge in held.items():
            self.open[key] = charge
            self._book("reserved", charge)
        if prices:
            for kind, charge in self._unpriced.pop(payer, []):
                self.sums[kind, payer].unpriced -= 1
                self._book_cost(kind, charge, sign=1)

    def _book(self, kind: Kind, charge: Charge, *, sign: int = 1) -> None:
        self.sums[kind, charge.payer].add(charge.tokens, batch=charge.batch, sign=sign)
        if kind in _COMMITTED:
            self.committed[TOKENS] += sign * charge.tokens.total
        self._book_cost(kind, charge, sign=sign)

    def _book_cost(self, kind: Kind, charge: Charge, *, sign: int) -> None:
        cost = self.price(kind, charge)
        self.sums[kind, charge.payer].add_cost(cost, sign=sign)
        if cost is None:
            if kind != "reserved":
                self._unpriced[charge.payer].append((kind, charge))
        elif kind in _COMMITTED:
            currency, amount = cost
            self.committed[currency] += sign * amount

    def find_prices(self, payer: Payer) -> tuple[Price, ...]:
        """The model's prices just now, empty where none is known."""
        return self._tariffs.get(payer, ())

    def price(self, kind: Kind, charge: Charge) -> tuple[str, Decimal] | None:
        """Currency and amount: exact for an answer, else the most it can be; None: unknown."""
        prices = self._tariffs.get(charge.payer)
        if not prices:
            return None
        price = choose_price(prices, charge.tokens.prompt)
        if kind == "answered":
            return price.currency, compute_cost(price, charge.tokens, batch=charge.batch)
        return price.currency, bound_cost(prices, charge.tokens, batch=charge.batch)

    def spent(self) -> Spend:
        """The totals so far."""
        spent = [account for (kind, _), account in self.sums.items() if kind in _SPENT]
        return Spend(
            models={_name_payer(payer): self._sum_model(payer) for payer in self._list_payers()},
            unreported=sum_bounds(self._of_kind("unreported")),
            lost=sum_bounds(self._of_kind("lost")),
            reserved=sum_bounds(self._of_kind("reserved")),
            interrupted=sum_bounds(self._of_kind("interrupted")),
            tokens=sum(account.prompt + account.completion for account in spent),
            cost=sum_costs(spent),
        )

    def _of_kind(self, wanted: Kind) -> list[Account]:
        return [account for (kind, _), account in self.sums.items() if kind == wanted]

    def _list_payers(self) -> list[Payer]:
        named = {payer for (_, payer), account in self.sums.items() if account.count}
        return sorted(named | set(self._refused), key=_name_payer)

    def _sum_model(self, payer: Payer) -> ModelSpend:
        account = self.sums.get(("answered", payer), Account())
        unreported = self.sums.get(("unreported", payer), Account())
        return ModelSpend(
            answered=account.count + unreported.count,
            refused=self._refused[payer],
            batched=account.batched + unreported.batched,
            unreported=unreported.count,
            prompt_tokens=account.prompt,
            cached_tokens=account.cached,
            completion_tokens=account.completion,
            cost=sum_costs([account]),
            waited_ms=self._waited_ms[payer],
        )


def _name_payer(payer: Payer) -> str:
    """How the payer stands in a `Spend`: the judge says so, it may be the teacher's model too."""
    return payer.model if payer.teacher == "teacher" else f"{payer.model}{JUDGE_MARK}"


def _read_charge(line: Reservation | Loss) -> Charge:
    tokens = TokenCount(line.prompt_tokens, line.completion_tokens)
    return Charge(Payer(line.teacher, line.model), tokens, line.batch)


def read_usage(usage: Mapping[str, Any] | None) -> TokenCount | None:
    """The tokens that the teacher says it billed; None where it does not say both counts."""
    prompt = count_tokens(usage, "prompt_tokens")
    completion = count_tokens(usage, "completion_tokens")
    if usage is None or prompt is None or completion is None:
        return None
    details = usage.get("prompt_tokens_details")
    cached = count_tokens(details, "cached_tokens") if isinstance(details, Mapping) else None
    return TokenCount(prompt, completion, min(cached or 0, prompt))


def _bound_usage(usage: Mapping[str, Any] | None, bound: TokenCount) -> TokenCount:
    """What the teacher said of an incomplete usage, the bound for the rest."""
    prompt = count_tokens(usage, "prompt_tokens")
    completion = count_tokens(usage, "completion_tokens")
    return TokenCount(
        bound.prompt if prompt is None else prompt,
        bound.completion if completion is None else completion,
    )


def _bound_answer(record: JournalRecord) -> TokenCount:
    """The bound of an answer that nothing was reserved for: the request's own, or its text's."""
    try:
        return bound_tokens(record.request, thought_tokens=0)
    except TypeError:
        reply = record.reply
        texts = reply.message.values() if isinstance(reply, Reply) else ()
        size = sum(len(text.encode(errors="replace")) for text in texts if text)
        return TokenCount(bound_prompt_tokens(record.request), size)
