"""`make rebuild` through the real command line: refused before a request, stopped, gone on with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_teacher import FakeTeacherProcess, TeacherScript, arithmetic_replier
from tests.trials.build_command import (
    RunningRebuild,
    check_rebuilt,
    list_processes,
    read_manifest_json,
    run_build,
    run_rebuild,
    write_sums,
)

ROWS = 12


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("my seeds") / "sums.jsonl", 40)


@pytest.fixture(scope="module")
def teacher() -> Iterator[FakeTeacherProcess]:
    with FakeTeacherProcess(TeacherScript(replier=arithmetic_replier())) as running:
        yield running


@pytest.fixture(scope="module")
def built(
    teacher: FakeTeacherProcess, seeds: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("builds") / "first"
    ended = run_build(out, llm="vllm", base_url=teacher.root_url, seeds=seeds, rows=ROWS)
    assert ended.code == 0, ended.said
    return out


@pytest.mark.slow  # four builds
def test_a_stopped_rebuild_goes_on_and_other_rows_are_told(
    built: Path, seeds: Path, tmp_path: Path
) -> None:
    """Ctrl-C ends it with the build's own code; the teacher is another one meanwhile."""
    out = tmp_path / "out"
    script = TeacherScript(replier=arithmetic_replier(wrong_rate=0.5, mean_delay_s=0.4))
    with FakeTeacherProcess(script) as other:
        wanted = {"manifest": built / "manifest.json", "base_url": other.root_url, "seeds": seeds}
        with RunningRebuild(out, **wanted, concurrency=2) as rebuild:
            rebuild.wait_until(lambda: len(other.records()) >= 3)
            rebuild.interrupt()
            stopped = rebuild.wait()
        assert stopped.code == 3, stopped.said
        assert "run the same command again to go on" in stopped.said
        assert "rebuilt" not in stopped.said
        assert not (out / "manifest.json").exists()
        assert list_processes(out) == []
        ended = run_rebuild(out, **wanted)
        assert len({record.key for record in other.records()}) >= len(other.records()) - 2
    assert ended.code == 0, ended.said
    old, new = read_manifest_json(built), read_manifest_json(out)
    assert new["recipe_digest"] == old["recipe_digest"]
    assert new["rows"] == old["rows"]
    assert f"rebuilt, but the rows are not the manifest's: {ROWS} rows with digest" in ended.said
    assert old["content_digest"] in ended.said
    assert "The teacher was asked again, and need not repeat itself" in ended.said


def test_with_the_journal_nothing_is_asked_and_every_file_is_the_same(
    built: Path, teacher: FakeTeacherProcess, seeds: Path, tmp_path: Path
) -> None:
    out, before = tmp_path / "out", len(teacher.records())
    shutil.copytree(built, out)
    ended = run_rebuild(out, manifest=built, base_url=teacher.root_url, seeds=seeds)
    assert len(teacher.records()) == before
    check_rebuilt(out, read_manifest_json(built), ended)
    for shard in (built / "dataset").rglob("*.parquet"):
        again = out / "dataset" / shard.relative_to(built / "dataset")
        assert shard.read_bytes() == again.read_bytes()


def test_changed_seeds_end_it_before_a_request(
    built: Path, teacher: FakeTeacherProcess, seeds: Path, tmp_path: Path
) -> None:
    changed, before = tmp_path / seeds.name, len(teacher.records())
    changed.write_bytes(seeds.read_bytes() + b"\n")
    ended = run_rebuild(tmp_path / "out", manifest=built, base_url=teacher.root_url, seeds=changed)
    assert ended.code == 1
    pinned = read_manifest_json(built)["seeds"]["sha256"]
    assert "SeedError: sums.jsonl: its SHA-256 is" in ended.said
    assert f"and {pinned} is pinned" in ended.said
    assert len(teacher.records()) == before
    assert not (tmp_path / "out" / "dataset").exists()


def test_what_no_manifest_holds_is_asked_for_by_name(built: Path, tmp_path: Path) -> None:
    ended = run_rebuild(tmp_path / "out", manifest=built)
    assert ended.code == 1
    assert "RecipeError: BASE_URL is needed" in ended.said
    ended = run_rebuild(tmp_path / "out", manifest=built, base_url="http://127.0.0.1:9")
    assert "RecipeError: SEEDS is needed: the build read the local file sums.jsonl" in ended.said
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in ended.said


def test_other_settings_and_datasets_of_others_are_refused(built: Path, tmp_path: Path) -> None:
    ended = run_rebuild(tmp_path / "out", manifest=built, rows=5)
    assert ended.code == 1
    assert "RecipeError: ROWS: the manifest decides this" in ended.said
    fields = read_manifest_json(built)
    fields["recipe"]["rows"] = 13
    (tmp_path / "manifest.json").write_text(json.dumps(fields))
    (tmp_path / "sums.jsonl").write_text("")
    given = {"base_url": "http://127.0.0.1:9", "seeds": tmp_path / "sums.jsonl"}
    ended = run_rebuild(built, manifest=tmp_path, **given)
    assert ended.code == 1
    assert (
        f"OutputError: OUT={built} holds a finished reasoning dataset of {ROWS} rows" in ended.said
    )
    assert read_manifest_json(built)["recipe"]["rows"] == ROWS
