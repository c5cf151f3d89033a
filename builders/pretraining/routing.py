"""Which formats a source is worth: by its topic, and by the quality of its text."""

from __future__ import annotations

from builders.pretraining.boilerplate import share_of_prose
from builders.pretraining.selection import RoutingConfig, SelectionConfig
from builders.pretraining.source import EXTRACTED, Source
from distilabel_pipelines.passages import BuiltInFormat


def route_source(source: Source, config: SelectionConfig) -> Source:
    """The source with the `formats` of its topic, narrowed by the routing where that leaves any.

    () where neither says anything. Pure.
    """
    formats = choose_formats(source, config)
    return source.model_copy(update={"formats": formats}) if formats else source


def choose_formats(source: Source, config: SelectionConfig) -> tuple[BuiltInFormat, ...]:
    """The only formats that the recipe lets this source be used for, () for all."""
    topics = {topic.casefold(): formats for topic, formats in config.topic_formats.items()}
    of_topic = topics.get(source.material.topic.casefold(), ())
    if not config.routing.enabled or source.kind not in EXTRACTED:
        return of_topic
    routed = _route_by_quality(source, config.routing)
    return tuple(name for name in of_topic if name in routed) or routed or of_topic


def _route_by_quality(source: Source, routing: RoutingConfig) -> tuple[BuiltInFormat, ...]:
    if source.educational_score is None:
        is_good = share_of_prose(source.material.text) >= routing.min_prose_share
    else:
        is_good = source.educational_score >= routing.min_score
    return routing.good if is_good else routing.poor
