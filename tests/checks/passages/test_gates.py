"""Which passages fall, with which reason, in which order, and that good ones of every form stay."""

from __future__ import annotations

from typing import Any

import pytest

from builders.checks.passages import PassageCheckConfig, check_passage, check_passages
from builders.pretraining.outcome import PassageReject
from distilabel_pipelines.passages import FORMATS
from distilabel_pipelines.rows import Language
from tests.checks.passages.foreign_texts import FOREIGN, MATH_FR, TABLE_FR
from tests.checks.passages.texts import (
    FAQ_EN,
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


JUNK = "qorb vexil tanup fridge lomo zat quiven oblar minst drafe wopple sint " * 12
LINE_EN = (
    "Rivers carry stones to the sea. They have done it for a long time, and the land shows it."
)
PLEA_EN = (
    "buy our best cheap pills here today order now huge discount free shipping sale offer " * 6
)


@pytest.mark.parametrize("text_format", [*FORMATS, "an own format"])
@pytest.mark.parametrize("tag", ["", "text", "markdown", "python"])
@pytest.mark.parametrize("junk", [JUNK, PLEA_EN, PROSE_EN])
def test_a_body_in_a_fence_and_one_good_line_fall_in_every_format(
    junk: str, tag: str, text_format: str
) -> None:
    for text in (f"```{tag}\n{junk}\n```\n\n{LINE_EN}", f"{LINE_EN}\n\n~~~{tag}\n{junk}\n~~~\n"):
        assert check_passage(make_passage(text, text_format), CONFIG).reason is not None


@pytest.mark.parametrize("text_format", [*FORMATS, "an own format"])
def test_words_without_spaces_and_other_languages_fall_in_every_format(text_format: str) -> None:
    glued = f"{FAQ_EN}\n\n{PROSE_EN.replace(' ', '')}"
    assert check_passage(make_passage(glued, text_format), CONFIG).reason == "garbled"
    for text in (*FOREIGN.values(), f"{TABLE_FR}\n\n{FOREIGN['French']}", MATH_FR):
        if len(text.split()) >= CONFIG.min_words:
            reason = check_passage(make_passage(text, text_format), CONFIG).reason
            assert reason == "wrong_language"
        reason = check_passage(make_passage(text, text_format, "zh"), CONFIG).reason
        assert reason == "wrong_language"


CODE = """import csv
from pathlib import Path


def read_rivers(path):
    with Path(path).open(newline="") as lines:
        return [(row["name"], row["length_km"]) for row in csv.DictReader(lines)]


def describe(rivers, least=100):
    long_ones = sorted(name for name, length in rivers if float(length) >= least)
    if not long_ones:
        raise SystemExit("no river is that long; try a smaller number")
    return ", ".join(long_ones)


rivers = read_rivers("rivers.csv")
print(describe(rivers, least=500), sum(float(length) for _, length in rivers))"""
TUTORIAL_EN = f"""# Add up the lengths of rivers

You will write a short program that reads a list of rivers and adds up their lengths. All that you \
need to know is how to start Python.

## The smallest example

Type this and run it:

```python
{CODE}
```

The program prints the sum. If it prints `0`, the list is empty, and you should look at the file.

```text
3 rivers, 4200 km
```

## A typical mistake

It is easy to forget that the lengths are strings. Then Python puts them one behind the other, and \
what you see is a very long river."""
TUTORIAL_ZH = f"""# 用 Python 计算河流的总长度

学完这篇教程，你可以写一个小程序，读入一个 list，再用 sum() 把河流的长度加起来。\
你只需要会启动 Python。

```python
{CODE}
```

运行以后，屏幕上会显示总长度。如果显示的是 `0`，说明 list 是空的，应该检查一下文件的路径。

**常见错误**：长度是字符串（str）而不是整数（int）。\
这时 Python 会把它们接在一起，得到的数字大得惊人。"""


@pytest.mark.parametrize("text_format", ["tutorial", "wikihow", "an own format"])
@pytest.mark.parametrize(("text", "language"), [(TUTORIAL_EN, "en"), (TUTORIAL_ZH, "zh")])
def test_tutorials_with_much_code_stay(text: str, language: Language, text_format: str) -> None:
    assert check_passage(make_passage(text, text_format, language), CONFIG) == (None, "")


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
