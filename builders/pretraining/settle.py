"""From checked texts to rows: decontaminate, deduplicate, and keep the first n.

Everything here is a pure function of the texts in their order. The fate of a row depends only on
rows before it, so more texts at the end never change what was published: arrival order, window and
refill leave no mark, and building more rows over a finished build only adds some.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from builders.decontamination import Benchmarks
from builders.dedup.documents import find_near_documents
from builders.generation_run import count_unanswered
from builders.pretraining.outcome import (
    CheckedPassage,
    DroppedSource,
    EndedBy,
    PretrainingOutcome,
)
from builders.pretraining.recipe import PretrainingRecipe
from distilabel_pipelines.pretraining import TextRequest


class SettledPassages(NamedTuple):
    """The rows in the order of their prompts and samples."""

    published: list[CheckedPassage]
    rejected: list[CheckedPassage]


def settle_passages(
    checked: Sequence[CheckedPassage],
    recipe: PretrainingRecipe,
    work_dir: Path,
    benchmarks: Benchmarks,
) -> SettledPassages:
    """Reject texts that hold a benchmark's item, then duplicates, and publish the first
    `recipe.rows`; passing ones after them are `surplus`. Raises DedupError.

    In this order, since a clean text that resembles a contaminated one would fall with it.
    """
    clean = _reject_contaminated(checked, benchmarks)
    unique = _reject_duplicates(clean, recipe, work_dir)
    passing = [one for one in unique if one.reason is None]
    surplus = {id(one) for one in passing[recipe.rows :]}
    update = {"reason": "surplus", "detail": f"{recipe.rows} rows were wanted"}
    rejected = [
        one.model_copy(update=update) if id(one) in surplus else one
        for one in unique
        if one.reason is not None or id(one) in surplus
    ]
    return SettledPassages(passing[: recipe.rows], rejected)


def _reject_duplicates(
    checked: Sequence[CheckedPassage], recipe: PretrainingRecipe, work_dir: Path
) -> list[CheckedPassage]:
    """Reject texts that repeat an earlier passing one, exactly or nearly."""
    passing = [place for place, one in enumerate(checked) if one.reason is None]
    texts = [checked[place].passage.content for place in passing]
    repeats = find_near_documents(texts, recipe.dedup, work_dir)
    settled = list(checked)
    for late, early in repeats.items():
        original = checked[passing[early]].passage
        settled[passing[late]] = checked[passing[late]].model_copy(
            update={
                "reason": "duplicate",
                "detail": f"it repeats row {original.passage_id}",
                "duplicate_of": original.passage_id,
            }
        )
    return settled


def _reject_contaminated(
    checked: Sequence[CheckedPassage], benchmarks: Benchmarks
) -> list[CheckedPassage]:
    passing = [place for place, one in enumerate(checked) if one.reason is None]
    texts = [checked[place].passage.content for place in passing]
    settled = list(checked)
    for place, found in zip(passing, benchmarks.find_contamination(texts), strict=True):
        if found is None:
            continue
        settled[place] = checked[place].model_copy(
            update={
                "reason": "contaminated",
                "detail": f"it holds {found.tell()}",
                "contamination": found,
            }
        )
    return settled


def settle_build(
    checked: Sequence[CheckedPassage],
    dropped: Sequence[DroppedSource],
    recipe: PretrainingRecipe,
    work_dir: Path,
    benchmarks: Benchmarks,
    *,
    stopped_requests: Sequence[TextRequest] | None,
) -> PretrainingOutcome:
    """The end of a build: its rows, and the sources that never became prompts; raises DedupError.

    `stopped_requests` are all requests of a run that was stopped, None for one that was not. A
    stopped run may have enough rows all the same, beyond replies that never came.
    """
    published, rejected = settle_passages(checked, recipe, work_dir, benchmarks)
    ended_by: EndedBy = "prompts" if stopped_requests is None else "stopped"
    if len(published) == recipe.rows:
        ended_by = "rows"
    unanswered = count_unanswered(
        (f"{one.prompt.prompt_id}-{one.sample}" for one in stopped_requests or ()),
        {one.passage.passage_id for one in checked},
        published[-1].passage.passage_id if published else None,
    )
    return PretrainingOutcome(published, rejected, list(dropped), ended_by, unanswered)
