"""Units of measure and money in English and Chinese, for answers such as `5 cm` or 5分钟.

A unit is a dimension and an exact factor to that dimension's base unit, so that 2 hours and
120 minutes agree, and 5 cm and 5 m do not. Any other noun (eggs, 个, 人) counts things: it has no
dimension and never decides. A bare 分 is left out: it is a minute, a cent and a mark.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple


class Unit(NamedTuple):
    """Dimension ("length", "length/time", …; empty for a plain noun) and exact factor."""

    dimension: str
    factor: Fraction


COUNTED = Unit("", Fraction(1))

_INCH = Fraction(254, 10_000)
_TABLE: dict[str, dict[str, Fraction | int]] = {
    "length": {
        "m meter meters metre metres 米": 1,
        "cm centimeter centimeters centimetre centimetres 厘米": Fraction(1, 100),
        "mm millimeter millimeters millimetre millimetres 毫米": Fraction(1, 1000),
        "dm decimeter decimeters 分米": Fraction(1, 10),
        "km kilometer kilometers kilometre kilometres 千米 公里": 1000,
        "in inch inches": _INCH,
        "ft foot feet": 12 * _INCH,
        "yd yard yards": 36 * _INCH,
        "mi mile miles": 63_360 * _INCH,
    },
    "time": {
        "s sec secs second seconds 秒 秒钟": 1,
        "min mins minute minutes 分钟": 60,
        "h hr hrs hour hours 小时 个小时 时": 3600,
        "day days 天 日": 86_400,
        "week weeks 周 星期 个星期": 604_800,
    },
    "calendar": {"month months 个月 月": 1, "year years 年": 12},
    "mass": {
        "g gram grams 克": 1,
        "mg milligram milligrams 毫克": Fraction(1, 1000),
        "kg kilogram kilograms kilo kilos 千克 公斤": 1000,
        "t ton tons tonne tonnes 吨": 1_000_000,
        "lb lbs pound pounds": Fraction(45_359_237, 100_000),
        "oz ounce ounces": Fraction(45_359_237, 1_600_000),
    },
    "volume": {
        "l L liter liters litre litres 升": 1,
        "ml mL milliliter milliliters millilitre millilitres 毫升": Fraction(1, 1000),
    },
    "dollars": {"$ dollar dollars usd USD 美元": 1, "¢ cent cents 美分": Fraction(1, 100)},
    "yuan": {"¥ yuan rmb RMB 元 块 块钱 元钱": 1, "角": Fraction(1, 10)},
    "euros": {"€ euro euros 欧元": 1},
    "pounds": {"£": 1},
    "angle": {"degree degrees deg 度": 1},
    "radians": {"rad radian radians 弧度": 1},
    "area": {"公顷 hectare hectares ha": 10_000, "亩": Fraction(20_000, 30)},
}
# Spellings of several words or signs are kept whole in these two; all others are single words.
_WHOLE = {
    "摄氏度": Unit("celsius", Fraction(1)),
    "degrees C": Unit("celsius", Fraction(1)),
    "degrees F": Unit("fahrenheit", Fraction(1)),
    "degrees celsius": Unit("celsius", Fraction(1)),
    "degrees fahrenheit": Unit("fahrenheit", Fraction(1)),
}


def _spell_out() -> dict[str, Unit]:
    units = dict(_WHOLE)
    for dimension, spellings in _TABLE.items():
        for names, factor in spellings.items():
            for name in names.split():
                units.setdefault(name, Unit(dimension, Fraction(factor)))
    return units


_UNITS = _spell_out()
_POWER = re.compile(r"(.+?)\^?\{?([23])\}?")
_SQUARE = re.compile(r"(?:square|sq\.?|平方)\s*(.+)|(.+)\s+squared")
_CUBIC = re.compile(r"(?:cubic|cu\.?|立方)\s*(.+)|(.+)\s+cubed")
_PER = re.compile(r"\s*(?:/|每)\s*|\s+per\s+|\s+an?\s+")


def _look_up(name: str) -> Unit | None:
    name = name.strip().rstrip(".")
    return _UNITS.get(name) or _UNITS.get(name.lower())


def _look_up_power(name: str) -> Unit | None:
    for pattern, power in ((_SQUARE, 2), (_CUBIC, 3)):
        found = pattern.fullmatch(name)
        base = _look_up(found[1] or found[2]) if found else None
        if base:
            return Unit(f"{base.dimension}^{power}", base.factor**power)
    found = _POWER.fullmatch(name)
    base = _look_up(found[1]) if found else None
    if found and base:
        return Unit(f"{base.dimension}^{found[2]}", base.factor ** int(found[2]))
    return None


def is_measure(name: str) -> bool:
    """Whether the spelling is a unit of measure or money, and not just a counted noun."""
    return read_unit(name).dimension != ""


def read_unit(name: str) -> Unit:
    """The unit that a spelling stands for; `COUNTED` for nothing and for any other noun.

    "dollars per day" without a known second part keeps its first part; so does "cm long".
    """
    name = " ".join(name.split())
    whole = _look_up(name) or _look_up_power(name)
    if whole:
        return whole
    parts = _PER.split(name, maxsplit=1)
    first = _look_up(parts[0]) or _look_up_power(parts[0])
    if len(parts) == 2 and first:
        second = _look_up(parts[1])
        if second:
            return Unit(f"{first.dimension}/{second.dimension}", first.factor / second.factor)
        return first
    words = name.split()
    return (_look_up(words[0]) if len(words) > 1 else None) or COUNTED
