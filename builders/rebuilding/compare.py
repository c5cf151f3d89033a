"""What a rebuild says when it ends: whether its rows are the manifest's, and what was asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from builders.any_manifest import AnyManifest, find_judge
from builders.pretraining.manifest import PretrainingManifest

_logger = logging.getLogger("build")


def report_rebuild(
    old: AnyManifest, new: AnyManifest, out: Path, *, asked: bool, differences: Sequence[str]
) -> None:
    """Say whether the rows are the same, and if not, what is known of why."""
    if not asked:
        _logger.info("no request was sent: every reply stood in %s", out / "responses")
    if is_same_data(old, new):
        _logger.info("%s", tell_same(new))
        return
    _logger.warning("warning: %s", tell_other(old, new, asked=asked, differences=differences))


def is_same_data(old: AnyManifest, new: AnyManifest) -> bool:
    """Whether both have the same rows in the same order."""
    return old.content_digest == new.content_digest


def tell_same(new: AnyManifest) -> str:
    """One sentence for a rebuild that gave the manifest's rows."""
    return (
        f"rebuilt: all {new.rows.published:,} rows are the manifest's, in their order (digest "
        f"{new.content_digest})"
    )


def tell_other(
    old: AnyManifest, new: AnyManifest, *, asked: bool, differences: Sequence[str]
) -> str:
    """That the rows are others, both digests, and what is known of why."""
    reasons = [*_list_reasons(old, new, asked=asked), *differences]
    why = f" Why: {' '.join(reasons)}" if reasons else ""
    return (
        f"rebuilt, but the rows are not the manifest's: {new.rows.published:,} rows with digest "
        f"{new.content_digest}, there {old.rows.published:,} with {old.content_digest}.{why}"
    )


def _list_reasons(old: AnyManifest, new: AnyManifest, *, asked: bool) -> Iterator[str]:
    if asked:
        yield (
            "The teacher was asked again, and need not repeat itself: only the build's own journal "
            "(OUT/responses) brings back its replies."
        )
    served = [sorted(one.name for one in manifest.served_models) for manifest in (old, new)]
    if served[0] != served[1]:
        yield f"Served models were {', '.join(served[0])}, now {', '.join(served[1])}."
    if find_judge(old) != find_judge(new):
        yield "The judge, its settings or its rubrics are others."
    if isinstance(old, PretrainingManifest) and isinstance(new, PretrainingManifest):
        prompts = {old.mixture.prompts_sha256, new.mixture.prompts_sha256}
        if len(prompts - {None}) > 1:
            yield "The prompts are others: templates, selection or mixture work otherwise here."
