"""The files of `dataset/formats/`, filled from the manifest and nothing else.

Read in the sources of the packages, and tried with their own loaders by hand:
LLaMA-Factory 0.9.5 (`data/parser.py`, `data/loader.py`), axolotl 0.19.0
(`utils/schemas/datasets.py`, `utils/data/shared.py`), ms-swift 4.6.0 (`dataset/register.py`,
`dataset/loader.py`).
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from builders.any_manifest import AnyManifest
from builders.card_text import prose, quote_yaml
from builders.errors import CardError
from builders.trainer_formats.entries import (
    TRAIN,
    Entry,
    PublishedAt,
    Shape,
    list_entries,
    list_inline_entries,
)

FOLDER = "formats"
MEANINGS: dict[Shape, str] = {
    "alpaca": "the output, after instruction and input",
    "sharegpt": "the turn of gpt",
    "messages": "the reply of the assistant",
    "thoughts": "thought and reply of the assistant",
    "text": "the whole text",
    "pair": "the text, after its prompt",
}
_PLAIN = re.compile(r"[\w./@-]+", re.ASCII)
_TEMPLATES = Path(__file__).parents[2] / "dataset_cards" / FOLDER


def render_trainer_formats(
    manifest: AnyManifest, published: PublishedAt | None = None
) -> dict[str, str]:
    """Path inside `dataset/` → text of each file; the same manifest gives the same text.

    Without `published` the entries read the local folder alone. Raises CardError where a template
    asks for something that it is not given.
    """
    inline = list_inline_entries(manifest, published)
    given: dict[str, object] = {
        "kind": manifest.kind,
        "published": published,
        "inline": inline,
        "train": TRAIN,
        "meanings": MEANINGS,
    }
    configs = _group_configs(list_entries(manifest, published))
    shown = [name for name, entries in configs.items() if _has_file(entries[0], len(configs))]
    files = {
        f"{FOLDER}/llama_factory/dataset_info.json": _render("llama_factory", given),
        f"{FOLDER}/ms_swift/dataset_info.json": _render("ms_swift", given),
    }
    for name in shown:
        others = [other for other in configs if other not in shown]
        files[f"{FOLDER}/axolotl/{name}.yml"] = _render(
            "axolotl", given | {"entries": configs[name], "others": others}
        )
    files[f"{FOLDER}/README.md"] = _render("readme", given | {"shown": shown})
    return files


def _group_configs(entries: list[Entry]) -> dict[str, list[Entry]]:
    """Config → its entries, that of `train` first."""
    configs: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: one.split != TRAIN):
        configs.setdefault(entry.config, []).append(entry)
    return configs


def _has_file(entry: Entry, configs: int) -> bool:
    """Single formats of a pretraining set differ in their name alone: one file shows them all."""
    return entry.shape != "text" or entry.config == "default" or configs == 1


def _render(name: str, given: dict[str, object]) -> str:
    found = {"llama_factory": "json", "ms_swift": "json", "axolotl": "yml", "readme": "md"}
    try:
        template = _environment().get_template(f"{name}.{found[name]}.jinja")
        return template.render(given)
    except jinja2.TemplateError as error:
        raise CardError(
            f"the template {name!r} of dataset_cards/formats/ does not fit: {error}. "
            "Change it and builders/trainer_formats/ together."
        ) from error


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=True,  # so that filters return Markup, which `finalize` asks for
        finalize=_refuse_unescaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "json": _quote_json,
        "yaml": quote_yaml,
        "prose": prose,
        "name": _check_name,
    }
    return environment


def _quote_json(text: str) -> Markup:
    return Markup(json.dumps(text))  # noqa: S704  # JSON, not HTML


def _check_name(text: str) -> Markup:
    """A name of letters, digits and `_ . / @ -`: it means nothing in Markdown, YAML or a shell."""
    if _PLAIN.fullmatch(text) is None:
        raise CardError(f"{text[:200]!r} is no name that formats/README.md could show")
    return Markup(text)  # noqa: S704  # matched


def _refuse_unescaped(value: object) -> object:
    if not isinstance(value, (Markup, int, jinja2.Undefined)) or isinstance(value, bool):
        raise CardError(f"a template of formats/ prints {value!r} without a filter for its place")
    return value
