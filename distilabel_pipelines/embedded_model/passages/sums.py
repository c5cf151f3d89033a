"""Small word problems about a topic's things, with worked and checked solutions."""

from __future__ import annotations

import random
from collections.abc import Callable

from .writer import Writer

Numbers = dict[str, str]


def _as_text(**numbers: int) -> Numbers:
    return {name: str(value) for name, value in numbers.items()}


def _multiply(rng: random.Random) -> Numbers:
    a, b = rng.randrange(2, 10), rng.randrange(3, 13)
    return _as_text(a=a, b=b, c=a * b)


def _share(rng: random.Random) -> Numbers:
    d, e = rng.randrange(2, 10), rng.randrange(3, 13)
    b = rng.randrange(2, d * e - 1)
    return _as_text(a=d * e - b, b=b, c=d * e, d=d, e=e)


def _lessen(rng: random.Random) -> Numbers:
    b, d, c = rng.randrange(3, 20), rng.randrange(3, 20), rng.randrange(5, 40)
    return _as_text(a=b + c + d, b=b, c=c, d=d, e=b + d)


KINDS: tuple[tuple[str, str, Callable[[random.Random], Numbers]], ...] = (
    ("multiply", "multiplied", _multiply),
    ("share", "shared", _share),
    ("less", "lessened", _lessen),
)


def write_sum(writer: Writer) -> list[tuple[str, str]]:
    """Two problems of different kinds, the easier one first, each with its solution."""
    chosen = writer.rng.sample(range(len(KINDS)), 2)
    problems = []
    for place in sorted(chosen):
        asked, solved, draw = KINDS[place]
        slots = writer.topic.numbers | draw(writer.rng)
        problems.append((writer.say("sums", asked, **slots), writer.say("sums", solved, **slots)))
    return problems
