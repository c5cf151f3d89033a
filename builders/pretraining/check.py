"""The check stage of a pretraining build: texts in, checked texts out, in the same order."""

from __future__ import annotations

from collections.abc import Sequence

from builders.checks.passages import PassageCheckConfig, check_passages
from builders.pretraining.outcome import CheckedPassage
from distilabel_pipelines.passages import Passage


def check_texts(passages: Sequence[Passage], config: PassageCheckConfig) -> list[CheckedPassage]:
    """Each text with the reason to reject it, None where it passes; the text stays as it is."""
    findings = check_passages(passages, config)
    return [
        CheckedPassage(passage=passage, reason=finding.reason, detail=finding.detail)
        for passage, finding in zip(passages, findings, strict=True)
    ]
