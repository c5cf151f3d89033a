"""Words that ask for more than text, and the expressions in which they do not."""

from __future__ import annotations

import pytest

from builders.checks.keywords import (
    HARMLESS_EN,
    HARMLESS_ZH,
    KEYWORDS_EN,
    KEYWORDS_ZH,
    find_keyword,
)


def find_english(text: str) -> str | None:
    return find_keyword(text, KEYWORDS_EN, HARMLESS_EN)


def find_chinese(text: str) -> str | None:
    return find_keyword(text, KEYWORDS_ZH, HARMLESS_ZH)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Draw a cat.", "draw"),
        ("Describe the IMAGES below.", "images"),
        ("Make a graph of it", "graph"),
        ("Go  to\nthe website and report.", "go to the website"),
        ("Plot the data.", "plot the"),
        ("Is this a photo?", "photo"),
        ("file", "file"),
    ],
)
def test_english_words_are_found_in_any_case(text: str, word: str) -> None:
    found = find_english(text)
    assert found is not None
    assert " ".join(found.split()) == word


@pytest.mark.parametrize(
    "text",
    [
        "Rewrite the paragraph.",
        "Explain the word photosynthesis.",
        "Tell the profile of the hero.",
        "What is a geographer's roadmap for life?",
        "What conclusion can you draw from it? Draw a conclusion.",
        "Summarise the plot of the novel.",
        "Explain graph theory to a child.",
        "Suggest a mind map's main branches.",
        "Read a CSV file line by line in Python.",
        "Why do we go to the dentist?",
        "Name three genres of music.",
        "",
    ],
)
def test_parts_of_words_and_harmless_expressions_are_not(text: str) -> None:
    assert find_english(text) is None


def test_a_keyword_beside_a_harmless_expression_is_still_found() -> None:
    assert find_english("Draw a conclusion from the picture.") == "picture"
    assert find_chinese("给短视频配上照片") == "照片"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("描述这张照片。", "照片"),
        ("根据下图回答问题。", "下图"),
        ("画一只猫。", "画一只"),
        ("打开附件并总结。", "附件"),
        ("以下图片里有什么？", "下图"),
    ],
)
def test_chinese_words_are_found(text: str, word: str) -> None:
    assert find_chinese(text) == word


@pytest.mark.parametrize(
    "text",
    [
        "打印以下图案：",
        "介绍一家网上图书馆。",
        "他的意图表达得清楚吗？",
        "给短视频写三个标题。",
        "为游戏写一份角色配置文件。",
        "给旧书店拟一副对联。",
        "这部漫画一共有几册？",
        "推荐一份播放列表。",
    ],
)
def test_chinese_words_inside_others_are_not(text: str) -> None:
    assert find_chinese(text) is None


def test_the_longest_expression_wins_whatever_the_order_of_the_lists() -> None:
    assert find_keyword("a b c", ["b", "a b c"], ["a b"]) == "a b c"
    assert find_keyword("a b c", ["b"], ["a b", "b c"]) is None


def test_empty_lists_find_nothing_and_marks_of_patterns_are_plain_text() -> None:
    assert find_keyword("draw it", [], []) is None
    assert find_keyword("c++ or c", ["c+"], []) == "c+"
    assert find_keyword("a.b", ["a*b"], []) is None


def test_the_lists_hold_each_word_once_and_no_keyword_is_harmless() -> None:
    for keywords, harmless in ((KEYWORDS_EN, HARMLESS_EN), (KEYWORDS_ZH, HARMLESS_ZH)):
        assert len({*keywords, *harmless}) == len(keywords) + len(harmless)
