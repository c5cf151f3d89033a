"""What a trainer must know of each config: its shape, its splits, its files.

Shapes are those of `reasoning_rows`, `instruction_rows` and `pretraining/rows`. A config that a
trainer would read wrongly without saying so has no entry for it: LLaMA-Factory and ms-swift take a
message's `role` and `content` alone, so that the thoughts of config `default` would be lost there.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from builders.any_manifest import AnyManifest
from builders.instruction_manifest import InstructionManifest
from builders.manifest import Manifest
from builders.manifest_parts import ConfigFacts
from builders.pretraining.configs import DEFAULT, WITH_PROMPT
from builders.pretraining.manifest import PretrainingManifest
from builders.reasoning_card import find_thoughts

# Texts of Alpaca; turns of human and gpt; messages; messages whose thought stands in
# `reasoning_content`; a text alone; a prompt and its text.
Shape = Literal["alpaca", "sharegpt", "messages", "thoughts", "text", "pair"]
TRAIN = "train"
_INSTRUCTION_SHAPES: dict[str, Shape] = {
    "default": "messages",
    "alpaca": "alpaca",
    "sharegpt": "sharegpt",
}


class PublishedAt(NamedTuple):
    """Where a dataset is published: its id on the Hub, and the tag or commit of the release."""

    repo: str
    revision: str


class Entry(NamedTuple):
    """One split of one config as a trainer's list of datasets names it.

    `files` is a glob inside `dataset/` that finds the split's files.
    """

    name: str
    config: str
    split: str
    shape: Shape
    files: str


def list_entries(manifest: AnyManifest, published: PublishedAt | None) -> list[Entry]:
    """An entry a config and split, in the order of the manifest; names are unique.

    A config without rows in a split has none for it.
    """
    stem = manifest.kind if published is None else published.repo.rpartition("/")[2]
    return [
        Entry(
            name=_name_entry(stem, config.name, split.name),
            config=config.name,
            split=split.name,
            shape=find_shape(manifest, config.name),
            files=_join_globs(config, split.name),
        )
        for config in manifest.configs
        for split in config.splits
        if split.num_examples
    ]


def list_inline_entries(manifest: AnyManifest, published: PublishedAt | None) -> list[Entry]:
    """The entries for a trainer that reads nothing of a message but `role` and `content`.

    Of a reasoning set that is `inline_think`, or `default` where no row has a thought, since
    `inline_think` would then teach an empty pair of tags.
    """
    entries = list_entries(manifest, published)
    if not isinstance(manifest, Manifest):
        return entries
    wanted = "default" if find_thoughts(manifest) == "none" else "inline_think"
    return [entry for entry in entries if entry.config == wanted]


def find_shape(manifest: AnyManifest, config: str) -> Shape:
    """The shape of the rows of a config."""
    if isinstance(manifest, InstructionManifest):
        return _INSTRUCTION_SHAPES[config]
    if isinstance(manifest, PretrainingManifest):
        return "pair" if config == WITH_PROMPT else "text"
    return "thoughts" if config == DEFAULT else "messages"


def _name_entry(stem: str, config: str, split: str) -> str:
    """No config's name holds an `@`: `default_test` may be one, beside the split `test`."""
    name = f"{stem}_{config}"
    return name if split == TRAIN else f"{name}@{split}"


def _join_globs(config: ConfigFacts, split: str) -> str:
    """One glob for the split; several, one a folder, are those of all folders of `data/`."""
    globs = config.data_files[split]
    if isinstance(globs, str) or len(globs) == 1:
        return globs if isinstance(globs, str) else globs[0]
    root, names = globs[0].split("/")[0], {one.rpartition("/")[2] for one in globs}
    if len(names) != 1 or any(one.count("/") != 2 for one in globs):
        raise ValueError(f"no one glob finds {globs[:3]} of config {config.name}")
    return f"{root}/*/{names.pop()}"
