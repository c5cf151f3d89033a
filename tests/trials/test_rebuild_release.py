"""Trial: a release on the Hub is built again from seeds on the Hub, after somebody changed both.

Three whole builds; their processes speak to the fake Hub through the real client.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.any_manifest import read_manifest
from builders.manifest_parts import manifest_bytes
from tests.fake_hub import FakeHub, explain_missing_git
from tests.fake_teacher import FakeTeacherProcess, TeacherScript, arithmetic_replier
from tests.publishing.releases import released
from tests.trials.build_command import (
    check_rebuilt,
    read_manifest_json,
    read_rows,
    run_build,
    run_rebuild,
)

SEEDS, RELEASE, ROWS = "me/questions", "me/small-set", 9
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(explain_missing_git()), reason=explain_missing_git()),
]


def write_questions(first: int) -> dict[str, bytes]:
    sums = [
        {"question": f"What is {n} + 7?", "answer": str(n + 7)} for n in range(first, first + 20)
    ]
    return {"data.jsonl": "".join(json.dumps(one) + "\n" for one in sums).encode()}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with FakeHub(tmp_path / "hub") as running:
        for name, value in running.environment(tmp_path / "home").items():
            monkeypatch.setenv(name, value)
        for name in (SEEDS, RELEASE):
            running.create_repository(name)
        card = {"README.md": b"---\nlicense: mit\n---\n# Sums\n"}
        running.commit(SEEDS, {**card, **write_questions(100)})
        yield running


def test_a_release_is_built_again_at_the_commits_that_it_names(
    hub: FakeHub, tmp_path: Path
) -> None:
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    with FakeTeacherProcess(TeacherScript(replier=arithmetic_replier())) as teacher:
        ended = run_build(out, llm="vllm", base_url=teacher.root_url, seeds=SEEDS, rows=ROWS)
        assert ended.code == 0, ended.said
        first, before = read_manifest_json(out), len(teacher.records())
        published = manifest_bytes(released(read_manifest(out / "manifest.json"), version="1.0.0"))
        commit = hub.commit(RELEASE, {"manifest.json": published})
        hub.commit(SEEDS, write_questions(500))
        hub.commit(RELEASE, {"manifest.json": b"{}"})
        wanted = {"manifest": f"{RELEASE}@{commit}", "base_url": teacher.root_url}
        check_rebuilt(out, first, run_rebuild(out, **wanted))
        assert len(teacher.records()) == before
        again = run_rebuild(fresh, **wanted)
    assert again.code == 0, again.said
    assert f"{RELEASE}@{commit} is commit {commit}" in again.said
    assert f"rebuilt: all {ROWS} rows are the manifest's, in their order" in again.said
    assert read_manifest_json(fresh)["seeds"]["revision"] == first["seeds"]["revision"]
    assert read_rows(fresh, "dataset/data") == read_rows(out, "dataset/data")
