"""What `make rebuild` takes, and what it refuses because the manifest decides it."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import command_line
from builders.errors import RecipeError
from builders.rebuilding.options import VARIABLES, read_rebuild_options

MAKEFILE = Path(__file__).parents[2] / "Makefile"
DECIDED = sorted(set(command_line.VARIABLES) - set(VARIABLES))


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {**VARIABLES, **command_line.VARIABLES}:
        monkeypatch.delenv(f"BUILD_{name}", raising=False)


def test_values_come_from_options_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILD_MANIFEST", "me/set@v1.0.0")
    monkeypatch.setenv("BUILD_BASE_URL", "http://a:8000")
    options = read_rebuild_options(["--out", "here", "--seeds", "my seeds.jsonl"])
    assert options.manifest == "me/set@v1.0.0"
    assert options.out == Path("here")
    assert options.given == {"BASE_URL": "http://a:8000", "SEEDS": "my seeds.jsonl"}


def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILD_OUT", "")
    options = read_rebuild_options(["--manifest", "here"])
    assert (options.out, options.given) == (None, {})


def test_without_a_manifest_the_command_says_what_to_give() -> None:
    with pytest.raises(RecipeError, match="MANIFEST is missing: make rebuild MANIFEST="):
        read_rebuild_options([])


@pytest.mark.parametrize("name", DECIDED)
def test_what_decides_the_rows_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("BUILD_MANIFEST", "here")
    monkeypatch.setenv(f"BUILD_{name}", "sk-a-key-by-mistake")
    with pytest.raises(RecipeError, match=f"^{name}: the manifest decides this") as told:
        read_rebuild_options([])
    assert "make build-" in str(told.value)
    assert "sk-" not in str(told.value)


def test_only_what_moves_no_row_is_taken() -> None:
    assert {"ROWS", "LLM", "TEMPERATURE", "SAMPLES", "RECIPE", "CONFIG", "LIMIT"} <= set(DECIDED)


@pytest.mark.parametrize("name", ["BATCH", "PACKAGE_PARTIAL"])
def test_a_switch_takes_0_or_1(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"BUILD_{name}", "yes")
    with pytest.raises(RecipeError, match=f"{name}=yes: it takes 0 or 1"):
        read_rebuild_options(["--manifest", "here"])


def test_the_makefile_hands_over_every_variable() -> None:
    lines = MAKEFILE.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    settings = [line.split(":=", 1) for line in lines if ":= " in line]
    named = {name.strip(): value.split() for name, value in settings}
    assert set(named["REBUILD_VARIABLES"]) == set(VARIABLES) - {"MANIFEST"}
    assert set(named["REBUILD_VARIABLES"]) <= set(named["VARIABLES"])
    assert any("BUILD_MANIFEST := $(value MANIFEST)" in line for line in lines)
