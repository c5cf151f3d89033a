r"""Plain quantities as exact rationals: `1,234`, `\frac{1}{2}`, `25%`, 1.2万, `$18`, `5 cm`.

Exact arithmetic on what can be read without doubt; anything else (`3\pi`, tuples, `2 or 3`) is
left to math-verify. Digits are bounded, so that no text makes a number of a million digits.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, NamedTuple

from builders.checks.notation import fold_width, simplify_latex, strip_wrapping
from builders.checks.units import COUNTED, Unit, is_measure, read_unit

MAX_QUANTITY_CHARS = 200
_WHOLE = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
_DECIMAL = rf"(?:{_WHOLE}(?:\.\d*)?|\.\d+)"
_RATIO = (
    rf"(?:\\frac\s*\{{\s*(?P<top>[+-]?{_DECIMAL})\s*\}}\s*\{{\s*(?P<bottom>{_DECIMAL})\s*\}}"
    rf"|(?P<over>{_DECIMAL})\s*/\s*(?P<under>{_DECIMAL}))"
)
_QUANTITY = re.compile(
    r"(?:(?P<name>[A-Za-z]\w{0,15})?\s*(?:=|\\approx)\s*)?"
    r"(?P<currency_sign>[+-]?)\s*(?P<currency>[$¥€£])?\s*(?P<hundredths>百分之)?\s*"
    r"(?P<sign>[+-]?)\s*"
    rf"(?:(?P<mixed>\d+)(?:\s+|(?=\\frac)))?"
    rf"(?:{_RATIO}|(?P<decimal>{_DECIMAL})(?:[eE](?P<exponent>[+-]?\d{{1,3}}))?)"
    r"\s*(?P<multiplier>[万亿千百]+(?![米克瓦升分]))?\s*"
    r"(?P<word>million|billion|trillion|thousand|hundred|dozen)?\s*"
    r"(?P<percent>%|percent\b|per\s+cent\b)?\s*(?P<unit>.{0,40})",
)
_COMPOUND = re.compile(r"(?:(\d+(?:\.\d+)?)亿)?(?:(\d+(?:\.\d+)?)万)?(\d+(?:\.\d+)?)?(\D{0,10})")
_MULTIPLIERS = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_WORDS = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_ENGLISH_UNIT = re.compile(r"[A-Za-z]+\.?(?:[ /][A-Za-z]+\.?){0,4}(?:\^?\{?[23]\}?)?")
_CHINESE_UNIT = re.compile(r"[一-鿿]{1,6}(?:/[一-鿿]{1,3})?")
# Words after a number that change its value or make it part of an expression.
_NOT_UNITS = re.compile(
    r"(?i)\b(?:or|and|to|squared|cubed|factorial|half|times|over|choose|plus|minus|mod|base|pi|"
    r"sqrt|sin|cos|tan|log|ln|exp|infinity|dozen|hundred|thousand|million|more|less|remainder|"
    r"is|not|with|where|for|if)\b|[或和与到至又多余半成折约分乘除加减根零一二三四五六七八九十百千万亿]"
)
_TEXT_UNIT = re.compile(
    r"(.*(?:[\d})!]|\\[A-Za-z]+))\s*\\(?:text|mbox|mathrm|textrm)\s*\{([^{}]+)\}((?:\s*\^\s*\{?[23]\}?)?)",
    re.DOTALL,
)
_WORD_UNIT = re.compile(r"(.*[\d})])\s+([A-Za-z]{1,12}(?:\^?\{?[23]\}?)?)", re.DOTALL)
_SEPARATOR = re.compile(r"\s*(?:,\s+and\b|,(?=\s)|,(?!\d{3}(?!\d))|[、;]|\band\b|和)\s*")
_DEGREES = re.compile(r"\^\s*\{?\s*\\circ\s*\}?")
_UNIT_POWER = re.compile(r"(?<=[A-Za-z])\s*\^\s*\{?\s*([23])\s*\}?$")

Comparison = Literal["equal", "equal_but_percent_sign", "close", "different", "units_differ"]


class Quantity(NamedTuple):
    """An exact value with its unit. `percent` values are already hundredths (25% is 1/4).

    `decimals` counts the places behind the point; `name` is the variable of `x = 3`.
    """

    value: Fraction
    unit: Unit
    percent: bool
    decimals: int
    name: str = ""


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", "").replace(" ", "").rstrip(".") or "0")


def _is_unit(name: str, *, apart: bool) -> bool:
    """Whether trailing text may be a unit. Glued letters (3x, 5m) may be algebra."""
    if not name or any(character.isdigit() for character in name[:-1]):
        return not name  # "3 hours 20 minutes" is no number of hours
    if is_measure(name):
        return apart or len(name) > 1 or not name.isascii() or name in "$¢"
    if _NOT_UNITS.search(name):
        return False
    if _CHINESE_UNIT.fullmatch(name):
        return True
    return apart and len(name) >= 3 and _ENGLISH_UNIT.fullmatch(name) is not None


def split_trailing_unit(text: str) -> tuple[str, Unit]:
    r"""An expression without the unit at its end, and that unit: `3\pi\text{ cm}^2`, `3\pi cm`.

    Only words in a text command, or a unit of measure set apart by a space, are units here.
    """
    found = _TEXT_UNIT.fullmatch(text)
    name = found[2].strip() + re.sub(r"[\^{}\s]", "", found[3]) if found else ""
    if not found or not _is_unit(name, apart=True):
        found = _WORD_UNIT.fullmatch(text)
        name = found[2] if found else ""
        if not is_measure(name):
            return text, COUNTED
    return (found[1].strip() if found else text), read_unit(name)


def _read_compound(text: str) -> Quantity | None:
    """1亿2000万, 3万5000: parts of falling size."""
    found = _COMPOUND.fullmatch(text)
    if not found or not (found[1] or found[2]) or not _is_unit(found[4], apart=True):
        return None
    value = (
        Fraction(found[1] or 0) * 10**8 + Fraction(found[2] or 0) * 10**4 + Fraction(found[3] or 0)
    )
    return Quantity(value, read_unit(found[4]), percent=False, decimals=0)


def read_quantity(text: str) -> Quantity | None:
    """The quantity an answer text states, or None where it is not plainly one."""
    if len(text) > MAX_QUANTITY_CHARS:
        return None
    text = _DEGREES.sub(" degrees ", simplify_latex(strip_wrapping(fold_width(text))))
    text = _UNIT_POWER.sub(r"\1", strip_wrapping(" ".join(text.split())))
    found = _QUANTITY.fullmatch(text)
    if not found:
        return _read_compound(text)
    unit = (found["unit"] or "").strip()
    apart = bool(found["percent"]) or text[: found.start("unit")].endswith(" ")
    if not _is_unit(unit, apart=apart):
        return _read_compound(text)
    magnitude = _read_magnitude(found)
    if magnitude is None or (found["sign"] and found["currency_sign"]):
        return None
    negative = "-" in (found["sign"], found["currency_sign"])
    percent = bool(found["percent"] or found["hundredths"])
    value = (-magnitude if negative else magnitude) / (100 if percent else 1)
    decimals = len((found["decimal"] or "").partition(".")[2])
    known_unit = read_unit(unit or found["currency"] or "")
    return Quantity(value, known_unit, percent, decimals, found["name"] or "")


def _read_magnitude(found: re.Match[str]) -> Fraction | None:
    top, bottom = found["top"] or found["over"], found["bottom"] or found["under"]
    if top is not None:
        if not _number(bottom):
            return None
        value = _number(top) / _number(bottom)
        if found["mixed"]:
            if value < 0:
                return None
            value += int(found["mixed"])
    elif found["mixed"]:
        return None  # "3 4" is no number
    else:
        value = _number(found["decimal"]) * Fraction(10) ** int(found["exponent"] or 0)
    for sign in found["multiplier"] or "":
        value *= _MULTIPLIERS[sign]
    return value * _WORDS.get(found["word"] or "", 1)


def compare_quantities(answer: Quantity, gold: Quantity) -> Comparison:
    """How an answer's quantity stands to the gold one; a unit counts only where both have one.

    A lost or added percent sign is forgiven above 1 (gold 25, answer 25%: seed files ask "what
    percentage" and store 25), never below, where 0.5 and 0.5% may both be meant. `close` differs
    by rounding of a decimal with five or more places, and is left to math-verify.
    """
    if answer.name != gold.name and len(answer.name) == len(gold.name) == 1:
        return "different"  # y = 3 is not x = 3
    if answer.unit.dimension and gold.unit.dimension and answer.unit != gold.unit:
        in_base_units = [quantity.value * quantity.unit.factor for quantity in (answer, gold)]
        same = answer.unit.dimension == gold.unit.dimension and len(set(in_base_units)) == 1
        return "equal" if same else "units_differ"
    return _compare_values(answer, gold)


def _compare_values(answer: Quantity, gold: Quantity) -> Comparison:
    a, b = answer.value, gold.value
    if a == b:
        return "equal"
    if answer.percent != gold.percent and not (answer.unit.dimension or gold.unit.dimension):
        bare, stated = (b, a * 100) if answer.percent else (a, b * 100)
        if bare == stated and abs(bare) > 1:
            return "equal_but_percent_sign"
    if max(answer.decimals, gold.decimals) >= 5 and abs(a - b) <= Fraction(1, 10**5) * abs(b):
        return "close"
    return "different"


def read_list(text: str) -> list[Quantity] | None:
    """The quantities of a bare list (`3, 5 and 7`; 3、5、7); None where it is not plainly one.

    `a = 3, b = 4` is none: there the names say which is which.
    """
    if len(text) > MAX_QUANTITY_CHARS or "=" in text:
        return None
    plain = simplify_latex(strip_wrapping(fold_width(text)))
    parts = [read_quantity(part) for part in _SEPARATOR.split(plain)]
    found = [part for part in parts if part is not None]
    return found if len(parts) > 1 and len(found) == len(parts) else None


def compare_lists(answer: list[Quantity], gold: list[Quantity]) -> bool:
    """Whether two lists agree; a gold list of three or more in rising or falling order is an order.

    "Sort these numbers" has one right order, while the roots of an equation have none: math-verify
    takes every list for a set.
    """
    given, wanted = [item.value for item in answer], [item.value for item in gold]
    units = [{item.unit for item in items} - {COUNTED} for items in (answer, gold)]
    if all(units) and units[0] != units[1]:
        return False
    ordered = len(wanted) > 2 and wanted in (sorted(wanted), sorted(wanted, reverse=True))
    return given == wanted if ordered else set(given) == set(wanted)
