"""The variables of `make push-<kind>`: read as they are, refused in plain words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from builders.errors import RecipeError
from builders.push_dataset import KINDS, VARIABLES, read_push_options

ROOT = Path(__file__).resolve().parents[1]


def test_options_and_environment_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    given = ["reasoning", "--repo", "me/sums", "--version", "1.2.0", "--private", "1", "--pr", "0"]
    told = read_push_options(given)
    assert (told.kind, told.repo, told.version) == ("reasoning", "me/sums", "1.2.0")
    assert (told.private, told.pull_request) == (True, False)
    assert told.out == Path("output/reasoning")
    for name, value in {"REPO": "me/sums", "VERSION": "1.2.0", "PRIVATE": "1"}.items():
        monkeypatch.setenv(f"BUILD_{name}", value)
    assert read_push_options(["reasoning"]) == told


def test_lists_and_paths_are_taken_apart() -> None:
    told = read_push_options(
        [
            "pretraining",
            "--repo=me/a",
            "--version=auto",
            "--not-secret= 1a , 2b,",
            "--teacher-terms=my terms.toml",
            "--out=my out",
            "--card-language=zh",
        ]
    )
    assert told.not_secret == {"1a", "2b"}
    assert told.teacher_terms == Path("my terms.toml")
    assert told.out == Path("my out")
    assert told.card_language == "zh"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "REPO is missing"),
        (["--repo", "me/sums"], "VERSION is missing"),
        (["--repo", "sums", "--version", "auto"], "REPO: 'sums'"),
        (["--repo", "me/su ms", "--version", "auto"], "REPO: "),
        (["--repo", "me/sums", "--version", "auto", "--pr", "yes"], "PR=yes: it takes 0 or 1"),
        (
            ["--repo", "me/sums", "--version", "auto", "--card-language", "fr"],
            "CARD_LANGUAGE='fr': it takes en or zh",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(given: list[str], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        read_push_options(["instruction", *given])


def test_make_hands_every_variable_over() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    handed = {
        name for line in makefile.splitlines() if "VARIABLES :=" in line for name in line.split()
    }
    listed = handed | set(makefile.split("VARIABLES :=")[1].split("$(foreach")[0].split())
    assert set(VARIABLES) <= listed
    for kind in KINDS:
        assert f"-m builders.push_dataset {kind}\n" in makefile


def test_a_folder_without_a_build_ends_with_a_message_and_no_request(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "builders.push_dataset",
            "reasoning",
            "--repo",
            "me/sums",
            "--version",
            "auto",
            "--out",
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"HF_ENDPOINT": "http://127.0.0.1:9", "PATH": ""},
    )
    assert done.returncode == 1
    assert "OutputError" in done.stderr
    assert "no finished build" in done.stderr
    assert list(tmp_path.iterdir()) == []
