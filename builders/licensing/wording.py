"""A licence decision in plain words: paragraphs for the card and the text of the LICENSE file.

Plain English text throughout; the card escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from builders.licensing.facts import (
    Attribution,
    LicenseDecision,
    ModelTerms,
    SeedLicense,
    TermsFacts,
)
from builders.licensing.license_table import License

_CHANGES = "Changes were made: the material was selected, and text by a language model was added."
_ROLES = {"teacher": "wrote", "judge": "judged"}
_SHOWN_CHARACTERS = 200
_HUB_REPO = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_REVISION = re.compile(r"[\w./-]+", re.ASCII)
_NO_ADVICE = (
    "This is a reading of public terms by a program and its tables, no legal advice: compare with "
    "the terms themselves."
)


def list_attributions(
    seeds: Sequence[SeedLicense], licenses: Sequence[License]
) -> list[Attribution]:
    """A line for each source whose licence wants credit; this project's own seeds want none."""
    wanting = {one.id for one in licenses if one.attribution}
    return [
        Attribution(
            source=shorten_name(one.source),
            source_url=_link_source(one),
            license_name=one.name,
            license_url=one.url,
            changes=_CHANGES,
        )
        for one in seeds
        if one.license in wanting and one.stated_by != "project"
    ]


def describe_sources(seeds: Sequence[SeedLicense]) -> list[str]:
    """What is known of the sources' licences, and by whose word."""
    by_user = [one for one in seeds if one.stated_by == "user"]
    words = []
    if by_user:
        listed = "; ".join(f"{shorten_name(one.source)}: {one.license}" for one in by_user[:8])
        more = f" and {len(by_user) - 8} more" if len(by_user) > 8 else ""
        words.append(
            f"Licences of sources that the publisher of this dataset stated: {listed}{more}."
        )
    words += [
        f"Of {shorten_name(one.source)}, the source's own card says: {one.instead_of}."
        for one in seeds
        if one.instead_of is not None
    ]
    return words


def describe_conditions(license_: License) -> list[str]:
    """What the dataset's licence asks of whoever uses it."""
    words = []
    if license_.noncommercial:
        words.append("Non-commercial use only.")
    if license_.share_alike:
        words.append("What is made of this dataset has to come under the same licence.")
    return words


def describe_model(one: ModelTerms) -> list[str]:
    """What is known of one model's terms, in the order: who, what they say, what is not known."""
    name = shorten_name(one.model)
    words = [f"{name} {_ROLES[one.role]} text of this dataset. {_tell_openness(one)}"]
    words += [_tell_terms(terms) for terms in one.terms]
    if one.named_only and one.terms:
        words.append(_tell_name_only(one, name))
    return words


def license_file_text(decision: LicenseDecision) -> str:
    """The text of the release's LICENSE file: names and addresses, credits, conditions, notices.

    It is no copy of the licence's full text. Ends with one newline.
    """
    heading = decision.full_name if decision.license == "other" else _name_with_id(decision)
    parts = [heading, decision.url or "", *decision.notices, *decision.paragraphs]
    if decision.attribution:
        parts.append("Credit:")
        parts += [f"- {_flatten(one.text)}" for one in decision.attribution]
    return "\n\n".join(_flatten(part) for part in parts if part) + "\n"


def closing_words() -> str:
    """The sentence that every decision ends with."""
    return _NO_ADVICE


def shorten_name(text: str) -> str:
    """A name of a source or model on one line, cut after 200 characters."""
    line = _flatten(text)
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}…"


def _tell_openness(one: ModelTerms) -> str:
    if not one.terms:
        return "Its terms for the use of its output are unknown: find out before you rely on them."
    if one.openness == "restricted":
        return "Its terms limit what its output may be used for."
    if one.openness == "unknown":
        return "What its terms mean for the use of its output is unknown."
    return "No limit was found to what its output may be used for."


def _tell_name_only(one: ModelTerms, name: str) -> str:
    if any(terms.about == "service" for terms in one.terms):
        return f"That it was this model is known by its name alone: a server answered as {name}."
    return (
        f"A server answered under the name {name}: if it was somebody's service, the service's "
        "terms hold as well, and they are not recorded here."
    )


def _tell_terms(terms: TermsFacts) -> str:
    what = "Service" if terms.about == "service" else "Weights"
    whose = " (stated by the publisher's own table)" if terms.own_table else ""
    return (
        f"{what}: {terms.name}{whose}. {terms.says} Terms: {', '.join(terms.urls)} (read "
        f"{terms.read_on.isoformat()}; {terms.source})."
    )


def _link_source(one: SeedLicense) -> str | None:
    """The dataset's page at the commit that was read; a local file has none."""
    repo = one.source.split(":", 1)[0]
    if one.revision is None or not (
        _HUB_REPO.fullmatch(repo) and _REVISION.fullmatch(one.revision)
    ):
        return None
    return f"https://huggingface.co/datasets/{repo}/tree/{one.revision}"


def _name_with_id(decision: LicenseDecision) -> str:
    return f"{decision.full_name} ({decision.license})"


def _flatten(text: str) -> str:
    return " ".join(text.split())
