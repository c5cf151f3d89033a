"""From checked traces to the outcome: select, deduplicate, and keep the first n.

Everything here is a pure function of the traces in seed order. The fate of a row depends only on
rows before it, so more traces at the end never change what was published: arrival order, window
and refill leave no mark, and building more rows over a finished build only adds some.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from builders.dedup import find_duplicates
from builders.generation_run import count_unanswered
from builders.judged import CheckedTrace, ContaminatedQuestion, Outcome
from builders.recipe import Recipe
from builders.select_traces import select_traces
from distilabel_pipelines.reasoning import Request


def settle(
    checked: Sequence[CheckedTrace],
    recipe: Recipe,
    work_dir: Path,
    contaminated: Sequence[ContaminatedQuestion] = (),
    *,
    stopped_requests: Sequence[Request] | None = None,
) -> Outcome:
    """Select, deduplicate on the question, and publish the first `recipe.rows`.

    `checked` is in seed order, samples of a question together; `contaminated` are the questions
    that were never asked, `stopped_requests` all requests of a run that was stopped. Raises
    DedupError.
    """
    selected = select_traces(checked, recipe.selection)
    unique = reject_duplicates(selected, recipe, work_dir)
    outcome = publish_first(unique, recipe.rows)
    unanswered = count_unanswered(
        (f"{one.question.seed_id}-{one.sample}" for one in stopped_requests or ()),
        {one.trace.trace_id for one in checked},
        outcome.published[-1].trace.trace_id if outcome.published else None,
    )
    update = {"contaminated": list(contaminated), "unanswered": unanswered}
    return outcome.model_copy(update=update)


def reject_duplicates(
    selected: Sequence[CheckedTrace], recipe: Recipe, work_dir: Path
) -> list[CheckedTrace]:
    """Reject rows whose question repeats an earlier published one, exactly or nearly.

    Samples of one question are no duplicates of each other (selection may keep them all).
    """
    heads: dict[str, int] = {}
    for position, one in enumerate(selected):
        if one.reason is None:
            heads.setdefault(one.trace.seed_id, position)
    questions = list(heads)
    texts = [selected[heads[seed_id]].trace.input for seed_id in questions]
    repeats = find_duplicates(texts, recipe.dedup, work_dir)
    originals = {questions[late]: questions[early] for late, early in repeats.items()}
    return [
        _reject_as_duplicate(one, selected[heads[originals[one.trace.seed_id]]])
        if one.reason is None and one.trace.seed_id in originals
        else one
        for one in selected
    ]


def _reject_as_duplicate(one: CheckedTrace, original: CheckedTrace) -> CheckedTrace:
    update = {
        "reason": "duplicate",
        "detail": f"its question repeats: {original.trace.input}",
        "duplicate_of": original.trace.trace_id,
    }
    return one.model_copy(update=update)


def publish_first(unique: Sequence[CheckedTrace], rows: int) -> Outcome:
    """The first `rows` passing traces are published, passing ones after them are `surplus`."""
    passing = [one for one in unique if one.reason is None]
    update = {"reason": "surplus", "detail": f"{rows} rows were wanted"}
    surplus = {one.trace.trace_id for one in passing[rows:]}
    rejected = [
        one.model_copy(update=update) if one.trace.trace_id in surplus else one
        for one in unique
        if one.reason is not None or one.trace.trace_id in surplus
    ]
    return Outcome(published=passing[:rows], rejected=rejected)
