"""Questions that walk along a list with a running result: compare, count, continue, average."""

from __future__ import annotations

import random

from . import written_arithmetic as written
from .model import Family, Language, Problem, problem
from .vocabulary import SPELLED_WORDS, listing


def draw_comparison(rng: random.Random) -> Problem:
    """The largest or smallest of three to five numbers."""
    low, high = rng.choice(((10, 100), (100, 1000), (10, 1000)))
    numbers = rng.sample(range(low, high), rng.choice((3, 4, 5)))
    largest = rng.random() < 0.5
    sign = ">" if largest else "<"

    def thought(language: Language) -> str:
        best, steps = numbers[0], []
        for number in numbers[1:]:
            better = number > best if largest else number < best
            mark = sign if better else ("<" if largest else ">")
            left = f"{number}{mark}{best}"
            best = number if better else best
            steps.append(f"{left} keep {best}" if language == "en" else f"{left}取{best}")
        items = listing(numbers, language)
        if language == "en":
            goal = "largest" if largest else "smallest"
            return f"Find the {goal} of {items}.\nStart {numbers[0]}; {'; '.join(steps)}."
        goal = "最大" if largest else "最小"
        return f"求{items}中{goal}的数。\n先取{numbers[0]}；{'；'.join(steps)}。"

    wording = "comparison/largest" if largest else "comparison/smallest"
    answer = max(numbers) if largest else min(numbers)
    key = tuple(sorted(numbers))
    return problem(wording, key, lambda lang: {"list": listing(numbers, lang)}, thought, answer)


def draw_parity_count(rng: random.Random) -> Problem:
    """How many of four to six numbers are even, or odd."""
    numbers = rng.sample(range(10, 400), rng.choice((4, 5, 6)))
    even = rng.random() < 0.5

    def thought(language: Language) -> str:
        count, steps = 0, []
        for number in numbers:
            is_even = number % 2 == 0
            count += is_even == even
            if language == "en":
                kind, mark = "even" if is_even else "odd", "yes" if is_even == even else "no"
                steps.append(f"{number} {kind} {mark} {count}")
            else:
                steps.append(f"{number}是{'偶' if is_even else '奇'}数计{count}")
        items = listing(numbers, language)
        if language == "en":
            return f"Count {'even' if even else 'odd'} numbers in {items}.\n{'; '.join(steps)}."
        return f"数出{items}中的{'偶' if even else '奇'}数。\n{'；'.join(steps)}。"

    wording = "parity_count/even" if even else "parity_count/odd"
    answer = sum((number % 2 == 0) == even for number in numbers)
    key = tuple(sorted(numbers))
    return problem(wording, key, lambda lang: {"list": listing(numbers, lang)}, thought, answer)


def draw_letter_count(rng: random.Random) -> Problem:
    """How often a letter occurs in a word, sometimes never."""
    word = rng.choice(SPELLED_WORDS)
    letter = rng.choice(word) if rng.random() < 0.85 else rng.choice("abcdefghijklmnoprstuwy")

    def thought(language: Language) -> str:
        count, steps = 0, []
        for current in word:
            count += current == letter
            same = current == letter
            if language == "en":
                steps.append(f"{current} and {letter} {'yes' if same else 'no'} {count}")
            else:
                steps.append(f"{current}/{letter}{'同' if same else '不同'}{count}")
        if language == "en":
            return f"Count {letter} in {word}.\n{'; '.join(steps)}. Total {count}."
        return f"数{word}中的{letter}。\n{'；'.join(steps)}。共{count}个。"

    slots = {"word": word, "letter": letter}
    return problem("letter_count", (word, letter), slots, thought, word.count(letter))


def draw_sequence(rng: random.Random) -> Problem:
    """The next term of a rising or falling arithmetic sequence."""
    start, step = rng.randrange(1, 100), rng.randrange(2, 16)
    length = rng.choice((4, 5))
    numbers = [start + step * i for i in range(length)]
    if rng.random() < 0.35:
        numbers = [number + step for number in reversed(numbers)]
    change = numbers[1] - numbers[0]
    answer = numbers[-1] + change

    def thought(language: Language) -> str:
        first, second, third = numbers[:3]
        if change > 0:
            gaps = f"{second}-{first}={change}; {third}-{second}={change}"
            last = written.add(numbers[-1], change, language)
        else:
            gaps = f"{first}-{second}={-change}; {second}-{third}={-change}"
            last = written.subtract(numbers[-1], -change, language)
        sign = "+" if change > 0 else "-"
        items = listing(numbers, language)
        if language == "en":
            return f"Continue {items}.\n{gaps}; step {sign}{abs(change)}.\n{last}"
        gaps = gaps.replace("; ", "；")
        return f"求{items}的下一项。\n{gaps}；每步{sign}{abs(change)}。\n{last}"

    return problem(
        "sequence", tuple(numbers), lambda lang: {"list": listing(numbers, lang)}, thought, answer
    )


def draw_average(rng: random.Random) -> Problem:
    """The mean of two to four numbers, always a whole number."""
    size = rng.choice((2, 3, 4))
    mean = rng.randrange(10, 60)
    numbers = [rng.randrange(5, 90) for _ in range(size - 1)]
    last = mean * size - sum(numbers)
    if last < 1 or last > 99:
        return draw_average(rng)
    numbers.append(last)

    def thought(language: Language) -> str:
        total, lines = numbers[0], []
        for number in numbers[1:]:
            lines.append(written.add(total, number, language))
            total += number
        lines.append(written.divide(total, size, language))
        items = listing(numbers, language)
        if language == "en":
            return f"Average of {items}: {size} numbers.\n" + "\n".join(lines)
        return f"求{items}这{size}个数的平均数。\n" + "\n".join(lines)

    key = tuple(sorted(numbers))
    return problem("average", key, lambda lang: {"list": listing(numbers, lang)}, thought, mean)


FAMILIES = (
    Family(
        "comparison", ("comparison/largest", "comparison/smallest"), draw_comparison, weight=2.0
    ),
    Family(
        "parity_count", ("parity_count/even", "parity_count/odd"), draw_parity_count, weight=2.0
    ),
    Family("letter_count", ("letter_count",), draw_letter_count, weight=4.0),
    Family("sequence", ("sequence",), draw_sequence, weight=2.0),
    Family("average", ("average",), draw_average, weight=0.75),
)
