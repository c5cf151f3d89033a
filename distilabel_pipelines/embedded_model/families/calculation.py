"""Bare calculations: the four operations and the remainder, worked in columns."""

from __future__ import annotations

import random

from . import written_arithmetic as written
from .model import Family, Language, Problem, problem


def number_of_digits(rng: random.Random, digits: int) -> int:
    """A number with exactly so many digits."""
    return rng.randrange(10 ** (digits - 1), 10**digits)


def draw_addition(rng: random.Random) -> Problem:
    """Add two numbers of two to four digits."""
    a, b = (number_of_digits(rng, rng.choice((2, 3, 3, 4))) for _ in range(2))

    def thought(language: Language) -> str:
        task = f"Add {a} and {b}." if language == "en" else f"求{a}+{b}。"
        return f"{task}\n{written.add(a, b, language)}"

    return problem("addition", tuple(sorted((a, b))), {"a": a, "b": b}, thought, a + b)


def draw_subtraction(rng: random.Random) -> Problem:
    """Take the smaller of two numbers from the larger."""
    a, b = (number_of_digits(rng, rng.choice((2, 3, 3, 4))) for _ in range(2))
    a, b = max(a, b), min(a, b)

    def thought(language: Language) -> str:
        task = f"Take {b} from {a}." if language == "en" else f"求{a}-{b}。"
        return f"{task}\n{written.subtract(a, b, language)}"

    return problem("subtraction", (a, b), {"a": a, "b": b}, thought, a - b)


def draw_multiplication(rng: random.Random) -> Problem:
    """Multiply a number of two digits by one of one or two."""
    a = number_of_digits(rng, 2)
    b = number_of_digits(rng, rng.choice((1, 2))) + 1
    b = min(b, 99)
    shown = (a, b) if b < 10 or rng.random() < 0.5 else (b, a)
    first, second = shown

    def thought(language: Language) -> str:
        english = language == "en"
        task = f"Multiply {first} by {second}." if english else f"求{first}×{second}。"
        return f"{task}\n{written.multiply(first, second, language)}"

    key = tuple(sorted((a, b)))
    return problem("multiplication", key, {"a": first, "b": second}, thought, a * b)


def draw_division(rng: random.Random) -> Problem:
    """An exact division by one digit."""
    divisor = rng.randrange(2, 10)
    quotient = rng.randrange(11, 200)
    dividend = divisor * quotient

    def thought(language: Language) -> str:
        english = language == "en"
        task = f"Divide {dividend} by {divisor}." if english else f"求{dividend}÷{divisor}。"
        return f"{task}\n{written.divide(dividend, divisor, language)}"

    slots = {"a": dividend, "b": divisor}
    return problem("division", (dividend, divisor), slots, thought, quotient)


def draw_remainder(rng: random.Random) -> Problem:
    """The remainder of a division by one digit, zero included."""
    divisor = rng.randrange(2, 10)
    dividend = rng.randrange(20, 900)

    def thought(language: Language) -> str:
        if language == "en":
            task = f"Find the remainder of {dividend}÷{divisor}."
        else:
            task = f"求{dividend}÷{divisor}的余数。"
        work = written.divide(dividend, divisor, language, always_remainder=True)
        return f"{task}\n{work}"

    slots = {"a": dividend, "b": divisor}
    return problem("remainder", (dividend, divisor), slots, thought, dividend % divisor)


FAMILIES = (
    Family("addition", ("addition",), draw_addition),
    Family("subtraction", ("subtraction",), draw_subtraction),
    Family("multiplication", ("multiplication",), draw_multiplication),
    Family("division", ("division",), draw_division, weight=1.25),
    Family("remainder", ("remainder",), draw_remainder, weight=1.25),
)
