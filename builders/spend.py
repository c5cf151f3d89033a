"""What a build has spent, for the manifest, the card and the progress line.

Read from the whole journal of an OUT, so it is the same whoever asks and however often builds were
killed.
"""

from __future__ import annotations

from pathlib import Path

from distilabel_pipelines.accounts import Accounts
from distilabel_pipelines.journal import read_lines
from distilabel_pipelines.prices import format_amount
from distilabel_pipelines.spend import Cost, Spend

UNKNOWN = "unknown"


def read_spend(responses: Path) -> Spend:
    """The spending of every build in this OUT; amounts are decimal numbers, as text in JSON."""
    accounts = Accounts()
    for _, line in read_lines(responses):
        accounts.follow(line)
    return accounts.spent()


def format_cost(cost: Cost | None) -> str:
    """`0.0123 USD`, several currencies joined by ` + `, `nothing`, or `unknown`."""
    if cost is None:
        return UNKNOWN
    return " + ".join(format_amount(cost[unit], unit) for unit in sorted(cost)) or "nothing"
