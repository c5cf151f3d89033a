"""The check that loads a commit back: what it sees, and what it takes for the network's fault."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import datasets
import pytest

from builders.any_manifest import read_manifest
from builders.publishing.load_back import (
    LoadedSplit,
    LoadOrder,
    LoadReport,
    _is_machine,
    _is_network,
    load_back,
)
from builders.publishing.release_changes import describe_type
from builders.publishing.verify import find_faults
from builders.splits import SplitConfig
from tests.fake_hub import FakeHub, Fault, FaultKind
from tests.fake_hub.client import ClientProcess
from tests.fake_hub.sessions import needs_git
from tests.publishing.publications import MAKERS, make_build, push


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401  # of any kind
    out = make_build(tmp_path_factory.mktemp("build") / "out", 5)
    return read_manifest(out / "manifest.json")


def order_of(manifest: Any, repo: str = "me/a", **changes: object) -> LoadOrder:  # noqa: ANN401  # as above
    configs = {one.name: [split.name for split in one.splits] for one in manifest.configs}
    order = LoadOrder(
        repo=repo, commit="0" * 40, configs=configs, digested="default", sampled=False
    )
    return order.model_copy(update=changes)


def report_of(manifest: Any, **changes: object) -> LoadReport:  # noqa: ANN401  # as above
    """What a dataset that is as its manifest says gives; `changes` are of its first split."""
    loaded = {
        one.name: {
            split.name: LoadedSplit(
                rows=split.num_examples,
                columns={str(each["name"]): describe_type(each) for each in one.features},
            )
            for split in one.splits
        }
        for one in manifest.configs
    }
    first = loaded["default"]["train"].model_copy(update=changes)
    return LoadReport(
        loaded={**loaded, "default": {"train": first}}, digest=manifest.content_digest
    )


def test_a_dataset_as_its_manifest_says_has_no_fault(manifest: Any) -> None:  # noqa: ANN401  # as above
    assert list(find_faults(manifest, order_of(manifest), report_of(manifest))) == []


def test_every_difference_is_told(manifest: Any) -> None:  # noqa: ANN401  # as above
    order, whole = order_of(manifest), report_of(manifest)
    columns = whole.loaded["default"]["train"].columns
    wrong = {
        "4 rows were loaded, 5 were sent": report_of(manifest, rows=4),
        "columns differ: 'id'": report_of(manifest, columns={**columns, "id": "int64"}),
        "columns differ: in their order": report_of(
            manifest, columns=dict(reversed(columns.items()))
        ),
        "digest is": whole.model_copy(update={"digest": "0" * 64}),
        "has splits": whole.model_copy(update={"loaded": {**whole.loaded, "inline_think": {}}}),
        "does not load": LoadReport(fault="config 'default': no"),
    }
    for told, report in wrong.items():
        assert any(told in fault for fault in find_faults(manifest, order, report)), told


def test_a_machine_without_room_says_nothing_of_the_dataset() -> None:
    full = datasets.exceptions.DatasetGenerationError("An error occurred")
    full.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    foreseen = OSError("Not enough disk space. Needed: 3 GiB")
    assert all(map(_is_machine, (full, foreseen, MemoryError())))
    assert not _is_machine(FileNotFoundError(errno.ENOENT, "no such file"))
    assert not _is_machine(datasets.exceptions.DatasetGenerationError("An error occurred"))


def test_a_lost_connection_says_nothing_of_the_dataset() -> None:
    for lost in (ConnectionResetError("reset"), TimeoutError("late"), BrokenPipeError("gone")):
        told = datasets.exceptions.DatasetGenerationError("An error occurred")
        told.__cause__ = lost
        assert _is_network(told)
    assert not _is_network(FileNotFoundError(errno.ENOENT, "no such file"))
    assert not _is_network(datasets.exceptions.DatasetGenerationError("An error occurred"))


@needs_git
@pytest.mark.parametrize("kind", list(MAKERS))
def test_one_shard_of_each_split_stands_for_a_large_dataset(
    hub: FakeHub, client: ClientProcess, tmp_path: Path, kind: str
) -> None:
    out = MAKERS[kind](tmp_path / "out", 20, splits=SplitConfig(validation=0.2, test=0.2))
    client.call(push, out, repo=f"me/{kind}", kind=kind)
    published = read_manifest(out / "manifest.json")
    head = hub.repository(f"me/{kind}").require_commit("v1.0.0")
    order = order_of(published, f"me/{kind}", commit=head, sampled=True)
    report = client.call(load_back, order)
    assert report.fault is None
    assert report.digest is None
    assert list(report.loaded["default"]) == ["train", "validation", "test"]
    assert list(find_faults(published, order, report)) == []


@needs_git
def test_a_broken_dataset_is_a_fault_and_a_silent_hub_is_not(
    hub: FakeHub,
    client: ClientProcess,
    manifest: Any,  # noqa: ANN401  # as above
) -> None:
    hub.create_repository("me/broken")
    card = b"---\nconfigs:\n- config_name: default\n  data_files: data/*.parquet\n---\n"
    head = hub.commit("me/broken", {"README.md": card, "data/a.parquet": b"PAR1 \0 no table"})
    order = order_of(manifest, "me/broken", commit=head, configs={"default": ["train"]})
    assert client.call(load_back, order).fault is not None
    hub.inject(Fault("*", FaultKind.STATUS, status=403, times=1000))
    report = client.call(load_back, order.model_copy(update={"repo": "me/else"}))
    hub.heal()
    assert report.fault is None
    assert report.unreachable is not None
