"""Trials: a build of each kind is published twice, by the real command, and loaded at both tags.

One hundred rows become version 1.0.0. The same OUT grows, its journal kept, and VERSION=auto makes
1.1.0 of it: both load, at their tags and in empty caches, as the Parquet that was built. With `-s`
the figures are printed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from builders.any_manifest import AnyManifest, parse_manifest, read_manifest
from builders.publishing.stage import list_config_files
from tests.fake_hub import FakeHub, RequestRecord
from tests.fake_hub import client_calls as calls
from tests.fake_hub.client import ClientProcess
from tests.fake_hub.sessions import needs_git
from tests.fake_teacher.traces import REPOSITORY
from tests.trials.build_command import (
    Row,
    run_build,
    run_instruction_build,
    run_pretraining_build,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # two builds with the embedded teacher
    needs_git,
]
BUILDS = {
    "reasoning": run_build,
    "instruction": run_instruction_build,
    "pretraining": run_pretraining_build,
}
FEWER, MORE = 100, 130
WRITTEN = frozenset({"POST", "PUT", "DELETE"})
Tables = dict[str, list[Row]]


class Published(NamedTuple):
    """What a release was made of and what it took."""

    manifest: AnyManifest
    tables: Tables
    told: str
    requests: list[RequestRecord]


def grow(kind: str, out: Path, rows: int) -> tuple[AnyManifest, Tables]:
    """Build until there are so many rows; the manifest, and each config's rows as built."""
    began = time.monotonic()
    ended = BUILDS[kind](out, llm="embedded", rows=rows)
    assert ended.code == 0, ended.said
    print(f"{kind}: {rows} rows built in {time.monotonic() - began:.0f} s")  # noqa: T201  # figures
    manifest = read_manifest(out / "manifest.json")
    assert manifest.rows.published >= rows
    return manifest, read_tables(manifest, out / "dataset")


def read_tables(manifest: AnyManifest, dataset: Path) -> Tables:
    """Every config's rows, in the order of its files."""
    return {
        config.name: [
            row
            for path in list_config_files(config, "train", dataset)
            for row in pq.read_table(
                path, columns=[str(one["name"]) for one in config.features]
            ).to_pylist()
        ]
        for config in manifest.configs
    }


def push(hub: FakeHub, kind: str, out: Path, version: str, home: Path) -> str:
    """`make push-<kind>` without make; what it said."""
    command = [sys.executable, "-m", "builders.push_dataset", kind]
    given = {"BUILD_REPO": f"me/{kind}", "BUILD_VERSION": version, "BUILD_OUT": str(out)}
    hub.forget_requests()
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**hub.environment(home), **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counts = Counter(one.name for one in hub.requests)
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    took_s = time.monotonic() - began
    print(f"{kind} {version}: {took_s:.1f} s, {len(hub.requests)} requests: {told}")  # noqa: T201  # figures
    return done.stderr


def publish(hub: FakeHub, kind: str, out: Path, version: str, rows: int) -> Published:
    """Build and push; one commit and one tag are made."""
    manifest, tables = grow(kind, out, rows)
    told = push(hub, kind, out, version, out.parent / "home")
    names = Counter(one.name for one in hub.requests)
    assert (names["commit"], names["tag_create"]) == (1, 1)
    assert read_tables(manifest, out / "dataset") == tables  # OUT is as it was built
    return Published(manifest, tables, told, hub.requests)


def check_release(hub: FakeHub, kind: str, version: str, published: Published, home: Path) -> None:
    """At its tag stand the rows that were built, and documents that speak of this version."""
    repo, tag = f"me/{kind}", f"v{version}"
    with ClientProcess(hub.environment(home)) as reader:  # empty caches
        for config, rows in published.tables.items():
            assert reader.call(calls.load_rows, repo, tag, config=config) == rows, config
    files = hub.read_files(repo, tag)
    assert hub.repository(repo).git.run("cat-file", "-t", tag).strip() == b"tag"
    card = files["README.md"].decode()
    assert f'revision="{tag}"' in card
    assert f"| **{version}**, this one |" in card
    release = parse_manifest(files["manifest.json"]).release
    assert release is not None
    assert (release.repo, release.version) == (repo, version)
    assert set(release.documents) <= set(files)
    assert {path.split("/")[0] for path in release.documents} == {"figures", "formats"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    with FakeHub(tmp_path / "hub") as running:
        yield running


@pytest.mark.parametrize("kind", list(BUILDS))
def test_a_build_that_grew_is_published_twice_and_loads_at_both_tags(
    hub: FakeHub, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / "out"
    first = publish(hub, kind, out, "1.0.0", FEWER)
    second = publish(hub, kind, out, "auto", MORE)
    added = second.manifest.rows.published - first.manifest.rows.published
    assert "VERSION=auto: 1.1.0. Since 1.0.0 this is a minor change: " in second.told
    assert f"{added} rows added (" in second.told
    for version, published in (("1.0.0", first), ("1.1.0", second)):
        home = tmp_path / f"home-{version}"
        home.mkdir()
        check_release(hub, kind, version, published, home)
    old = {row["id"]: row for row in first.tables["default"]}
    new = {row["id"]: row for row in second.tables["default"]}
    assert {name: new[name] for name in old} == old  # a column of servers' words would be told
    assert f"{added} rows added" in hub.read_files(f"me/{kind}")["README.md"].decode()
    before = hub.read_state(f"me/{kind}")
    again = push(hub, kind, out, "auto", tmp_path / "home")
    assert f"me/{kind} v1.1.0 holds this very content" in again
    assert not WRITTEN & {one.method for one in hub.requests}
    assert hub.read_state(f"me/{kind}") == before
