"""Everyday measures: weekdays, units, percentages, durations, rectangles."""

from __future__ import annotations

import random

from . import written_arithmetic as written
from .model import Family, Language, Problem, problem

WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
}


def draw_weekday(rng: random.Random) -> Problem:
    """The weekday so many days after another."""
    today, days = rng.randrange(7), rng.randrange(2, 100)
    weeks, rest = divmod(days, 7)

    def thought(language: Language) -> str:
        names = WEEKDAYS[language]
        walk = [f"{step}:{names[(today + step) % 7]}" for step in range(rest + 1)]
        if language == "en":
            task = f"{days} days after {names[today]}."
            weekly = f"7×{weeks}={7 * weeks}, {days}-{7 * weeks}={rest}, so go {rest} days."
            return f"{task}\n{weekly}\n{', '.join(walk)}."
        task = f"求{names[today]}的{days}天后。"
        weekly = f"7×{weeks}={7 * weeks}，{days}-{7 * weeks}={rest}，往后数{rest}天。"
        return f"{task}\n{weekly}\n{'，'.join(walk)}。"

    return problem(
        "weekday",
        (today, days),
        lambda language: {"day": WEEKDAYS[language][today], "days": days},
        thought,
        lambda language: WEEKDAYS[language][(today + days) % 7],
    )


# Larger unit and smaller unit in English and Chinese, and how many of the smaller make one.
UNITS: tuple[tuple[str, str, str, str, int], ...] = (
    ("meters", "centimeters", "米", "厘米", 100),
    ("kilometers", "meters", "千米", "米", 1000),
    ("centimeters", "millimeters", "厘米", "毫米", 10),
    ("kilograms", "grams", "千克", "克", 1000),
    ("liters", "milliliters", "升", "毫升", 1000),
    ("hours", "minutes", "小时", "分钟", 60),
    ("minutes", "seconds", "分钟", "秒", 60),
    ("days", "hours", "天", "小时", 24),
    ("weeks", "days", "周", "天", 7),
    ("dollars", "cents", "元", "分", 100),
    ("dimes", "cents", "元", "角", 10),
)


def draw_units(rng: random.Random) -> Problem:
    """So much of a larger unit, and perhaps some of the smaller, in the smaller unit."""
    english_big, english_small, chinese_big, chinese_small, factor = rng.choice(UNITS)
    amount = rng.randrange(2, 100)
    extra = rng.randrange(1, min(factor, 100)) if rng.random() < 0.4 else 0
    value = amount * factor
    names: dict[Language, tuple[str, str]] = {
        "en": (english_big, english_small),
        "zh": (chinese_big, chinese_small),
    }

    def thought(language: Language) -> str:
        big, small = names[language]
        if language == "en":
            more = f" {extra} {small}" if extra else ""
            lines = [f"Change {amount} {big}{more} to {small}.", f"One is {factor}."]
        else:
            more = f"{extra}{small}" if extra else ""
            lines = [f"把{amount}{big}{more}化成{small}。", f"一{big}是{factor}{small}。"]
        if factor in (10, 100, 1000):
            lines.append(f"{amount}×{factor}={value}{written.PHRASES[language].stop}")
        else:
            lines.append(written.multiply(amount, factor, language))
        if extra:
            lines.append(written.add(value, extra, language))
        return "\n".join(lines)

    def slots(language: Language) -> dict[str, object]:
        big, small = names[language]
        return {"amount": amount, "extra": extra, "big": big, "small": small}

    key = (english_big, english_small, amount, extra)
    wording = "units/mixed" if extra else "units/whole"
    return problem(wording, key, slots, thought, value + extra)


PERCENTS = (10, 20, 30, 40, 50, 60, 70, 80, 90, 25, 5, 15)


def draw_percentage(rng: random.Random) -> Problem:
    """A percentage that comes out whole, by way of ten percent."""
    percent = rng.choice(PERCENTS)
    grain = 10 if percent % 10 == 0 else 20
    base = grain * rng.randrange(2, 1000 // grain)

    def thought(language: Language) -> str:
        english = language == "en"
        task = f"Find {percent}% of {base}." if english else f"求{base}的{percent}%。"
        tenth = base // 10
        stop = written.PHRASES[language].stop
        start = "10% is " if english else "10%是"
        lines = [task, f"{start}{base}÷10={tenth}{stop}"]
        tens, five = divmod(percent, 10)
        if tens > 1:
            lines.append(written.multiply(tenth, tens, language))
        if five:
            lines.append(("5%: " if english else "5%：") + written.divide(tenth, 2, language))
        if five and tens:
            lines.append(written.add(tenth * tens, tenth // 2, language))
        return "\n".join(lines)

    slots = {"percent": percent, "base": base}
    return problem("percentage", (percent, base), slots, thought, base * percent // 100)


def draw_duration(rng: random.Random) -> Problem:
    """Minutes between two times of one day."""
    start_hour, end_hour = sorted(rng.sample(range(6, 23), 2))
    end_hour = min(end_hour, start_hour + rng.randrange(1, 6))
    start_minute, end_minute = (5 * rng.randrange(12) for _ in range(2))
    start, end = f"{start_hour}:{start_minute:02d}", f"{end_hour}:{end_minute:02d}"
    hours = end_hour - start_hour
    answer = hours * 60 + end_minute - start_minute
    if answer <= 0:
        return draw_duration(rng)

    def thought(language: Language) -> str:
        english = language == "en"
        task = f"Minutes from {start} to {end}." if english else f"求{start}到{end}的分钟数。"
        stop = written.PHRASES[language].stop
        label = ("Hours: ", "Minutes: ") if english else ("小时：", "分钟：")
        lines = [task, f"{label[0]}{end_hour}-{start_hour}={hours}{stop}"]
        lines.append(f"{hours}×60={hours * 60}{stop}")
        total = hours * 60 + end_minute
        lines.append(f"{label[1]}{hours * 60}+{end_minute}={total}{stop}")
        lines.append(written.subtract(total, start_minute, language))
        return "\n".join(lines)

    key = (start, end)
    return problem("duration", key, {"start": start, "end": end}, thought, answer)


def draw_rectangle(rng: random.Random) -> Problem:
    """Area or perimeter of a rectangle."""
    length = rng.randrange(10, 60)
    width = rng.randrange(2, min(length, 30))
    area = rng.random() < 0.5

    def thought(language: Language) -> str:
        english = language == "en"
        goal = ("area" if area else "perimeter") if english else ("面积" if area else "周长")
        if english:
            task = f"Find the {goal} of a {length} by {width} rectangle."
            rule = "Area is length×width." if area else "Perimeter is twice length+width."
        else:
            task = f"求长{length}宽{width}的长方形的{goal}。"
            rule = "面积是长×宽。" if area else "周长是长加宽的2倍。"
        lines = [task, rule]
        if area:
            lines.append(written.multiply(length, width, language))
        else:
            lines.append(written.add(length, width, language))
            lines.append(written.multiply(length + width, 2, language))
        return "\n".join(lines)

    wording = "rectangle/area" if area else "rectangle/perimeter"
    answer = length * width if area else 2 * (length + width)
    slots = {"length": length, "width": width}
    return problem(wording, (length, width), slots, thought, answer)


FAMILIES = (
    Family("weekday", ("weekday",), draw_weekday, weight=1.5),
    Family("units", ("units/whole", "units/mixed"), draw_units, weight=1.5),
    Family("percentage", ("percentage",), draw_percentage),
    Family("duration", ("duration",), draw_duration, weight=0.75),
    Family("rectangle", ("rectangle/area", "rectangle/perimeter"), draw_rectangle, weight=0.75),
)
