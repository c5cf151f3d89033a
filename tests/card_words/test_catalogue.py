"""Every sentence of ours has a Chinese one, its placeholders stay, and nobody else's is touched."""

from __future__ import annotations

import ast
import re
import string
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import builders
from builders import rebuild
from builders.card import STOP_MEANINGS
from builders.card_text import EMPTY
from builders.card_words.catalogue import ENGLISH, Catalogue, read_catalogue, words_of
from builders.columns import Column
from builders.errors import CardError
from builders.instruction_card import (
    CLASSIFICATION_MEANINGS,
    CONFIG_MEANINGS,
    REASON_MEANINGS,
    REQUEST_MEANINGS,
    STEP_MEANINGS,
)
from builders.instruction_rows import COLUMNS as INSTRUCTION_COLUMNS
from builders.pretraining import card as pretraining_card
from builders.pretraining.rows import STORED_COLUMNS
from builders.publishing.changes import LEVELS
from builders.reasoning_card import _THOUGHT_WORDS as THOUGHT_WORDS
from builders.reasoning_card import REASON_MEANINGS as TRACE_REASON_MEANINGS
from builders.reasoning_rows import COLUMNS
from tests.template_shapes import has_chinese

FOLDER = Path(builders.__file__).parent
CHINESE = read_catalogue("zh")
COLUMN_LISTS: tuple[tuple[Column, ...], ...] = (COLUMNS, INSTRUCTION_COLUMNS, STORED_COLUMNS)
MEANINGS = {
    *STOP_MEANINGS.values(),
    *TRACE_REASON_MEANINGS.values(),
    *REASON_MEANINGS.values(),
    *STEP_MEANINGS.values(),
    *REQUEST_MEANINGS.values(),
    *CONFIG_MEANINGS.values(),
    *CLASSIFICATION_MEANINGS.values(),
    *pretraining_card.REASON_MEANINGS.values(),
    *pretraining_card.SOURCE_MEANINGS.values(),
    *pretraining_card.CONFIG_MEANINGS.values(),
    *(text for words in THOUGHT_WORDS.values() for text in words.values()),
}
# What templates translate, and what stands in manifests, one word or a few.
OTHER_WORDS = {
    EMPTY,
    *LEVELS,
    *("words", "characters", "unknown", "nothing"),
    *("no rows", "no words in", "has only", "no columns"),
    *("teacher", "teacher's LLM", "teacher's weights", "teacher's API", "served models", "rows"),
    *("judge", "judge's LLM", "judge's word", "licence", "decontamination", "code version"),
    *("responses", "texts", "replies, tasks and instances"),
}


