"""What the card of a pretraining build says beside its manifest: words for reasons and configs."""

from __future__ import annotations

from typing import NamedTuple

from builders.pretraining.configs import DEFAULT, OTHER_FORMATS, WITH_PROMPT
from builders.pretraining.diversity import DISTINCT_TOKENS
from builders.pretraining.funnel import REASONS
from builders.pretraining.manifest import PretrainingManifest
from builders.pretraining.outcome import MixtureFacts, PassageReject
from builders.pretraining.rows import STORED_COLUMNS

REASON_MEANINGS: dict[PassageReject, str] = {
    "teacher_error": "the teacher failed for good",
    "refused_by_provider": "the provider refused the content",
    "truncated": "the text was cut before it ended",
    "refusal": "the teacher declined to write it",
    "boilerplate": "it speaks to the reader of the prompt, or of being a model",
    "prompt_echo": "it repeats the prompt",
    "too_short": "it has too few words or characters",
    "headings_only": "it is headings with little or nothing under them",
    "looping": "it repeats itself",
    "wrong_language": "it left the language that was asked for",
    "low_quality": "a quality filter of its format turned it down",
    "duplicate": "a copy or near-copy of a row that was kept",
    "contaminated": "it holds an item of a benchmark",
    "surplus": "good, but more than the rows that were asked for",
}
_CONFIG_MEANINGS = {
    DEFAULT: "all rows, without their prompts",
    WITH_PROMPT: "all rows, with their prompts",
    OTHER_FORMATS: "the formats that have no config of their own",
}


class MixtureShare(NamedTuple):
    """One line of the mixture: the share that was asked for, and that of the prompts made."""

    name: str
    asked: float | None
    made: float


def pretraining_context(manifest: PretrainingManifest) -> dict[str, object]:
    """The template's further names."""
    rejected = manifest.funnel.rejected
    shares = list_shares(manifest.mixture)
    return {
        "columns": STORED_COLUMNS,
        "config_meanings": {
            one.name: _CONFIG_MEANINGS.get(
                one.name, "the rows of one format, without their prompts"
            )
            for one in manifest.configs
        },
        "fallen_reasons": [reason for reason in REASONS if rejected[reason]],
        "spared_reasons": [reason for reason in REASONS if not rejected[reason]],
        "reason_meanings": REASON_MEANINGS,
        "kind_shares": [one for one in shares if "/" not in one.name],
        "part_shares": [one for one in shares if "/" in one.name],
        "distinct_tokens": DISTINCT_TOKENS,
    }


def list_shares(mixture: MixtureFacts) -> list[MixtureShare]:
    """The lines of the mixture, whole kinds first, then their parts, each by falling share made."""
    names = {**mixture.asked, **mixture.made}
    shares = [
        MixtureShare(one, mixture.asked.get(one), mixture.made.get(one, 0.0)) for one in names
    ]
    return sorted(shares, key=lambda one: (one.name.count("/"), -one.made, one.name))
