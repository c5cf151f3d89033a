"""From the first requests of an instruction build to the whole of it, each figure with a range.

A list request brings tasks, a task brings rows; what is not known of either is drawn by
`estimate_draws`, tokens and costs by `estimate_bill`, times by list scheduling (Graham, 1966). The
seed is fixed: the same sample gives the same estimate.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from builders.estimate import JudgedSample, SampledRequest, schedule
from builders.estimate_bill import (
    Bill,
    Span,
    Stream,
    join_streams,
    make_bill,
    make_span,
    sum_stream,
)
from builders.estimate_draws import GrowingShare, Resemblances, draw_mean, draw_pool
from distilabel_pipelines.prices import Price, TokenCount

_DRAWS = 2000
_SCHEDULES = 40
_MOST_SCHEDULED = 5000


class SampledList(NamedTuple):
    """One list request, and how many of its tasks were kept."""

    request: SampledRequest
    kept: int


class SampledTask(NamedTuple):
    """One kept task: the requests for its instances (none where the list brought them), its rows
    that would be published, and those that a judge was shown."""

    requests: tuple[SampledRequest, ...]
    rows: int
    shown: int


class RoundsSample(NamedTuple):
    """A sample's outcome; `tasks` are those whose rows are known.

    `in_flight`, `start_s` and `judged` as in `estimate.Sample`.
    """

    lists: tuple[SampledList, ...]
    tasks: tuple[SampledTask, ...]
    resemblances: Resemblances
    judged: JudgedSample | None = None
    in_flight: int = 1
    start_s: float = 0.0

    @property
    def kept(self) -> int:
        """Tasks that the lists brought."""
        return sum(one.kept for one in self.lists)

    @property
    def requests(self) -> tuple[SampledRequest, ...]:
        """All of the teacher's, lists first."""
        of_tasks = tuple(one for task in self.tasks for one in task.requests)
        return (*(one.request for one in self.lists), *of_tasks)


class RoundsPlan(NamedTuple):
    """The build that is estimated.

    The prompts ask for at most `tasks_a_list` and `rows_a_task`. `writes_tasks`: instances take
    requests of their own. It ends when `fruitless_requests` lists brought no row. `round_requests`:
    lists that are sent before the next must wait for them, None where they never do. `runs_here`:
    the teacher costs nothing. The rest as in `estimate.Plan`.
    """

    rows: int
    tasks_a_list: int
    rows_a_task: int
    writes_tasks: bool
    fruitless_requests: int
    round_requests: int | None
    concurrency: int
    scales: bool
    prices: tuple[Price, ...]
    batch: bool
    judge_prices: tuple[Price, ...] = ()
    runs_here: bool = False


class RoundsEstimate(NamedTuple):
    """The whole build; `tasks` are the kept ones that it needs. The rest as in `Estimate`;
    `certainty` is the share of the draws in which all wanted rows come."""

    tasks_a_list: Span
    rows_a_task: Span
    lists: Span
    tasks: Span
    published: Span
    teacher: Bill
    judge: Bill | None
    shown: Span | None
    whole: Bill
    time_left_s: Span | None
    certainty: float


class _Draw(NamedTuple):
    tasks_a_list: float
    rows_a_task: float
    published: int
    lists: int
    tasks: int
    shown: int


