"""The facts a pretraining build hands to its manifest, and what it says when it ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from builders.code_version import read_code_version
from builders.decontamination.facts import DecontaminationFacts
from builders.end_warnings import (
    report_end,
    tell_reasons,
    tell_shortfall,
    warn_of_a_stop,
    warn_of_failures,
    warn_of_gaps,
    warn_of_no_check,
)
from builders.pretraining.diversity import Openings
from builders.pretraining.manifest import PretrainingManifest
from builders.pretraining.outcome import MixtureFacts, PretrainingFacts, SourcesFacts
from builders.pretraining.recipe import PretrainingRecipe
from builders.pretraining.requests import choose_text_tokens, describe_writer
from builders.pretraining.sources import CONTAMINATED
from builders.recipe_sections import digest_recipe
from builders.spend import read_spend
from builders.split_facts import warn_of_empty_splits
from distilabel_pipelines.gateway.settings import Stopped

_MAX_CUT_SHARE = 0.05
_MAX_DUPLICATE_SHARE = 0.2
logger = logging.getLogger("build")


def collect_pretraining_facts(
    recipe: PretrainingRecipe,
    sources: SourcesFacts,
    mixture: MixtureFacts,
    decontamination: DecontaminationFacts,
    model: str,
    stopped: Stopped | None,
    responses: Path,
) -> PretrainingFacts:
    """Everything the manifest says beside the rows; `responses` is the journal's folder.

    `model` is the teacher's name in the requests, `stopped` what ended the run early, if anything.
    """
    described = recipe.describe(model, choose_text_tokens(recipe))
    return PretrainingFacts(
        code_version=read_code_version(),
        recipe=described,
        recipe_digest=digest_recipe(described),
        rows_wanted=recipe.rows,
        splits=recipe.splits,
        sources=sources,
        mixture=mixture,
        decontamination=decontamination,
        teacher=describe_writer(recipe, model),
        stop_reason=None if stopped is None else stopped.reason,
        spend=read_spend(responses),
        card_language=recipe.card.language,
    )


def report_pretraining_build(manifest: PretrainingManifest, out: Path) -> None:
    """Say what was made, and warn of what the reader of the dataset would ask about."""
    funnel = manifest.funnel
    contaminated = manifest.sources.dropped.get(CONTAMINATED, 0)
    if contaminated:
        logger.info(
            "%d of %d sources were not used: they hold items of benchmarks (see rejected/)",
            contaminated,
            funnel.sources + contaminated,
        )
    logger.info(
        "%d rows from %d replies to %d prompts of %d sources%s",
        funnel.published,
        funnel.answered,
        funnel.prompts_asked,
        funnel.sources,
        tell_reasons(funnel.rejected),
    )
    report_end(manifest.kind, out, manifest.splits, find_pretraining_warnings(manifest))


def find_pretraining_warnings(manifest: PretrainingManifest) -> list[str]:
    """What deserves a second look, in plain words."""
    return [
        *_warn_of_the_end(manifest),
        *_warn_of_openings(manifest),
        *_warn_of_texts(manifest),
        *warn_of_empty_splits(manifest.splits),
        *warn_of_no_check(manifest.decontamination),
    ]


def _warn_of_the_end(manifest: PretrainingManifest) -> Iterator[str]:
    if manifest.ended_by == "stopped":
        yield warn_of_a_stop(manifest.rows, manifest.stop_reason)
    elif not manifest.complete:
        yield (
            f"{tell_shortfall(manifest.rows)} the prompts ran out. Give more SEEDS, a higher LIMIT "
            "or SAMPLES; the card's funnel shows where texts fall."
        )
    if manifest.unanswered:
        yield warn_of_gaps(manifest.unanswered)


def _warn_of_openings(manifest: PretrainingManifest) -> Iterator[str]:
    dominated = manifest.diversity.dominated
    if dominated:
        told = "; ".join(map(_tell_opening, dominated))
        yield (
            f"one opening dominates, the teacher fell into a template: {told}. Raise TEMPERATURE, "
            "change the prompts or take another teacher; the card's diversity report has more."
        )


def _tell_opening(one: Openings) -> str:
    name = "all texts" if one.format is None else f"format {one.format}"
    return (
        f"{name} in {one.language}, {one.count} of {one.rows} begin with {one.most_common[:60]!r}"
    )


def _warn_of_texts(manifest: PretrainingManifest) -> Iterator[str]:
    funnel = manifest.funnel
    cut = funnel.rejected["truncated"]
    if cut > _MAX_CUT_SHARE * max(1, funnel.answered):
        yield (
            f"{cut} of {funnel.answered} texts were cut at max_tokens = "
            f"{manifest.teacher.settings['max_tokens']}. Raise MAX_TOKENS, or let them be "
            "continued (sampling.continuations in a recipe)."
        )
    rate = manifest.diversity.near_duplicate_rate
    if rate > _MAX_DUPLICATE_SHARE:
        yield (
            f"{rate:.0%} of the texts that passed the checks repeat an earlier one. Give more or "
            "other SEEDS, fewer SAMPLES or a higher TEMPERATURE."
        )
    failed = funnel.rejected["teacher_error"]
    if failed:
        yield warn_of_failures(failed)
