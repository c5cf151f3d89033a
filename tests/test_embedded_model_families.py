"""Every family's answer against another computation, every written step against arithmetic."""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise
from statistics import fmean

import pytest

from distilabel_pipelines.embedded_model.families.model import LANGUAGES, Family, Telling
from distilabel_pipelines.embedded_model.families.registry import FAMILIES

DRAWS = 200
DAYS = {
    name: number
    for names in (
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    )
    for number, name in enumerate(names)
}
SMALLER_UNITS = {
    "meters": {"centimeters": 100},
    "kilometers": {"meters": 1000},
    "centimeters": {"millimeters": 10},
    "kilograms": {"grams": 1000},
    "liters": {"milliliters": 1000},
    "hours": {"minutes": 60},
    "minutes": {"seconds": 60},
    "days": {"hours": 24},
    "weeks": {"days": 7},
    "dollars": {"cents": 100},
    "dimes": {"cents": 10},
}
Words = Mapping[str, str]


def items(words: Words) -> list[int]:
    return [int(number) for number in re.split(r", |、", words["list"])]


def clock_minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return 60 * int(hours) + int(minutes)


def number(words: Words, name: str) -> int:
    return int(words[name])


def next_term(words: Words) -> int:
    numbers = items(words)
    (step,) = {later - earlier for earlier, later in pairwise(numbers)}
    return numbers[-1] + step


ENGLISH: dict[str, Callable[[Words], object]] = {
    "addition": lambda w: number(w, "a") + number(w, "b"),
    "subtraction": lambda w: number(w, "a") - number(w, "b"),
    "multiplication": lambda w: number(w, "a") * number(w, "b"),
    "division": lambda w: Fraction(number(w, "a"), number(w, "b")),
    "remainder": lambda w: number(w, "a") % number(w, "b"),
    "comparison/largest": lambda w: max(items(w)),
    "comparison/smallest": lambda w: min(items(w)),
    "parity_count/even": lambda w: len([n for n in items(w) if str(n)[-1] in "02468"]),
    "parity_count/odd": lambda w: len([n for n in items(w) if str(n)[-1] in "13579"]),
    "letter_count": lambda w: len(re.findall(w["letter"], w["word"])),
    "sequence": next_term,
    "average": lambda w: Fraction(fmean(items(w))),
    "weekday": lambda w: (DAYS[w["day"]] + number(w, "days")) % 7,
    "units/whole": lambda w: number(w, "amount") * SMALLER_UNITS[w["big"]][w["small"]],
    "units/mixed": lambda w: (
        number(w, "amount") * SMALLER_UNITS[w["big"]][w["small"]] + number(w, "extra")
    ),
    "percentage": lambda w: Fraction(number(w, "percent"), 100) * number(w, "base"),
    "duration": lambda w: clock_minutes(w["end"]) - clock_minutes(w["start"]),
    "rectangle/area": lambda w: number(w, "length") * number(w, "width"),
    "rectangle/perimeter": lambda w: 2 * number(w, "length") + 2 * number(w, "width"),
    "have_get_give": lambda w: number(w, "have") + number(w, "get") - number(w, "give"),
    "boxes/less": lambda w: number(w, "boxes") * number(w, "each") - number(w, "taken"),
    "boxes/more": lambda w: number(w, "boxes") * number(w, "each") + number(w, "extra"),
    "sharing": lambda w: Fraction(number(w, "a") + number(w, "b"), number(w, "groups")),
    "spending": lambda w: number(w, "money") - number(w, "count") * number(w, "price"),
    "ages/older": lambda w: number(w, "age") + number(w, "gap") + number(w, "later"),
    "ages/younger": lambda w: number(w, "age") - number(w, "gap") + number(w, "later"),
}


def value(family: Family, telling: Telling) -> str:
    """An answer comparable with an independent computation's."""
    return str(DAYS[telling.answer]) if family.name == "weekday" else telling.answer


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_answers_agree_with_an_independent_computation(family: Family) -> None:
    rng = random.Random(11)
    for _ in range(DRAWS):
        problem = family.draw(rng)
        assert problem.wording in family.wordings
        expected = str(ENGLISH[problem.wording](problem.tellings["en"].slots))
        for language in LANGUAGES:
            assert value(family, problem.tellings[language]) == expected, problem


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_thought_ends_in_the_answer(family: Family) -> None:
    rng = random.Random(12)
    for _ in range(DRAWS):
        problem = family.draw(rng)
        for telling in problem.tellings.values():
            last_line = telling.thought.splitlines()[-1]
            found = re.findall(r"\d+|星期.|[A-Z][a-z]+day", last_line)
            assert found[-1] == telling.answer, telling.thought


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_written_equation_is_true(family: Family) -> None:
    rng = random.Random(13)
    equation = re.compile(r"(\d+(?:[+×÷-]\d+)+)=(\d+)(?:(?: remainder |余)(\d+))?")
    for _ in range(DRAWS):
        for telling in family.draw(rng).tellings.values():
            for left, right, rest in equation.findall(telling.thought):
                exact = Fraction(eval(left.replace("×", "*").replace("÷", "//")))  # noqa: S307 - our text
                assert exact == int(right), telling.thought
                if rest:
                    dividend, divisor = map(int, left.split("÷"))
                    assert dividend % divisor == int(rest)


def test_thoughts_restate_the_problem_and_never_speak_of_a_given_answer() -> None:
    rng = random.Random(14)
    for family in FAMILIES:
        for telling in family.draw(rng).tellings.values():
            assert len(telling.thought.splitlines()) >= 2
            assert not re.search(r"given answer|reference|参考答案|标准答案", telling.thought)


def test_there_are_enough_families() -> None:
    names = [family.name for family in FAMILIES]
    assert len(names) == len(set(names)) >= 14
