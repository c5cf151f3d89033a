"""The configs of a pretraining dataset: several views of the same files, each stored once.

    data/<folder>/train-00000-of-00001.parquet     the rows of one format, with all columns
                  and validation-…, test-…         where the recipe asks for splits
    default      all folders, every column but the prompt
    with_prompt  all folders, every column
    <folder>     one folder, every column but the prompt

`columns`, a parameter of the Parquet builder that the card's YAML may name
(https://huggingface.co/docs/hub/datasets-manual-configuration), leaves a column out; `features`
alone do not: `datasets` 5.2 then fails on the files' further column.

A format may come from a user's file. Its config and folder are its own name where every file system
and `datasets` take that for one name of its own, and otherwise a name made of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

from builders.columns import yaml_features
from builders.manifest_parts import ConfigFacts, FileRecord, SplitFacts
from builders.pretraining.rows import COLUMNS, LISTS, STORED_COLUMNS
from builders.splits import SPLITS, Split
from distilabel_pipelines.passages import FORMATS

DEFAULT = "default"
WITH_PROMPT = "with_prompt"
OTHER_FORMATS = "other_formats"
MAX_OWN_CONFIGS = 50
# No capitals: Story and story are one folder on some file systems. No leading dot or underscore:
# `datasets` looks into no hidden folder. None that looks like a name of ours for another format.
_PLAIN = re.compile(r"(?!.*-[0-9a-f]{8}\Z)[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9_-])?")
_NO_PATH = re.compile(r"[^a-z0-9_]+")
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "123456789"
}
# `data` is refused as a config's name by the Hub's library; the others are ours.
_TAKEN = {DEFAULT, WITH_PROMPT, OTHER_FORMATS, "data"}


class FormatFile(FileRecord):
    """One Parquet file of a format, or a rejected one; `prompt_bytes` of its Arrow data are
    prompts, which most configs do not show."""

    prompt_bytes: int


class ViewFacts(ConfigFacts):
    """One config; `columns` are those of the files that it shows, in their order."""

    columns: list[str]


def name_configs(formats: Iterable[str]) -> dict[str, str]:
    """Format → its config and folder, in the order of their rows in `default`.

    A config's name depends on nothing but the format's; only where more than `MAX_OWN_CONFIGS`
    formats are not built in do those share `other_formats`: a card with thousands of configs helps
    nobody.
    """
    ordered = order_formats(formats)
    own = [name for name in ordered if name not in FORMATS]
    shared = dict.fromkeys(own, OTHER_FORMATS) if len(own) > MAX_OWN_CONFIGS else {}
    return {name: name_folder(name) for name in ordered} | shared


def order_formats(formats: Iterable[str]) -> list[str]:
    """The formats once each: those built in in their own order, then the others by name."""
    present = set(formats)
    built_in: list[str] = [name for name in FORMATS if name in present]
    return [*built_in, *sorted(present - set(built_in))]


def name_folder(text_format: str) -> str:
    """The name of one format's config and folder: its own, or a safe one that no other has."""
    is_device = text_format.partition(".")[0] in _DEVICES
    if _PLAIN.fullmatch(text_format) and text_format not in _TAKEN and not is_device:
        return text_format
    digest = hashlib.sha256(text_format.encode(errors="surrogatepass")).hexdigest()[:8]
    stem = _NO_PATH.sub("_", text_format.casefold())[:40].strip("_")
    return f"{stem or 'format'}-{digest}"


def folder_path(folder: str) -> str:
    """Where a format's files lie inside `dataset/`."""
    return f"data/{folder}"


def describe_configs(names: Mapping[str, str], files: Sequence[FormatFile]) -> list[ViewFacts]:
    """`default`, `with_prompt` and a config for each folder of `names`; sizes from the files.

    A config has the splits in which its folders have rows.
    `download_size` counts whole files: a reader of one column fetches less. `dataset_size` is that
    of the columns shown.
    """
    folders = list(dict.fromkeys(names.values()))
    return [
        _describe_view(DEFAULT, folders, files, with_prompt=False),
        _describe_view(WITH_PROMPT, folders, files, with_prompt=True),
        *(_describe_view(folder, [folder], files, with_prompt=False) for folder in folders),
    ]


def _describe_view(
    name: str, folders: Sequence[str], files: Sequence[FormatFile], *, with_prompt: bool
) -> ViewFacts:
    own = [record for record in files if record.config in folders]
    shown = STORED_COLUMNS if with_prompt else COLUMNS
    divided = {split: [one for one in own if one.split == split] for split in SPLITS}
    filled = {split: records for split, records in divided.items() if records}
    splits = [
        _describe_split(split, records, with_prompt=with_prompt)
        for split, records in filled.items()
    ]
    return ViewFacts(
        name=name,
        default=name == DEFAULT,
        data_files={
            split: [
                f"{folder_path(folder)}/{split}-*.parquet"
                for folder in folders
                if any(one.config == folder for one in records)
            ]
            for split, records in filled.items()
        },
        features=yaml_features(shown, LISTS),
        splits=splits,
        download_size=sum(record.bytes for record in own),
        dataset_size=sum(one.num_bytes for one in splits),
        columns=[column.name for column in shown],
    )


def _describe_split(split: Split, files: Sequence[FormatFile], *, with_prompt: bool) -> SplitFacts:
    hidden = 0 if with_prompt else sum(record.prompt_bytes for record in files)
    return SplitFacts(
        name=split,
        num_examples=sum(record.rows for record in files),
        num_bytes=sum(record.memory_bytes for record in files) - hidden,
    )
