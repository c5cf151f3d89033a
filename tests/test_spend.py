"""Spending, read from a journal: the same for all, exact in JSON, and unknown stays unknown."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from builders.spend import format_cost, read_spend
from distilabel_pipelines.journal import JOURNAL_FILE
from distilabel_pipelines.journal_lines import JournalLine, Loss, Reservation, Tariff, dump_line
from distilabel_pipelines.prices import Price
from distilabel_pipelines.spend import Spend
from tests.test_ledger import answer, usage

TARIFF = Tariff(
    tariff="m", prices=(Price(currency="USD", input=Decimal("0.1"), output=Decimal("0.3")),)
)


def write(folder: Path, *lines: JournalLine) -> Path:
    data = b"".join(dump_line(line) for line in lines)
    (folder / JOURNAL_FILE).write_bytes(data + b'{"torn')
    return folder


def test_a_journal_is_added_up_over_all_its_builds(tmp_path: Path) -> None:
    held = Reservation(reserved="b", model="m", prompt_tokens=10, completion_tokens=1000)
    lost = Loss(lost="c", model="m", prompt_tokens=10, completion_tokens=100)
    folder = write(tmp_path, TARIFF, answer("a", usage(1, 1)), held, held, lost)
    spend = read_spend(folder)
    assert spend.cost == {"USD": Decimal("0.0000314")}
    assert (spend.reserved.count, spend.interrupted.count, spend.lost.count) == (1, 1, 1)
    assert read_spend(folder) == spend


def test_amounts_survive_json_to_the_last_digit(tmp_path: Path) -> None:
    spend = read_spend(write(tmp_path, TARIFF, answer("a", usage(1, 1))))
    text = spend.model_dump_json()
    assert json.loads(text)["cost"] == {"USD": "0.0000004"}
    assert Spend.model_validate_json(text) == spend


def test_an_empty_out_has_spent_nothing(tmp_path: Path) -> None:
    assert read_spend(tmp_path).tokens == 0
    assert format_cost(read_spend(tmp_path).cost) == "nothing"


def test_costs_are_shown_by_currency_and_unknown_is_said() -> None:
    assert format_cost(None) == "unknown"
    assert format_cost({"USD": Decimal("0.0123"), "CNY": Decimal(3)}) == "3.00 CNY + 0.01230 USD"
