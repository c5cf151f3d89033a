"""Notices, menus, links and offers are told from text, in English and Chinese."""

from __future__ import annotations

import pytest

from builders.pretraining.boilerplate import (
    find_language_fault,
    find_page_fault,
    is_back_matter,
    remove_boilerplate_lines,
    share_of_prose,
)

PROSE = "Bees dance to tell their sisters where the flowers are, and the others follow the dance."


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("This site uses cookies to improve your experience.", "cookie notice"),
        ("本网站使用Cookie来改善您的体验。", "cookie notice"),
        ("Please enable JavaScript to view the comments.", "script notice"),
        ("© 2019 Example Ltd. All rights reserved.", "copyright notice"),
        ("版权所有，未经许可不得转载", "copyright notice"),
        ("京ICP备12345678号", "copyright notice"),
        ("Read our Privacy Policy.", "terms and privacy"),
        ("Sign up for updates", "account and cart"),
        ("登录后即可评论", "account and cart"),
        ("Write to jane.doe@example.org for a copy.", "contact details"),
        ("咨询电话：010-12345678", "contact details"),
        ("This entry was posted in Art and tagged blue.", "navigation"),
        ("Home | About us | Products | Contact", "navigation"),
        ("首页 > 新闻 > 国内 > 正文", "navigation"),
        ("上一篇：春天来了", "navigation"),
        ("Subscribe to our newsletter", "subscription"),
        ("扫描下方二维码关注我们的公众号", "subscription"),
        ("https://example.org/a/very/long/address", "links"),
    ],
)
def test_a_line_beside_the_text_is_taken_out(line: str, kind: str) -> None:
    cleaned = remove_boilerplate_lines(f"{PROSE}\n{line}\n\n{PROSE[:40]}.")
    assert cleaned.text == f"{PROSE}\n\n{PROSE[:40]}."
    assert cleaned.first_kind == kind
    assert 0 < cleaned.removed_share < 0.6


@pytest.mark.parametrize(
    "line",
    [
        "| metal | melting point | use | colour |",
        "The baker sold cookies at the fair in spring.",
        "He read more than he wrote, and next to nothing of it was in print.",
        "水在一百度时沸腾，在高山上则更早。",
        "Click here, said the teacher, and the whole class laughed: " + PROSE * 3,
    ],
)
def test_lines_of_text_stay(line: str) -> None:
    assert remove_boilerplate_lines(line).text == line


def test_a_long_line_that_comes_again_is_taken_out() -> None:
    cleaned = remove_boilerplate_lines(f"{PROSE}\n{PROSE}\nNo.\nNo.")
    assert cleaned.text == f"{PROSE}\nNo.\nNo."
    assert cleaned.first_kind == "repeated line"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Lorem ipsum dolor sit amet, consectetur.", "filler text"),
        ("See https://a.example/very/long/path and www.b.example/more now.", "mostly links"),
        ("3.14 2.71 1.41 | 12:30 44% 7/8 = 90210", "few letters"),
        ("BEES DANCE TO TELL THEIR SISTERS where the flowers are.", "capital letters"),
        ("We offer shirts. Call us for free shipping!", "advertising"),
        ("我司主营螺丝，厂家直销，欢迎来电咨询。", "advertising"),
    ],
)
def test_a_page_that_is_no_text_has_a_fault(text: str, fault: str) -> None:
    assert (find_page_fault(text) or "").startswith(fault)


def test_ordinary_pages_have_none() -> None:
    assert find_page_fault(PROSE) is None
    assert find_page_fault("我们在店里买了两公斤苹果，价格合理。") is None


def test_another_language_in_latin_letters_is_not_english() -> None:
    italian = "il gatto dorme sul tetto della casa mentre la pioggia cade piano sulla strada " * 4
    assert find_language_fault(italian, "en") == "0 of the commonest English words"
    assert find_language_fault(f"{PROSE} {PROSE} {PROSE}", "en") is None
    assert find_language_fault(italian[:60], "en") is None
    assert find_language_fault("猫" * 50, "zh") is None


def test_prose_is_what_stands_in_lines_with_a_sentence() -> None:
    assert share_of_prose("Menu\nHome\nShop") == 0
    assert share_of_prose(f"{PROSE}\n我们走吧。") == 1
    assert 0.85 < share_of_prose(f"{PROSE}\nFirst item") < 0.95


@pytest.mark.parametrize(
    "headings",
    [
        "Quasars > For Further Exploration > Videos",
        "Learning Objectives",
        "第三章 > 思考题",
        "Preface",
    ],
)
def test_back_matter_is_known_by_its_heading(headings: str) -> None:
    assert is_back_matter(headings)


@pytest.mark.parametrize(
    "headings",
    ["The Calendar > The Challenge of the Calendar", "Articles of Confederation", "About Time"],
)
def test_sections_that_teach_are_no_back_matter(headings: str) -> None:
    assert not is_back_matter(headings)
