"""Every accepted form of a final answer, and what is none."""

from __future__ import annotations

import time

import pytest

from builders.checks.final_answers import find_final_answer


@pytest.mark.parametrize(
    ("content", "form", "text"),
    [
        (r"So \boxed{42}.", "boxed", "42"),
        (r"first \boxed{1}, no: \boxed{2}", "boxed", "2"),
        (r"\fbox{958} values", "boxed", "958"),
        (r"$\boxed{\frac{1}{\sqrt{2}}}$", "boxed", r"\frac{1}{\sqrt{2}}"),
        (r"\boxed{\left\{1, 2\right\}}", "boxed", r"\left\{1, 2\right\}"),
        (r"\boxed{5} (in a \boxed{} as asked)", "boxed", "5"),
        (r"thus \boxed 7$", "boxed", "7"),
        (r"The answer is 3, that is \boxed{4}", "boxed", "4"),
        ("2 + 2 = 4\n#### 4", "hashes", "4"),
        ("2 + 2 = 4\nA: 4", "answer_line", "4"),
        ("**Answer:** 4", "answer_line", "4"),
        ("work\n\n**Final Answer**\n\n4\n", "answer_line", "4"),
        ("The answer is 3.5.", "answer_is", "3.5"),
        ("The answer is not 3; the answer is 5.", "answer_is", "5"),
        (r"Hence the final answer is $\frac{1}{2}$, as shown.", "answer_is", r"\frac{1}{2}"),
        ("The answer is 5, because 2 + 3 = 5.", "answer_is", "5"),
        ("The answer is 5, 6 and 7.", "answer_is", "5, 6 and 7"),
        ("**答案：** 18", "answer_is_zh", "18"),
        ("答案：**18**", "answer_is_zh", "18"),
        ("答案是3。", "answer_is_zh", "3"),
        ("所以答案为：12，因为3×4=12", "answer_is_zh", "12"),
        ("答案：（1，2）。", "answer_is_zh", "（1，2）"),
    ],
)
def test_each_form_gives_its_last_answer(content: str, form: str, text: str) -> None:
    found = find_final_answer(content)
    assert found is not None
    assert (found.form, found.text) == (form, text)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "It is 42, I think",
        r"\boxed{}",
        r"I take \boxed{3} back, it is \boxed{4",  # cut inside the answer
        "#### 1. A heading\nand some text",
        r"<think>maybe \boxed{3}",
        r"<think>maybe \boxed{3}</think> I do not know",
        "A: 18\nbut then more text",
    ],
)
def test_no_accepted_form_means_no_answer(content: str) -> None:
    assert find_final_answer(content) is None


def test_an_answer_may_speak_of_the_think_tag() -> None:
    found = find_final_answer(r"The tag is `<think>`, so \boxed{1}")
    assert found is not None
    assert found.text == "1"


def test_text_after_a_lone_closing_tag_is_the_answer() -> None:
    found = find_final_answer(r"perhaps \boxed{3}</think>The answer is 4")
    assert found is not None
    assert found.text == "4"


@pytest.mark.parametrize(
    "content",
    [
        r"\boxed{" * 15_000,
        r"\boxed{}" * 15_000,
        "{" * 100_000,
        "<think>" * 15_000,
        "<think></think>" * 7_000,
        "answer is " * 10_000,
        "答案是" * 30_000,
        "A: " * 30_000,
        "#" * 100_000,
        "$x" * 50_000,
        "the answer is " + r"\(x" * 30_000,
        " " * 100_000 + "x",
    ],
    ids=lambda content: content[:12],
)
def test_hostile_text_is_read_in_linear_time(content: str) -> None:
    start = time.monotonic()
    find_final_answer(content)
    assert time.monotonic() - start < 1.0
