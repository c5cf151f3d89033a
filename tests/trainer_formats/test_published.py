"""The entries of a published set in the trainers' own loaders, which read it from a Hub.

The Hub is the fake one, where `make push-<kind>` has put version 1.0.0 and then 1.1.0; whoever
downloads 1.0.0 has its folder. Variables as in `test_loaders`.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.fake_hub import FakeHub, explain_missing_git
from tests.fake_hub.client import ClientProcess
from tests.publishing.publications import MAKERS, push
from tests.trainer_formats.test_loaders import check_every_answer, check_every_row, run_reader

pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(explain_missing_git()), reason=explain_missing_git()),
]
TRAINERS = ("llama_factory", "ms_swift", "axolotl")
ROWS = {"v1.0.0": 3, "v1.1.0": 5}
"""Rows beside the small outcome's, by release."""


class Published(NamedTuple):
    """Variables of a client of the Hub, and tag → the folder that a download of it gives."""

    environment: dict[str, str]
    folders: dict[str, Path]


@pytest.fixture(scope="module", params=MAKERS)
def published(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Published]:
    if not any(f"{trainer.upper()}_PYTHON" in os.environ for trainer in TRAINERS):
        pytest.skip("no variable names a Python that has a trainer")
    kind, folder = request.param, tmp_path_factory.mktemp(request.param)
    with FakeHub(folder / "hub") as hub:
        environment = hub.environment(folder / "home")
        with ClientProcess(environment) as client:
            for tag, rows in ROWS.items():
                out = MAKERS[kind](folder / "out", rows)
                client.call(push, out, tag.removeprefix("v"), kind=kind, repo=f"me/{kind}")
        folders = {tag: folder / tag for tag in ROWS}
        for tag, target in folders.items():
            for path, content in hub.read_files(f"me/{kind}", tag).items():
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (target / path).write_bytes(content)
        del environment["HF_HOME"]  # each trainer has its own
        yield Published(environment, folders)


def split_by_place(read: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Entries of the downloaded folder, and those of the Hub."""
    hub = {name: rows for name, rows in read.items() if "@hub" in name or ":" in name}
    return {name: rows for name, rows in read.items() if name not in hub}, hub


def test_llama_factory_reads_the_folder_and_the_newest_release(
    published: Published, tmp_path: Path
) -> None:
    folder = published.folders["v1.0.0"]
    read = run_reader("llama_factory", folder, tmp_path, published.environment)
    local, hub = split_by_place(read)
    assert {f"{name}@hub" for name in local} == set(hub)
    check_every_row(folder, tmp_path, "llama_factory", local)
    check_every_row(published.folders["v1.1.0"], tmp_path, "llama_factory", hub)


def test_ms_swift_reads_the_folder_and_the_release_on_the_hub(
    published: Published, tmp_path: Path
) -> None:
    folder = published.folders["v1.0.0"]
    read = run_reader("ms_swift", folder, tmp_path, published.environment)
    local, hub = split_by_place(read)
    assert len(local) == len(hub) > 0
    check_every_row(folder, tmp_path, "ms_swift", read)


def test_axolotl_reads_the_release_on_the_hub(published: Published, tmp_path: Path) -> None:
    folder = published.folders["v1.0.0"]
    read = run_reader("axolotl", folder, tmp_path, published.environment)
    assert set(read) == {path.stem for path in (folder / "formats" / "axolotl").iterdir()}
    check_every_answer(folder, tmp_path, read)


def test_the_releases_differ(published: Published) -> None:
    counted = [
        json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["rows"]["published"]
        for folder in published.folders.values()
    ]
    assert counted[0] + 2 == counted[1]
