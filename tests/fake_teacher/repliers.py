"""Repliers: what the fake teacher says, as pure functions of the request's body."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.fake_teacher.reply import Body, Reply, hash_share, last_user_text, request_key

_TIMES = "×xX*乘"
_OPERATION = re.compile(
    r"(?P<a>\d+)\s*(?P<op>\+|-|−|×|\*|x|X|plus|minus|times|加上|减去|乘以|加|减|乘)\s*(?P<b>\d+)"
)
_SIGNS = {"plus": "+", "加上": "+", "加": "+", "minus": "-", "减去": "-", "减": "-", "−": "-"}
_CJK = re.compile(r"[\u4e00-\u9fff]")


def echo_replier(body: Body) -> Reply:
    """A short thought and answer that name the question and, for distinct samples, the seed."""
    question = last_user_text(body)
    mark = request_key(body)[:8]
    return Reply(
        reasoning=f"I was asked: {question}\nLet me think it over ({mark}).",
        content=f"My answer to “{question}” is {mark}.",
    )


@dataclass(frozen=True)
class FixedReplier:
    """The same reply to everybody."""

    reply: Reply

    def __call__(self, _body: Body) -> Reply:
        return self.reply


@dataclass(frozen=True)
class ArithmeticReplier:
    """Answers "What is 12 + 34?" and "12加34等于多少？": a short thought and a boxed answer.

    One addition, subtraction or multiplication of whole numbers, in the question's language. By
    the body's hash a share `wrong_rate` is off by one, `cut_rate` stops inside the thought with
    finish_reason "length", and the delay lies within ±50% of `mean_delay_s`. Anything else gets
    an answer without a box.
    """

    wrong_rate: float = 0.0
    cut_rate: float = 0.0
    mean_delay_s: float = 0.0

    def __call__(self, body: Body) -> Reply:
        question = last_user_text(body)
        chinese = bool(_CJK.search(question))
        key = request_key(body)
        delay_s = self.mean_delay_s * (0.5 + hash_share("delay", key))
        found = _OPERATION.search(question)
        if found is None:
            return _decline(delay_s, chinese=chinese)
        off = 1 if hash_share("wrong", key) < self.wrong_rate else 0
        thought, value = _work_out(found, off, chinese=chinese)
        if hash_share("cut", key) < self.cut_rate:
            cut = thought[: len(thought) // 2]
            return Reply(reasoning=cut, finish_reason="length", delay_s=delay_s)
        answer = f"答案是 \\boxed{{{value}}}。" if chinese else f"The answer is \\boxed{{{value}}}."
        return Reply(content=answer, reasoning=thought, delay_s=delay_s)


def arithmetic_replier(
    *, wrong_rate: float = 0.0, cut_rate: float = 0.0, mean_delay_s: float = 0.0
) -> ArithmeticReplier:
    """The replier of full builds in tests."""
    return ArithmeticReplier(wrong_rate, cut_rate, mean_delay_s)


def _decline(delay_s: float, *, chinese: bool) -> Reply:
    if chinese:
        return Reply(reasoning="题目里没有我会的算式。", content="我只会加减乘。", delay_s=delay_s)
    return Reply(
        reasoning="I see no sum that I know how to do here.",
        content="I can only add, subtract and multiply.",
        delay_s=delay_s,
    )


def _work_out(found: re.Match[str], off: int, *, chinese: bool) -> tuple[str, int]:
    """The thought and the value, `off` away from the truth in both."""
    left, right = int(found["a"]), int(found["b"])
    sign = _SIGNS.get(found["op"], found["op"])
    sign = "×" if sign[0] in _TIMES or sign == "times" else sign
    tens, ones = right - right % 10, right % 10
    if sign == "+":
        first, value = left + tens, left + right + off
    elif sign == "-":
        first, value = left - tens, left - right + off
    else:
        first, value = left * tens, left * right + off
    last = f"{left} × {ones} = {left * ones}" if sign == "×" else f"{first} {sign} {ones} = {value}"
    if chinese:
        thought = (
            f"题目要我算 {left} {sign} {right}。先算 {left} {sign} {tens} = {first}，"
            f"再算 {last}，所以结果是 {value}。"
        )
    else:
        thought = (
            f"I am asked for {left} {sign} {right}. First {left} {sign} {tens} = {first}, "
            f"then {last}, so the result is {value}."
        )
    return thought, value