def list_said(path: Path) -> Iterator[str]:
    """The texts that a module hands to `say`, written there or named by a constant of it."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "say":
            yield from _read_texts(node.args[0], constants)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_say":
            yield from _read_texts(node.args[1], constants)


def _read_texts(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    known = constants.get(node.id, node) if isinstance(node, ast.Name) else node
    for one in ast.walk(known):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def list_meanings() -> set[str]:
    columns = {column.meaning for columns in COLUMN_LISTS for column in columns}
    return columns | MEANINGS | OTHER_WORDS


def said_by_the_code() -> set[str]:
    speaking = (path for path in FOLDER.rglob("*.py") if "CardWords" in path.read_text("utf-8"))
    drawing = FOLDER.glob("figures/*.py")
    return {text for path in {*speaking, *drawing} for text in list_said(path)}


def fields(text: str) -> set[str]:
    """The placeholders of a text, each with its format."""
    return {
        f"{name}:{spec}" for _, name, spec, _ in string.Formatter().parse(text) if name is not None
    }


def test_every_sentence_of_the_code_is_in_the_catalogue_and_no_other_is() -> None:
    rebuilding = {
        value
        for name, value in vars(rebuild).items()
        if name.endswith(("_NOTE", "_AS_HERE")) and isinstance(value, str)
    }
    needed = said_by_the_code() | list_meanings() | rebuilding
    assert sorted(needed - CHINESE.words.keys()) == []
    assert sorted(CHINESE.words.keys() - needed) == []


def test_translations_keep_the_placeholders_and_their_formats() -> None:
    for key, told in CHINESE.words.items():
        assert fields(key) == fields(told), key
    for key, told in CHINESE.stored.items():
        names = {name.split(":")[0] for name in fields(told)}
        assert names == {name.split(":")[0] for name in fields(key)}, key


def test_every_translation_is_chinese() -> None:
    for key, told in [*CHINESE.words.items(), *CHINESE.stored.items()]:
        says_something = re.search("[A-Za-z]{3}", _without_fields(key)) is not None
        assert has_chinese(told) or not says_something or told == "token", key
        assert not set(",;:()?!") & set(_without_fields(told)), told


def _without_fields(text: str) -> str:
    """The text without placeholders, code and quotations, where half-width marks are at home."""
    unquoted = re.sub("“[^”]*”", "", text)
    outside = "".join(part for number, part in enumerate(unquoted.split("`")) if number % 2 == 0)
    return "".join(literal for literal, *_ in string.Formatter().parse(outside))


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Minor: 1 row added.", "次版本：新增 1 行。"),
        (
            "Major: 1,234 rows removed, 2 columns changed, rows in another order.",
            "主版本：移除 1,234 行，2 列有变更，行的次序有变。",
        ),
        ("Patch: no row, column or split.", "修订版本：行、列和切分均无变更。"),
        ("3 rows changed ('a', 'b', …)", "修改 3 行（'a', 'b', …）"),
        (
            "column 'text' added to configs 'a', 'b' and 7 more",
            "新增列 'text'（配置 'a', 'b' 等，另有 7 个）",
        ),
        ("split train", "切分 train"),
        ("0.25 to 0.5", "0.25 至 0.5"),
    ],
)
def test_a_stored_sentence_of_known_form_is_told_in_chinese(sentence: str, told: str) -> None:
    assert CHINESE.retell(sentence) == told


def test_names_in_a_stored_sentence_stay_as_they_are() -> None:
    name = "rows {count} added; {0} teacher"
    assert name in CHINESE.retell(f"Of {name}, the source's own card says: mit.")
    assert CHINESE.retell("split teacher") == "切分 teacher"


@pytest.mark.parametrize("sentence", ["It began.", "Minor rows", "5 rows added and more", "{x}"])
def test_a_stored_sentence_of_another_form_is_quoted_as_the_original(sentence: str) -> None:
    assert CHINESE.retell(sentence) == f"“{sentence}”（英文原文）"
    assert CHINESE.translate(sentence) == sentence


def test_no_text_takes_long_to_take_apart() -> None:
    piece = "a. b Terms: c (read d; e (stated by the publisher's own table). "
    for sentence in (f"Weights: {piece * 2000}", f"{piece * 2000} wrote text", "split " * 20_000):
        started = time.monotonic()
        CHINESE.retell(sentence)
        assert time.monotonic() - started < 5, sentence[:40]


def test_a_text_of_ours_without_a_translation_is_an_error() -> None:
    with pytest.raises(CardError, match=r"'nobody wrote this' in 'zh'.*zh\.toml"):
        CHINESE.say("nobody wrote this")


def test_an_unknown_way_to_fill_a_placeholder_is_an_error() -> None:
    broken = Catalogue("zh", {}, {"split {name}": "切分 {name:loud}"})
    with pytest.raises(CardError, match="write words, list or original"):
        broken.retell("split train")


def test_english_says_what_it_is_given() -> None:
    assert words_of("en") is ENGLISH
    assert ENGLISH.say("{a:,} of {b}", a=1000, b="x") == "1,000 of x"
    assert ENGLISH.say("{not a field}") == "{not a field}"
    assert ENGLISH.retell("Minor: 1 row added.") == "Minor: 1 row added."
