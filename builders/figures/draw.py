"""All figures of a manifest, of whichever kind: the one entrance of this package."""

from __future__ import annotations

from builders.any_manifest import AnyManifest
from builders.figures.drawing import Figure
from builders.figures.instruction_figures import draw_instruction_figures
from builders.figures.pretraining_figures import draw_pretraining_figures
from builders.figures.reasoning_figures import draw_reasoning_figures
from builders.instruction_manifest import InstructionManifest
from builders.pretraining.manifest import PretrainingManifest


def draw_figures(manifest: AnyManifest) -> dict[str, Figure]:
    """Name → figure, in the order of the card; one without anything to show is left out.

    Pure: the same manifest gives the same bytes. Raises CardError where a template does not fit.
    """
    if isinstance(manifest, InstructionManifest):
        figures = draw_instruction_figures(manifest)
    elif isinstance(manifest, PretrainingManifest):
        figures = draw_pretraining_figures(manifest)
    else:
        figures = draw_reasoning_figures(manifest)
    return {figure.name: figure for figure in figures}
