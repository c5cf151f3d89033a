"""datatrove's executor: more workers are faster at best, and decide nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.dedup_texts import generate_documents
from builders.dedup import DocumentDedupConfig, find_near_documents

SCRIPT = """
import sys
from pathlib import Path
from builders.dedup import DocumentDedupConfig, find_near_documents
from tests.dedup.test_document_stages import write_texts

if __name__ == "__main__":
    print(find_near_documents(write_texts(), DocumentDedupConfig(workers=2), Path(sys.argv[1])))
"""


def write_texts() -> list[str]:
    """Near-copies and exact ones, within the stretch of a worker and across both."""
    chinese, english = (generate_documents(70, language, 4).texts for language in ("zh", "en"))
    return [*chinese, "", "short", *english, chinese[0], english[0] + " more"]


def test_two_workers_decide_as_one_and_say_nothing(tmp_path: Path) -> None:
    """In a process of its own: workers start by importing the main module again."""
    script, work_dir = tmp_path / "script.py", tmp_path / "work"
    script.write_text(SCRIPT)
    two = subprocess.run(
        [sys.executable, script, work_dir],
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    one = find_near_documents(write_texts(), DocumentDedupConfig(), tmp_path)
    assert len(one) > 10
    assert (two.stdout, two.stderr) == (f"{one}\n", "")
    assert list(work_dir.iterdir()) == []


def test_more_workers_than_documents_are_not_started(tmp_path: Path) -> None:
    config = DocumentDedupConfig(workers=500)
    assert find_near_documents(["one text"] * 9, config, tmp_path) == dict.fromkeys(range(1, 9), 0)


def test_the_compiled_loops_decide_as_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = write_texts()
    found = find_near_documents(texts, DocumentDedupConfig(), tmp_path)
    monkeypatch.setattr("builders.dedup.document_stages.COMPILE_AFTER", 0)
    assert find_near_documents(texts, DocumentDedupConfig(), tmp_path) == found
