"""The refill with a judge: nobody waits for words that do not count, none is lost, none is late."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from builders.checks import AnswerVerifier
from builders.errors import BuildError
from builders.judge import Judge
from builders.judged import CheckedTrace, Outcome
from builders.opinions import STOPPED
from builders.recipe import Recipe
from builders.refill import Refill
from builders.settle import settle
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.judging import JudgeJob
from distilabel_pipelines.reasoning import Request
from tests.fake_teacher import FakeTeacher, FixedReplier, Reply, TeacherScript, reserve_port
from tests.fake_teacher.judge_replier import JudgeReplier
from tests.test_refill import (
    Rehearsal,
    in_order,
    make_recipe,
    make_refill,
    make_requests,
    name_of,
    verifier,
)

__all__ = ["verifier"]
CLEARED, DAMNED = "By another name: ", "Surely: "
VERDICTS = {CLEARED: "correct", DAMNED: "incorrect"}


@contextmanager
def judging(
    *, accepts: bool, mean_delay_s: float = 0.0, broken: Sequence[str] = ()
) -> Iterator[tuple[Judge, FakeTeacher]]:
    replier = JudgeReplier(VERDICTS, broken=tuple(broken), mean_delay_s=mean_delay_s)
    with (
        FakeTeacher(TeacherScript(replier=replier)) as teacher,
        Judge(teacher.base_url, "token", JudgeJob(model="judge", accepts=accepts)) as judge,
    ):
        yield judge, teacher


def draw(requests: Sequence[Request], seed: int = 11) -> tuple[list[bool], dict[int, str]]:
    """Which replies are right, and what the others say: a third of those pleases the judge."""
    chance = random.Random(seed)  # noqa: S311  # a test's own choice
    right = [chance.random() < 0.3 for _ in requests]
    return right, {
        place: chance.choice([CLEARED, DAMNED, "Hm: "])
        for place, good in enumerate(right)
        if not good
    }


def outcome_of(refill: Refill, rehearsal: Rehearsal, recipe: Recipe, work: Path) -> Outcome:
    whole = [refill.checked[name] for name in in_order(rehearsal.requests, refill)]
    return settle(whole, recipe, work)


def ids(traces: Sequence[CheckedTrace]) -> list[str]:
    return [one.trace.trace_id for one in traces]


@pytest.mark.parametrize(("samples", "keep"), [(1, "shortest"), (3, "shortest"), (3, "all")])
def test_a_word_that_does_not_count_changes_no_row_but_its_two_columns(
    tmp_path: Path, verifier: AnswerVerifier, samples: int, keep: str
) -> None:
    requests = make_requests(60 // samples, samples)
    right, remarks = draw(requests)
    recipe = make_recipe(8, samples, keep)
    published = []
    for name in ("with", "without"):
        rehearsal = Rehearsal(requests, right, tmp_path / name, remarks)
        refill = make_refill(rehearsal, recipe, verifier, tmp_path)
        with judging(accepts=False) as (judge, _):
            chosen = judge if name == "with" else None
            rehearsal.run(refill, window=4, seed=1, judge=chosen)
        published.append(outcome_of(refill, rehearsal, recipe, tmp_path).published)
        spoken = [one for one in refill.checked.values() if one.judge_verdict is not None]
        refuted = [one for one in refill.checked.values() if one.verdict == "refuted"]
        assert ids(spoken) == (ids(refuted) if name == "with" else [])
    assert published[0] == published[1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("samples", "keep"), [(1, "shortest"), (3, "shortest"), (3, "all")])
@pytest.mark.parametrize("window", [1, 16])
def test_rows_that_the_judge_clears_are_published_in_any_order_of_arrival(
    tmp_path: Path, verifier: AnswerVerifier, seed: int, samples: int, keep: str, window: int
) -> None:
    requests = make_requests(60 // samples, samples)
    right, remarks = draw(requests)
    recipe = make_recipe(8, samples, keep)
    rehearsal = Rehearsal(requests, right, tmp_path / "responses", remarks)
    refill = make_refill(rehearsal, recipe, verifier, tmp_path)
    with judging(accepts=True, mean_delay_s=0.005) as (judge, _):
        rehearsal.run(refill, window=window, seed=seed, judge=judge)
    published = outcome_of(refill, rehearsal, recipe, tmp_path).published
    passing = [n for n, good in enumerate(right) if good or remarks[n] == CLEARED]
    if keep == "all":
        assert ids(published) == [name_of(requests[place]) for place in passing[:8]]
    else:
        questions = list(dict.fromkeys(requests[place].question.seed_id for place in passing))
        assert [one.trace.seed_id for one in published] == questions[:8]
    cleared = [one for one in published if one.accepted_by_judge]
    assert cleared
    assert {one.accuracy_reward for one in cleared} == {0}
    assert len(rehearsal.sent) < len(requests)


def test_a_verified_sample_goes_before_a_cleared_one(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    requests = make_requests(4, samples=2)
    remarks = dict.fromkeys(range(0, 8, 2), CLEARED)
    rehearsal = Rehearsal(requests, [False, True] * 4, tmp_path / "responses", remarks)
    for keep in ("shortest", "first"):
        recipe = make_recipe(4, 2, keep)
        refill = make_refill(rehearsal, recipe, verifier, tmp_path)
        rehearsal.limits.clear()
        with judging(accepts=True) as (judge, _):
            rehearsal.run(refill, window=8, seed=0, judge=judge)
        published = outcome_of(refill, rehearsal, recipe, tmp_path).published
        assert {one.trace.sample for one in published} == {1}
        assert {one.pass_rate for one in published} == {0.5}


def test_rows_at_the_judge_are_in_flight_so_no_request_too_many_is_sent(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    requests = make_requests(50, gold=False)
    remarks = dict.fromkeys(range(50), CLEARED)
    rehearsal = Rehearsal(requests, [True] * 50, tmp_path / "responses", remarks)
    refill = make_refill(rehearsal, make_recipe(20), verifier, tmp_path)
    with judging(accepts=True, mean_delay_s=0.1) as (judge, teacher):
        rehearsal.run(refill, window=32, seed=0, judge=judge)
        assert teacher.peak_in_flight >= 10
    assert sorted(rehearsal.sent) == list(range(20))


def test_rows_that_the_judge_refuses_are_made_up_for(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    requests = make_requests(40, gold=False)
    remarks = {n: DAMNED if n % 2 else CLEARED for n in range(40)}
    rehearsal = Rehearsal(requests, [True] * 40, tmp_path / "responses", remarks)
    recipe = make_recipe(10)
    refill = make_refill(rehearsal, recipe, verifier, tmp_path)
    with judging(accepts=True) as (judge, _):
        rehearsal.run(refill, window=4, seed=0, judge=judge)
    outcome = outcome_of(refill, rehearsal, recipe, tmp_path)
    assert ids(outcome.published) == [name_of(requests[n]) for n in range(0, 20, 2)]
    assert {one.reason for one in outcome.rejected} <= {"judged_incorrect", "surplus"}


def test_nobody_waits_for_words_that_do_not_count_and_stop_waits_for_all_of_them(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    requests = make_requests(12)
    right = [n % 2 == 0 for n in range(12)]
    rehearsal = Rehearsal(requests, right, tmp_path / "responses", dict.fromkeys(range(12), DAMNED))
    refill = make_refill(rehearsal, make_recipe(6), verifier, tmp_path)
    with judging(accepts=False, mean_delay_s=1.0) as (judge, teacher):
        refill.start(rehearsal.admit, "m", judge)
        start = time.monotonic()
        for index in range(12):
            offset = rehearsal.offsets[index]
            refill.note(Finished(index=index, offset=offset, from_journal=False, attempts=1))
        while not (rehearsal.limits and rehearsal.limits[-1][1]):
            time.sleep(0.005)
        assert time.monotonic() - start < 0.4
        assert sum(record.paid for record in teacher.records()) < 6
        refill.stop()
    words = [one.judge_verdict for one in refill.checked.values()]
    assert words == [None, "incorrect"] * 6


@pytest.mark.parametrize("accepts", [False, True])
def test_a_judge_that_is_down_ends_no_build(
    tmp_path: Path, verifier: AnswerVerifier, accepts: bool
) -> None:
    requests = make_requests(20)
    right = [n % 2 == 0 for n in range(20)]
    rehearsal = Rehearsal(requests, right, tmp_path / "responses")
    recipe = make_recipe(6)
    refill = make_refill(rehearsal, recipe, verifier, tmp_path)
    url = f"http://127.0.0.1:{reserve_port()}/v1"
    with Judge(url, "token", JudgeJob(model="judge", accepts=accepts)) as judge:
        rehearsal.run(refill, window=4, seed=0, judge=judge)
    outcome = outcome_of(refill, rehearsal, recipe, tmp_path)
    assert ids(outcome.published) == [name_of(requests[n]) for n in range(0, 12, 2)]
    refuted = [one for one in outcome.rejected if one.verdict == "refuted"]
    assert {(one.judge_verdict, one.judge_reason) for one in refuted} == {("not_judged", STOPPED)}


def test_after_giving_up_the_rows_without_a_word_say_so(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    rehearsal = Rehearsal(make_requests(6), [False] * 6, tmp_path / "responses")
    refill = make_refill(rehearsal, make_recipe(3), verifier, tmp_path)
    with judging(accepts=True, mean_delay_s=60.0) as (judge, teacher):
        refill.start(rehearsal.admit, "m", judge)
        for index in range(6):
            offset = rehearsal.offsets[index]
            refill.note(Finished(index=index, offset=offset, from_journal=False, attempts=1))
        while teacher.in_flight < 6:
            time.sleep(0.005)
        assert refill.checked == {}
        judge.give_up()
        refill.stop()
    words = {(one.judge_verdict, one.judge_reason) for one in refill.checked.values()}
    assert words == {("not_judged", STOPPED)}
    assert len(refill.checked) == 6


def test_a_request_that_the_gateway_does_not_understand_ends_the_build_with_its_error(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    rehearsal = Rehearsal(make_requests(4), [False] * 4, tmp_path / "responses")
    refill = make_refill(rehearsal, make_recipe(3), verifier, tmp_path)
    reply = Reply(status=400, error={"error": {"code": "invalid_request", "message": "no"}})
    with (
        FakeTeacher(TeacherScript(replier=FixedReplier(reply))) as teacher,
        Judge(teacher.base_url, "token", JudgeJob(model="judge")) as judge,
    ):
        refill.start(rehearsal.admit, "m", judge)
        offset = rehearsal.offsets[0]
        refill.note(Finished(index=0, offset=offset, from_journal=False, attempts=1))
        with pytest.raises(BuildError, match="invalid_request"):
            refill.stop()
    assert rehearsal.limits[-1] == (0, True)


def test_a_reply_that_is_reported_twice_is_judged_once(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    rehearsal = Rehearsal(make_requests(4), [False] * 4, tmp_path / "responses")
    refill = make_refill(rehearsal, make_recipe(3), verifier, tmp_path)
    with judging(accepts=True, mean_delay_s=0.05) as (judge, teacher):
        refill.start(rehearsal.admit, "m", judge)
        for _ in range(3):
            offset = rehearsal.offsets[0]
            refill.note(Finished(index=0, offset=offset, from_journal=False, attempts=1))
        refill.stop()
        assert len(teacher.records()) == 1
    assert [one.judge_verdict for one in refill.checked.values()] == ["undecided"]


def test_a_reply_that_came_after_a_failure_takes_its_place_with_its_own_word(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    rehearsal = Rehearsal(make_requests(4), [False] * 4, tmp_path / "responses", {0: CLEARED})
    refill = make_refill(rehearsal, make_recipe(3), verifier, tmp_path)
    with judging(accepts=True) as (judge, _):
        refill.start(rehearsal.admit, "m", judge)
        for offset in (None, rehearsal.offsets[0]):
            refill.note(Finished(index=0, offset=offset, from_journal=False, attempts=1))
        refill.stop()
    [one] = refill.checked.values()
    assert (one.judge_verdict, one.reason) == ("correct", None)
