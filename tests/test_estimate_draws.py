"""What a sample leaves open: means between nothing and the most, and pools that grow slower."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from builders.estimate_draws import GrowingShare, Pool, Resemblances, draw_mean, draw_pool


def draw_needs(seen: Resemblances, tasks: int) -> list[float]:
    """Lists for so many tasks, of a teacher whose sample brought 12.5 a list."""
    rng, growing = random.Random(5), GrowingShare(seen)  # noqa: S311  # no secret
    return sorted(draw_pool(12.5, seen, growing, rng).count_lists(tasks) for _ in range(2000))


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
    seen = Resemblances(130, 30, tuple(range(0, 100, 5)))
    assert draw_needs(seen, 100) == pytest.approx([8] * 2000)
    assert 80 <= draw_needs(seen, 1000)[0] < draw_needs(seen, 1000)[1000]


def test_a_larger_sample_without_resemblances_tells_more_about_large_pools() -> None:
    small = draw_needs(Resemblances(100, 0, ()), 10_000)
    large = draw_needs(Resemblances(3200, 0, ()), 10_000)
    assert small[100] == pytest.approx(800, rel=0.02)
    assert small[1900] > 1000
    assert large[1900] < 810


def test_drops_that_grow_with_the_pool_tell_of_more_to_come_than_drops_from_the_start() -> None:
    evenly = tuple(range(0, 400, 4))
    rising = tuple(round(400 * (place / 100) ** 0.5) for place in range(100))
    even, grown = (draw_needs(Resemblances(500, 100, pools), 4000) for pools in (evenly, rising))
    assert even[100] == pytest.approx(320, rel=0.15), "as many as in the sample"
    assert even[1000] < grown[100]
    assert grown[1000] > 2 * 320


def test_the_slope_is_found_again() -> None:
    """A simulated teacher whose tasks are dropped at odds of 0.002 for each one before."""
    rng = random.Random(6)  # noqa: S311  # no secret
    pools: list[int] = []
    kept = 0
    while kept < 1000:
        is_new = rng.random() * (1 + 0.002 * kept) < 1
        pools += [] if is_new else [kept]
        kept += is_new
    drawn = draw_needs(Resemblances(1000 + len(pools), len(pools), tuple(pools)), 5000)
    truth = Pool(12.5 * (1 + 0.002 * 500), 0.002).count_lists(5000)
    assert drawn[1000] == pytest.approx(truth, rel=0.1)
    assert drawn[1900] < 1.2 * drawn[100]


def test_a_pool_grows_until_so_many_lists_bring_one_row() -> None:
    pool = Pool(tasks_a_list=10, slope=0.01)
    tasks = pool.count_tasks_until(200, rows_a_task=1.0)
    per_list = 10 / (1 + 0.01 * tasks)
    assert per_list * 200 == pytest.approx(1)
    assert Pool(0.001, 0.01).count_tasks_until(200, 1.0) == 0
