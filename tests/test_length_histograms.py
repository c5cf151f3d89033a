"""Lengths in bins: fixed edges, every length in exactly one bin, no bin that is not ours."""

from itertools import pairwise

import pytest

from builders.length_histograms import (
    LENGTH_EDGES,
    LengthHistogram,
    bin_lengths,
    count_lengths,
    refuse_false_histograms,
)
from tests.outcomes import small_outcome
from tests.pretraining.outcomes import small_outcome as small_texts
from tests.pretraining.test_manifest import small_manifest as pretraining_manifest
from tests.test_instruction_manifest import small_manifest as instruction_manifest
from tests.test_manifest import small_manifest


def test_edges_rise_in_steps_of_a_third_at_most_from_ten_on() -> None:
    assert LENGTH_EDGES[0] == 0
    assert list(LENGTH_EDGES) == sorted(set(LENGTH_EDGES))
    from_ten = [edge for edge in LENGTH_EDGES if edge >= 10]
    assert all(b * 3 <= a * 4 for a, b in pairwise(from_ten))
    assert {10, 100, 1_000, 10_000, 100_000, 1_000_000} <= set(LENGTH_EDGES)


def test_a_bin_holds_its_upper_edge_and_not_its_lower_one() -> None:
    assert count_lengths([0, 0]) == {0: 2}
    assert count_lengths([100, 101, 120]) == {100: 1, 120: 2}


def test_empty_bins_stand_between_others_and_nowhere_else() -> None:
    assert count_lengths([1, 4]) == {1: 1, 2: 0, 3: 0, 4: 1}
    assert count_lengths([]) == {}


def test_order_does_not_matter_and_nothing_is_lost() -> None:
    lengths = [number * number for number in range(500)]
    counts = count_lengths(lengths)
    assert counts == count_lengths(reversed(lengths))
    assert sum(counts.values()) == 500
    edges = list(counts)
    for edge, before in zip(edges[1:], edges, strict=False):
        assert counts[edge] == sum(before < length <= edge for length in lengths)


def test_texts_without_any_length_have_no_histogram() -> None:
    assert bin_lengths("thought", "characters", [0, 0]) == []
    assert bin_lengths("thought", "tokens", []) == []
    assert bin_lengths("text", "words", [0, 3], "en")[0].counts == {0: 1, 1: 0, 2: 0, 3: 1}


def test_more_lengths_than_rows_and_bins_of_others_are_refused() -> None:
    one = LengthHistogram(part="text", unit="words", language="en", counts={100: 3})
    refuse_false_histograms([one], 3)
    with pytest.raises(ValueError, match="3 lengths of text at 2 published rows"):
        refuse_false_histograms([one], 2)
    other = one.model_copy(update={"counts": {64: 3}})
    with pytest.raises(ValueError, match="in bins up to"):
        refuse_false_histograms([other], 3)


def told(histograms: tuple[LengthHistogram, ...]) -> list[tuple[str, str, str | None]]:
    return [(one.part, one.unit, one.language) for one in histograms]


def test_a_reasoning_manifest_counts_each_part_of_its_published_rows() -> None:
    histograms = small_manifest().length_histograms
    assert told(histograms)[:3] == [
        ("question", "characters", None),
        ("thought", "characters", None),
        ("answer", "characters", None),
    ]
    published = small_outcome().published
    answers = [len(one.trace.content) for one in published]
    assert histograms[2].counts == count_lengths(answers)
    assert sum(histograms[0].counts.values()) == len(published)


def test_an_instruction_manifest_counts_in_the_unit_of_the_language() -> None:
    histograms = instruction_manifest().length_histograms
    assert {(unit, language) for _, unit, language in told(histograms)} == {
        ("words", "en"),
        ("characters", "zh"),
    }
    lengths = instruction_manifest().statistics.lengths["en"]
    counted = next(one for one in histograms if told((one,)) == [("output", "words", "en")])
    assert lengths.output is not None
    assert sum(counted.counts.values()) == lengths.output.count


def test_a_pretraining_manifest_counts_words_characters_and_tokens_of_all_texts() -> None:
    histograms = pretraining_manifest().length_histograms
    assert told(histograms) == [
        ("text", "words", "en"),
        ("text", "characters", "zh"),
        ("text", "tokens", None),
    ]
    counted = sum(sum(one.counts.values()) for one in histograms[:2])
    assert counted == len(small_texts().published)


def test_a_manifest_from_before_histograms_is_read_without_any() -> None:
    fields = small_manifest().model_dump(mode="json")
    del fields["length_histograms"], fields["variety"]
    again = type(small_manifest()).model_validate(fields)
    assert again.length_histograms == ()
    assert again.content_digest == small_manifest().content_digest
