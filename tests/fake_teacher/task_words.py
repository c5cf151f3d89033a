"""Tasks out of a small vocabulary, in English and Chinese, as many as anybody asks for.

A task is a function of its number. Few of the first thousands resemble each other by ROUGE-L above
0.7: every text has five parts that are drawn apart, and few words that all have in common.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from tests.fake_teacher.reply import hash_share

TaskLanguage = Literal["en", "zh"]


class WordedTask(NamedTuple):
    """An instruction with one input ("" where it needs none) and its output."""

    instruction: str
    input: str
    output: str


_ENGLISH = (
    (
        "Compose a short fable",
        "Outline a weekly plan",
        "Draft a polite reminder",
        "List four arguments",
        "Summarise the main points",
        "Invent a cheerful riddle",
        "Recommend two quiet hobbies",
        "Explain step by step",
        "Rewrite the notice",
        "Compare both offers",
        "Suggest a better title",
        "Estimate the total cost",
    ),
    (
        "about moving house",
        "on growing tomatoes",
        "regarding late trains",
        "for a village library",
        "concerning lost luggage",
        "around a winter festival",
        "against noisy neighbours",
        "after a failed exam",
        "before the spring cleaning",
        "during a power cut",
        "in favour of bicycles",
        "without mentioning money",
    ),
    (
        "so that a nervous beginner feels welcome",
        "as an old fisherman would tell it",
        "using only everyday words",
        "with one surprising fact per paragraph",
        "while keeping the tone formal",
        "in the style of a weather report",
        "and end with an open question",
        "addressed to the city council",
        "suitable for radio listeners",
        "because the deadline is tomorrow",
        "that fits on a postcard",
        "whose hero is a tired baker",
    ),
    (
        "; mention Lisbon twice",
        "; avoid every comma",
        "; count the vowels afterwards",
        "; give three alternatives",
        "; name your sources",
        "; leave out adjectives",
        "; start with a proverb",
        "; translate the last line into Latin",
        "; underline nothing",
        "; include an exact date",
        "; keep each sentence under nine words",
        "; sort the result by length",
    ),
)
_CHINESE = (
    (
        "写一则寓言",
        "拟定一周安排",
        "起草温和的提醒",
        "列举四条论据",
        "概括主要观点",
        "编一个有趣的谜语",
        "推荐两种安静的爱好",
        "分步骤说明做法",
        "改写下面的通知",
        "比较两份报价",
        "想一个更好的标题",
        "估算全部花费",
    ),
    (
        "，话题是搬家",
        "，围绕种番茄展开",
        "，针对火车晚点",
        "，供乡村图书馆使用",
        "，涉及丢失的行李",
        "，背景为冬季庙会",
        "，反映邻居太吵",
        "，时间在考试失利之后",
        "，赶在春季大扫除以前",
        "，停电期间也能完成",
        "，支持骑自行车出行",
        "，不要提到钱",
    ),
    (
        "，让紧张的新手感到亲切",
        "，用老渔夫的口吻讲述",
        "，只使用日常词汇",
        "，每段给出一个意外的事实",
        "，语气保持正式",
        "，模仿天气预报的风格",
        "，结尾留下疑问",
        "，收信人是市政府",
        "，适合电台听众",
        "，明天就要交稿",
        "，能写在明信片上",
        "，主角是疲惫的面包师",
    ),
    (
        "，两次出现苏州。",
        "，全文没有逗号。",
        "，最后数一数字数。",
        "，另附三个备选。",
        "，注明出处。",
        "，省去形容词。",
        "，以谚语开头。",
        "，末句译成英语。",
        "，标点从简。",
        "，写明具体日期。",
        "，每句少于九个字。",
        "，按长短排序。",
    ),
)
_INPUTS = {
    "en": "The train to Kiel leaves at {a} and needs {b} minutes.",
    "zh": "开往青岛的列车{a}点出发，路上{b}分钟。",
}
_OUTPUTS = {"en": "Number {a} comes to {b}, then {c}.", "zh": "第{a}个任务的结果是{b}和{c}。"}
_WORN_OUTPUTS = {
    "en": "This is the one long answer that the teacher gives again and again, whatever is asked.",
    "zh": "这就是老师一遍又一遍给出的那个很长的回答，不管问题问的究竟是什么，都一个字不差。",
}
_WORN_EVERY = 12


def word_instruction(language: TaskLanguage, number: int) -> str:
    """The instruction with this number."""
    parts = _ENGLISH if language == "en" else _CHINESE
    chosen = [
        words[int(hash_share("word", language, place, number) * len(words))]
        for place, words in enumerate(parts)
    ]
    return "".join(chosen) if language == "zh" else " ".join(chosen).replace(" ;", ";") + "."


def word_input(language: TaskLanguage, number: int) -> str:
    """An input that goes with anything; no two numbers have the same one."""
    return _fill(_INPUTS[language], number)


def word_output(language: TaskLanguage, number: int) -> str:
    """A short output that goes with anything; no two numbers have the same one."""
    return _fill(_OUTPUTS[language], number)


def _fill(form: str, number: int) -> str:
    spread = {name: int(hash_share(name, number) * 900) + 7 for name in "bc"}
    return form.format(a=number, **spread)


def word_task(language: TaskLanguage, number: int) -> WordedTask:
    """The task with this number; every third needs no input, every twelfth has the same output."""
    instruction = word_instruction(language, number)
    if number % _WORN_EVERY == 0:
        return WordedTask(instruction, "", _WORN_OUTPUTS[language])
    given = word_input(language, number) if number % 3 else ""
    return WordedTask(instruction, given, word_output(language, number))
