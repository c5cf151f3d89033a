"""The order of a mixture: which source is prompted with next, for which format and audience.

Every choice is a turn among weights: each name gains its share, the one that gained most is taken
and pays one (smooth weighted round-robin, a low-discrepancy sequence). So every prefix keeps the
shares, within one or two prompts, and no choice depends on how many follow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from builders.pretraining.mixture import MixtureConfig, suits
from builders.pretraining.source import Source
from distilabel_pipelines.passages import BuiltInAudience, BuiltInFormat, SourceKind

Name = TypeVar("Name", bound=str)


class Choice(NamedTuple):
    """One use of a source in the stream that it belongs to; audience and format as in a prompt.

    For a source that brings its own prompt they are what stood beside it.
    """

    stream: str
    source: Source
    text_format: str
    audience: str


class Turns(Generic[Name]):
    """Takes turns among names by weight.

    `lead` gives each name a head start of 0 to 1 turns, so that two sequences do not begin alike.
    """

    def __init__(self, lead: Callable[[Name], float] | None = None) -> None:
        self._lead = lead
        self._credits: dict[Name, float] = {}

    def take(self, weights: Mapping[Name, float]) -> Name:
        """The next name among those with a weight; at equal credit the first one."""
        total = sum(weights.values())
        for name, weight in weights.items():
            start = self._lead(name) if self._lead and name not in self._credits else 0.0
            self._credits[name] = self._credits.get(name, start) + weight / total
        chosen = max(weights, key=self._credits.__getitem__)
        self._credits[chosen] -= 1
        return chosen


def draw_fraction(seed: int, *parts: str) -> float:
    """A number from 0 to below 1 that depends on the arguments alone (SHA-256)."""
    digest = hashlib.sha256("\x1f".join((str(seed), *parts)).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def order_choices(
    sources: Sequence[Source], mixture: MixtureConfig, *, seed: int
) -> Iterator[Choice]:
    """All choices of a mixture, in order, until every source is used up.

    Deterministic by `seed`. Each stream goes through its sources in an order of its own, once
    before any is used again; where a stream ends, the others go on by their weights.
    """
    streams = {
        name: _order_stream(name, members, mixture, seed)
        for name, members in group_streams(sources, mixture).items()
    }
    turns: Turns[str] = Turns()
    pending = {name: next(stream, None) for name, stream in streams.items()}
    waiting = {name: choice for name, choice in pending.items() if choice is not None}
    while waiting:
        name = turns.take({name: mixture.sources[name] for name in streams if name in waiting})
        yield waiting.pop(name)
        following = next(streams[name], None)
        if following is not None:
            waiting[name] = following


def group_streams(sources: Sequence[Source], mixture: MixtureConfig) -> dict[str, list[Source]]:
    """The sources of each stream with a weight above 0, in the order of the mixture's weights.

    A source belongs to the stream of its `seed_data`, if the mixture names that, else of its kind.
    """
    grouped: dict[str, list[Source]] = {
        name: [] for name, weight in mixture.sources.items() if weight
    }
    for source in sources:
        name = source.seed_data if source.seed_data in mixture.sources else source.kind
        if name in grouped:
            grouped[name].append(source)
    return {name: members for name, members in grouped.items() if members}


def _order_stream(
    name: str, members: Sequence[Source], mixture: MixtureConfig, seed: int
) -> Iterator[Choice]:
    chooser = _Chooser(name, mixture, seed)
    ordered = sorted(members, key=lambda source: draw_fraction(seed, source.source_id))
    used: dict[str, set[str]] = {source.source_id: set() for source in ordered}
    for _ in range(mixture.uses_per_source):
        for source in ordered:
            choice = chooser.choose(source, used[source.source_id])
            if choice is not None:
                used[source.source_id].add(choice.text_format)
                yield choice


class _Chooser:
    """Chooses formats and audiences within one stream; each kind of source has its own turns."""

    def __init__(self, stream: str, mixture: MixtureConfig, seed: int) -> None:
        self._stream = stream
        self._mixture = mixture
        self._seed = seed
        self._formats: dict[SourceKind, Turns[BuiltInFormat]] = {}
        self._audiences: dict[tuple[SourceKind, BuiltInFormat], Turns[BuiltInAudience]] = {}

    def choose(self, source: Source, used: Collection[str]) -> Choice | None:
        """The source's next use, None where no format is left for it."""
        if source.kind == "prompt":
            own = Choice(self._stream, source, source.text_format, source.audience)
            return None if own.text_format in used else own
        weights = weigh_source_formats(source, self._mixture)
        left = {name: weight for name, weight in weights.items() if name not in used}
        if not left:
            return None
        turns = self._formats.setdefault(source.kind, Turns(self._draw_lead(source.kind)))
        text_format = turns.take(left)
        readers = self._audiences.setdefault(
            (source.kind, text_format), Turns(self._draw_lead(f"{source.kind}/{text_format}"))
        )
        audience = readers.take(self._mixture.weigh_audiences(text_format))
        return Choice(self._stream, source, text_format, audience)

    def _draw_lead(self, place: str) -> Callable[[str], float]:
        return lambda name: draw_fraction(self._seed, self._stream, place, name)


def weigh_source_formats(source: Source, mixture: MixtureConfig) -> dict[BuiltInFormat, float]:
    """The formats that a source can be used for: those of its topic or routing, if it has any.

    One that the mixture gives its kind no weight for gets the mean weight of the others.
    """
    weights = mixture.weigh_formats(source.kind, source.seed_data)
    only = mixture.only_formats
    own = [name for name in source.formats if suits(name, source.kind)]
    own = [name for name in own if not only or name in only]
    mean = sum(weights.values()) / len(weights) if weights else 1.0
    return {name: weights.get(name, mean) for name in own} or weights
