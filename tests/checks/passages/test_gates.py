"""Which passages fall, with which reason, in which order, and that good ones of every form stay."""

from __future__ import annotations

from typing import Any

import pytest

from builders.checks.passages import PassageCheckConfig, check_passage, check_passages
from builders.pretraining.outcome import PassageReject
from distilabel_pipelines.rows import Language
from tests.checks.passages.texts import (
    FAQ_ZH,
    GOOD,
    LIST_EN,
    MATH_EN,
    PROSE_EN,
    PROSE_ZH,
    TABLE_EN,
    make_passage,
)

CONFIG = PassageCheckConfig()
OUTLINE_EN = "# Rivers\n\n" + "\n".join(
    f"## Part {n}\n- Sources of the river\n- The long valley\n- Floods and dams\n" for n in range(6)
)
OUTLINE_ZH = "# 河流\n\n" + "\n".join(
    f"## 第{n}部分\n- 河流的源头\n- 河谷\n- 洪水与堤坝\n- 河口" for n in "一二三四五六"
)
INSTRUCTION_EN = (
    "Write a blog post on this subject, in an informal but well-informed voice. Start from a "
    "concrete observation or question, and close with a thought that goes beyond the usual advice."
)
INSTRUCTION_ZH = (
    "写一篇关于这个主题的博客文章，语气轻松，内容扎实。"
    "从一个具体的观察或问题开始，用事实和例子展开两三个要点。"
)


def find_reason(text: str, language: Language = "en", **fields: str) -> PassageReject | None:
    return check_passage(make_passage(text, language=language, **fields), CONFIG).reason


@pytest.mark.parametrize(("text_format", "language", "text"), GOOD)
def test_good_passages_of_every_form_stay(text_format: str, language: Language, text: str) -> None:
    finding = check_passage(make_passage(text, text_format, language), CONFIG)
    assert finding == (None, "")


BAD: list[tuple[str, Language, PassageReject]] = [
    ("I'm sorry, but I can't write this text for you. " + PROSE_EN, "en", "refusal"),
    ("As an AI language model, I have no rivers. " + PROSE_EN, "en", "refusal"),
    ("作为一个人工智能语言模型，我没有见过河流。" + PROSE_ZH, "zh", "refusal"),
    ("抱歉，我无法写这篇文章。" + PROSE_ZH, "zh", "refusal"),
    ("Sure, here is a blog post about rivers:\n\n" + PROSE_EN, "en", "boilerplate"),
    (PROSE_EN + "\n\nI hope this helps! Let me know if you need more.", "en", "boilerplate"),
    ("好的，以下是关于河流的文章：\n\n" + PROSE_ZH, "zh", "boilerplate"),
    (PROSE_ZH + "\n\n希望这篇文章对你有帮助！", "zh", "boilerplate"),
    (INSTRUCTION_EN + "\n\n" + PROSE_EN, "en", "prompt_echo"),
    (INSTRUCTION_ZH + "\n\n" + PROSE_ZH, "zh", "prompt_echo"),
    ("A river carries stones, sand and mud.", "en", "too_short"),
    ("河流带走的不只是水。", "zh", "too_short"),
    ("", "en", "too_short"),
    ("", "zh", "too_short"),
    (OUTLINE_EN, "en", "headings_only"),
    (OUTLINE_ZH, "zh", "headings_only"),
    (PROSE_EN + "\n\n" + "The river flows down to the sea. " * 20, "en", "looping"),
    (PROSE_ZH + "\n\n" + "河水慢慢流向大海。" * 20, "zh", "looping"),
    (PROSE_ZH, "en", "wrong_language"),
    (PROSE_EN, "zh", "wrong_language"),
    ("Lorem ipsum dolor sit amet. " + PROSE_EN, "en", "low_quality"),
    (
        "河流、泥土、石头、洪水、平原、田地、堤坝。" * 2 + "山谷、坡度、雨季、砾石、河口。" * 4,
        "zh",
        "low_quality",
    ),
]


@pytest.mark.parametrize(("text", "language", "reason"), BAD)
def test_planted_faults_are_found(text: str, language: Language, reason: PassageReject) -> None:
    prompt = INSTRUCTION_ZH if language == "zh" else INSTRUCTION_EN
    assert find_reason(text, language, prompt=prompt) == reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"error": "teacher_error", "error_message": "500", "content": ""}, "teacher_error"),
        ({"error": "refused_by_provider", "content": ""}, "refused_by_provider"),
        ({"finish_reason": "content_filter"}, "refused_by_provider"),
        ({"finish_reason": "length"}, "truncated"),
        ({"finish_reason": "max_tokens"}, "truncated"),
        ({"thought_form": "unfinished", "reasoning_content": "Hm", "content": ""}, "truncated"),
    ],
)
def test_replies_that_are_no_whole_text_fall(fields: dict[str, Any], reason: PassageReject) -> None:
    assert check_passage(make_passage(PROSE_EN, **fields), CONFIG).reason == reason


def test_the_first_gate_names_the_reason() -> None:
    text = "Sure, here is a short text:"
    assert find_reason(text) == "boilerplate"
    assert find_reason(text, finish_reason="length") == "truncated"


def test_details_name_what_was_found() -> None:
    finding = check_passage(make_passage("Certainly! Here is the text.\n" + PROSE_EN), CONFIG)
    assert "Certainly! Here" in finding.detail
    finding = check_passage(make_passage("lorem ipsum " + PROSE_EN), CONFIG)
    assert finding.detail == "C4: lorem_ipsum (threshold reject_placeholders = True)"


@pytest.mark.parametrize("text", [TABLE_EN, LIST_EN, MATH_EN])
def test_a_form_is_held_against_prose_only(text: str) -> None:
    table = "\n".join(f"| {n} | {n * n} | {n * 7} |" for n in range(40))
    assert find_reason(table) == "headings_only"
    assert check_passage(make_passage(text, "an own format"), CONFIG).reason is None


def test_own_formats_are_spared_the_quality_filters() -> None:
    text = "lorem ipsum " + PROSE_EN
    assert check_passage(make_passage(text, "an own format"), CONFIG).reason is None
    assert check_passage(make_passage(text, "textbook_academic"), CONFIG).reason == "low_quality"


def test_a_forum_may_close_as_forums_do() -> None:
    text = PROSE_EN + "\n\nLet me know if that worked for you."
    assert check_passage(make_passage(text, "forum"), CONFIG).reason is None
    assert check_passage(make_passage(text, "blogpost"), CONFIG).reason == "boilerplate"


def test_a_check_is_turned_off_in_the_recipe() -> None:
    text = "Sure, here is a text:\n\n" + PROSE_EN
    assert check_passage(make_passage(text), PassageCheckConfig(openings=())).reason is None
    short = make_passage("The river flows slowly down to the sea.")
    assert check_passage(short, PassageCheckConfig(min_words=5)).reason == "low_quality"


def test_every_passage_is_judged_by_itself_and_the_same_each_time() -> None:
    passages = [make_passage(PROSE_EN), make_passage("short"), make_passage(FAQ_ZH, "faq", "zh")]
    findings = check_passages(passages, CONFIG)
    assert [finding.reason for finding in findings] == [None, "too_short", None]
    assert check_passages(passages[::-1], CONFIG) == findings[::-1]


def test_a_passage_is_never_changed() -> None:
    text = "  " + PROSE_EN.replace(". ", ".  ") + "\r\n\r\n“Quoted” {braces}\tend.  \n"
    passage = make_passage(text)
    before = passage.model_dump_json()
    check_passage(passage, CONFIG)
    assert passage.content == text
    assert passage.model_dump_json() == before
