"""Rows of a dataset on the Hugging Face Hub, pinned to the commit that is read.

A source is written `owner/name`, `owner/name:config` or `owner/name:config:split`; the split is
`train` unless it is named. With a limit the rows are streamed, so nothing beyond them is fetched.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from builders.errors import SeedError
from builders.seed_columns import SeedRow

_HUB_SOURCE = re.compile(
    r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(:(?P<config>[^:/]+)(:(?P<split>[\w.]+))?)?"
)


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


def open_hub_dataset(hub: HubSource, limit: int | None) -> HubDataset:
    """The dataset at its newest commit. Needs the network; HF_TOKEN is honoured by the Hub client.

    Raises SeedError for whatever keeps the dataset from being read: no network, no such dataset,
    configuration or split, no access, a broken file.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415  # heavy

    try:
        found = HfApi().dataset_info(hub.repo)
    except list_network_faults() as error:
        raise _hub_fault(hub, error) from error
    stated = found.card_data.get("license") if found.card_data is not None else None
    licenses = stated if isinstance(stated, list) else [stated] if stated else []
    return HubDataset(
        rows=_read_hub_rows(hub, found.sha or "main", limit),
        revision=found.sha or "main",
        license=", ".join(str(name) for name in licenses) or None,
    )


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


def _hub_fault(hub: HubSource, error: Exception) -> SeedError:
    # datasets wraps the fault of a file ("An error occurred …"): the cause is what helps.
    told = error if error.__cause__ is None else error.__cause__
    reason = " ".join(f"{type(told).__name__}: {told}".split())[:300].rstrip(".")
    return SeedError(
        f"The Hub dataset {hub.repo} (configuration {hub.config or 'default'}, split {hub.split}) "
        f"cannot be read: {reason}. There is no local file of this name "
        f"either. Check the name, the network and HF_TOKEN; without a network, download the file "
        f"elsewhere and give its path as SEEDS."
    )
