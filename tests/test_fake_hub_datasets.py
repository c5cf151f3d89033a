"""A dataset on the fake Hub, loaded by the real `datasets` at tags, branches, commits and refs."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fake_hub import (
    OTHER_TOKEN,
    READ_TOKEN,
    FakeHub,
    HubSettings,
)
from tests.fake_hub import client_calls as calls
from tests.fake_hub.client import ClientError, ClientProcess
from tests.fake_hub.sessions import needs_git, serve_client, serve_hub

pytestmark = needs_git

CARD = """---
license: apache-2.0
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*.parquet
---
# A set
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    yield from serve_hub(tmp_path_factory, HubSettings(page_size=2))


@pytest.fixture(scope="module")
def client(hub: FakeHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientProcess]:
    yield from serve_client(hub, tmp_path_factory)


def rows(first: int, end: int) -> list[dict[str, object]]:
    return [{"id": number, "text": f"row {number}"} for number in range(first, end)]


def write_parquet(first: int, count: int) -> bytes:
    """A shard with the rows `first` … `first + count - 1`."""
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows(first, first + count)), written)
    return written.getvalue()


def shards(*ends: int) -> dict[str, bytes]:
    """Files of consecutive rows, one a shard, the last row before each end."""
    starts = [0, *ends[:-1]]
    return {
        f"data/train-{place:05}-of-{len(ends):05}.parquet": write_parquet(start, end - start)
        for place, (start, end) in enumerate(zip(starts, ends, strict=True))
    }


def test_two_versions_load_at_their_tags_with_their_rows(
    hub: FakeHub, client: ClientProcess
) -> None:
    old = shards(5, 10)
    first = client.call(calls.release, "me/set", {"README.md": CARD.encode(), **old}, "v1.0.0")
    assert client.call(calls.load_rows, "me/set", "v1.0.0") == rows(0, 10)
    second, number = client.call(
        calls.commit, "me/set", shards(5, 10, 17), deleted=list(old), create_pr=True
    )
    assert client.call(calls.load_rows, "me/set", f"refs/pr/{number}") == rows(0, 17)
    assert client.call(calls.load_rows, "me/set", "main") == rows(0, 10)
    client.call(calls.call_api, "merge_pull_request", "me/set", number, repo_type="dataset")
    client.call(calls.create_tag, "me/set", "v1.1.0", "main")
    versions = {"v1.0.0": 10, first: 10, "v1.1.0": 17, second: 17, "main": 17, None: 17}
    for revision, end in versions.items():
        assert client.call(calls.load_rows, "me/set", revision) == rows(0, end), revision
    sent = [record for record in hub.requests if record.name == "lfs_put"]
    assert len(sent) == 3  # the shards that both versions hold went up once


def test_a_private_dataset_loads_with_its_owners_token_alone(
    hub: FakeHub, client: ClientProcess
) -> None:
    hub.create_repository("me/hidden", private=True)
    hub.commit("me/hidden", {"README.md": CARD.encode(), **shards(3)})
    with pytest.raises(ClientError) as missing:
        client.call(calls.load_rows, "me/hidden", "main", token=OTHER_TOKEN)
    assert missing.value.kind == "DatasetNotFoundError"
    assert client.call(calls.load_rows, "me/hidden", "main", token=READ_TOKEN) == rows(0, 3)
    with pytest.raises(ClientError) as missing:
        client.call(calls.load_rows, "me/hidden", "v9.9.9", token=READ_TOKEN)
    assert missing.value.kind == "DatasetNotFoundError"
