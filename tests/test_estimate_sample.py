"""Which requests an estimate sends: whole units, spread over those that are asked first."""

from __future__ import annotations

import pytest

from builders.admission import Sampled
from builders.estimate_sample import choose_sample
from distilabel_pipelines.reasoning import Request, expand_samples
from distilabel_pipelines.rows import Question, question_id


def make_requests(questions: int, samples: int) -> list[Request]:
    made = [
        Question(seed_id=question_id(str(number)), question=str(number), language="en")
        for number in range(questions)
    ]
    return expand_samples(made, samples=samples, seed=0)


@pytest.mark.parametrize("keeps_all", [False, True])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("rows", [1, 10, 1000])
def test_whole_questions_are_sampled_from_those_that_are_asked_first(
    keeps_all: bool, samples: int, rows: int
) -> None:
    requests = make_requests(200, samples)
    chosen = choose_sample(requests, rows, Sampled(samples, keeps_all), 8)
    assert len({(one.question.seed_id, one.sample) for one in chosen}) == len(chosen)
    assert len(chosen) % samples == 0
    places = sorted({requests.index(one) // samples for one in chosen})
    first = min(200, -(-rows // (samples if keeps_all else 1)))
    assert places[-1] < first
    assert len(places) == min(first, -(-8 // samples))


def test_a_sample_does_not_fall_in_step_with_the_order_of_the_seeds() -> None:
    requests = make_requests(160, 1)
    for period in (2, 4, 5, 10, 20):
        chosen = choose_sample(requests, 160, Sampled(1, keeps_all=False), 8)
        assert len({requests.index(one) % period for one in chosen}) > 1
    assert chosen == choose_sample(requests, 160, Sampled(1, keeps_all=False), 8)
