"""Model files: bundled, local, from the Hub, and the names they get."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from builders.errors import TeacherError
from builders.model_files import find_bundled_gguf, find_gguf, name_gguf

ROOT = Path(__file__).resolve().parents[1]


def test_the_bundled_weights_have_a_name_of_their_own() -> None:
    names = [name_gguf(find_bundled_gguf(model)) for model in ("reasoner", "writer")]
    assert [name.split("@")[0] for name in names] == ["embedded-reasoner", "embedded-writer"]


def test_another_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_text("no weights")
    with pytest.raises(TeacherError, match="is no GGUF file"):
        find_gguf(str(tmp_path / "notes.gguf"))


@pytest.mark.parametrize("model", ["absent.gguf", "/absent/model.gguf", "~nobody-here/model.gguf"])
def test_a_model_file_that_is_not_there_is_told(model: str) -> None:
    with pytest.raises(TeacherError, match="neither a file here nor a Hub file") as refused:
        find_gguf(model)
    assert f"MODEL={model}" in str(refused.value)


@pytest.mark.parametrize("model", ["owner/name:file.gguf", "owner/name"])
def test_a_hub_file_without_a_network_is_told(model: str) -> None:
    """In a process of its own: huggingface_hub reads HF_HUB_OFFLINE when it is imported."""
    code = f"from builders.model_files import find_gguf; find_gguf({model!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"HF_HUB_OFFLINE": "1", "PATH": "", "HF_HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("builders.errors.TeacherError: MODEL=owner/name")
    assert "local GGUF file" in done.stderr
    assert "bundled model" in done.stderr
