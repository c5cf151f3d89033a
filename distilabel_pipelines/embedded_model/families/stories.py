"""Word problems of two or three operations about people and things."""

from __future__ import annotations

import random

from . import written_arithmetic as written
from .model import Family, Language, Problem, problem
from .vocabulary import person, thing


def draw_have_get_give(rng: random.Random) -> Problem:
    """Someone has, gets and gives away."""
    have, get = rng.randrange(10, 100), rng.randrange(5, 90)
    give = rng.randrange(3, have + get)
    name, item = person(rng), thing(rng)

    def thought(language: Language) -> str:
        if language == "en":
            task = f"Start {have}, get {get}, lose {give}."
        else:
            task = f"原有{have}，得到{get}，减去{give}。"
        first = written.add(have, get, language)
        return f"{task}\n{first}\n{written.subtract(have + get, give, language)}"

    def slots(language: Language) -> dict[str, object]:
        figures = {"have": have, "get": get, "give": give}
        return {"name": name[language], **item[language], **figures}

    return problem("have_get_give", (have, get, give), slots, thought, have + get - give)


def draw_boxes(rng: random.Random) -> Problem:
    """So many boxes of so many, then some more or some less."""
    boxes, each = rng.randrange(3, 10), rng.randrange(6, 50)
    total = boxes * each
    taken = rng.randrange(2, total) if rng.random() < 0.5 else 0
    extra = 0 if taken else rng.randrange(2, 60)
    name, item = person(rng), thing(rng)

    def thought(language: Language) -> str:
        english = language == "en"
        task = f"{boxes} boxes of {each}, " if english else f"{boxes}盒，每盒{each}，"
        if taken:
            task += f"lose {taken}." if english else f"减去{taken}。"
            last = written.subtract(total, taken, language)
        else:
            task += f"get {extra}." if english else f"得到{extra}。"
            last = written.add(total, extra, language)
        return f"{task}\n{written.multiply(each, boxes, language)}\n{last}"

    def slots(language: Language) -> dict[str, object]:
        figures = {"boxes": boxes, "each": each, "taken": taken, "extra": extra}
        return {"name": name[language], **item[language], **figures}

    wording = "boxes/less" if taken else "boxes/more"
    key = (boxes, each, taken, extra)
    return problem(wording, key, slots, thought, total - taken + extra)


def draw_sharing(rng: random.Random) -> Problem:
    """Two amounts joined and shared out equally."""
    groups, each = rng.randrange(2, 10), rng.randrange(4, 40)
    total = groups * each
    if total < 12:
        return draw_sharing(rng)
    first = rng.randrange(3, total - 2)
    second = total - first
    name, other, item = person(rng), person(rng), thing(rng)

    def thought(language: Language) -> str:
        if language == "en":
            task = f"{first} and {second} together, shared by {groups}."
        else:
            task = f"{first}和{second}合起来，平均分成{groups}份。"
        joined = written.add(first, second, language)
        return f"{task}\n{joined}\n{written.divide(total, groups, language)}"

    def slots(language: Language) -> dict[str, object]:
        people = {"name": name[language], "other": other[language]}
        return {**people, **item[language], "a": first, "b": second, "groups": groups}

    if name["en"] == other["en"] or name["zh"] == other["zh"]:
        return draw_sharing(rng)
    return problem("sharing", (first, second, groups), slots, thought, each)


def draw_spending(rng: random.Random) -> Problem:
    """Money left after buying several things of one price."""
    price, count = rng.randrange(3, 40), rng.randrange(2, 10)
    cost = price * count
    money = cost + rng.randrange(1, 100)
    name, item = person(rng), thing(rng)

    def thought(language: Language) -> str:
        if language == "en":
            task = f"Has {money}, buys {count} at {price} each."
        else:
            task = f"有{money}元，买{count}个，每个{price}元。"
        paid = written.multiply(price, count, language)
        return f"{task}\n{paid}\n{written.subtract(money, cost, language)}"

    def slots(language: Language) -> dict[str, object]:
        figures = {"money": money, "count": count, "price": price}
        return {"name": name[language], **item[language], **figures}

    return problem("spending", (money, count, price), slots, thought, money - cost)


def draw_ages(rng: random.Random) -> Problem:
    """The age in some years of someone older or younger."""
    age, gap, later = rng.randrange(4, 60), rng.randrange(2, 30), rng.randrange(2, 25)
    older = rng.random() < 0.6 or gap >= age
    name, other = person(rng), person(rng)
    if name["en"] == other["en"] or name["zh"] == other["zh"]:
        return draw_ages(rng)
    now = age + gap if older else age - gap

    def thought(language: Language) -> str:
        english, relation = language == "en", written.add if older else written.subtract
        if english:
            difference = f"{gap} {'older' if older else 'younger'}"
            task = f"Age {age}, the other {difference}, in {later} years."
        else:
            task = f"一人{age}岁，另一人{'大' if older else '小'}{gap}岁，求{later}年后。"
        return f"{task}\n{relation(age, gap, language)}\n{written.add(now, later, language)}"

    def slots(language: Language) -> dict[str, object]:
        people = {"name": name[language], "other": other[language]}
        return {**people, "age": age, "gap": gap, "later": later}

    wording = "ages/older" if older else "ages/younger"
    return problem(wording, (age, gap, later), slots, thought, now + later)


FAMILIES = (
    Family("have_get_give", ("have_get_give",), draw_have_get_give, weight=0.75),
    Family("boxes", ("boxes/less", "boxes/more"), draw_boxes, weight=0.75),
    Family("sharing", ("sharing",), draw_sharing),
    Family("spending", ("spending",), draw_spending, weight=0.75),
    Family("ages", ("ages/older", "ages/younger"), draw_ages, weight=0.75),
)
