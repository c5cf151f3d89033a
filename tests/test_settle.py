"""Settling: the first n in seed order, whatever comes after them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from builders.judged import CheckedTrace, Outcome
from builders.recipe import Recipe
from builders.settle import settle
from distilabel_pipelines.reasoning import Request
from distilabel_pipelines.rows import Question
from tests.outcomes import checked, rejected


def make_traces(count: int, samples: int = 1) -> list[CheckedTrace]:
    """Sums in seed order; some wrong, some repeating an earlier question in other words."""
    chance = random.Random(7)  # noqa: S311  # a test's own order
    traces: list[CheckedTrace] = []
    for number in range(count):
        question = f"Please tell me how much is {number} + {2 * number} when you add them up?"
        if number % 7 == 6:
            # The same question as the one before, with one word changed.
            before = number - 1
            question = f"Kindly tell me how much is {before} + {2 * before} when you add them up?"
        for sample in range(samples):
            thought = "x" * chance.randint(5, 50)
            if chance.random() < 0.25:
                traces.append(rejected(question, "refuted", sample=sample, verdict="refuted"))
            else:
                traces.append(checked(question, thought, "\\boxed{42}", sample=sample))
    return traces


def settle_rows(
    traces: list[CheckedTrace], rows: int, work_dir: Path, keep: str = "shortest"
) -> Outcome:
    recipe = Recipe.model_validate({"rows": rows, "selection": {"keep": keep}})
    return settle(traces, recipe, work_dir)


def ids(traces: list[CheckedTrace]) -> list[str]:
    return [one.trace.trace_id for one in traces]


@pytest.mark.parametrize("keep", ["shortest", "all"])
def test_more_traces_never_change_what_was_published(tmp_path: Path, keep: str) -> None:
    traces = make_traces(40, samples=2)
    whole = settle_rows(traces, 1000, tmp_path, keep)
    for end in range(2, len(traces), 14):
        part = settle_rows(traces[:end], 1000, tmp_path, keep)
        assert part.published == whole.published[: len(part.published)]


def test_the_first_n_in_seed_order_are_published_and_the_rest_is_surplus(tmp_path: Path) -> None:
    traces = make_traces(30)
    everything, first = settle_rows(traces, 1000, tmp_path), settle_rows(traces, 5, tmp_path)
    assert first.published == everything.published[:5]
    surplus = [one for one in first.rejected if one.reason == "surplus"]
    assert ids(surplus) == ids(everything.published[5:])
    assert "5 rows" in surplus[0].detail


def test_requests_that_a_stop_left_open_are_counted_up_to_the_last_row(tmp_path: Path) -> None:
    traces = make_traces(8, samples=2)
    requests = [
        Request(
            question=Question(
                seed_id=one.trace.seed_id, question=one.trace.input, answer=None, language="en"
            ),
            sample=one.trace.sample,
            seed=0,
        )
        for one in traces
    ]
    recipe = Recipe.model_validate({"rows": 3, "selection": {"keep": "all"}})
    came_in = [one for place, one in enumerate(traces) if place not in {1, 4, 15}]
    stopped = settle(came_in, recipe, tmp_path, stopped_requests=requests)
    last = ids(traces).index(stopped.published[-1].trace.trace_id)
    assert len(stopped.published) == 3
    assert stopped.unanswered == sum(place < last for place in (1, 4)) > 0
    assert settle(came_in, recipe, tmp_path).unanswered == 0


def test_every_trace_is_published_or_rejected_in_seed_order(tmp_path: Path) -> None:
    traces = make_traces(30, samples=2)
    outcome = settle_rows(traces, 9, tmp_path)
    order = {trace_id: place for place, trace_id in enumerate(ids(traces))}
    for part in (outcome.published, outcome.rejected):
        assert [order[name] for name in ids(part)] == sorted(order[name] for name in ids(part))
    assert sorted(ids(outcome.published) + ids(outcome.rejected)) == sorted(order)


def test_a_duplicate_names_the_row_that_it_repeats(tmp_path: Path) -> None:
    question = (
        "A farmer has 12 cows and buys 30 more cows at the market. How many cows are there now?"
    )
    again = question.replace("at the market", "at a market")
    other = question.replace("30", "31")
    outcome = settle_rows(
        [checked(text, "Add.", "\\boxed{42}") for text in (question, again, other)], 10, tmp_path
    )
    assert [one.trace.input for one in outcome.published] == [question, other]
    [duplicate] = outcome.rejected
    assert duplicate.reason == "duplicate"
    assert duplicate.duplicate_of == outcome.published[0].trace.trace_id
    assert question in duplicate.detail


def test_a_rejected_row_is_no_original(tmp_path: Path) -> None:
    question = (
        "A farmer has 12 cows and buys 30 more cows at the market. How many cows are there now?"
    )
    again = question.replace("at the market", "at a market")
    wrong = rejected(question, "refuted", verdict="refuted")
    outcome = settle_rows([wrong, checked(again, "Add.", "\\boxed{42}")], 10, tmp_path)
    assert [one.trace.input for one in outcome.published] == [again]


def test_samples_of_one_question_are_no_duplicates(tmp_path: Path) -> None:
    traces = [checked("What is 6 * 7?", "ab", "\\boxed{42}", sample=sample) for sample in range(3)]
    outcome = settle_rows(traces, 10, tmp_path, "all")
    assert len(outcome.published) == 3
