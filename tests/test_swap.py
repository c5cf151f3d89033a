"""The swap is killed before each change it makes to the file system."""

import subprocess
import sys
from pathlib import Path

import pytest

from builders.errors import OutputError
from builders.swap import FOLDERS, MANIFEST_NAME, STAGING_NAME, recover_swap, swap_in

# Dies like `kill -9` before the n-th change that Python makes to the file system.
_DYING_SWAP = """
import os, sys
from pathlib import Path
from builders.swap import STAGING_NAME, swap_in

out, left = Path(sys.argv[1]), int(sys.argv[2])

def die_at_last(event, args):
    global left
    if event in {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"}:
        left -= 1
        if left == 0:
            os._exit(9)

sys.addaudithook(die_at_last)
swap_in(out / STAGING_NAME, out)
"""


def write_build(folder: Path, version: str) -> None:
    for name in FOLDERS:
        (folder / name / "data").mkdir(parents=True)
        (folder / name / "data" / "rows").write_text(version)
    (folder / MANIFEST_NAME).write_text(version)


def versions(out: Path) -> list[str]:
    return [(out / name / "data" / "rows").read_text() for name in FOLDERS]


def swap_until_killed(out: Path, step: int) -> int:
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", _DYING_SWAP, str(out), str(step)]
    return subprocess.run(command, cwd=root, check=False).returncode


def test_the_new_build_takes_the_place_of_the_old_one_and_leaves_other_files(
    tmp_path: Path,
) -> None:
    write_build(tmp_path, "old")
    (tmp_path / "responses").mkdir()
    write_build(tmp_path / STAGING_NAME, "new")

    swap_in(tmp_path / STAGING_NAME, tmp_path)

    assert versions(tmp_path) == ["new", "new"]
    assert (tmp_path / MANIFEST_NAME).read_text() == "new"
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["dataset", "manifest.json", "rejected", "responses"]


@pytest.mark.parametrize("first", [True, False], ids=["first build", "second build"])
def test_a_kill_at_any_step_leaves_the_old_build_or_the_new_one(
    tmp_path: Path, *, first: bool
) -> None:
    outcomes: list[str] = []
    for step in range(1, 100):
        out = tmp_path / str(step)
        out.mkdir()
        if not first:
            write_build(out, "old")
        write_build(out / STAGING_NAME, "new")

        code = swap_until_killed(out, step)

        if (out / MANIFEST_NAME).exists():  # even before recovery a manifest never lies
            assert set(versions(out)) == {(out / MANIFEST_NAME).read_text()}
        recover_swap(out)
        manifest = out / MANIFEST_NAME
        whole = manifest.read_text() if manifest.exists() else "none"
        assert whole in ({"none", "new"} if first else {"old", "new"})
        assert whole == "none" or set(versions(out)) == {whole}
        assert not [path for path in out.iterdir() if path.name.endswith(".previous")]
        outcomes.append(whole)
        if code == 0:
            break
    assert outcomes[-1] == "new"
    assert len(outcomes) >= 12  # every rename, removal and the marker was a point of death
    assert outcomes == sorted(outcomes, key=["none", "old", "new"].index)


def test_a_recovery_that_is_killed_itself_is_recovered(tmp_path: Path) -> None:
    for step in range(3, 30):
        out = tmp_path / str(step)
        out.mkdir()
        write_build(out, "old")
        write_build(out / STAGING_NAME, "new")
        swap_until_killed(out, 5)
        code = swap_until_killed(out, step)
        recover_swap(out)
        assert [(out / MANIFEST_NAME).read_text(), *versions(out)] == ["new"] * 3
        if code == 0:
            break
    else:
        pytest.fail("the swap never ended")


def test_an_unfinished_staging_folder_is_refused_and_nothing_moves(tmp_path: Path) -> None:
    write_build(tmp_path, "old")
    write_build(tmp_path / STAGING_NAME, "new")
    (tmp_path / STAGING_NAME / MANIFEST_NAME).unlink()

    with pytest.raises(OutputError, match=r"lacks manifest\.json"):
        swap_in(tmp_path / STAGING_NAME, tmp_path)

    assert versions(tmp_path) == ["old", "old"]
    assert recover_swap(tmp_path) is False


def test_a_staging_folder_elsewhere_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_build(tmp_path / "staging", "new")

    with pytest.raises(OutputError, match="directly inside"):
        swap_in(tmp_path / "staging", out)


def test_a_staging_folder_removed_by_hand_in_the_middle_is_told(tmp_path: Path) -> None:
    (tmp_path / ".swap.json").write_text('{"staging": ".staging"}')

    with pytest.raises(OutputError, match=r"removed in the middle of a swap"):
        recover_swap(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"staging": "../elsewhere"}', '{"staging": 3}'])
def test_a_broken_marker_is_told_and_touches_nothing(tmp_path: Path, text: str) -> None:
    write_build(tmp_path, "old")
    (tmp_path / ".swap.json").write_text(text)

    with pytest.raises(OutputError, match="remove it by hand"):
        recover_swap(tmp_path)

    assert versions(tmp_path) == ["old", "old"]
