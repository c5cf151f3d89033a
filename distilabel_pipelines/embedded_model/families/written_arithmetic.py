"""Arithmetic written out as a pupil would: one digit at a time, carries and borrows spoken.

A decoder of a few million parameters cannot add three-digit numbers in one step, but it can do
every line below (one-digit facts, copying). Each function returns one line ending in the result;
the languages differ only in the few words between the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

from .model import Language


@dataclass(frozen=True)
class Phrases:
    """The words of the written steps in one language."""

    write: str
    carry: str
    borrow: str
    so: str
    remainder: str
    separator: str
    stop: str


PHRASES: dict[Language, Phrases] = {
    "en": Phrases(" write ", " carry ", " borrow 1", "so ", " remainder ", ", ", "."),
    "zh": Phrases("写", "进", "借1", "所以", "余", "，", "。"),
}


def digits_from_right(number: int) -> list[int]:
    """The decimal digits, ones first."""
    return [int(digit) for digit in reversed(str(number))]


def add(a: int, b: int, language: Language) -> str:
    """Column addition: `347+589: 7+9=16 write 6 carry 1, …, so 347+589=936.`"""
    words = PHRASES[language]
    top, bottom = digits_from_right(a), digits_from_right(b)
    width = max(len(top), len(bottom))
    steps, carry = [], 0
    for place in range(width):
        parts = [column[place] for column in (top, bottom) if place < len(column)]
        parts += [carry] if carry else []
        total = sum(parts)
        carry, digit = divmod(total, 10)
        step = "+".join(map(str, parts)) + (f"={total}" if len(parts) > 1 else "")
        step += f"{words.write}{digit}" + (f"{words.carry}{carry}" if carry else "")
        steps.append(step)
    if carry:
        steps.append(f"{carry}{words.write}{carry}")
    return _line(f"{a}+{b}", steps, str(a + b), language)


def subtract(a: int, b: int, language: Language) -> str:
    """Column subtraction: every borrow is written and then added to the lower digit."""
    words = PHRASES[language]
    top, bottom = digits_from_right(a), digits_from_right(b)
    steps, borrow = [], 0
    for place, upper in enumerate(top):
        lower = bottom[place] if place < len(bottom) else 0
        take = lower + borrow
        step = f"{lower}+1={take}{words.separator}" if borrow else ""
        borrow = int(upper < take)
        if borrow:
            step += f"{upper}<{take}{words.borrow}{words.separator}1{upper}-{take}"
        else:
            step += f"{upper}-{take}"
        digit = upper + 10 * borrow - take
        steps.append(f"{step}={digit}{words.write}{digit}")
    return _line(f"{a}-{b}", steps, str(a - b), language)


def multiply(a: int, b: int, language: Language) -> str:
    """Column multiplication; a second factor of two digits is split into tens and ones."""
    if b < 10:
        return _multiply_by_digit(a, b, language)
    tens, ones = divmod(b, 10)
    lines = [_multiply_by_digit(a, tens, language)]
    words = PHRASES[language]
    lines.append(f"{a}×{tens}0={a * tens}0{words.stop}")
    if ones:
        lines.append(_multiply_by_digit(a, ones, language))
        lines.append(add(a * tens * 10, a * ones, language))
        lines.append(f"{words.so}{a}×{b}={a * b}{words.stop}")
    return "\n".join(lines)


def _multiply_by_digit(a: int, b: int, language: Language) -> str:
    words = PHRASES[language]
    digits = digits_from_right(a)
    if len(digits) == 1:
        return f"{a}×{b}={a * b}{words.stop}"
    steps, carry = [], 0
    for place, digit in enumerate(digits):
        product = digit * b
        step = f"{digit}×{b}={product}"
        if carry:
            product += carry
            step += f"{words.separator}{digit * b}+{carry}={product}"
        carry, low = divmod(product, 10)
        last = place == len(digits) - 1
        step += f"{words.write}{product if last else low}"
        step += f"{words.carry}{carry}" if carry and not last else ""
        steps.append(step)
    return _line(f"{a}×{b}", steps, str(a * b), language)


def divide(a: int, b: int, language: Language, *, always_remainder: bool = False) -> str:
    """Long division by one digit: each digit's product and difference, then the result."""
    words = PHRASES[language]
    steps, rest, started = [], 0, False
    for position, digit in enumerate(map(int, str(a))):
        current = rest * 10 + digit
        last = position == len(str(a)) - 1
        if current < b and not started and not last:
            rest = current
            continue
        started = True
        quotient, rest = divmod(current, b)
        step = f"{b}×{quotient}={b * quotient}{words.separator}{current}-{b * quotient}={rest}"
        steps.append(f"{step}{words.write}{quotient}")
    quotient, rest = divmod(a, b)
    shown = rest or always_remainder
    result = f"{quotient}{words.remainder}{rest}" if shown else str(quotient)
    return _line(f"{a}÷{b}", steps, result, language)


def _line(task: str, steps: list[str], result: str, language: Language) -> str:
    """`task: step; step; so task=result.` in the language's punctuation."""
    words = PHRASES[language]
    colon, semicolon = (": ", "; ") if language == "en" else ("：", "；")
    return f"{task}{colon}{semicolon.join(steps)}{semicolon}{words.so}{task}={result}{words.stop}"
