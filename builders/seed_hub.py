"""Rows of a dataset on the Hugging Face Hub, pinned to the commit that is read.

A source is written `owner/name`, `owner/name:config` or `owner/name:config:split`; the split is
`train` unless it is named. With a limit the rows are streamed, so nothing beyond them is fetched;
without one the whole split is, and that is said before it begins.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from builders.errors import SeedError
from builders.seed_columns import SeedRow

if TYPE_CHECKING:
    from huggingface_hub import DatasetCardData

_HUB_SOURCE = re.compile(
    r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(:(?P<config>[^:/]+)(:(?P<split>[\w.]+))?)?"
)


_logger = logging.getLogger("build")


class HubSource(NamedTuple):
    """A dataset on the Hub; `config` None means its only or default configuration."""

    repo: str
    config: str | None
    split: str


class HubDataset(NamedTuple):
    """The rows of one commit and what the Hub says of it."""

    rows: Iterator[SeedRow]
    revision: str
    license: str | None


def parse_hub_source(source: str) -> HubSource | None:
    """The parts of `owner/name[:config[:split]]`, None where the source is not written so."""
    match = _HUB_SOURCE.fullmatch(source)
    if match is None:
        return None
    return HubSource(match["repo"], match["config"], match["split"] or "train")


def open_hub_dataset(hub: HubSource, limit: int | None, revision: str | None = None) -> HubDataset:
    """The dataset at its newest commit, or at the one that `revision` names.

    Needs the network; HF_TOKEN is honoured by the Hub client.

    Raises SeedError for whatever keeps the dataset from being read: no network, no such dataset,
    configuration or split, no access, a broken file.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415  # heavy

    try:
        found = HfApi().dataset_info(hub.repo, revision=revision)
    except list_network_faults() as error:
        raise _hub_fault(hub, error, revision) from error
    stated: DatasetCardData | dict[str, object] = found.card_data or {}
    card = {name: stated.get(name) for name in ("license", "dataset_info", "size_categories")}
    if limit is None:
        _logger.info("%s", tell_whole_split(hub, card))
    licenses = [name for name in _list(card["license"]) if name]
    return HubDataset(
        rows=_read_hub_rows(hub, found.sha or revision or "main", limit),
        revision=found.sha or revision or "main",
        license=", ".join(str(name) for name in licenses) or None,
    )


def tell_whole_split(hub: HubSource, card: Mapping[str, object]) -> str:
    """What a source without a limit costs, as far as the dataset's card knows."""
    return (
        f"SEEDS={hub.repo} has no LIMIT: the whole split {hub.split} is downloaded and its rows "
        f"are held in memory ({_tell_size(hub, card)}). LIMIT=n streams the first n rows alone."
    )


def _tell_size(hub: HubSource, card: Mapping[str, object]) -> str:
    """Rows and size of the split; of cards without them the size that they class themselves as.

    A card is somebody's YAML: whatever is not of the usual form says nothing.
    """
    stated = card.get("dataset_info")
    infos = [one for one in _list(stated) if isinstance(one, Mapping)]
    config = hub.config or "default"
    named = [one for one in infos if one.get("config_name", "default") == config]
    for info in named or (infos if hub.config is None and len(infos) == 1 else []):
        for split in _list(info.get("splits")):
            if isinstance(split, Mapping) and split.get("name") == hub.split:
                rows, size = split.get("num_examples"), split.get("num_bytes")
                if isinstance(rows, int) and isinstance(size, int):
                    return f"{rows:,} rows, {size / 1e6:,.1f} MB"
    classes = [one for one in _list(card.get("size_categories")) if isinstance(one, str)]
    if classes:
        return f"its card says {', '.join(classes)} rows"
    return "its card does not say how much that is"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _read_hub_rows(hub: HubSource, revision: str, limit: int | None) -> Iterator[SeedRow]:
    import datasets  # noqa: PLC0415  # heavy: seconds to import

    try:
        table = datasets.load_dataset(
            hub.repo,
            hub.config,
            split=hub.split,
            revision=revision,
            streaming=limit is not None,
        )
        rows = cast("Iterable[Mapping[str, object]]", table)
        for number, values in enumerate(itertools.islice(rows, limit), start=1):
            yield SeedRow(hub.repo, number, values)
    except (datasets.exceptions.DatasetsError, *list_network_faults()) as error:
        raise _hub_fault(hub, error) from error


def list_network_faults() -> tuple[type[Exception], ...]:
    """What the Hub's client raises where something cannot be had."""
    # The Hub client names the HTTP library that it was built on; its errors derive from no OSError.
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415

    return (httpx.HTTPError, OSError, ValueError)


def _hub_fault(hub: HubSource, error: Exception, pinned: str | None = None) -> SeedError:
    # datasets wraps the fault of a file ("An error occurred …"): the cause is what helps.
    told = error if error.__cause__ is None else error.__cause__
    reason = " ".join(f"{type(told).__name__}: {told}".split())[:300].rstrip(".")
    if pinned is not None:
        return SeedError(
            f"The Hub dataset {hub.repo} cannot be read at the pinned commit {pinned}: {reason}. "
            "Check the network and HF_TOKEN. A commit that its owner has removed is gone."
        )
    return SeedError(
        f"The Hub dataset {hub.repo} (configuration {hub.config or 'default'}, split {hub.split}) "
        f"cannot be read: {reason}. There is no local file of this name "
        f"either. Check the name, the network and HF_TOKEN; without a network, download the file "
        f"elsewhere and give its path as SEEDS."
    )
