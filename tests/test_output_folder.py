"""OUT: one build at a time, whole before and after, a message where it cannot be used."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from builders.errors import OutputError
from builders.output_folder import lock_finished, lock_output
from builders.swap import FOLDERS, MANIFEST_NAME, STAGING_NAME

HOLD = """
import sys
from pathlib import Path
from builders.output_folder import lock_output
with lock_output(Path(sys.argv[1]), "reasoning"):
    print("locked", flush=True)
    sys.stdin.read()
"""


def hold_lock(out: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)],
        cwd=Path(__file__).resolve().parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "locked\n"
    return child


def test_the_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    out = tmp_path / "some where" / "数据"
    with lock_output(out, "reasoning") as folder:
        assert out.is_dir()
        assert {folder.responses.parent, folder.logs.parent, folder.work.parent} == {out}
        assert folder.staging == out / STAGING_NAME


def test_a_second_build_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    with hold_lock(tmp_path) as first:
        with (
            pytest.raises(OutputError, match=r"in use by another build.*another OUT") as refused,
            lock_output(tmp_path, "reasoning"),
        ):
            pass
        assert str(tmp_path) in str(refused.value)
        first.communicate("")
    with lock_output(tmp_path, "reasoning"):
        pass


def test_a_killed_build_leaves_no_lock_behind(tmp_path: Path) -> None:
    with hold_lock(tmp_path) as first:
        first.kill()
    with lock_output(tmp_path, "reasoning"):
        pass


def test_work_files_are_cleared_before_and_after_also_on_failure(tmp_path: Path) -> None:
    with lock_output(tmp_path, "reasoning") as folder:
        work = folder.work
    work.mkdir()
    (work / "left by a kill").touch()

    def fail_in_the_middle() -> None:
        with lock_output(tmp_path, "reasoning") as folder:
            assert not folder.work.exists()
            folder.work.mkdir()
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # the one above
        fail_in_the_middle()
    assert not work.exists()


@pytest.mark.parametrize("name", [*FOLDERS, MANIFEST_NAME])
def test_a_folder_of_somebody_elses_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine.csv").touch()
    with (
        pytest.raises(OutputError, match=f"holds {name} and no build"),
        lock_output(tmp_path, "reasoning"),
    ):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == [name, "mine.csv"]


def test_files_of_somebody_elses_beside_a_build_are_left_alone(tmp_path: Path) -> None:
    for name in ("work", "logs of mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.csv").touch()
    with lock_output(tmp_path, "reasoning"):
        pass
    assert (tmp_path / "work" / "mine.csv").exists()
    assert (tmp_path / "logs of mine" / "mine.csv").exists()


def test_a_build_that_was_copied_without_hidden_files_is_still_a_build(tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    (tmp_path / "responses").mkdir()
    (tmp_path / "responses" / "responses.jsonl").touch()
    with lock_output(tmp_path, "reasoning"):
        pass


def test_what_was_paid_is_never_cleared(tmp_path: Path) -> None:
    with lock_output(tmp_path, "reasoning") as folder:
        folder.responses.mkdir()
        (folder.responses / "responses.jsonl").write_text("{}\n")
    with lock_output(tmp_path, "reasoning") as folder:
        assert (folder.responses / "responses.jsonl").read_text() == "{}\n"


def test_a_swap_that_was_cut_off_is_finished_first(tmp_path: Path) -> None:
    staging = tmp_path / STAGING_NAME
    for name in FOLDERS:
        (staging / name).mkdir(parents=True)
    (staging / MANIFEST_NAME).write_text("{}")
    (tmp_path / ".swap.json").write_text(f'{{"staging": "{STAGING_NAME}"}}')
    with lock_output(tmp_path, "reasoning"):
        assert (tmp_path / MANIFEST_NAME).exists()
        assert not staging.exists()


@pytest.mark.parametrize("inside", ["", "/below", "/below/that"])
def test_a_file_in_the_way_is_told(tmp_path: Path, inside: str) -> None:
    (tmp_path / "a file").touch()
    out = Path(f"{tmp_path}/a file{inside}")
    with (
        pytest.raises(OutputError, match="Choose another OUT") as refused,
        lock_output(out, "reasoning"),
    ):
        pass
    assert str(out) in str(refused.value)


def test_a_place_that_cannot_be_written_is_told() -> None:
    for out in (Path("/proc/here"), Path("~nobody-here/out")):
        with (
            pytest.raises(OutputError, match=f"OUT={out} cannot be written"),
            lock_output(out, "reasoning"),
        ):
            pass


@pytest.mark.parametrize(("there", "kind"), [("reasoning", "pretraining"), ("pretraining", "x")])
def test_a_finished_dataset_of_another_kind_is_refused_and_stays(
    tmp_path: Path, there: str, kind: str
) -> None:
    with lock_output(tmp_path, there):
        (tmp_path / "dataset").mkdir()
        (tmp_path / MANIFEST_NAME).write_text(f'{{"kind": "{there}"}}')
    told = f"OUT={tmp_path} holds a finished {there} dataset.*{kind} kind.*output/{kind}.*move"
    with pytest.raises(OutputError, match=told), lock_output(tmp_path, kind):
        pass
    assert (tmp_path / "dataset").exists()
    with lock_output(tmp_path, there) as folder:
        assert folder.read_finished() == {"kind": there}


def test_a_swap_to_another_kind_that_was_cut_off_counts_as_that_kind(tmp_path: Path) -> None:
    for name in FOLDERS:
        (tmp_path / STAGING_NAME / name).mkdir(parents=True)
    (tmp_path / STAGING_NAME / MANIFEST_NAME).write_text('{"kind": "instruction"}')
    (tmp_path / ".swap.json").write_text(f'{{"staging": "{STAGING_NAME}"}}')
    with pytest.raises(OutputError, match="a finished instruction dataset"):
        lock_output(tmp_path, "reasoning").__enter__()


@pytest.mark.parametrize("manifest", [None, "no JSON", "[]", "{}"])
def test_a_folder_without_a_readable_manifest_is_of_any_kind(
    tmp_path: Path, manifest: str | None
) -> None:
    with lock_output(tmp_path, "reasoning"):
        pass
    if manifest is not None:
        (tmp_path / MANIFEST_NAME).write_text(manifest)
    with lock_output(tmp_path, "pretraining") as folder:
        assert folder.read_finished() == {}


def test_a_finished_build_is_held_without_making_anything(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for kind, told in (("reasoning", "no finished build"), ("pretraining", "no finished build")):
        with pytest.raises(OutputError, match=told), lock_finished(out, kind):
            raise AssertionError
    assert not out.exists()
    out.mkdir()
    (out / MANIFEST_NAME).write_text('{"kind": "reasoning"}', encoding="utf-8")
    with pytest.raises(OutputError, match="a reasoning dataset"), lock_finished(out, "pretraining"):
        raise AssertionError
    assert [path.name for path in out.iterdir()] == [MANIFEST_NAME]
    (out / "dataset").mkdir()
    with lock_finished(out, "reasoning") as folder:
        assert folder.root == out
        with pytest.raises(OutputError, match="in use"), lock_finished(out, "reasoning"):
            raise AssertionError
    with (
        pytest.raises(OutputError, match="cannot be locked"),
        lock_finished(Path("~nobody-x"), "a"),
    ):
        raise AssertionError


def test_the_dataset_folder_itself_is_no_out_and_nothing_is_made_in_it(tmp_path: Path) -> None:
    dataset = tmp_path / "dataset"
    dataset.mkdir()
    manifest = '{"kind": "reasoning"}'
    (dataset / MANIFEST_NAME).write_text(manifest, encoding="utf-8")
    with (
        pytest.raises(OutputError, match="no dataset/ beside it"),
        lock_finished(dataset, "reasoning"),
    ):
        raise AssertionError
    (tmp_path / MANIFEST_NAME).write_text(manifest, encoding="utf-8")
    around = re.escape(f"OUT={tmp_path}.")
    with pytest.raises(OutputError, match=around), lock_finished(dataset, "reasoning"):
        raise AssertionError
    assert [path.name for path in dataset.iterdir()] == [MANIFEST_NAME]
