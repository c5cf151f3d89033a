"""What the first requests of an instruction build took and gave: lists, tasks, rows, novelty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from builders.estimate import SampledRequest, schedule
from builders.estimate_draws import Resemblances
from builders.estimate_measure import measure_judge, measure_requests
from builders.estimate_rounds import RoundsSample, SampledList, SampledTask, read_times
from builders.generate_tasks import GeneratedTasks
from builders.instruction_outcome import InstructionRow
from builders.rounds.sample import Sampled, SampledTaskId

_Screened = Mapping[SampledTaskId, Sequence[InstructionRow]]


def measure_rounds(
    generated: GeneratedTasks,
    rows: Sequence[InstructionRow],
    seed_instructions: Container[str],
    responses: Path,
) -> RoundsSample:
    """What a sample brought, `rows` being its settled ones in order; `in_flight` and `start_s` are
    left open. Raises TeacherError where nothing was answered with text."""
    if generated.sampled is None:
        raise ValueError("the rows of a whole build are no sample")
    asked, written = _measure_sampled(generated.sampled, responses)
    screened = _group_by_task(rows)
    kept = {task: group for task, group in screened.items() if _is_kept(group)}
    found = Counter(number for number, _ in kept)
    judged = None
    if generated.judge is not None:
        judged = measure_judge(generated.judge.model, _count_shown(rows), responses)
    return RoundsSample(
        lists=tuple(SampledList(request, found[number]) for number, request in asked.items()),
        tasks=tuple(
            _measure_task(group, written.get(task, ()))
            for task, group in kept.items()
            if task in written or group[0].stage == "instance"
        ),
        resemblances=_count_resemblances(screened, seed_instructions),
        judged=judged,
    )


def time_sample(sample: RoundsSample, elapsed_s: float, concurrency: int | None) -> RoundsSample:
    """With `in_flight` and `start_s`: what of `elapsed_s` was not spent on the requests."""
    in_flight = min(len(sample.lists), concurrency or len(sample.lists))
    spent_s = sum(
        schedule(read_times(parts), in_flight)
        for parts in (
            [(one.request,) for one in sample.lists],
            [one.requests for one in sample.tasks],
        )
    )
    return sample._replace(in_flight=in_flight, start_s=max(0.0, elapsed_s - spent_s))


def _measure_sampled(
    sampled: Sampled, responses: Path
) -> tuple[dict[int, SampledRequest], dict[SampledTaskId, tuple[SampledRequest, ...]]]:
    """Each list request by its number, and the requests of each task that was written."""
    replies = [*sampled.lists.values(), *(one for some in sampled.tasks.values() for one in some)]
    measured = iter(measure_requests(replies, responses))
    lists = {number: next(measured) for number in sampled.lists}
    tasks = {task: tuple(next(measured) for _ in some) for task, some in sampled.tasks.items()}
    return lists, tasks


def _measure_task(
    rows: Sequence[InstructionRow], requests: tuple[SampledRequest, ...]
) -> SampledTask:
    published = sum(row.reason is None for row in rows)
    return SampledTask(requests, published, _count_shown(rows))


def _count_shown(rows: Sequence[InstructionRow]) -> int:
    """Rows that a judge was asked about."""
    return sum(row.judge_verdict is not None for row in rows)


def _group_by_task(rows: Sequence[InstructionRow]) -> _Screened:
    """The rows of each instruction that came before the novelty screen, in order."""
    groups: dict[SampledTaskId, list[InstructionRow]] = {}
    for row in rows:
        if row.novelty is not None:
            groups.setdefault((row.request, row.item), []).append(row)
    return groups


def _is_kept(rows: Sequence[InstructionRow]) -> bool:
    return all(row.reason != "not_novel" for row in rows)


def _count_resemblances(screened: _Screened, seeds: Container[str]) -> Resemblances:
    dropped = kept = 0
    pools = []
    for rows in screened.values():
        if _is_kept(rows):
            kept += 1
            continue
        dropped += 1
        novelty = rows[0].novelty
        if novelty is not None and novelty.closest[0].instruction not in seeds:
            pools.append(kept)
    return Resemblances(len(screened), dropped, tuple(pools))
