"""The ledger: a cap that holds, totals that survive every kill, and no price that becomes 0."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from typing import Any

import pytest

from distilabel_pipelines.journal_lines import (
    BatchClosed,
    JournalLine,
    JournalRecord,
    dump_line,
    parse_line,
)
from distilabel_pipelines.ledger import Claim, Ledger
from distilabel_pipelines.prices import Budget, Price, TokenCount
from distilabel_pipelines.wire import Refusal, Reply

PRICES = (
    Price(
        currency="USD",
        input=Decimal("1.2"),
        output=Decimal(6),
        cached_input=Decimal("0.24"),
        batch_input=Decimal("0.6"),
        batch_output=Decimal(3),
        up_to_prompt_tokens=1000,
    ),
    Price(currency="USD", input=Decimal("2.4"), output=Decimal(12)),
)


def budget(amount: str, unit: str = "USD") -> Budget:
    return Budget(amount=Decimal(amount), unit=unit)


def claim(key: str, prompt: int = 1000, completion: int = 1000, *, batch: bool = False) -> Claim:
    return Claim(key, "m", TokenCount(prompt, completion), batch)


def usage(prompt: int, completion: int, cached: int = 0, reasoning: int = 0) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def answer(key: str, told: dict[str, Any] | None, **changes: object) -> JournalRecord:
    reply = Reply(
        message={"content": "42"},
        finish_reason="stop",
        usage=told,
        served_model="m",
        response_id="",
    )
    request = {"model": "m", "messages": [], "max_tokens": 50}
    plain = {"key": key, "api": "chat", "request": request, "reply": reply}
    return JournalRecord.model_validate({**plain, "attempts": 1, "latency_s": 1.0, **changes})


def refusal(key: str) -> JournalRecord:
    told = Refusal(status=400, code="DataInspectionFailed", message="no")
    return answer(key, None, reply=None, refusal=told)


def priced(cap: Budget | None = None) -> Ledger:
    ledger = Ledger(cap)
    ledger.set_tariff("teacher", "m", PRICES)
    return ledger


def replay(lines: list[JournalLine], cap: Budget | None = None) -> Ledger:
    """Another process: it has only what is on disk."""
    ledger = Ledger(cap)
    for line in lines:
        ledger.follow(parse_line(dump_line(line)))
    return ledger


def test_an_answers_real_usage_replaces_its_reservation() -> None:
    ledger = priced(budget("1"))
    ledger.hold(claim("a"))
    assert ledger.spent().reserved.cost == {"USD": Decimal("0.0072")}
    assert ledger.spent().cost == {}
    ledger.settle(answer("a", usage(100, 200, cached=50, reasoning=150)))
    spend = ledger.spent()
    # 50 x 1.2 + 50 x 0.24 + 200 x 6, a million of them
    assert spend.cost == spend.models["m"].cost == {"USD": Decimal("0.001272")}
    assert spend.reserved.count == 0
    assert spend.reserved.cost == {}
    assert spend.tokens == 300
    model = spend.models["m"]
    assert (model.answered, model.cached_tokens) == (1, 50)


def test_a_claim_fits_up_to_the_last_cent() -> None:
    ledger = priced(budget("0.0144"))  # two worst cases
    for key in "ab":
        assert ledger.fits(claim(key))
        ledger.hold(claim(key))
    assert not ledger.fits(claim("c"))
    assert ledger.fits(claim("b")), "what is reserved costs nothing more"
    ledger.settle(answer("a", usage(1, 1)))
    assert not ledger.fits(claim("c"))
    ledger.release("b")
    assert ledger.fits(claim("c"))


def test_a_budget_in_tokens_needs_no_price() -> None:
    ledger = Ledger(budget("3000", "tokens"))
    ledger.hold(claim("a"))
    assert not ledger.fits(claim("b"))
    ledger.settle(answer("a", usage(400, 600)))
    assert ledger.fits(claim("b"))
    assert ledger.spent().cost is None
    assert "1,000 tokens spent" in ledger.describe_cap()


def test_a_twin_and_a_second_attempt_are_reserved_once() -> None:
    ledger = priced()
    assert ledger.hold(claim("a")) is not None
    assert ledger.hold(claim("a")) is None
    assert ledger.spent().reserved.count == 1


def test_without_usage_the_bound_stays_charged_and_is_told_apart() -> None:
    ledger = priced()
    ledger.hold(claim("a", 900, 100))
    ledger.settle(answer("a", None))
    ledger.hold(claim("b", 900, 100))
    ledger.settle(answer("b", {"prompt_tokens": 10}))
    spend = ledger.spent()
    assert (spend.unreported.count, spend.unreported.prompt_tokens) == (2, 910)
    assert spend.cost == {"USD": Decimal("0.002292")}
    assert spend.models["m"].cost == {}
    assert (spend.models["m"].answered, spend.models["m"].unreported) == (2, 2)


def test_an_answer_that_nothing_was_reserved_for_is_charged_too() -> None:
    """The journals of builds before there was a ledger."""
    lines: list[JournalLine] = [answer("a", usage(10, 20)), answer("b", None)]
    spend = replay(lines).spent()
    assert spend.models["m"].answered == 2
    assert 50 <= spend.unreported.completion_tokens <= 70
    unbounded = answer("c", None, request={"model": "m", "prompt": "p"})
    assert replay([unbounded]).spent().unreported.completion_tokens == len("42")


def test_a_refusal_is_counted_and_costs_nothing() -> None:
    ledger = priced(budget("1"))
    ledger.hold(claim("a"))
    ledger.settle(refusal("a"))
    assert ledger.spent().models["m"].refused == 1
    assert (ledger.spent().tokens, ledger.spent().reserved.count) == (0, 0)


def test_the_time_of_replies_is_added_up_and_that_of_batches_is_not() -> None:
    ledger = priced()
    for key, latency_s in (("a", 0.1), ("b", 2.0004), ("c", 30.0)):
        ledger.settle(answer(key, usage(1, 1), latency_s=latency_s, batch=key == "c"))
    ledger.settle(refusal("d"))
    assert ledger.spent().models["m"].waited_ms == 2_100


def test_a_broken_attempt_stays_charged_and_the_next_one_is_held_anew() -> None:
    ledger = priced(budget("0.0144"))
    ledger.hold(claim("a"))
    loss = ledger.lose("a")
    assert loss is not None
    assert loss.completion_tokens == 1000
    assert ledger.is_idle
    assert ledger.hold(claim("a")) is not None
    assert not ledger.fits(claim("b"))
    short = ledger.lose("a", text_bytes=30)
    assert short is not None
    assert short.completion_tokens == 30
    assert ledger.spent().lost.count == 2
    assert ledger.spent().interrupted.count == 0
    assert ledger.lose("nobody") is None
    assert ledger.release("nobody") is None


def test_what_was_in_flight_at_a_kill_stays_charged_until_it_is_answered() -> None:
    before = priced(budget("0.0144"))
    tariff = Ledger(None).set_tariff("teacher", "m", PRICES)
    held = before.hold(claim("a"))
    assert tariff is not None
    assert held is not None
    lines: list[JournalLine] = [tariff, held]
    after = replay(lines, budget("0.0144"))
    assert after.is_idle
    assert after.spent() == before.spent()
    after.hold(claim("b"))
    assert not after.fits(claim("c"))
    assert after.fits(claim("a"))
    again = after.hold(claim("a"))
    assert again is not None, "asked again: a line says so"
    assert after.spent().interrupted.count == 1
    assert after.spent().interrupted.cost == {"USD": Decimal("0.0072")}
    after.settle(answer("a", usage(1000, 0)))
    assert after.spent().cost == {"USD": Decimal("0.0012")}


def test_a_batch_of_an_earlier_process_is_adopted_and_paid_at_its_own_price() -> None:
    tariff = Ledger(None).set_tariff("teacher", "m", PRICES)
    held = priced().hold(claim("a", batch=True))
    assert tariff is not None
    assert held is not None
    after = replay([tariff, held], budget("1"))
    assert after.spent().reserved.cost == {"USD": Decimal("0.0036")}
    after.adopt("a")
    after.adopt("nobody")
    assert not after.is_idle
    after.settle(answer("a", usage(1000, 100), batch=True))
    assert after.is_idle
    assert after.spent().cost == {"USD": Decimal("0.0009")}
    assert after.spent().models["m"].batched == 1
    after.follow(BatchClosed(closed_batch="b", outcome="completed"))
    assert after.spent().cost == {"USD": Decimal("0.0009")}


def test_whoever_waits_is_told_when_a_hold_ends() -> None:
    ledger, told = priced(), []
    ledger.on_room.append(lambda: told.append(ledger.is_idle))
    for key in "abc":
        ledger.hold(claim(key))
    ledger.settle(answer("a", usage(1, 1)))
    ledger.release("b")
    ledger.lose("c")
    assert told == [False, False, True]


def test_an_unknown_price_is_unknown_and_never_nothing() -> None:
    ledger = Ledger(None)
    ledger.settle(answer("a", usage(10, 20)))
    assert ledger.spent().cost is None
    assert ledger.spent().models["m"].cost is None
    assert ledger.spent().lost.cost == {}, "nothing of it: known to be nothing"
    assert ledger.set_tariff("teacher", "other", PRICES) is not None
    assert ledger.spent().cost is None


def test_a_price_found_later_holds_for_what_was_paid_before() -> None:
    """An estimate without a price table, then a build with one and a budget, in one OUT."""
    ledger = Ledger(budget("1"))
    ledger.settle(answer("a", usage(100, 200)))
    ledger.hold(claim("b"))
    ledger.lose("b")
    ledger.hold(claim("c"))
    assert "price is unknown" in ledger.find_budget_problem()
    ledger.set_tariff("teacher", "m", PRICES)
    assert ledger.find_budget_problem() == ""
    assert ledger.spent().cost == {"USD": Decimal("0.00132") + Decimal("0.0072")}
    assert ledger.spent().reserved.cost == {"USD": Decimal("0.0072")}


def test_a_new_price_holds_from_then_on() -> None:
    ledger = priced()
    ledger.settle(answer("a", usage(1000, 0)))
    dearer = (Price(currency="USD", input=Decimal(100), output=Decimal(100)),)
    assert ledger.set_tariff("teacher", "m", dearer) is not None
    assert ledger.set_tariff("teacher", "m", dearer) is None
    ledger.settle(answer("b", usage(1000, 0)))
    assert ledger.spent().cost == {"USD": Decimal("0.1012")}


def test_a_cap_in_money_refuses_what_it_cannot_count() -> None:
    ledger = Ledger(budget("1"))
    with pytest.raises(ValueError, match="the price of m is unknown"):
        ledger.fits(claim("a"))
    ledger.set_tariff("teacher", "m", (Price(currency="CNY", input=Decimal(1), output=Decimal(1)),))
    with pytest.raises(ValueError, match="in CNY"):
        ledger.fits(claim("a"))
    ledger.settle(answer("a", usage(10, 10)))
    assert "spent CNY on m" in ledger.find_budget_problem()
    assert Ledger(budget("5", "tokens")).find_budget_problem() == ""


def test_one_model_costs_teacher_and_judge_what_each_of_them_pays() -> None:
    """A teacher that thinks and a judge that does not, both the same model."""
    cheap = (Price(currency="USD", input=Decimal(0), output=Decimal(2)),)
    dear = (Price(currency="USD", input=Decimal(0), output=Decimal(8)),)
    ledger, lines = Ledger(budget("2")), list[JournalLine | None]()
    lines.append(ledger.set_tariff("teacher", "m", dear))
    lines.append(ledger.set_tariff("judge", "m", cheap))
    assert ledger.find_budget_problem() == ""
    asked = Claim("a", "m", TokenCount(0, 100_000))
    judged = Claim("b", "m", TokenCount(0, 100_000), teacher="judge")
    for one in (asked, judged, asked._replace(key="c"), judged._replace(key="d")):
        assert ledger.fits(one)
        lines.append(ledger.hold(one))
    assert ledger.spent().reserved.cost == {"USD": Decimal(2)}
    assert not ledger.fits(asked._replace(key="e"))
    for record in (answer("a", usage(0, 100_000)), answer("b", usage(0, 100_000), teacher="judge")):
        ledger.settle(record)
        lines.append(record)
    lines += [ledger.lose("c"), ledger.lose("d")]
    spend = ledger.spent()
    assert spend.models["m"].cost == {"USD": Decimal("0.8")}
    assert spend.models["m (judge)"].cost == {"USD": Decimal("0.2")}
    assert spend.cost == {"USD": Decimal(2)}
    assert replay([line for line in lines if line is not None]).spent() == spend


def test_a_journal_without_the_teachers_field_is_read_as_before() -> None:
    ledger = Ledger(None)
    for line in (
        b'{"tariff": "m", "prices": [{"currency": "USD", "input": "1", "output": "1"}]}',
        b'{"reserved": "x", "model": "m", "prompt_tokens": 5, "completion_tokens": 5}',
        b'{"lost": "y", "model": "m", "prompt_tokens": 5, "completion_tokens": 5}',
        dump_line(answer("a", usage(10, 10), teacher="judge")),
    ):
        ledger.follow(parse_line(line))
    spend = ledger.spent()
    assert spend.cost == {"USD": Decimal("0.00003")}
    assert spend.reserved.cost == {"USD": Decimal("0.00001")}


@pytest.mark.parametrize(
    "told",
    [
        usage(-1_000_000, 1000),
        usage(1000, -(10**9)),
        usage(True, 1000),
        {"prompt_tokens": 1000, "completion_tokens": 1000.5},
        {"prompt_tokens": "1000", "completion_tokens": 1000},
    ],
)
def test_usage_that_cannot_be_is_not_believed(told: dict[str, Any]) -> None:
    ledger = priced(budget("0.0072"))
    ledger.hold(claim("a"))
    ledger.settle(answer("a", told))
    assert ledger.spent().unreported.count == 1
    assert ledger.spent().unreported.cost == {"USD": Decimal("0.0072")}
    assert not ledger.fits(claim("b", 1, 1))


@pytest.mark.parametrize(
    ("cached", "cost"),
    [(-(10**9), "0.0012"), (True, "0.0012"), (None, "0.0012"), (10**9, "0.00024")],
)
def test_no_fewer_than_none_and_no_more_than_the_prompt_are_cached(
    cached: Any,  # noqa: ANN401  # whatever a server may send
    cost: str,
) -> None:
    ledger = priced()
    ledger.settle(answer("a", usage(1000, 0, cached=cached)))
    assert ledger.spent().cost == {"USD": Decimal(cost)}
    assert 0 <= ledger.spent().models["m"].cached_tokens <= 1000


def test_the_message_at_the_cap_says_what_was_spent_and_what_to_do() -> None:
    ledger = priced(budget("0.0200"))
    ledger.hold(claim("a"))
    ledger.settle(answer("a", usage(1000, 1000)))
    ledger.hold(claim("b"))
    said = ledger.describe_cap(claim("c"))
    assert "BUDGET=0.02USD is reached: 0.007200 USD spent, 0.007200 USD reserved" in said
    assert "up to 0.007200 USD" in said
    assert "larger BUDGET" in said
    assert "MAX_TOKENS or THINKING_BUDGET" in said


class Life:
    """A gateway's life with its journal: random ends of requests, and kills in between."""

    def __init__(self, seed: int, cap: Budget) -> None:
        self.draw = random.Random(seed)  # noqa: S311  # no secret
        self.cap = cap
        self.lines: list[JournalLine] = []
        self.billed: list[TokenCount] = []
        self.keys = 0
        self.restart()

    def restart(self) -> None:
        self.ledger = replay(self.lines, self.cap)
        self.in_flight: dict[str, Claim] = {}
        self.write(self.ledger.set_tariff("teacher", "m", PRICES))

    def write(self, line: JournalLine | None) -> None:
        self.lines += [line] if line is not None else []

    def send(self) -> None:
        left_open = [key for key in self.ledger.accounts.open if key not in self.in_flight]
        if left_open and self.draw.random() < 0.5:
            key = self.draw.choice(left_open)
        else:
            self.keys += 1
            key = f"k{self.keys}"
        wanted = claim(key, self.draw.randint(1, 2000), self.draw.randint(1, 2000))
        if self.ledger.fits(wanted):
            self.write(self.ledger.hold(wanted))
            self.in_flight[key] = wanted

    def end(self) -> None:
        if not self.in_flight:
            return
        key = self.draw.choice(list(self.in_flight))
        most = self.in_flight.pop(key).tokens
        real = TokenCount(self.draw.randint(0, most.prompt), self.draw.randint(0, most.completion))
        way = self.draw.choice(["answer", "answer", "silent", "lose", "release", "refuse"])
        if way in ("answer", "silent"):
            self.billed.append(real)
            told = usage(real.prompt, real.completion) if way == "answer" else None
            record = answer(key, told)
            self.write(record)
            self.ledger.settle(record)
        elif way == "lose":
            self.billed.append(real)
            self.write(self.ledger.lose(key))
        elif way == "refuse":
            self.write(refusal(key))
            self.ledger.settle(refusal(key))
        else:
            self.write(self.ledger.release(key))

    def step(self) -> None:
        chance = self.draw.random()
        if chance < 0.55:
            self.send()
        elif chance < 0.97:
            self.end()
        else:
            self.restart()


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 6))]
)
@pytest.mark.parametrize("cap", [budget("0.5"), budget("150000", "tokens")])
def test_no_order_of_events_exceeds_the_cap_or_parts_memory_from_disk(
    seed: int, cap: Budget
) -> None:
    life = Life(seed, cap)
    for number in range(600):
        life.step()
        ledger = life.ledger
        assert ledger.accounts.committed[cap.unit] <= cap.amount
        if number % 7 == 0:
            again = replay(life.lines, cap)
            assert again.spent() == ledger.spent()
            assert again.accounts.committed[cap.unit] == ledger.accounts.committed[cap.unit]
    spend = life.ledger.spent()
    assert sum(tokens.total for tokens in life.billed) <= spend.tokens
    assert spend.models["m"].answered > 20
    assert spend.interrupted.count > 0


@pytest.mark.slow  # about speed
def test_a_hundred_thousand_requests_take_seconds() -> None:
    ledger, started = priced(budget("100000")), time.process_time()
    for number in range(100_000):
        one = claim(str(number))
        if ledger.fits(one):
            ledger.hold(one)
        ledger.settle(ANSWER.model_copy(update={"key": str(number)}))
    assert time.process_time() - started < 10
    assert ledger.spent().models["m"].answered == 100_000
    assert ledger.spent().cost == {"USD": Decimal(132)}


ANSWER = answer("", usage(100, 200))
