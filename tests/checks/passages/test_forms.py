"""Tables, headings, items and sentences are told apart, in both languages."""

from __future__ import annotations

import pytest

from builders.checks.passages.forms import read_form, strip_tables
from distilabel_pipelines.rows import Language
from tests.checks.passages.texts import LIST_EN, LIST_ZH, PROSE_EN, PROSE_ZH, TABLE_EN, TABLE_ZH


def test_prose_is_all_sentences() -> None:
    assert read_form(PROSE_EN, "en").sentence_share == 1
    assert read_form(PROSE_ZH, "zh").sentence_share == 1


def test_a_sentence_may_run_over_several_lines() -> None:
    text = "The river carries stones,\nsand and mud down\nto the sea."
    assert read_form(text, "en").sentence_share == 1


@pytest.mark.parametrize(("text", "language"), [(TABLE_EN, "en"), (TABLE_ZH, "zh")])
def test_filled_rows_are_counted_without_the_heading(text: str, language: Language) -> None:
    assert read_form(text, language).table_rows == 4
    empty = "| a | b |\n|---|---|\n| | |\n"
    assert read_form(empty, language).table_rows == 0
    assert "4879" not in strip_tables(text).replace(",", "")


@pytest.mark.parametrize(("text", "language"), [(LIST_EN, "en"), (LIST_ZH, "zh")])
def test_facts_under_list_markers_are_items(text: str, language: Language) -> None:
    assert read_form(text, language).items == 6


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("# One\n## Two words\n**Three**\n1. Four\n- Five and six\n---\n", "en"),
        ("Introduction.\n\nConclusion.", "en"),
        ("# 一\n## 第二部分\n**第三**\n1. 源头\n- 河谷\n一、小结\n", "zh"),
        ("小结。\n\n引言。", "zh"),
        ("", "en"),
    ],
)
def test_headings_and_markers_hold_no_sentence(text: str, language: Language) -> None:
    form = read_form(text, language)
    assert (form.sentence_signs, form.items, form.table_rows) == (0, 0, 0)
