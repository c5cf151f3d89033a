"""What a build counts while its replies come in, for whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol


class Tally(NamedTuple):
    """What has come in so far; `tokens` are those of replies that this run asked for.

    `rejects` counts rows by reason. `notes` are further parts of the progress line, such as
    `round 3`.
    """

    replies: int = 0
    tokens: int = 0
    rejects: Mapping[str, int] = MappingProxyType({})
    notes: tuple[str, ...] = ()


class Counted(Protocol):
    """A build that can be watched from another thread; a tally is replaced, never changed."""

    @property
    def tally(self) -> Tally:
        """Replies, tokens and rejects."""

    @property
    def accepted(self) -> int:
        """Rows that passed so far."""

    @property
    def at_the_judge(self) -> int:
        """Rows whose second opinion is still to come."""
