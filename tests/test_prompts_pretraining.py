"""`make prompts-pretraining`: the file, the summary, and no teacher asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders.prompts_pretraining import main

PAGE = "Bees dance to tell their sisters where the flowers are, and the others follow them. " * 4
ROWS: list[dict[str, str]] = [
    {"text": PAGE, "topic": "Bees"},
    {"text": "Too short."},
    {"text": PAGE},
    {"title": "怎样挑西瓜"},
    {"course": "Physics", "unit": "Heat", "section": "Melting"},
]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    path = tmp_path / "sources.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def run(monkeypatch: pytest.MonkeyPatch, out: Path, *options: str) -> int:
    command = ["prompts_pretraining", "--out", str(out), *options]
    monkeypatch.setattr("sys.argv", command)
    return main()


def test_it_writes_the_prompts_and_says_what_became_of_the_sources(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    sources: Path,
) -> None:
    out = tmp_path / "out"
    assert run(monkeypatch, out, "--seeds", str(sources), "--rows", "1") == 0
    rows = [json.loads(line) for line in (out / "prompts.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 10
    assert {row["seed_data"] for row in rows} == {"sources.jsonl"}
    assert {row["language"] for row in rows} == {"en", "zh"}
    told = capsys.readouterr().out
    assert "sources: 5 read, 1 dropped, 1 equal to another, 3 kept\n" in told
    assert "  dropped:   too_short 1\n" in told
    assert "prompts: 10\n" in told
    assert told.endswith(f"written to {out}/prompts.jsonl\n")
    assert not (out / "responses").exists()


def test_a_longer_run_only_adds_prompts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sources: Path
) -> None:
    texts = []
    for rows in ("1", "2"):
        assert run(monkeypatch, tmp_path / "out", "--seeds", str(sources), "--rows", rows) == 0
        texts.append((tmp_path / "out" / "prompts.jsonl").read_text(encoding="utf-8"))
    assert texts[1].startswith(texts[0])
    assert len(texts[1]) > len(texts[0])


def test_a_wrong_source_override_ends_with_its_words_and_no_file(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    sources: Path,
) -> None:
    out = tmp_path / "out"
    assert run(monkeypatch, out, "--seeds", str(sources), "--source", "wbe") == 1
    assert "unknown kind of source 'wbe' (did you mean 'web'?)" in caplog.text
    assert not (out / "prompts.jsonl").exists()
