"""Figures of an instruction dataset."""

from __future__ import annotations

import pytest

from builders.instruction_outcome import InstructionRow, Novelty, SimilarInstruction
from builders.instruction_statistics import (
    MOST_COMMON_VERBS,
    NOUNS_PER_VERB,
    SIMILARITY_BINS,
    describe_instructions,
)
from builders.verb_nouns.english_words import VERBS
from distilabel_pipelines.rows import Language


def make_row(
    instruction: str,
    output: str = "fine",
    input_text: str = "",
    *,
    language: Language = "en",
    is_classification: bool | None = None,
    novelty: Novelty | None = None,
) -> InstructionRow:
    return InstructionRow(
        round=0,
        request=0,
        item=0,
        instance=0,
        stage="instance",
        language=language,
        examples=(),
        instruction=instruction,
        input=input_text,
        output=output,
        is_classification=is_classification,
        model="teacher",
        novelty=novelty,
    )


def make_novelty(mean: float, *scores: float) -> Novelty:
    closest = tuple(SimilarInstruction(instruction="seed", score=score) for score in scores)
    return Novelty(mean=mean, closest=closest)


def test_no_rows_give_empty_figures() -> None:
    found = describe_instructions([])
    assert (found.rows, found.instructions, found.roots, found.lengths) == (0, 0, {}, {})
    assert found.novelty.mean_of_means is None
    assert set(found.novelty.highest.values()) == {0}


def test_verbs_and_their_objects_count_each_instruction_once() -> None:
    rows = [
        make_row("Write a poem about rain."),
        make_row("Write a letter to the mayor.", "one", "x"),
        make_row("Write a letter to the mayor.", "two", "y"),
        make_row("Write a letter to a friend."),
        make_row("List three rivers."),
        make_row("What is a river?"),
    ]
    roots = describe_instructions(rows).roots["en"]
    assert (roots.instructions, roots.with_pair, roots.share_with_pair) == (5, 4, 0.8)
    assert roots.questions == {"what": 1}
    assert [(one.verb, one.count, one.nouns) for one in roots.verbs] == [
        ("write", 3, {"letter": 2, "poem": 1}),
        ("list", 1, {"river": 1}),
    ]


def test_only_the_most_common_verbs_and_objects_are_kept() -> None:
    verbs = sorted(VERBS)[: MOST_COMMON_VERBS + 5]
    nouns = ["word", "poem", "letter", "story", "table", "title"]
    rows = [make_row(f"{verb.title()} the {noun} now.") for verb in verbs for noun in nouns]
    ranked = describe_instructions(rows).roots["en"].verbs
    assert [one.verb for one in ranked] == verbs[:MOST_COMMON_VERBS]
    assert {len(one.nouns) for one in ranked} == {NOUNS_PER_VERB}
    assert {one.count for one in ranked} == {len(nouns)}


def test_languages_are_kept_apart_with_their_own_units() -> None:
    rows = [
        make_row("Write a short poem.", "one two three", "four five"),
        make_row("写一首短诗。", "春眠不觉晓", language="zh"),
    ]
    found = describe_instructions(rows)
    assert found.languages == {"en": 1, "zh": 1}
    assert (found.lengths["en"].unit, found.lengths["zh"].unit) == ("words", "characters")
    english, chinese = found.lengths["en"], found.lengths["zh"]
    assert english.output is not None
    assert chinese.output is not None
    assert (english.output.p50, chinese.output.p50) == (3, 5)
    assert (english.rows_with_input, chinese.rows_with_input) == (1, 0)
    assert chinese.input is None


def test_unknown_classification_is_told_from_no() -> None:
    rows = [
        make_row(f"Write poem {n}.", is_classification=[None, True, False][n % 3]) for n in range(7)
    ]
    found = describe_instructions(rows)
    assert found.classification == {"unknown": 3, "false": 2, "true": 2}
    assert found.forms == {"list": 7}


@pytest.mark.parametrize(
    ("score", "label"),
    [
        (0.0, "0.0 to 0.1"),
        (0.1, "0.0 to 0.1"),
        (0.3, "0.2 to 0.3"),
        (0.65, "0.6 to 0.7"),
        (0.7, "0.6 to 0.7"),
        (0.7000000000000001, "0.7 to 0.8"),
        (1.0, "0.9 to 1.0"),
    ],
)
def test_a_bin_of_similarity_holds_its_upper_edge(score: float, label: str) -> None:
    rows = [make_row("Write a poem.", novelty=make_novelty(0.1, score, 0.0))]
    highest = describe_instructions(rows).novelty.highest
    assert highest == {name: int(name == label) for name in SIMILARITY_BINS}


def test_instructions_without_a_score_are_unscreened() -> None:
    rows = [
        make_row("Write a poem.", novelty=make_novelty(0.2, 0.4)),
        make_row("Name a river.", novelty=make_novelty(0.4, 0.5)),
        make_row("List three cities.", novelty=make_novelty(0.0)),
        make_row("Find the error."),
    ]
    found = describe_instructions(rows).novelty
    assert (found.unscreened, found.mean_of_means) == (2, 0.3)


def test_the_order_of_the_rows_does_not_matter_and_broken_text_does_no_harm() -> None:
    rows = [
        make_row(f"{verb} the {noun} \ud83d in {n} words.", f"{'word ' * n}", "x" * (n % 3))
        for n, (verb, noun) in enumerate(
            (verb, noun) for verb in ("Write", "Name") for noun in ("poem", "river", "tale")
        )
    ]
    rows.append(make_row("写一首\ud83d诗。", "\udc00", language="zh"))
    # Lone halves have no id of their own: rows are cleaned before they are packaged.
    cleaned = [
        row.model_copy(update={"instruction": row.instruction.replace("\ud83d", "?")})
        for row in rows
    ]
    assert describe_instructions(cleaned) == describe_instructions(cleaned[::-1])
