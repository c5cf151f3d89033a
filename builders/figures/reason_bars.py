"""What was left out, by reason: bars by falling count, for every kind alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from builders.figures.bar_chart import Bar, BarGroup, draw_bars
from builders.figures.drawing import Figure

Reason = TypeVar("Reason", bound=str)


def draw_reasons(rejected: Mapping[Reason, int], *, what: str = "responses") -> list[Figure]:
    """The figure `rejected`, or none where nothing fell; reasons that no row has are left out."""
    fallen = {reason: count for reason, count in rejected.items() if count}
    total = sum(fallen.values())
    if not total:
        return []
    ordered = sorted(fallen.items(), key=lambda item: -item[1])
    bars = [Bar(reason, count, role="lost") for reason, count in ordered]
    group = BarGroup("Reasons", bars, of=total)
    figure = draw_bars(
        "rejected",
        f"Why {total:,} {what} are not published",
        ["The reasons are explained in the table of the card. Shares are of all that is left out."],
        [group],
        alt=f"Reasons for which {total:,} {what} are not published.",
    )
    return [figure]
