"""`make prompts-pretraining`: the file, the summary, and no teacher asked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from builders.output_folder import lock_output
from builders.prompts_pretraining import main
from tests.decontamination.benchmark_folder import write_rows

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
    """The command where no benchmarks were fetched, but those that a test puts there."""
    monkeypatch.chdir(out.parent)
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
    *_, last, warning = told.splitlines()
    assert last == f"written to {out}/prompts.jsonl"
    assert warning.startswith("warning: decontamination: nothing is compared with any benchmark")
    assert not (out / "responses").exists()


def test_the_summary_tells_what_the_sources_were_held_against(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    sources: Path,
) -> None:
    folder = tmp_path / "mine"
    write_rows(folder / "odd.jsonl", [{"query": PAGE}])
    options = ["--seeds", str(sources), "--benchmarks", str(folder)]
    assert run(monkeypatch, tmp_path / "out", *options) == 1  # a named folder must be of use
    write_rows(folder / "bees.jsonl", [{"question": PAGE}])
    assert run(monkeypatch, tmp_path / "out", *options) == 0
    told = capsys.readouterr().out
    assert "  dropped:   contaminated 1, too_short 1\n" in told
    assert "warning: decontamination: no question was found in odd.jsonl (has only query)." in told
    assert "nothing is compared" not in told


def test_a_default_folder_of_no_use_is_told_first_and_last(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    sources: Path,
) -> None:
    write_rows(tmp_path / "benchmarks_data" / "odd.jsonl", [{"query": PAGE}])
    assert run(monkeypatch, tmp_path / "out", "--seeds", str(sources)) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert caplog.messages[0] == last
    assert "nothing is compared with any benchmark: no question was found in odd.jsonl" in last


def test_a_finished_dataset_of_other_prompts_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    sources: Path,
) -> None:
    out = tmp_path / "out"
    assert run(monkeypatch, out, "--seeds", str(sources), "--rows", "1") == 0
    digest = hashlib.sha256((out / "prompts.jsonl").read_bytes()).hexdigest()
    manifest = {"kind": "pretraining", "mixture": {"prompts_sha256": digest}}
    (out / "manifest.json").write_text(json.dumps(manifest))
    capsys.readouterr()
    told = "holds a finished dataset that was not made of these prompts"
    assert run(monkeypatch, out, "--seeds", str(sources), "--rows", "1") == 0
    assert told not in capsys.readouterr().out
    assert run(monkeypatch, out, "--seeds", str(sources), "--rows", "2") == 0
    assert f"warning: {out} {told}" in capsys.readouterr().out


def test_a_folder_of_another_kind_keeps_its_files(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    sources: Path,
) -> None:
    with lock_output(tmp_path / "out", "reasoning"):
        (tmp_path / "out" / "manifest.json").write_text('{"kind": "reasoning"}')
    assert run(monkeypatch, tmp_path / "out", "--seeds", str(sources)) == 1
    assert "holds a finished reasoning dataset" in caplog.text
    assert not (tmp_path / "out" / "prompts.jsonl").exists()


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
