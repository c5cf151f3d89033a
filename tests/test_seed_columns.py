"""What one row of a seed file says, and what its errors name."""

from __future__ import annotations

from decimal import Decimal

import pytest

from builders.errors import RecipeError, SeedError
from builders.seed_columns import (
    SeedRow,
    SeedText,
    parse_seed_columns,
    read_seed_row,
    split_gsm8k_answer,
)


def read(values: dict[str, object], **columns: str) -> SeedText:
    return read_seed_row(SeedRow("seeds.jsonl", 7, values), columns)


def test_the_first_question_column_that_holds_text_wins() -> None:
    everything: dict[str, object] = {
        "question": "q",
        "problem": "p",
        "prompt": "r",
        "instruction": "i",
        "input": "n",
    }
    for column in ("question", "problem", "prompt"):
        assert read(everything).question == everything[column]
        everything[column] = None
    assert read(everything).question == "i\nn"
    everything["instruction"] = "  "
    assert read(everything).question == "n"


def test_an_alpaca_pair_is_joined_by_a_newline_and_an_empty_input_leaves_none() -> None:
    assert read({"instruction": "Sort these.", "input": "3, 1, 2"}).question == (
        "Sort these.\n3, 1, 2"
    )
    assert read({"instruction": "Say hello.", "input": "  "}).question == "Say hello."
    assert read({"question": "1 + 1?", "input": "not joined"}).question == "1 + 1?"


def test_a_question_keeps_every_byte_but_its_outer_white_space() -> None:
    question = "A  line,\ttabs\r\n\n  １２ + 34 ＝ ？"
    assert read({"question": f" \n{question}\u3000\n"}).question == question


def test_the_gsm8k_form_gives_gold_and_a_solution_without_calculator_marks() -> None:
    row = read({"question": "q", "answer": "48/2 = <<48/2=24>>24 clips.\nSo 24+48.\n#### 72"})
    assert (row.answer, row.solution) == ("72", "48/2 = 24 clips.\nSo 24+48.")
    assert split_gsm8k_answer("#### 1,234") == ("1,234", None)
    assert split_gsm8k_answer("it is 5 #### 5\n") == ("5", "it is 5")


@pytest.mark.parametrize("text", ["#### Plan\nfirst, wait", "##### 5", "no marks", "x ####"])
def test_text_that_only_looks_like_gsm8k_stays_whole(text: str) -> None:
    assert split_gsm8k_answer(text) == (text, None)


def test_a_solution_column_wins_over_the_text_before_the_marks() -> None:
    row = read({"question": "q", "answer": "short\n#### 4", "solution": "long and stated"})
    assert (row.answer, row.solution) == ("4", "long and stated")
    assert read({"question": "q", "solution": ["one", "two"]}).solution == "one\n\ntwo"


@pytest.mark.parametrize(
    "missing", [{}, {"answer": None}, {"answer": " "}, {"answer": float("nan")}]
)
def test_a_row_without_gold_has_no_answer(missing: dict[str, object]) -> None:
    assert read({"question": "q", **missing}).answer is None


def test_gold_stands_in_where_answer_is_empty() -> None:
    assert read({"question": "q", "answer": "", "gold": "B"}).answer == "B"
    assert read({"question": "q", "answer": "A", "gold": "B"}).answer == "A"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (42, "42"),
        (0, "0"),
        (-7, "-7"),
        (3.5, "3.5"),
        (42.0, "42"),
        (1e20, "100000000000000000000"),
        (10**30, "1" + "0" * 30),
        (True, "true"),
        (Decimal("2.50"), "2.5"),
        (Decimal(100), "100"),
        (" 1/3 ", "1/3"),
    ],
)
def test_numbers_become_the_text_a_person_would_write(value: object, written: str) -> None:
    assert read({"question": "q", "answer": value}).answer == written


