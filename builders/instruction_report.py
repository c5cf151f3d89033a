"""The facts an instruction build hands to its manifest, and what it says when it ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from builders.code_version import read_code_version
from builders.decontamination import DecontaminationFacts
from builders.end_warnings import (
    report_end,
    tell_reasons,
    tell_shortfall,
    warn_of_a_stop,
    warn_of_failures,
    warn_of_no_check,
    warn_of_silence,
)
from builders.instruction_funnel import InstructionFunnel
from builders.instruction_manifest import InstructionManifest
from builders.instruction_outcome import InstructionFacts, InstructionRejectReason
from builders.instruction_recipe import InstructionRecipe
from builders.instruction_requests import describe_instruction_teacher, list_step_tokens
from builders.judged import JudgeFacts
from builders.recipe_sections import digest_recipe
from builders.spend import read_spend
from builders.split_facts import warn_of_empty_splits
from builders.task_seeds import TaskSeedFacts
from distilabel_pipelines.gateway.settings import Stopped

_MAX_CUT_SHARE = 0.05
_MAX_CUT_LISTS = 0.5
_MAX_UNPARSABLE_SHARE = 0.1
logger = logging.getLogger("build")


def collect_instruction_facts(
    recipe: InstructionRecipe,
    seeds: TaskSeedFacts,
    model: str,
    judge: JudgeFacts | None,
    stopped: Stopped | None,
    responses: Path,
    decontamination: DecontaminationFacts,
) -> InstructionFacts:
    """Everything the manifest says beside the rows; `responses` is the journal's folder.

    `model` is the teacher's name in the requests, `stopped` what ended the run early, if anything.
    """
    described = recipe.describe(model, list_step_tokens(recipe))
    return InstructionFacts(
        method=recipe.method,
        code_version=read_code_version(),
        recipe=described,
        recipe_digest=digest_recipe(described),
        rows_wanted=recipe.rows,
        splits=recipe.splits,
        seeds=seeds,
        teacher=describe_instruction_teacher(recipe, model),
        decontamination=decontamination,
        judge=judge,
        stop_reason=None if stopped is None else stopped.reason,
        spend=read_spend(responses),
        card_language=recipe.card.language,
    )


def report_instruction_build(manifest: InstructionManifest, out: Path) -> None:
    """Say what was made, and warn of what the reader of the dataset would ask about."""
    funnel = manifest.funnel
    counted = {
        reason: sum(counts[reason] for counts in funnel.rejected.values())
        for reason in funnel.rejected["reply"]
    }
    if funnel.contaminated_seeds:
        logger.info(
            "%d of %d seed tasks were not shown: they hold items of benchmarks (see rejected/)",
            funnel.contaminated_seeds,
            funnel.seed_tasks,
        )
    logger.info(
        "%d rows of %d new tasks, from %d tasks in %d replies%s",
        funnel.published,
        funnel.novel,
        funnel.tasks,
        funnel.replies,
        tell_reasons(counted),
    )
    report_end(manifest.kind, out, manifest.splits, find_instruction_warnings(manifest))


def find_instruction_warnings(manifest: InstructionManifest) -> list[str]:
    """What deserves a second look, in plain words."""
    return [
        *_warn_of_the_end(manifest),
        *_warn_of_replies(manifest),
        *_warn_of_thoughts(manifest),
        *_warn_of_silence(manifest),
        *warn_of_empty_splits(manifest.splits),
        *warn_of_no_check(manifest.decontamination),
    ]


def _warn_of_the_end(manifest: InstructionManifest) -> Iterator[str]:
    if manifest.ended_by == "stopped":
        yield warn_of_a_stop(manifest.rows, manifest.stop_reason)
    elif not manifest.complete:
        yield (
            f"{tell_shortfall(manifest.rows)} the teacher's last requests brought nothing new. "
            "Give other or more SEEDS, a stronger teacher or a higher TEMPERATURE; the card's "
            "funnel shows where tasks fall."
        )


def _warn_of_replies(manifest: InstructionManifest) -> Iterator[str]:
    """Replies that held nothing whole, and lists that are mostly cut before their end.

    The embedded teacher's context is small: its lists may be cut as they like.
    """
    funnel = manifest.funnel
    cut_lists = funnel.rejected["filtered"]["truncated"]
    if cut_lists > _MAX_CUT_LISTS * funnel.replies and manifest.teacher.llm != "embedded":
        yield (
            f"{cut_lists} of {funnel.replies} lists were cut before their last task. A higher "
            "MAX_TOKENS brings more tasks for the same prompt."
        )
    cut = _count(funnel, "truncated") - cut_lists
    if cut > _MAX_CUT_SHARE * max(1, funnel.replies):
        yield f"{cut} replies or instances were cut before they were whole. Raise MAX_TOKENS."
    unparsable = _count(funnel, "unparsable")
    if unparsable > _MAX_UNPARSABLE_SHARE * max(1, funnel.replies + funnel.tasks):
        yield (
            f"{unparsable} replies, tasks or instances had not the form that was asked for (see "
            "`raw` in rejected/). Try another teacher; a base model wants API=completions."
        )


def _count(funnel: InstructionFunnel, reason: InstructionRejectReason) -> int:
    return sum(counts[reason] for counts in funnel.rejected.values())


def _warn_of_thoughts(manifest: InstructionManifest) -> Iterator[str]:
    thoughts = sum(one.thoughts for one in manifest.requests)
    if thoughts:
        yield (
            f"{thoughts} replies hold a thought although none was asked for. It stands in no row "
            "but was paid for: switch it off at the server, or take a teacher that does not think."
        )


def _warn_of_silence(manifest: InstructionManifest) -> Iterator[str]:
    silent = manifest.judge.rows["not_judged"] if manifest.judge is not None else 0
    if silent:
        yield warn_of_silence(silent)
    failed = _count(manifest.funnel, "teacher_error")
    if failed:
        yield warn_of_failures(failed)
