"""Queueing is told from chance: by cohorts, against the least median, and by its remedy."""

from __future__ import annotations

import random

from distilabel_pipelines.gateway.queueing import QueueWatch, Verdict

COHORT = 64


def send_cohort(watch: QueueWatch, began: float, first_piece_s: list[float]) -> list[Verdict]:
    """A cohort sent within a second; its replies come in, the quickest first."""
    for number in range(COHORT):
        watch.note_sent(began + number / COHORT)
    verdicts = []
    for number, seconds in enumerate(sorted(first_piece_s)):
        verdict = watch.note_reply(began + number / COHORT, seconds)
        if verdict is not None:
            verdicts.append(verdict)
    return verdicts


def test_steady_times_are_short() -> None:
    watch = QueueWatch()
    assert send_cohort(watch, 0.0, [1.0] * COHORT) == ["short"]
    assert send_cohort(watch, 10.0, [1.2] * COHORT) == ["short"]


def test_the_quick_replies_of_an_open_cohort_do_not_flatter_it() -> None:
    watch = QueueWatch()
    quick = [0.1] * (COHORT // 2)
    assert send_cohort(watch, 0.0, quick) == []
    slow = [watch.note_reply(0.9, 30.0) for _ in range(COHORT // 4)]
    assert slow[-1] == "short"  # the median is 30 s, the least so far, so 40 s are no queue
    assert send_cohort(watch, 50.0, [40.0] * COHORT) == ["short"]


def test_a_long_wait_is_rising_and_less_of_it_confirms_that() -> None:
    watch = QueueWatch()
    send_cohort(watch, 0.0, [1.0] * COHORT)
    assert send_cohort(watch, 10.0, [20.0] * COHORT) == ["rising"]
    watch.note_decrease(30.0)
    assert send_cohort(watch, 31.0, [12.0] * COHORT) == ["rising"]
    watch.note_decrease(50.0)
    assert send_cohort(watch, 51.0, [2.0] * COHORT) == ["short"]


def test_a_wait_that_sending_less_does_not_shorten_is_not_ours() -> None:
    watch = QueueWatch()
    send_cohort(watch, 0.0, [1.0] * COHORT)
    assert send_cohort(watch, 10.0, [20.0] * COHORT) == ["rising"]
    watch.note_decrease(30.0)
    assert send_cohort(watch, 31.0, [19.0] * COHORT) == ["not_ours"]
    assert send_cohort(watch, 60.0, [21.0] * COHORT) == ["short"]


def test_what_was_sent_before_a_decrease_says_nothing_new() -> None:
    watch = QueueWatch()
    send_cohort(watch, 0.0, [1.0] * COHORT)
    watch.note_decrease(20.0)
    assert send_cohort(watch, 10.0, [20.0] * COHORT) == []


def test_lost_requests_do_not_hold_a_cohort_up() -> None:
    watch = QueueWatch()
    for _ in range(COHORT):
        watch.note_sent(0.0)
    for _ in range(COHORT // 2):
        watch.note_lost(0.0)
    verdicts = [watch.note_reply(0.0, 1.0) for _ in range(COHORT // 2)]
    assert verdicts.count("short") == 1


def test_log_normal_times_are_never_taken_for_a_queue() -> None:
    chance = random.Random(0)  # noqa: S311  # repeats itself, guards nothing
    for _ in range(20):
        watch = QueueWatch()
        for cohort in range(60):
            times = [chance.lognormvariate(0.4, 0.8) for _ in range(COHORT)]
            assert send_cohort(watch, 10.0 * cohort, times) == ["short"]
