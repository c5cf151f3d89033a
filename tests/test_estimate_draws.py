"""What a sample leaves open: means between nothing and the most, and pools that grow slower."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from builders.estimate_draws import Pool, Resemblances, draw_mean, draw_pool

NO_RESEMBLANCE = Resemblances(screened=100, dropped=0, by_generated=0, pairs=4950)


def draw_means(observed: Counter[tuple[int, ...]], most: tuple[int, ...]) -> list[float]:
    rng = random.Random(1)  # noqa: S311  # no secret
    return sorted(draw_mean(observed, most, rng).values[0] for _ in range(4000))


def test_a_yes_or_no_has_the_posterior_of_jeffreys_prior() -> None:
    drawn = draw_means(Counter({(1,): 7, (0,): 1}), (1,))
    rng = random.Random(2)  # noqa: S311  # no secret
    exact = sorted(rng.betavariate(7.5, 1.5) for _ in range(4000))
    for share in (0.05, 0.5, 0.95):
        place = int(share * 4000)
        assert drawn[place] == pytest.approx(exact[place], abs=0.02)


def test_means_stay_between_nothing_and_the_most_that_was_seen_or_asked_for() -> None:
    drawn = draw_means(Counter({(3,): 2, (25,): 1}), (17,))
    assert drawn[0] > 0
    assert drawn[-1] <= 25
    nothing_seen = draw_means(Counter({(0,): 8}), (17,))
    assert 0 < nothing_seen[0] < 0.1
    assert nothing_seen[-1] <= 17
    unknown = draw_means(Counter(), (2,))
    assert unknown[200] < 0.1
    assert unknown[-200] > 1.9


def test_counts_observed_together_are_drawn_together() -> None:
    """A judge is shown what may become a row: never fewer than the rows."""
    rng = random.Random(3)  # noqa: S311  # no secret
    observed: Counter[tuple[int, ...]] = Counter({(1, 2): 4, (2, 2): 3, (0, 1): 2})
    for _ in range(200):
        rows, shown = draw_mean(observed, (3, 3), rng).values
        assert rows <= shown


def test_a_pool_brings_as_many_tasks_as_the_sample_did_when_it_was_as_large() -> None:
    rng = random.Random(4)  # noqa: S311  # no secret
    for _ in range(50):
        pool = draw_pool(12.5, 100, Resemblances(130, 30, 20, 6000), rng)
        assert pool.count_lists(100) == pytest.approx(8)
        assert pool.count_lists(1000) > 80


def test_a_larger_sample_without_resemblances_tells_more_about_large_pools() -> None:
    def draw_needs(pairs: int) -> list[float]:
        rng = random.Random(5)  # noqa: S311  # no secret
        seen = NO_RESEMBLANCE._replace(pairs=pairs)
        return sorted(draw_pool(12.5, 100, seen, rng).count_lists(10_000) for _ in range(2000))

    small, large = draw_needs(4950), draw_needs(4_999_500)
    assert small[100] == pytest.approx(800, rel=0.02)
    assert small[1900] > 1000
    assert large[1900] < 810


def test_a_pool_grows_until_so_many_lists_bring_one_row() -> None:
    pool = Pool(tasks_a_list=10, slope=0.01)
    tasks = pool.count_tasks_until(200, rows_a_task=1.0)
    per_list = 10 / (1 + 0.01 * tasks)
    assert per_list * 200 == pytest.approx(1)
    assert Pool(0.001, 0.01).count_tasks_until(200, 1.0) == 0
