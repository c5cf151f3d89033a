"""What may stand in a public dataset: text that UTF-8 can hold, names without machine paths.

Applied once, where rows and manifest are made; everything after that can rely on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from distilabel_pipelines.spend import ModelSpend, Spend

Clean = Callable[[str], str]
Facts = TypeVar("Facts", bound=BaseModel)

_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PATH_START = re.compile(r"(?:[A-Za-z]:[\\/]|file:|\\\\|\.\.?[\\/]|~[^\s/\\]*[\\/]|/[^\s/]+/)")


def replace_lone_surrogates(text: str) -> tuple[str, int]:
    """Text that UTF-8 can hold, and the number of characters replaced by U+FFFD.

    Two halves of a pair that arrived apart are joined to the character they mean; a lone half
    has no UTF-8 form, so Parquet and JSON cannot store it. All other text is returned unchanged.
    """
    if _fits_utf8(text):
        return text, 0
    joined = _SURROGATE_PAIR.sub(_join_pair, text)
    return _SURROGATE.subn("\ufffd", joined)


def _fits_utf8(text: str) -> bool:
    """Much faster than to search for surrogates; nearly every text passes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _join_pair(match: re.Match[str]) -> str:
    return match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def strip_machine_path(name: str) -> str:
    """The last component of a local path; any other name (`owner/name`, a file's name) as it is.

    A server that was started with a path names its model by that path, which may hold a user's
    name: neither belongs into a public dataset.
    """
    if _PATH_START.match(name) is None:
        return name
    parts = [part for part in re.split(r"[\\/]", name) if part not in {"", ".", ".."}]
    return parts[-1] if parts else name


def publishable_settings(settings: Mapping[str, object]) -> dict[str, JsonValue]:
    """A resolved recipe as JSON: keys sorted, local paths cut; TypeError for any other object."""
    return _clean_mapping(settings, lambda text: strip_machine_path(_clean_text(text)))


def publishable_facts(facts: Facts, named: str) -> Facts:
    """The same facts with text that UTF-8 can hold, keys sorted, and no path in the field `named`.

    `named` is the field that may hold a local path: a seeds' `source`, a teacher's `model`.
    """
    cleaned = _clean_mapping(facts.model_dump(), _clean_text)
    name = strip_machine_path(_clean_text(getattr(facts, named)))
    return type(facts).model_validate(cleaned | {named: name})


def publishable_spend(spend: Spend | None) -> Spend | None:
    """The same amounts; models by name instead of path, in the order of their names."""
    if spend is None:
        return None
    models: dict[str, ModelSpend] = {}
    for path in sorted(spend.models):
        name = strip_machine_path(_clean_text(path))
        models[name if name not in models else f"{name} ({len(models)})"] = spend.models[path]
    return spend.model_copy(update={"models": models})


def _clean_text(text: str) -> str:
    return replace_lone_surrogates(text)[0]


def _clean_mapping(value: Mapping[str, object], clean: Clean) -> dict[str, JsonValue]:
    return {_clean_text(key): _clean_value(value[key], clean) for key in sorted(value)}


def _clean_value(value: object, clean: Clean) -> JsonValue:
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return _clean_mapping(value, clean)
    if isinstance(value, (list, tuple)):
        return [_clean_value(item, clean) for item in value]
    raise TypeError(f"setting {value!r} is no JSON: resolve it before the manifest is built")
