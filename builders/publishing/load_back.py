"""A published dataset, loaded as any user would, by commit: rows, columns and digest.

    python -m builders.publishing.load_back < order.json > report.json

`verify` runs it in a process of its own whose caches are empty, since `datasets` takes a cached
copy without a word where there is one. `sampled` is for datasets that are too large to fetch whole:
one shard of each split is read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from builders.errors import MACHINE_FAULTS
from builders.manifest_parts import digest_rows
from builders.publishing.hub_faults import list_client_faults, read_status, tell_fault, walk_causes


class LoadOrder(BaseModel):
    """What to load: splits by config; the rows of `digested` are digested over all its splits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repo: str
    commit: str
    configs: dict[str, list[str]]
    digested: str
    sampled: bool


class LoadedSplit(BaseModel):
    """Rows that were read (of one shard, where only that was), and column → type in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    columns: dict[str, str]


class LoadReport(BaseModel):
    """Splits by config. `fault`: it does not load. `unreachable`: that is not known, since the Hub
    did not answer or this machine has no room."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loaded: dict[str, dict[str, LoadedSplit]] = {}
    digest: str | None = None
    unreachable: str | None = None
    fault: str | None = None


def load_back(order: LoadOrder, cache: str | None = None) -> LoadReport:
    """Load every config; what goes wrong is told in the report. Needs the network."""
    import datasets  # noqa: PLC0415  # heavy: seconds to import

    loaded: dict[str, dict[str, LoadedSplit]] = {}
    digest = None
    # `datasets` raises nearly everything for a card or file that it cannot read: all of these say
    # that the dataset does not load, which is what is asked here.
    told_by_datasets = (TypeError, LookupError, MemoryError, datasets.exceptions.DatasetsError)
    faults = (*list_client_faults(), *told_by_datasets)
    for config, splits in order.configs.items():
        try:
            if order.sampled:
                loaded[config] = _load_sample(order, config)
                continue
            tables = _load_whole(order, config, cache)
            loaded[config] = {name: _describe(table) for name, table in tables.items()}
            if config == order.digested and set(splits) <= set(tables):
                digest = digest_rows(row for split in splits for row in tables[split])
        except faults as error:
            told = f"config {config!r}: {tell_fault(error)}"
            if _is_network(error) or _is_machine(error):
                return LoadReport(unreachable=told)
            return LoadReport(fault=told)
    return LoadReport(loaded=loaded, digest=digest)


def _load_whole(order: LoadOrder, config: str, cache: str | None) -> Mapping[str, Any]:
    import datasets  # noqa: PLC0415  # heavy: seconds to import

    tables: Mapping[str, Any] = datasets.load_dataset(
        order.repo, config, revision=order.commit, cache_dir=cache
    )
    return tables


def _load_sample(order: LoadOrder, config: str) -> dict[str, LoadedSplit]:
    import datasets  # noqa: PLC0415  # heavy: seconds to import

    streams: Mapping[str, Any] = datasets.load_dataset(
        order.repo, config, revision=order.commit, streaming=True
    )
    found = {}
    for name, stream in streams.items():
        shard = stream.shard(num_shards=stream.num_shards, index=0)
        columns = describe_features(stream.features)
        found[name] = LoadedSplit(rows=sum(1 for _ in shard), columns=columns)
    return found


def _describe(table: Any) -> LoadedSplit:  # noqa: ANN401  # a table of `datasets`
    return LoadedSplit(rows=table.num_rows, columns=describe_features(table.features))


def describe_features(features: Any) -> dict[str, str]:  # noqa: ANN401  # `datasets.Features`
    """Column → type, in the words of `release_changes.describe_type`."""
    return {name: _describe_feature(one) for name, one in features.to_dict().items()}


def _describe_feature(feature: Mapping[str, Any]) -> str:
    if feature.get("_type") == "List":
        inner = feature["feature"]
        if "_type" in inner:
            return f"list of {inner.get('dtype')}"
        inside = ", ".join(f"{name}: {one.get('dtype')}" for name, one in inner.items())
        return f"list of {{{inside}}}"
    return str(feature.get("dtype"))


def _is_network(error: BaseException) -> bool:
    """Whether the Hub could not be asked; a file that is not there is the dataset's own fault."""
    status = read_status(error)
    if status is not None:
        return status != 404
    return any(
        isinstance(one, (ConnectionError, TimeoutError)) or type(one).__name__ in _NETWORK
        for one in walk_causes(error)
    )


# By name, since several HTTP libraries have them: httpx, and aiohttp below `datasets`' streams.
_NETWORK = frozenset(
    {"ConnectError", "ConnectTimeout", "ReadError", "ReadTimeout", "RemoteProtocolError"}
    | {"WriteError", "WriteTimeout", "PoolTimeout", "ProxyError", "LocalEntryNotFoundError"}
    | {"ConnectionError", "ClientConnectorError", "ClientPayloadError", "ServerDisconnectedError"}
)


def _is_machine(error: BaseException) -> bool:
    """Whether the cache could not be written here, which says nothing of the dataset."""
    return any(
        isinstance(one, MemoryError)
        or (
            isinstance(one, OSError)
            and (one.errno in MACHINE_FAULTS or str(one).startswith("Not enough disk space"))
        )
        for one in walk_causes(error)
    )


def main() -> None:
    """Read the order, write the report to what was standard output."""
    report_to = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not get into the report
    with report_to:
        report_to.write(
            load_back(LoadOrder.model_validate_json(sys.stdin.read())).model_dump_json()
        )


if __name__ == "__main__":
    main()
