"""Roots of Chinese instructions: our own sentences, and real ones that were labelled by eye."""

from __future__ import annotations

import pytest

from builders.verb_nouns.chinese import find_chinese_root
from tests.checks.real_data import read_rows

# The first 60 rows of the real Chinese data; "-" where a human sees no verb with an object.
LABELS = """
识别 理论|生成 口号|比较 人物|构建 问题|写 叙述|创建 程序|分类 数字|列出 物品
写 不同之处|描述 应用|-|分类 动物|生成 算法|组成 句子|生成 问题|写 故事
创作 诗|-|编写 声明|去掉 词语|列出 提示|列出 品质|优化 产品描述|解释 概念
创建 识别系统|改写 句子|分类 句子|生成 关键词|计算 总价|创建 输入|结束 故事|-
给 数字|建立 对话|-|说 人物|-|排列 书|找 根|创造 运动
创造 谚语|列出 不同之处|列出 名词|列出 元素|建议 标题|-|评价 产品|创建 标志
构建 日历|生成 词|研究 自然灾害|创建 标题|列出 河流|-|编辑 代码|编辑 句子
输出 代码|分类 问题|-|提供 建议
"""


@pytest.mark.parametrize(
    ("instruction", "verb", "noun"),
    [
        ("列出三个学习英语的方法。", "列出", "方法"),
        ("帮我写一张病假条，语气得体。", "写", "病假条"),
        ("把这句口语改写成书面语。", "改写", "口语"),
        ("请将下面的句子翻译成英文。", "翻译", "句子"),
        ("根据下面的短文，概括主要内容。", "概括", "内容"),
        ("解释恒星和行星之间的区别。", "解释", "区别"),
        ("给乘客的提问分类：票务、行李。", "分类", "提问"),
        ("设计一个游戏来练习拼写。", "设计", "游戏"),
        ("编写一个Python函数，计算平均值。", "编写", "函数"),
        ("列出可以在车站买到的5件物品。", "列出", "物品"),
        ("解释为什么天空是蓝色的。", "解释", None),
        ("判断这是不是病句。", "判断", None),
    ],
)
def test_verb_and_object(instruction: str, verb: str, noun: str | None) -> None:
    assert find_chinese_root(instruction) == (verb, noun, None)


@pytest.mark.parametrize(
    ("instruction", "word"),
    [
        ("为什么天空是蓝色的？", "为什么"),
        ("如何泡一壶好茶", "如何"),
        ("这个数是奇数还是偶数？", "还是"),
        ("这句话通顺吗？只回答“是”或“否”。", "吗"),
    ],
)
def test_questions_have_a_question_word_and_no_verb(instruction: str, word: str) -> None:
    assert find_chinese_root(instruction) == (None, None, word)


@pytest.mark.parametrize("text", ["", "。。。", "友谊", "今天下雨了。", "😀", "12 + 3"])
def test_what_is_no_instruction_has_no_root(text: str) -> None:
    assert find_chinese_root(text) == (None, None, None)


@pytest.mark.real_data
def test_real_instructions_agree_with_the_labels() -> None:
    rows = read_rows("instruct/alpaca_gpt4_zh_demo_1k.jsonl.gz")
    labels = [label for line in LABELS.split("\n") for label in line.split("|") if label]
    roots = [find_chinese_root(row["instruction"]) for row in rows[: len(labels)]]
    found = [f"{verb} {noun}" if noun else "-" for verb, noun, _ in roots]
    assert len(labels) == 60
    pairs = [(had, label) for had, label in zip(found, labels, strict=True) if had != "-"]
    assert sum(had == label for had, label in pairs) >= 0.9 * len(pairs)
    assert len(pairs) >= 0.85 * sum(label != "-" for label in labels)


@pytest.mark.real_data
def test_most_real_instructions_have_a_pair() -> None:
    rows = read_rows("instruct/alpaca_gpt4_zh_demo_1k.jsonl.gz")
    pairs = sum(find_chinese_root(row["instruction"])[1] is not None for row in rows)
    assert pairs >= 0.65 * len(rows)  # about 15% of them are sentences that ask for nothing
