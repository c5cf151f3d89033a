"""The diversity report: collapse is seen where it is and not where texts are few or differ."""

import random
from collections.abc import Sequence

import pytest

from builders.pretraining.diversity import (
    MIN_ROWS,
    Diversity,
    Openings,
    describe_diversity,
)
from builders.pretraining.funnel import count_pretraining_funnel
from builders.pretraining.outcome import CheckedPassage
from builders.text_variety import DISTINCT_TOKENS, read_opening
from distilabel_pipelines.rows import Language
from tests.pretraining.outcomes import passage, small_facts, small_outcome


def diversity_of(rows: Sequence[CheckedPassage]) -> Diversity:
    facts = small_facts()
    funnel = count_pretraining_funnel(small_outcome(), facts.sources, facts.mixture)
    return describe_diversity(rows, funnel)


def texts(count: int, alike: int, **changes: object) -> list[CheckedPassage]:
    """Of `count` texts the first `alike` begin alike; all are different."""
    return [
        passage(
            f"In this chapter we speak of number {number}."
            if number < alike
            else f"Word{number} stands at the head of this text.",
            number,
            **changes,
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("text", "language", "opening"),
    [
        ("# How to **Grow** Tomatoes: A Guide", "en", "how to grow tomatoes"),
        ("> *How* to grow, tomatoes", "en", "how to grow tomatoes"),
        ("Don't stop", "en", "don't stop"),
        ("## 引言\n\n在这一章里，我们讨论。", "zh", "引言在这一章里我"),
        ("Python 是一种语言，很好用。", "zh", "python是一种语言很好"),
        ("…!\n—", "en", ""),
        ("_snake_ case of CJK 你好", "en", "snake case of cjk"),
    ],
)
def test_an_opening_is_its_first_words_without_marks(
    text: str, language: Language, opening: str
) -> None:
    assert read_opening(text, language) == opening


def test_an_opening_that_begins_more_than_a_fifth_dominates() -> None:
    (whole, one) = diversity_of(texts(20, 5)).openings
    assert (one.format, one.most_common, one.count) == ("wikihow", "in this chapter we", 5)
    assert (one.share, one.dominated) == (0.25, True)
    assert (whole.format, whole.dominated) == (None, True)
    assert not diversity_of(texts(20, 4)).dominated
    assert one.top_share == 0.7  # five, and nine of the fifteen others


def test_a_few_texts_are_no_collapse() -> None:
    rows = texts(MIN_ROWS - 1, MIN_ROWS - 1)
    assert not diversity_of(rows).dominated
    assert diversity_of(texts(MIN_ROWS, MIN_ROWS)).dominated


def test_a_collapse_in_one_format_is_seen_beside_varied_ones() -> None:
    varied = [passage(one.passage.content, 100 + n) for n, one in enumerate(texts(180, 0))]
    collapsed = texts(20, 20, format="faq")
    assert [one.format for one in diversity_of([*varied, *collapsed]).dominated] == ["faq"]


def test_a_collapse_over_all_formats_is_seen_where_each_is_small() -> None:
    formats = ["faq", "story", "table", "math"]
    rows = [
        passage("Let us begin with this.", number, format=formats[number % 4])
        for number in range(40)
    ]
    assert [one.format for one in diversity_of(rows).dominated] == [None]


def test_languages_are_looked_at_apart() -> None:
    chinese = [passage("大家好，今天我们来谈谈植物。", 50 + n, language="zh") for n in range(20)]
    found = diversity_of([*texts(80, 0), *chinese])
    assert {(one.format, one.language) for one in found.dominated} == {
        (None, "zh"),
        ("wikihow", "zh"),
    }
    assert found.dominated[0].most_common == "大家好今天我们来"


def test_random_texts_with_an_opening_in_ten_alike_seldom_warn() -> None:
    """The threshold at the smallest group that can warn: about one build of 23."""
    draws = random.Random(7)  # noqa: S311  # no secret
    warned = sum(sum(draws.random() < 0.1 for _ in range(20)) > 4 for _ in range(2_000))
    assert 0.03 < warned / 2_000 < 0.06


def first_of(rows: Sequence[CheckedPassage]) -> Openings:
    return diversity_of(rows).openings[0]


def test_distinct_n_is_the_share_of_different_n_grams_within_texts() -> None:
    rows = [passage("a b a b", 1), passage("a b c", 2)]
    # unigrams a b a b a b c, bigrams ab ba ab ab bc, trigrams aba bab abc
    assert first_of(rows).distinct == (round(3 / 7, 4), round(3 / 5, 4), 1.0)
    assert first_of([passage("one two", 1)]).distinct == (1.0, 1.0, None)
    assert first_of([passage("…", 1)]).distinct == (None, None, None)


def test_distinct_n_of_many_texts_is_that_of_a_sample_of_bounded_size() -> None:
    rows = [passage("w " * 1000, number) for number in range(DISTINCT_TOKENS // 1000)]
    assert first_of(rows).distinct[0] == round(1 / DISTINCT_TOKENS, 4)
    fresh = passage("new words at the end", 9999)
    assert first_of([*rows, fresh]).distinct == first_of(rows).distinct


def test_the_report_does_not_depend_on_the_order_of_rows() -> None:
    rows = [*texts(30, 3), *texts(10, 10, format="story", sample=1)]
    shuffled = random.Random(1).sample(rows, len(rows))  # noqa: S311  # no secret
    assert diversity_of(rows) == diversity_of(shuffled)


def test_lengths_stand_by_format_audience_and_language() -> None:
    found = diversity_of(small_outcome().published).lengths
    assert [(one.format, one.audience, one.language, one.unit) for one in found] == [
        ("wikihow", "general", "en", "words"),
        ("story", "young_children", "en", "words"),
        ("faq", "general", "zh", "characters"),
    ]
    assert found[1].length is not None
    assert found[1].tokens is not None
    assert (found[1].length.count, found[1].length.max) == (2, 14)
    assert (found[1].tokens.min, found[1].tokens.max) == (60, 90)


def test_tokens_that_no_server_reported_have_no_lengths() -> None:
    assert diversity_of([passage("a", completion_tokens=None)]).lengths[0].tokens is None


def test_topics_are_counted_with_their_evenness() -> None:
    even = diversity_of([passage("a", n, topic=f"t{n % 2}") for n in range(4)]).topics
    assert (even.topics, even.evenness, even.rows_with_topic) == (2, 1.0, 4)
    lopsided = [passage("a", n, topic="t1" if n == 0 else "t2") for n in range(10)]
    assert diversity_of(lopsided).topics.evenness == 0.469
    none = diversity_of([passage("a", topic="")]).topics
    assert (none.topics, none.evenness, none.most_common) == (0, None, {})
    many = diversity_of([passage("a", n, topic=f"t{n:02d}") for n in range(30)]).topics
    assert list(many.most_common) == [f"t{n:02d}" for n in range(10)]


def test_near_copies_are_a_share_of_what_passed_the_checks() -> None:
    assert diversity_of(small_outcome().published).near_duplicate_rate == round(1 / 9, 4)


def test_hostile_names_leave_a_report_that_utf_8_can_hold() -> None:
    rows = [passage("\ud800 text", format="\ud800", audience="\udfff", topic="\udc00")]
    assert diversity_of(rows).model_dump_json().encode()
