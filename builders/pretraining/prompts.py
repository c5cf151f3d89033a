"""Prompts from sources and a mixture: the stage before anything is generated or paid.

`prompts.jsonl` has one prompt a line with the columns of Cosmopedia's prompts and the id that its
rows will carry.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import orjson

from builders.errors import RecipeError, SeedError
from builders.pretraining.mixture import MixtureConfig
from builders.pretraining.mixture_order import (
    Choice,
    group_streams,
    order_choices,
    weigh_source_formats,
)
from builders.pretraining.outcome import MixtureFacts
from builders.pretraining.routing import route_source
from builders.pretraining.selection import SelectionConfig
from builders.pretraining.source import Source
from distilabel_pipelines.passages import (
    AUDIENCES,
    FORMATS,
    SOURCE_KINDS,
    BuiltInAudience,
    BuiltInFormat,
    TextPrompt,
)
from distilabel_pipelines.pretraining_prompts import render_prompt
from distilabel_pipelines.rows import question_id

Name = TypeVar("Name", bound=str)
PROMPTS_NAME = "prompts.jsonl"
PROMPT_COLUMNS = ("id", "prompt", "format", "audience", "topic", "seed_data", "language")


class BuiltPrompts(NamedTuple):
    """The prompts in the order in which they are sent, no two equal, and the mixture they have."""

    prompts: list[TextPrompt]
    facts: MixtureFacts


def build_prompts(
    sources: Sequence[Source],
    mixture: MixtureConfig,
    selection: SelectionConfig,
    *,
    seed: int,
    most: int,
) -> BuiltPrompts:
    """Up to `most` prompts, fewer where the sources are used up.

    Deterministic by `seed`; the prompts of a smaller `most` are the first of a larger one. Raises
    RecipeError where the mixture names a source that does not exist, or gives none a share.
    """
    if not sources:
        raise SeedError("no source is left to make a prompt of. Give other SEEDS.")
    _check_source_names(sources, mixture)
    routed = [route_source(source, selection) for source in sources]
    prompts: dict[str, TextPrompt] = {}
    made: Counter[str] = Counter()
    for choice in order_choices(routed, mixture, seed=seed):
        if len(prompts) == most:
            break
        prompt = write_prompt(choice)
        if prompt.prompt_id not in prompts:
            prompts[prompt.prompt_id] = prompt
            made.update(_name_shares(choice))
    if not prompts:
        raise RecipeError(
            "the mixture leaves no prompt: no source that there is has a weight in mixture.sources "
            "and a format with one. Raise a weight, or give other SEEDS."
        )
    total = len(prompts)
    facts = MixtureFacts(
        prompts=total,
        asked=describe_asked(routed, mixture),
        made={name: made[name] / total for name in sorted(made)},
        prompts_sha256=digest_prompts(prompts.values()),
    )
    return BuiltPrompts(list(prompts.values()), facts)


def write_prompt(choice: Choice) -> TextPrompt:
    """The prompt of one use of a source; a source that brings its own has it sent as it is."""
    source = choice.source
    known_formats: dict[str, BuiltInFormat] = {name: name for name in FORMATS}
    known_audiences: dict[str, BuiltInAudience] = {name: name for name in AUDIENCES}
    text = source.material.text
    if source.kind != "prompt":
        text = render_prompt(
            source.material,
            text_format=known_formats[choice.text_format],
            audience=known_audiences[choice.audience],
            language=source.language,
        )
    return TextPrompt(
        prompt_id=question_id(text),
        prompt=text,
        format=choice.text_format,
        audience=choice.audience,
        topic=source.material.topic,
        seed_data=source.seed_data,
        language=source.language,
        source_kind=source.kind,
        source_id=source.source_id,
    )


def describe_asked(sources: Sequence[Source], mixture: MixtureConfig) -> dict[str, float]:
    """The shares that the mixture asks for: of streams, their formats, and their audiences.

    `prompt` counts only where a source brings its own; a stream of several kinds of source has
    their formats in proportion to their number.
    """
    streams = group_streams(sources, mixture)
    weights = {
        name: weight
        for name, weight in mixture.sources.items()
        if weight and (name != "prompt" or name in streams)
    }
    total = sum(weights.values())
    asked: dict[str, float] = {}
    for stream, weight in weights.items():
        share = weight / total
        asked[stream] = share
        formats = _average_formats(streams.get(stream, []), mixture) or _share_out(
            mixture.formats.get(stream, {})
        )
        for text_format, of_stream in formats.items():
            asked[f"{stream}/{text_format}"] = share * of_stream
            readers = _share_out(mixture.weigh_audiences(text_format))
            for audience, of_format in readers.items():
                asked[f"{stream}/{text_format}/{audience}"] = share * of_stream * of_format
    return asked


def write_prompts(prompts: Iterable[TextPrompt], out: Path) -> Path:
    """Write `prompts.jsonl` into the folder `out`; it is there as a whole or not at all."""
    path = out / PROMPTS_NAME
    partial = out / f".{PROMPTS_NAME}.partial"
    with partial.open("wb") as stored:
        stored.writelines(_write_lines(prompts))
    partial.replace(path)
    return path


def digest_prompts(prompts: Iterable[TextPrompt]) -> str:
    """SHA-256 of the file that `write_prompts` writes."""
    digest = hashlib.sha256()
    for line in _write_lines(prompts):
        digest.update(line)
    return digest.hexdigest()


def _write_lines(prompts: Iterable[TextPrompt]) -> Iterator[bytes]:
    columns = set(PROMPT_COLUMNS)
    for prompt in prompts:
        row = {"id": prompt.prompt_id} | prompt.model_dump(include=columns)
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _check_source_names(sources: Sequence[Source], mixture: MixtureConfig) -> None:
    known = sorted({source.seed_data for source in sources})
    for table in (mixture.sources, mixture.formats):
        for name in table:
            if name not in SOURCE_KINDS and name not in known:
                raise RecipeError(
                    f"mixture: no source that is left has the seed_data {name!r}. Name a kind "
                    f"({', '.join(SOURCE_KINDS)}) or one of {', '.join(known[:20])}."
                )


def _name_shares(choice: Choice) -> list[str]:
    """Its lines in the mixture; the audience of a source with a prompt of its own may be any."""
    parts = [choice.stream, choice.text_format]
    if choice.source.kind != "prompt":
        parts.append(choice.audience)
    return list(itertools.accumulate(parts, lambda one, other: f"{one}/{other}"))


def _average_formats(sources: Sequence[Source], mixture: MixtureConfig) -> dict[str, float]:
    """Shares of formats: the mean over the sources of what each can be used for."""
    alike = Counter((source.kind, source.seed_data, source.formats) for source in sources)
    shares: dict[str, float] = {}
    examples = {(each.kind, each.seed_data, each.formats): each for each in sources}
    for key, count in alike.items():
        for name, share in _share_out(weigh_source_formats(examples[key], mixture)).items():
            shares[name] = shares.get(name, 0.0) + share * count / len(sources)
    return shares


def _share_out(weights: Mapping[Name, float]) -> dict[Name, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items() if weight}
