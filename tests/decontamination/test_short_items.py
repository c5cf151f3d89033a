"""Short questions match as a whole text, or with an option nearby."""

from __future__ import annotations

import pytest

from builders.decontamination.config import DecontaminationConfig
from builders.decontamination.hashed_tokens import hash_tokens
from builders.decontamination.short_items import ShortItems, ShortMatch, ShortWording
from tests.decontamination.benchmark_folder import SHORT, SHORT_OPTIONS

FILLER = "Rain fell on the quiet harbour. " * 6
ITEMS = [
    ShortWording(0, SHORT, SHORT_OPTIONS),
    ShortWording(1, "输尿管", ("起始于肾盂", "开口于膀胱颈", "为腹膜内位器官")),
    ShortWording(2, "What is 5 + 3 in all?", ("8", "9")),
    ShortWording(3, "Which lamp gives the least light to the reader?", ("a", "the small one")),
    *(ShortWording(place, "下列说法正确的是", (f"第{place}种",)) for place in (4, 5, 6)),
]


def find(text: str) -> list[int]:
    items = ShortItems(ITEMS, DecontaminationConfig())
    return sorted({owner for _, owner in items.find(hash_tokens([FILLER, text]))})


@pytest.mark.parametrize(
    ("text", "owner"), [("the inner mirror", 0), ("输尿管。", 1), ("WHAT IS 5 + 3 IN ALL", 2)]
)
def test_a_text_that_is_the_question_matches(text: str, owner: int) -> None:
    assert find(text) == [owner]


def test_the_question_alone_inside_a_text_says_nothing() -> None:
    assert find(f"{FILLER}{SHORT} {FILLER}") == []
    assert find("医生检查了输尿管和肾脏，没有发现问题。") == []


def test_another_operator_makes_another_question() -> None:
    assert find("What is 5 - 3 in all?") == []


def test_an_option_behind_the_question_makes_it_a_match() -> None:
    assert find(f"{FILLER}{SHORT} {SHORT_OPTIONS[1]}. {FILLER}") == [0]
    assert find(f"{FILLER}{SHORT}\nA. {SHORT_OPTIONS[0]}\nB. {SHORT_OPTIONS[1]}") == [0]
    assert find("问：输尿管\nA. 起始于肾盂\nB. 开口于膀胱颈") == [1]


def test_an_option_far_away_or_before_the_question_is_none() -> None:
    assert find(f"{SHORT} {FILLER * 4}{SHORT_OPTIONS[1]}") == []
    assert find(f"{SHORT_OPTIONS[1]}. {SHORT}") == []


def test_a_question_of_eight_words_needs_no_long_option() -> None:
    assert find("Which lamp gives the least light to the reader? B: the small one") == [3]


def test_a_question_that_many_items_ask_counts_for_nothing_inside_a_text() -> None:
    assert find(f"{FILLER}下列说法正确的是：第5种") == []
    assert find("下列说法正确的是____。") == [4]


def test_nothing_to_find_finds_nothing() -> None:
    items = ShortItems([], DecontaminationConfig())
    assert list(items.find(hash_tokens(["", SHORT]))) == []


def test_a_match_names_its_text() -> None:
    items = ShortItems(ITEMS, DecontaminationConfig())
    texts = [FILLER, SHORT, FILLER, "输尿管"]
    assert list(items.find(hash_tokens(texts))) == [ShortMatch(1, 0), ShortMatch(3, 1)]