def estimate_rounds(sample: RoundsSample, plan: RoundsPlan, *, seed: int = 0) -> RoundsEstimate:
    """Extrapolate; the sample holds at least one list request."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    seen = _Seen(
        Counter((one.kept,) for one in sample.lists),
        Counter((one.rows, one.shown) for one in sample.tasks),
        GrowingShare(sample.resemblances),
    )
    draws = [_draw_build(sample, plan, seen, rng) for _ in range(_DRAWS)]
    teacher = whole = _sum_teacher(sample, plan, draws, rng)
    judge = shown = None
    if sample.judged is not None:
        done = sample.judged.shown
        shows = [(max(done, one.shown), max(0, one.shown - done)) for one in draws]
        judge = sum_stream(sample.judged.looks, shows, plan.judge_prices, rng, batch=False)
        whole = join_streams(teacher, judge)
        shown = make_span([Decimal(count) for count, _ in shows])
    return RoundsEstimate(
        tasks_a_list=_span(draws, lambda one: one.tasks_a_list),
        rows_a_task=_span(draws, lambda one: one.rows_a_task),
        lists=_span(draws, lambda one: one.lists),
        tasks=_span(draws, lambda one: one.tasks),
        published=_span(draws, lambda one: one.published),
        teacher=make_bill(teacher),
        judge=None if judge is None else make_bill(judge),
        shown=shown,
        whole=make_bill(whole),
        time_left_s=None if plan.batch else _estimate_time(sample, plan, draws, rng),
        certainty=sum(one.published >= plan.rows for one in draws) / len(draws),
    )


def _span(draws: Sequence[_Draw], read: Callable[[_Draw], float]) -> Span:
    return make_span([Decimal(read(one)) for one in draws])


class _Seen(NamedTuple):
    """How often each count was observed: tasks of a list; rows of a task and those shown. And what
    the sample tells of the novelty to come."""

    lists: Counter[tuple[int, ...]]
    tasks: Counter[tuple[int, ...]]
    growing: GrowingShare


def _draw_build(sample: RoundsSample, plan: RoundsPlan, seen: _Seen, rng: random.Random) -> _Draw:
    """One possible build: tasks until the rows are there, or the lists bring nothing new.

    What the sample sent is part of any build.
    """
    a_list = draw_mean(seen.lists, (plan.tasks_a_list,), rng)
    a_task = draw_mean(seen.tasks, (plan.rows_a_task, plan.rows_a_task), rng)
    tasks_a_list, (rows_a_task, shown_a_task) = a_list.values[0], a_task.values
    pool = draw_pool(tasks_a_list, sample.resemblances, seen.growing, rng)
    tasks = _vary(plan.rows / rows_a_task, a_task.spread / rows_a_task, rng)
    # By half a standard deviation the build asks for more than is likely (`rounds.forecast`).
    tasks += 0.5 * math.sqrt(min(tasks, plan.concurrency))
    most = pool.count_tasks_until(plan.fruitless_requests, rows_a_task)
    published, fruitless = plan.rows, 0
    if tasks > most:
        came = sum(one.rows for one in sample.tasks)
        published = min(plan.rows, max(came, int(most * rows_a_task)))
        tasks, fruitless = most, plan.fruitless_requests
    lists = _vary(pool.count_lists(tasks), a_list.spread / tasks_a_list, rng) + fruitless
    tasks = max(math.ceil(tasks), len(sample.tasks))
    return _Draw(
        tasks_a_list,
        rows_a_task,
        published,
        max(math.ceil(lists), len(sample.lists)),
        tasks,
        round(tasks * shown_a_task),
    )


def _vary(count: float, variation: float, rng: random.Random) -> float:
    """By chance: each of `count` brings more or less than the mean. At least one is needed."""
    return max(1.0, count + rng.gauss(0, 1) * variation * math.sqrt(count))


def _sum_teacher(
    sample: RoundsSample, plan: RoundsPlan, draws: Sequence[_Draw], rng: random.Random
) -> Stream:
    """Lists, and the requests for instances where there are any."""
    done = len(sample.lists)
    asked = _read_tokens([(one.request,) for one in sample.lists])
    counts = [(one.lists, one.lists - done) for one in draws]
    lists = sum_stream(asked, counts, plan.prices, rng, batch=plan.batch)
    if not plan.writes_tasks:
        return lists
    written = _read_tokens([one.requests for one in sample.tasks])
    counts = [(one.tasks, one.tasks - len(sample.tasks)) for one in draws]
    return join_streams(lists, sum_stream(written, counts, plan.prices, rng, batch=plan.batch))


def _read_tokens(parts: Sequence[Sequence[SampledRequest]]) -> list[tuple[TokenCount, ...]]:
    """The token counts of those whose requests all have one."""
    counted = [tuple(one.tokens for one in part if one.tokens is not None) for part in parts]
    return [some for some, part in zip(counted, parts, strict=True) if len(some) == len(part)]


def _estimate_time(
    sample: RoundsSample, plan: RoundsPlan, draws: Sequence[_Draw], rng: random.Random
) -> Span | None:
    """Seconds from the command to the last reply, lists and tasks one after the other.

    As fast at full concurrency at best, no faster than in the sample at worst.
    """
    lists = read_times([(one.request,) for one in sample.lists])
    tasks = read_times([one.requests for one in sample.tasks]) if plan.writes_tasks else []
    if not lists or (plan.writes_tasks and not tasks):
        return None
    found: dict[bool, list[Decimal]] = {True: [], False: []}
    for draw in rng.sample(draws, _SCHEDULES):
        for is_best, spans in found.items():
            width = plan.concurrency if is_best else min(plan.concurrency, sample.in_flight)
            left = draw.lists - len(sample.lists)
            seconds = _lay(lists, left, width, rng, at_once=plan.round_requests)
            if tasks:
                seconds += _lay(tasks, draw.tasks - len(sample.tasks), width, rng)
            spans.append(Decimal(round(seconds + sample.start_s, 3)))
    usual = make_span(found[plan.scales])
    return Span(usual.expected, make_span(found[True]).low, make_span(found[False]).high)


def read_times(parts: Sequence[Sequence[SampledRequest]]) -> list[float]:
    """Seconds of each whole thing, its requests one after the other."""
    timed = [[one.latency_s for one in part if one.latency_s is not None] for part in parts]
    return [sum(some) for some, part in zip(timed, parts, strict=True) if len(some) == len(part)]


def _lay(
    times: Sequence[float],
    count: int,
    width: int,
    rng: random.Random,
    *,
    at_once: int | None = None,
) -> float:
    """Seconds for `count` things, `width` at once; of them `at_once` wait for those before."""
    together = min(count, at_once or count, _MOST_SCHEDULED)
    if together <= 0:
        return 0.0
    return schedule(rng.choices(times, k=together), width) * count / together
