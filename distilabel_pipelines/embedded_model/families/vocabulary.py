"""Words that fill the questions: people, things, languages' ways of joining a list."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .model import Language


def words(text: str) -> tuple[str, ...]:
    """Words written with spaces between them."""
    return tuple(text.split())


PEOPLE: dict[Language, tuple[str, ...]] = {
    "en": words(
        "Tom Anna Ben Lucy Sam Mia Leo Emma Jack Nina Omar Rosa Paul Ivy Max Ella Noah Zoe Raj Kate"
    ),
    "zh": words(
        "小明 小红 小刚 小丽 小华 小芳 小军 小兰 小强 小雨 李老师 王老师 张阿姨 陈叔叔 小林 小文"
    ),
}
# English plural, Chinese noun, Chinese measure word.
THINGS: tuple[tuple[str, str, str], ...] = (
    ("apples", "苹果", "个"),
    ("pencils", "铅笔", "支"),
    ("books", "书", "本"),
    ("stickers", "贴纸", "张"),
    ("marbles", "弹珠", "颗"),
    ("cookies", "饼干", "块"),
    ("oranges", "橙子", "个"),
    ("stamps", "邮票", "张"),
    ("cards", "卡片", "张"),
    ("candies", "糖果", "颗"),
    ("balloons", "气球", "个"),
    ("flowers", "花", "朵"),
    ("eggs", "鸡蛋", "个"),
    ("notebooks", "笔记本", "本"),
    ("cups", "杯子", "个"),
    ("toys", "玩具", "个"),
)
# Words whose letters are counted: all are seen in training, held out is the pair with a letter.
SPELLED_WORDS: tuple[str, ...] = words(
    "banana apple letter pepper summer coffee rabbit orange lemon tomato potato carrot garden "
    "mountain pencil teacher school picture bottle cheese elephant penguin dolphin monkey "
    "season winter spring autumn address success mirror dinner tomorrow hello yellow purple "
    "street painter football volleyball"
)


def person(rng: random.Random) -> dict[Language, str]:
    """A name in each language."""
    return {language: rng.choice(names) for language, names in PEOPLE.items()}


def thing(rng: random.Random) -> dict[Language, dict[str, str]]:
    """A countable thing, with the measure word Chinese needs."""
    english, chinese, measure = rng.choice(THINGS)
    return {"en": {"things": english}, "zh": {"things": chinese, "measure": measure}}


def listing(numbers: Sequence[object], language: Language) -> str:
    """Items in a row, in the language's punctuation."""
    return (", " if language == "en" else "、").join(map(str, numbers))
