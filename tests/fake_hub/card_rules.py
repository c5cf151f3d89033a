"""What `validate-yaml` finds in a README's front matter, by the Hub's page "Dataset cards".

The Hub's schema is long; here are the rules that a generated card can break. An error refuses the
commit (400), a warning is only told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)(?:\r?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
LICENSE_IDENTIFIERS = """
afl-3.0 agpl-3.0 apache-2.0 apple-amlr apple-ascl artistic-2.0 bigcode-openrail-m
bigscience-bloom-rail-1.0 bigscience-openrail-m bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
bsl-1.0 c-uda cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0
cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0
creativeml-openrail-m deepfloyd-if-license ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2
fair-noncommercial-research-license gemma gfdl gpl gpl-2.0 gpl-3.0 grok2-community h-research
intel-research isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr llama2 llama3 llama3.1 llama3.2 llama3.3 llama4
lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 open-mdw openrail openrail++ osl-3.0 other pddl
postgresql unknown unlicense wtfpl zlib
"""
LICENSES = frozenset(LICENSE_IDENTIFIERS.split())
SIZES = frozenset(
    (
        *("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"),
        *("100M<n<1B", "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T"),
    )
)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*|code|multilingual")
LISTS_OF_TEXT = ("tags", "task_categories", "source_datasets", "annotations_creators")


class CardError(Exception):
    """The front matter is not YAML."""


def read_metadata(content: str) -> dict[str, Any] | None:
    """The front matter, None where there is none."""
    found = FRONT_MATTER.match(content)
    if found is None:
        return None
    try:
        value = yaml.safe_load(found.group(1))
    except yaml.YAMLError as error:
        raise CardError(f"Invalid YAML: {error}") from error
    if value is not None and not isinstance(value, dict):
        raise CardError("YAML metadata must be a mapping")
    return value or None


def check_card(content: str) -> tuple[list[str], list[str]]:
    """Errors and warnings of a README."""
    try:
        metadata = read_metadata(content)
    except CardError as error:
        return [str(error)], []
    if metadata is None:
        return [], ["empty or missing yaml metadata in repo card"]
    return list(_find_errors(metadata)), []


def _find_errors(metadata: dict[str, Any]) -> Iterator[str]:
    for value in _as_list(metadata.get("license")):
        if value not in LICENSES:
            yield f'"license" must be one of the known identifiers, not {value!r}'
    for value in _as_list(metadata.get("language")):
        if not isinstance(value, str) or not LANGUAGE.fullmatch(value):
            yield f'"language" must only contain lowercase ISO codes, not {value!r}'
    for value in _as_list(metadata.get("size_categories")):
        if value not in SIZES:
            yield f'"size_categories" must be one of {sorted(SIZES)}, not {value!r}'
    for name in LISTS_OF_TEXT:
        if any(not isinstance(value, str) for value in _as_list(metadata.get(name))):
            yield f'"{name}" must be a list of strings'
    if "pretty_name" in metadata and not isinstance(metadata["pretty_name"], str):
        yield '"pretty_name" must be a string'
    yield from _find_config_errors(metadata.get("configs"))


def _find_config_errors(configs: object) -> Iterator[str]:
    if configs is None:
        return
    if not isinstance(configs, list):
        yield '"configs" must be an array'
        return
    for place, config in enumerate(configs):
        if not isinstance(config, dict) or not isinstance(config.get("config_name"), str):
            yield f'"configs[{place}].config_name" is required'
    names = [config.get("config_name") for config in configs if isinstance(config, dict)]
    if len(set(map(str, names))) != len(names):
        yield '"configs" contains a config_name twice'
    if sum(bool(config.get("default")) for config in configs if isinstance(config, dict)) > 1:
        yield '"configs" has more than one default'


def _as_list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
