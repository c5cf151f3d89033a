"""What a dataset may be published under: sources decide, models may forbid, the user may ask.

1. Every source has a known licence, or nothing is published.
2. The sources' licences together allow one licence (`combine`), or nothing is published.
3. Models whose terms limit the use of their output, or are unknown: `license: other`.
4. LICENSE= takes the place of that, if it keeps what the sources ask for, and is not open where the
   terms of a model are restricted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from builders.any_manifest import AnyManifest
from builders.licensing.combine import Combined, can_replace, combine_licenses
from builders.licensing.errors import LicenseError
from builders.licensing.facts import DecidedBy, LicenseDecision, ModelTerms, SeedLicense
from builders.licensing.license_table import License, known_licenses
from builders.licensing.model_terms import list_model_terms
from builders.licensing.seed_licenses import licenses_of, resolve_seed_licenses
from builders.licensing.seeds_statement import suggest_license
from builders.licensing.teacher_terms import Openness, choose_strictest, load_terms_tables
from builders.licensing.wording import (
    closing_words,
    describe_conditions,
    describe_model,
    describe_sources,
    list_attributions,
)
from builders.seed_columns import shorten_value

LICENSE_FILE = "LICENSE"
# For a dataset whose sources and models ask for nothing and name nothing.
_FALLBACK = "apache-2.0"
_WHY_NOT = {
    "restricted": "the terms of a model that wrote in it limit what its text may be used for",
    "unknown": "the terms of a model that wrote in it are unknown",
}
_UNDECIDED = "Under which licence this dataset may be shared has not been decided yet."


class _Basis(NamedTuple):
    """All that is known before the user is asked."""

    seeds: list[SeedLicense]
    licenses: list[License]
    combined: Combined
    models: list[ModelTerms]
    openness: Openness


class _Choice(NamedTuple):
    """A licence and who chose it; `license` None where no single one can be named."""

    license: License | None
    decided_by: DecidedBy


def decide_license(
    manifest: AnyManifest,
    *,
    seeds_license: str = "",
    stated: str = "",
    own_terms: Path | None = None,
) -> LicenseDecision:
    """The licence of the published dataset, with everything that its card has to say of it.

    `seeds_license` is SEEDS_LICENSE=, `stated` LICENSE=, "" for none; `own_terms` is the user's
    table TEACHER_TERMS=. Pure and deterministic. Raises LicenseError, which says what to do, where
    a source's licence is unknown or forbids derivatives, where those of several sources or the
    stated one contradict each other, and for a table that cannot be used.
    """
    seeds = resolve_seed_licenses(manifest, seeds_license)
    licenses = licenses_of(seeds)
    models = list_model_terms(manifest, load_terms_tables(own_terms))
    openness = choose_strictest([one.openness for one in models])
    basis = _Basis(seeds, licenses, combine_licenses(licenses), models, openness)
    choice = _take_stated(stated, basis) if stated.strip() else _choose(basis)
    return _describe(basis, choice)


def preview_license(
    manifest: AnyManifest,
    *,
    seeds_license: str = "",
    stated: str = "",
    own_terms: Path | None = None,
) -> LicenseDecision:
    """The same for a card that is not published yet: `unknown` where nothing can be decided.

    `unresolved` then holds what stands against publishing. Raises LicenseError for a table that
    cannot be used, and for nothing else.
    """
    models = list_model_terms(manifest, load_terms_tables(own_terms))
    try:
        return decide_license(
            manifest, seeds_license=seeds_license, stated=stated, own_terms=own_terms
        )
    except LicenseError as error:
        return LicenseDecision(
            license="unknown",
            full_name="Unknown",
            open=False,
            noncommercial=False,
            decided_by="default",
            models=models,
            notices=_list_notices(models),
            paragraphs=[_UNDECIDED, *(word for one in models for word in describe_model(one))],
            unresolved=str(error),
        )


def _choose(basis: _Basis) -> _Choice:
    """Without LICENSE=: the sources' licence, or none where a model's terms are in the way."""
    if basis.openness != "open":
        return _Choice(None, "teacher")
    if not basis.combined.public_domain:
        return _Choice(basis.combined.license, "seeds")
    known = known_licenses()
    weights = [known.find(terms.license) for one in basis.models for terms in one.terms]
    asked = [one for one in weights if one is not None and one.open and not one.share_alike]
    of_models = combine_licenses(asked).license if asked else None
    if of_models is not None:
        return _Choice(of_models, "teacher")
    return _Choice(known.find(_FALLBACK), "default")


def _take_stated(text: str, basis: _Basis) -> _Choice:
    """LICENSE=, where it may stand; raises LicenseError where it may not."""
    stated = known_licenses().find(text)
    if stated is None:
        raise LicenseError(
            f"LICENSE={shorten_value(text.strip())} is no licence of "
            f"builders/licensing/licenses.toml.{suggest_license(text)} Write the Hub's id, as in "
            "LICENSE=cc-by-4.0, or leave LICENSE out: then the sources decide."
        )
    for asked in basis.licenses:
        if not can_replace(stated, asked):
            raise _refuse_stated(stated, asked, basis.seeds)
    if basis.openness == "restricted" and stated.open:
        raise _refuse_open(stated, basis.models)
    return _Choice(stated, "user")


def _refuse_stated(stated: License, asked: License, seeds: Sequence[SeedLicense]) -> LicenseError:
    source = next(one.source for one in seeds if one.license == asked.id)
    if asked.share_alike:
        why = f"is share-alike: what is made of it stays under {asked.id} or a later version"
    else:
        missing = sorted(asked.conditions - stated.conditions)
        why = f"asks for {' and '.join(missing)}, which LICENSE={stated.id} does not"
    return LicenseError(
        f"LICENSE={stated.id} cannot be used: the licence of {shorten_value(source)}, {asked.id}, "
        f"{why}. Leave LICENSE out to publish under what the sources allow, state "
        f"LICENSE={asked.id}, or leave that source out of the build."
    )


def _refuse_open(stated: License, models: Sequence[ModelTerms]) -> LicenseError:
    limiting = next(one for one in models if one.openness == "restricted")
    terms = next(one for one in limiting.terms if one.openness == "restricted")
    return LicenseError(
        f"LICENSE={stated.id} allows any use, but the terms of {shorten_value(limiting.model)} do "
        f"not ({terms.name}): {terms.says} See {terms.urls[0]}. Leave LICENSE out to publish as "
        "`other` with these terms in the card, or state a licence that is not open. If you have an "
        "agreement that allows it, write it into a table of your own: TEACHER_TERMS=my-terms.toml."
    )


def _describe(basis: _Basis, choice: _Choice) -> LicenseDecision:
    chosen = choice.license
    return LicenseDecision(
        license="other" if chosen is None else chosen.id,
        license_name=_name_other(basis) if chosen is None else None,
        license_link=LICENSE_FILE if chosen is None else None,
        full_name="No single licence: see the terms below" if chosen is None else chosen.name,
        url=None if chosen is None else chosen.url,
        open=_are_sources_open(basis) if chosen is None else chosen.open,
        noncommercial=basis.combined.noncommercial if chosen is None else chosen.noncommercial,
        decided_by=choice.decided_by,
        seeds=basis.seeds,
        models=basis.models,
        attribution=list_attributions(basis.seeds, basis.licenses),
        notices=_list_notices(basis.models),
        paragraphs=_write_paragraphs(basis, choice),
    )


def _are_sources_open(basis: _Basis) -> bool:
    """Of a dataset without a single licence: whether anyone may use all of it for any purpose."""
    return basis.openness == "open" and all(one.open for one in basis.licenses)


def _name_other(basis: _Basis) -> str:
    """The Hub's `license_name`: what binds, in a few words."""
    if basis.openness == "open":
        return "several-licenses-see-card"
    terms = f"{basis.openness}-teacher-terms"
    binding = basis.combined.license
    if binding is not None and (binding.noncommercial or binding.share_alike):
        return f"{binding.id}-and-{terms}"
    return terms


