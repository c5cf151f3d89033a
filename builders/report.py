"""The facts a build hands to its manifest, and what it says when it ends."""

from __future__ import annotations

import logging
from pathlib import Path

from builders.code_version import read_code_version
from builders.decontamination import DecontaminationFacts
from builders.end_warnings import (
    report_end,
    tell_reasons,
    tell_shortfall,
    warn_of_a_stop,
    warn_of_failures,
    warn_of_gaps,
    warn_of_no_check,
    warn_of_silence,
)
from builders.generate import Generated
from builders.judged import RunFacts, SeedFacts
from builders.manifest import Manifest
from builders.recipe import Recipe, digest_recipe
from builders.spend import read_spend
from builders.split_facts import warn_of_empty_splits
from builders.teacher_requests import choose_max_tokens, describe_teacher

_MAX_CUT_SHARE = 0.05
logger = logging.getLogger("build")


def collect_facts(
    recipe: Recipe,
    seeds: SeedFacts,
    generated: Generated,
    responses: Path,
    decontamination: DecontaminationFacts,
) -> RunFacts:
    """Everything the manifest says beside the rows; `responses` is the journal's folder."""
    described = recipe.describe(generated.model, choose_max_tokens(recipe))
    return RunFacts(
        kind="reasoning",
        code_version=read_code_version(),
        recipe=described,
        recipe_digest=digest_recipe(described),
        rows_wanted=recipe.rows,
        splits=recipe.splits,
        seeds=seeds,
        teacher=describe_teacher(recipe, generated.model),
        decontamination=decontamination,
        judge=generated.judge,
        stop_reason=generated.stopped.reason if generated.stopped is not None else None,
        spend=read_spend(responses),
        card_language=recipe.card.language,
    )


def report_build(manifest: Manifest, out: Path) -> None:
    """Say what was made, and warn of what the reader of the dataset would ask about."""
    funnel = manifest.funnel
    if funnel.contaminated:
        logger.info(
            "%d of %d questions were not asked: they hold items of benchmarks (see rejected/)",
            funnel.contaminated,
            funnel.questions,
        )
    logger.info(
        "%d rows from %d responses to %d questions%s",
        funnel.published,
        funnel.responses,
        funnel.questions_asked,
        tell_reasons(funnel.rejected),
    )
    report_end(manifest.kind, out, manifest.splits, find_warnings(manifest))


def find_warnings(manifest: Manifest) -> list[str]:
    """What deserves a second look, in plain words."""
    funnel = manifest.funnel
    warnings = []
    if manifest.stop_reason is not None and not manifest.complete:
        warnings.append(warn_of_a_stop(manifest.rows, manifest.stop_reason))
    elif not manifest.complete:
        warnings.append(
            f"{tell_shortfall(manifest.rows)} the seeds ran out. Give more seeds, a higher LIMIT "
            "or SAMPLES."
        )
    if manifest.unanswered:
        warnings.append(warn_of_gaps(manifest.unanswered))
    cut = funnel.rejected["truncated"]
    if cut > _MAX_CUT_SHARE * max(1, funnel.answered):
        warnings.append(
            f"{cut} of {funnel.answered} replies were cut at max_tokens = "
            f"{manifest.teacher.sampling['max_tokens']}. Raise MAX_TOKENS."
        )
    words = manifest.judge.replies.values() if manifest.judge is not None else ()
    silent = sum(counts["not_judged"] for counts in words)
    if silent:
        warnings.append(warn_of_silence(silent))
    failed = funnel.rejected["teacher_error"]
    if failed:
        warnings.append(warn_of_failures(failed))
    warnings += warn_of_empty_splits(manifest.splits)
    return [*warnings, *warn_of_no_check(manifest.decontamination)]
