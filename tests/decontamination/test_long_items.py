"""Items found by n-grams count where more than half of their characters are there."""

from __future__ import annotations

import difflib
import random
import re

import pytest

from builders.decontamination.config import DecontaminationConfig
from builders.decontamination.hashed_tokens import hash_tokens
from builders.decontamination.long_items import LongItems, LongMatch, prepare_long
from tests.decontamination.benchmark_folder import LONG, LONG_ZH

FILLER = "Rain fell on the quiet harbour while nobody was there to count the boats. " * 8
CONFIG = DecontaminationConfig()


def find(items: list[str], text: str, config: DecontaminationConfig = CONFIG) -> list[LongMatch]:
    part = prepare_long(items, range(len(items)), len(items), config)
    return list(LongItems([part], config).find(hash_tokens([FILLER, text])))


@pytest.mark.parametrize("item", [LONG, LONG_ZH])
def test_an_item_inside_a_text_is_found_whole(item: str) -> None:
    assert find([LONG, LONG_ZH], f"{FILLER}{item}{FILLER}") == [
        LongMatch(1, [LONG, LONG_ZH].index(item), 1.0)
    ]


def test_case_width_and_line_breaks_do_not_hide_it() -> None:
    assert find([LONG], FILLER + LONG.upper().replace(" ", "\n"))[0].share == 1.0


def test_less_than_half_of_an_item_is_no_match_and_more_is() -> None:
    words = LONG.split()
    assert find([LONG], FILLER + " ".join(words[:13]) + FILLER) == []
    (match,) = find([LONG], FILLER + " ".join(words[:22]) + FILLER)
    assert 0.5 < match.share < 0.85


def test_pieces_between_changed_words_count_together() -> None:
    words = LONG.split()
    changed = " ".join([*words[:11], "suddenly", *words[12:20], "perhaps", *words[21:]])
    (match,) = find([LONG], FILLER + changed)
    assert 0.75 < match.share < 1


def test_the_item_of_which_most_is_there_is_told() -> None:
    longer = f"{LONG} Explain each of the steps that lead to your own number."
    assert [one.owner for one in find([longer, LONG], LONG)] == [1]


def test_what_every_item_says_neither_finds_nor_counts() -> None:
    template = "Please read the statement below with care and say whether you think it is true:"
    items = [f"{template} {' '.join(f'w{i}x{k}' for k in range(14))}" for i in range(20)]
    assert find(items, f"{FILLER}{template} other words {FILLER}") == []
    (match,) = find(items, f"{FILLER}{' '.join(f'w7x{k}' for k in range(14))}")
    assert (match.owner, match.share) == (7, 1.0)


def test_decisions_agree_with_difflib_over_characters_but_for_the_closest_ones() -> None:
    """Cosmopedia's own measure, over candidates with some words replaced."""
    chance, told = random.Random(5), [0, 0]  # noqa: S311  # a draw
    for _ in range(60):
        words = LONG.split()
        for place in chance.sample(range(10, len(words)), chance.choice([0, 2, 8, 17, 19])):
            words[place] = chance.choice(["amber", "willow", "quickly", "zinc"])
        text = " ".join(words)
        share = measure_by_characters(text, LONG)
        if abs(share - 0.5) > 0.1:
            assert bool(find([LONG], text)) == (share > 0.5)
            told[share > 0.5] += 1
    assert min(told) >= 5


def measure_by_characters(text: str, item: str) -> float:
    text, item = (" ".join(re.findall(r"\w+", one.lower())) for one in (text, item))
    blocks = difflib.SequenceMatcher(None, text, item, autojunk=False).get_matching_blocks()
    return sum(one.size for one in blocks if one.size > 5) / len(item)


def test_no_item_and_no_text_give_no_match() -> None:
    items = LongItems([], CONFIG)
    assert list(items.find(hash_tokens([LONG]))) == []
    assert find([LONG], "") == []
