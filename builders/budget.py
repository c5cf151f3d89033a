"""BUDGET: read from what a person writes, and refused where it could not be kept.

A cap in money needs the price of every model that is asked, in the cap's own currency: nothing is
converted, and an unknown price is never taken for 0.
"""

from __future__ import annotations

import re
from decimal import Decimal

from builders.errors import RecipeError
from distilabel_pipelines.gateway.settings import TeacherSettings
from distilabel_pipelines.prices import TOKENS, Budget

_FORM = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*")
_TOKEN_UNITS = {"tok": 1, "ktok": 1000, "mtok": 1_000_000}
_EXAMPLES = "write it as BUDGET=5USD, BUDGET=30CNY or BUDGET=2Mtok"


def parse_budget(text: str) -> Budget:
    """A cap from `5USD`, `30CNY`, `2Mtok`, `500ktok` or `1000tok`, in any case; RecipeError."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise RecipeError(f"BUDGET={text} is no amount with a unit: {_EXAMPLES}")
    amount, unit = Decimal(match[1]), match[2]
    if unit.lower() in _TOKEN_UNITS:
        amount *= _TOKEN_UNITS[unit.lower()]
        if amount != amount.to_integral_value():
            raise RecipeError(f"BUDGET={text} is no whole number of tokens: {_EXAMPLES}")
        unit = TOKENS
    elif len(unit) == 3:
        unit = unit.upper()
    else:
        raise RecipeError(
            f"BUDGET={text}: {unit} is neither tok, ktok, Mtok nor the three letters of a "
            f"currency; {_EXAMPLES}"
        )
    if amount == 0:
        raise RecipeError(f"BUDGET={text} allows nothing; leave BUDGET empty for no cap")
    return Budget(amount=amount, unit=unit)


def check_budget(budget: Budget, teacher: TeacherSettings, judge: TeacherSettings | None) -> None:
    """Refuse a cap in money that cannot be kept for these teachers; raises RecipeError."""
    if not budget.is_money:
        return
    _check_teacher(budget, teacher, "MODEL")
    if judge is not None:
        _check_teacher(budget, judge, "JUDGE_MODEL")


def _check_teacher(budget: Budget, teacher: TeacherSettings, variable: str) -> None:
    told = f"BUDGET={budget.describe()} cannot be kept: "
    if not teacher.prices:
        named = f"the price of {variable}={teacher.model}" if teacher.model else f"{variable}="
        raise RecipeError(
            f"{told}{named} is {'unknown' if teacher.model else 'empty, so its price is unknown'}. "
            "Give the price in PRICES=my-prices.toml (builders/prices.toml shows the form), or cap "
            "tokens: BUDGET=2Mtok"
        )
    others = sorted({price.currency for price in teacher.prices} - {budget.unit})
    if others:
        raise RecipeError(
            f"{told}{variable}={teacher.model} is paid in {', '.join(others)}. Write the cap in "
            f"{others[0]}, or cap tokens: BUDGET=2Mtok"
        )