def _list_notices(models: Sequence[ModelTerms]) -> list[str]:
    notices = (terms.notice for one in models for terms in one.terms)
    return list(dict.fromkeys(notice for notice in notices if notice))


def _write_paragraphs(basis: _Basis, choice: _Choice) -> list[str]:
    words = [_tell_choice(basis, choice)]
    binding = choice.license or basis.combined.license
    words += [] if binding is None else describe_conditions(binding)
    words += describe_sources(basis.seeds)
    for one in basis.models:
        words += describe_model(one)
    return [*words, closing_words()]


def _tell_choice(basis: _Basis, choice: _Choice) -> str:
    if choice.license is None:
        return _tell_no_choice(basis, choice)
    named = f"{choice.license.name} ({choice.license.id})"
    match choice.decided_by:
        case "user":
            return f"The publisher of this dataset stated its licence: {named}.{_warn(basis)}"
        case "seeds":
            return f"The licence follows from those of the sources: {named}."
        case "teacher":
            return f"The sources ask for nothing; the licence is that of the weights: {named}."
        case "default":
            return f"Neither sources nor models ask for a licence; the usual one is {named}."


def _tell_no_choice(basis: _Basis, choice: _Choice) -> str:
    if choice.decided_by == "seeds":
        ids = ", ".join(one.id for one in basis.licenses)
        return f"The sources are under several licences, which all hold: {ids}."
    return (
        f"No licence is named for this dataset: {_WHY_NOT[basis.openness]}. The sources alone "
        f"would allow {_tell_allowed(basis.combined)}."
    )


def _warn(basis: _Basis) -> str:
    if basis.openness == "open":
        return ""
    return f" The statement does not change that {_WHY_NOT[basis.openness]}."


def _tell_allowed(combined: Combined) -> str:
    if combined.license is not None:
        return combined.license.id
    return "any licence" if combined.public_domain else "several licences side by side"
