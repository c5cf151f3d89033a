"""Inputs whose outputs are computed: sorting, adding, counting, converting."""

from __future__ import annotations

import random
from collections.abc import Callable

from distilabel_pipelines.embedded_model.families.model import Language

from .grammar import Filling

Pair = tuple[str, str]
COMMA: dict[Language, str] = {"en": ", ", "zh": "、"}


def _numbers(rng: random.Random) -> list[int]:
    return rng.sample(range(2, 100), rng.randrange(3, 6))


def _words(filling: Filling) -> list[str]:
    """Short words, all different."""
    name = "ingredient" if filling.rng.random() < 0.5 else "name"
    return [filling.fill(f"{{{name}:{place}}}") for place in range(3, filling.rng.randrange(6, 9))]


def _row(items: list[str] | list[int], filling: Filling) -> str:
    return COMMA[filling.language].join(map(str, items))


def sorted_numbers(filling: Filling) -> Pair:
    """Numbers in rising order."""
    numbers = _numbers(filling.rng)
    while numbers == sorted(numbers):
        numbers = _numbers(filling.rng)
    return _row(numbers, filling), _row(sorted(numbers), filling)


def largest_number(filling: Filling) -> Pair:
    """The largest of a few numbers."""
    numbers = _numbers(filling.rng)
    return _row(numbers, filling), str(max(numbers))


def add_numbers(filling: Filling) -> Pair:
    """The sum of two or three small numbers."""
    numbers = [filling.rng.randrange(1, 30) for _ in range(filling.rng.randrange(2, 4))]
    return _row(numbers, filling), str(sum(numbers))


def give_change(filling: Filling) -> Pair:
    """What comes back from a note."""
    paid = filling.rng.choice((10, 20, 50, 100))
    price = filling.rng.randrange(1, paid)
    if filling.language == "en":
        return f"Price: {price} dollars, paid: {paid} dollars", f"{paid - price} dollars"
    return f"价格{price}元，付了{paid}元", f"{paid - price}元"


def count_words(filling: Filling) -> Pair:
    """How many entries a list has."""
    words = _words(filling)
    return _row(words, filling), str(len(words))


def reverse_words(filling: Filling) -> Pair:
    """The list backwards."""
    words = _words(filling)
    return _row(words, filling), _row(words[::-1], filling)


def sort_words(filling: Filling) -> Pair:
    """The list in alphabetical order."""
    words = _words(filling)
    while words == sorted(words, key=str.casefold):
        filling.rng.shuffle(words)
    return _row(words, filling), _row(sorted(words, key=str.casefold), filling)


def last_word(filling: Filling) -> Pair:
    """The list's last entry."""
    words = _words(filling)
    return _row(words, filling), words[-1]


def write_capitals(filling: Filling) -> Pair:
    """The list in capital letters."""
    words = _words(filling)[:3]
    return _row(words, filling), _row(words, filling).upper()


def first_letters(filling: Filling) -> Pair:
    """The first letter of each entry."""
    words = _words(filling)
    return _row(words, filling), _row([word[0] for word in words], filling)


def to_centimetres(filling: Filling) -> Pair:
    """Metres as centimetres."""
    metres = filling.rng.randrange(2, 60)
    if filling.language == "en":
        return f"{metres} metres", f"{100 * metres} centimetres"
    return f"{metres}米", f"{100 * metres}厘米"


def to_minutes(filling: Filling) -> Pair:
    """Hours as minutes."""
    hours = filling.rng.randrange(2, 13)
    if filling.language == "en":
        return f"{hours} hours", f"{60 * hours} minutes"
    return f"{hours}小时", f"{60 * hours}分钟"


def double_amount(filling: Filling) -> Pair:
    """Twice as much of an ingredient."""
    count, word = filling.rng.randrange(2, 60), filling.fill("{ingredient:3}")
    if filling.language == "en":
        return f"{count} grams of {word}", f"{2 * count} grams of {word}"
    return f"{count}克{word}", f"{2 * count}克{word}"


def next_number(filling: Filling) -> Pair:
    """The next member of an arithmetic sequence."""
    start, step = filling.rng.randrange(1, 30), filling.rng.randrange(2, 10)
    return _row([start + step * place for place in range(4)], filling), str(start + 4 * step)


def drop_repeated(filling: Filling) -> Pair:
    """The list without the entry that stands twice in it."""
    words = _words(filling)
    repeated = [*words, words[filling.rng.randrange(len(words) - 1)]]
    return _row(repeated, filling), _row(words, filling)


COMPUTED: dict[str, Callable[[Filling], Pair]] = {
    "sorted_numbers": sorted_numbers,
    "largest_number": largest_number,
    "sum": add_numbers,
    "change": give_change,
    "counted_words": count_words,
    "reversed_words": reverse_words,
    "sorted_words": sort_words,
    "last_word": last_word,
    "capital_letters": write_capitals,
    "first_letters": first_letters,
    "centimetres": to_centimetres,
    "minutes": to_minutes,
    "double": double_amount,
    "next_number": next_number,
    "unique_words": drop_repeated,
}
