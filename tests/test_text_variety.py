"""How varied traces are: openings, equal texts, distinct n-grams; independent of their order."""

import pytest

from builders.text_variety import (
    DISTINCT_TOKENS,
    TraceVariety,
    count_openings,
    describe_variety,
    measure_distinct,
)
from tests.outcomes import checked, small_outcome


def find(told: list[TraceVariety], part: str, language: str) -> TraceVariety:
    [found] = [one for one in told if (one.part, one.language) == (part, language)]
    return found


def test_thoughts_that_begin_alike_are_counted() -> None:
    traces = [
        checked(f"What is {n}?", f"Okay, so I need to add {n}.", "It is \\boxed{1}.")
        for n in range(4)
    ]
    told = describe_variety(traces)
    thoughts, answers = find(told, "thought", "en"), find(told, "answer", "en")
    assert (thoughts.most_common, thoughts.count, thoughts.share) == ("okay so i need", 4, 1.0)
    assert (thoughts.texts, thoughts.different) == (4, 4)
    assert (answers.texts, answers.different) == (4, 1)


def test_a_question_counts_once_however_many_traces_it_has() -> None:
    told = describe_variety([checked("Why?", f"t{n}", "r", sample=n) for n in range(3)])
    assert find(told, "question", "en").texts == 1
    assert find(told, "thought", "en").texts == 3


def test_traces_without_thoughts_have_no_line_for_them() -> None:
    told = describe_variety([checked("Why?", "", "Because."), checked("How?", " \n", "So.")])
    assert [one.part for one in told] == ["question", "answer"]
    assert describe_variety([]) == []


def test_languages_are_told_apart_and_the_order_of_rows_does_not_matter() -> None:
    published = small_outcome().published
    told = describe_variety(published)
    assert told == describe_variety(published[::-1])
    assert {one.language for one in told} == {"en", "zh"}
    assert sum(one.texts for one in told if one.part == "answer") == len(published)


def test_no_more_tokens_are_measured_than_a_sample_has() -> None:
    words = " ".join(f"w{n}" for n in range(DISTINCT_TOKENS))
    assert measure_distinct([words, words]) == (1.0, 1.0, 1.0)
    assert measure_distinct(["a a a", "b"]) == (0.5, 0.5, 1.0)
    assert measure_distinct(["", "..."]) == (None, None, None)


def test_the_ten_most_common_openings_are_added_up() -> None:
    texts = [f"{n} is a number" for n in range(20) for _ in range(2)]
    counts = count_openings(texts, "en")
    assert (counts.shared, counts.top_shared) == (2, 20)


@pytest.mark.parametrize("text", ["", "***", "\ud800"])
def test_texts_without_a_word_have_an_empty_opening(text: str) -> None:
    assert count_openings([text], "en").most_common == ""
