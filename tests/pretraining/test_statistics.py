"""Counts of a set of texts: kinds, endings, tokens; unknown is not zero."""

from builders.pretraining.statistics import describe_passages
from tests.pretraining.outcomes import passage, small_outcome


def test_the_published_texts_are_counted_by_what_they_are() -> None:
    found = describe_passages(small_outcome().published)
    assert found.rows == 5
    assert found.formats == {"story": 2, "wikihow": 2, "faq": 1}
    assert found.audiences == {"general": 3, "young_children": 2}
    assert found.languages == {"en": 4, "zh": 1}
    assert found.source_kinds == {"web": 4, "story": 1}
    assert found.seed_data == {"bundled:pretraining": 4, "stories.jsonl": 1}
    assert (found.continued, found.with_thought) == (1, 1)


def test_the_tokens_of_a_text_and_of_its_thought_are_told_apart() -> None:
    found = describe_passages(small_outcome().published)
    assert (found.text_tokens.total, found.thought_tokens.total) == (420, 30)
    assert found.thought_tokens.unreported == 4


def test_tokens_that_no_server_reported_are_unknown() -> None:
    found = describe_passages([passage("a", completion_tokens=None)])
    assert found.text_tokens.total is None
    assert found.text_tokens.unreported == 1


def test_no_texts_have_no_counts() -> None:
    found = describe_passages([])
    assert (found.rows, found.formats, found.text_tokens.total) == (0, {}, None)


def test_a_path_is_no_name_of_a_source() -> None:
    assert describe_passages([passage("a", seed_data="/home/bob/web.jsonl")]).seed_data == {
        "web.jsonl": 1
    }
