"""What the card of a pretraining build says beside its manifest: words for reasons and configs."""

from __future__ import annotations

from typing import NamedTuple

from builders.pretraining.configs import DEFAULT, OTHER_FORMATS, WITH_PROMPT, name_configs
from builders.pretraining.funnel import REASONS
from builders.pretraining.manifest import PretrainingManifest
from builders.pretraining.outcome import MixtureFacts, PassageReject
from builders.pretraining.rows import STORED_COLUMNS
from builders.pretraining.sources import CONTAMINATED
from builders.text_variety import DISTINCT_TOKENS

REASON_MEANINGS: dict[PassageReject, str] = {
    "teacher_error": "the teacher failed for good",
    "refused_by_provider": "the provider refused the content",
    "truncated": "the text was cut before it ended",
    "garbled": "a thought, tokens of a chat template or lost characters stand in it",
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
SOURCE_MEANINGS = {
    "unreadable": "a field of its row cannot be used",
    "empty": "there is no text in it",
    "format_name": "it asks for a format whose name cannot be a config's",
    "language": "in a language that was not wanted, or none of ours",
    "topic": "of a topic that was not wanted",
    "category": "of a category that was not wanted",
    "educational_score": "its educational score is too low",
    "too_short": "too short",
    "too_long": "too long",
    "boilerplate": "mostly menus, notices and the like",
    CONTAMINATED: "it holds an item of a benchmark",
}
CONFIG_MEANINGS = {
    DEFAULT: "all rows, without their prompts",
    WITH_PROMPT: "all rows, with their prompts",
    OTHER_FORMATS: "the formats that have no config of their own",
}


class MixtureShare(NamedTuple):
    """One line of the mixture: the share that was asked for, and that of the prompts made.

    `depth` is 0 for a whole kind of source, 1 for its formats, 2 for their audiences.
    """

    name: str
    depth: int
    asked: float | None
    made: float


def pretraining_context(manifest: PretrainingManifest) -> dict[str, object]:
    """The template's further names."""
    rejected = manifest.funnel.rejected
    shares = list_shares(manifest.mixture)
    names = name_configs(manifest.published.formats)
    return {
        "columns": STORED_COLUMNS,
        "config_meanings": CONFIG_MEANINGS,
        "config_formats": {config: name for name, config in names.items()},
        "fallen_reasons": [reason for reason in REASONS if rejected[reason]],
        "spared_reasons": [reason for reason in REASONS if not rejected[reason]],
        "reason_meanings": REASON_MEANINGS,
        "source_meanings": SOURCE_MEANINGS,
        "kind_shares": [one for one in shares if one.depth == 0],
        "part_shares": [one for one in shares if one.depth > 0],
        "distinct_tokens": DISTINCT_TOKENS,
    }


def list_shares(mixture: MixtureFacts) -> list[MixtureShare]:
    """The lines of the mixture, whole kinds first, then their parts, each by falling share made.

    A source may have a slash in its own name (`owner/name/faq`), so that depth is counted in the
    lines above a line, not in slashes.
    """
    names = {**mixture.asked, **mixture.made}
    shares = [
        MixtureShare(
            name=name,
            depth=sum(name[:end] in names for end, sign in enumerate(name) if sign == "/"),
            asked=mixture.asked.get(name),
            made=mixture.made.get(name, 0.0),
        )
        for name in names
    ]
    return sorted(shares, key=lambda one: (one.depth, -one.made, one.name))