@pytest.mark.parametrize("parts", [["1", "2"], {"mean": "1", "variance": 2}])
def test_a_gold_answer_of_several_parts_cannot_be_verified(parts: object) -> None:
    row = read({"question": "q", "answer": parts})
    assert (row.answer, row.several_answers) == (None, True)
    assert read({"question": "q", "answer": ["only"]}).answer == "only"
    assert not read({"question": "q", "answer": []}).several_answers


def test_a_stated_language_is_kept_only_where_it_is_english_or_chinese() -> None:
    assert read({"question": "q", "language": " ZH "}).language == "zh"
    assert read({"question": "q", "language": "en"}).language == "en"
    assert read({"question": "q", "language": "python"}).language is None
    assert read({"question": "q", "language": 5}).language is None


def test_mapped_columns_replace_the_usual_names() -> None:
    values: dict[str, object] = {
        "question": "not this",
        "answer": "nor this",
        "q": "这个",
        "ctx": "背景",
        "a": 5,
        "why": "因为",
        "lang": "zh",
    }
    row = read(values, question="q", input="ctx", answer="a", solution="why", language="lang")
    assert row == SeedText(question="这个\n背景", answer="5", solution="因为", language="zh")
    assert read({"instruction": "i", "input": "n"}, question="instruction").question == "i"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"question": 5}, ['"question"', "int 5", "SEED_COLUMNS"]),
        ({"question": "   ", "answer": "1"}, ['"question"', "empty"]),
        ({"text": "t", "code": "c"}, ['"question"', "code, text", "SEED_COLUMNS=question=COLUMN"]),
        ({"prompt": [{"role": "user", "content": "hi"}]}, ['"prompt"', "chat", "list"]),
        ({"messages": [{"role": "user"}]}, ['"messages"', "chat is not supported"]),
        ({"question": "q", "answer": b"3"}, ['"answer"', "bytes b'3'"]),
        ({"question": "q", "answer": float("inf")}, ['"answer"', "float inf"]),
        ({"question": "q", "solution": [["x"]]}, ['"solution"', "SEED_COLUMNS=solution=COLUMN"]),
        ({"question": "half \ud83d"}, ['"question"', "surrogate", "character 6"]),
        ({"question": b"bytes"}, ['"question"', "bytes"]),
    ],
)
def test_a_bad_row_is_told_by_file_row_field_and_value(
    values: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(SeedError) as caught:
        read(values)
    for word in ["seeds.jsonl, row 7", *words]:
        assert word in str(caught.value)


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(SeedError) as caught:
        read({"question": ["x" * 10_000]})
    assert len(str(caught.value)) < 300


def test_the_fields_that_can_be_mapped_are_those_of_the_kind() -> None:
    fields = ("instruction", "input", "output")
    mapped = {"instruction": "ask", "input": "ctx"}
    assert parse_seed_columns("instruction=ask,input=ctx", fields) == mapped
    assert parse_seed_columns("input=ctx", fields) == {"input": "ctx"}
    with pytest.raises(RecipeError, match="The fields are instruction, input, output"):
        parse_seed_columns("question=q", fields)


def test_a_column_mapping_is_parsed_from_text() -> None:
    assert parse_seed_columns("question=q,answer=a") == {"question": "q", "answer": "a"}
    assert parse_seed_columns(" question = my column , input=x=y,") == {
        "question": "my column",
        "input": "x=y",
    }
    assert parse_seed_columns("") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("question", "'question' is no pair"),
        ("question=", "is no pair"),
        ("=q", "is no pair"),
        ("question=a,question=b", "mapped twice"),
        ("anwser=a", "did you mean 'answer'"),
        ("messages=m", "unknown field 'messages'"),
        ("input=ctx", "Add question=COLUMN"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(text: str, words: str) -> None:
    with pytest.raises(RecipeError, match="SEED_COLUMNS") as caught:
        parse_seed_columns(text)
    assert words in str(caught.value)
