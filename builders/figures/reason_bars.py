"""What was left out, by reason: bars by falling count, for every kind alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from builders.card_words.catalogue import CardWords
from builders.figures.bar_chart import Bar, BarGroup, draw_bars
from builders.figures.drawing import Figure

_NOTE = "The reasons are explained in the table of the card. Shares are of all that is left out."
Reason = TypeVar("Reason", bound=str)


def draw_reasons(
    rejected: Mapping[Reason, int], words: CardWords, *, what: str = "responses"
) -> list[Figure]:
    """The figure `rejected`, or none where nothing fell; reasons that no row has are left out."""
    fallen = {reason: count for reason, count in rejected.items() if count}
    total = sum(fallen.values())
    if not total:
        return []
    ordered = sorted(fallen.items(), key=lambda item: -item[1])
    bars = [Bar(reason, count, role="lost") for reason, count in ordered]
    say, name = words.say, words.say(what)
    group = BarGroup(say("Reasons"), bars, of=total)
    figure = draw_bars(
        "rejected",
        say("Why {what} are not published, {total:,} in all", total=total, what=name),
        [say(_NOTE)],
        [group],
        alt=say(
            "Reasons for which {what} are not published, {total:,} in all.", total=total, what=name
        ),
        words=words,
    )
    return [figure]
