"""The bundled sources of the pretraining kind: a mix all along the file, no two of them alike."""

from __future__ import annotations

import itertools
import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders.checks.language import detect_language
from builders.decontamination import DecontaminationConfig, open_benchmarks
from builders.dedup.documents import DocumentDedupConfig, find_near_documents
from builders.pretraining.selection import SelectionConfig
from builders.pretraining.sources import SourceConfig, load_sources
from builders.text_keys import normalise_text

SHARED_DATA = Path(os.environ.get("SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
REPOSITORY = Path(__file__).parents[1]
TOPIC_SHEETS = REPOSITORY / "distilabel_pipelines" / "embedded_model" / "passages"
Row = dict[str, Any]

COLUMNS = {
    "web_extracts": ["text", "educational_score"],
    "textbook_sections": ["book", "section", "text"],
    "outlines": ["course", "unit", "section"],
    "titles": ["title"],
    "story_seeds": ["story"],
}
SHARED_COLUMNS = ["topic", "seed_data", "language"]
LEAST = {  # of each language
    "web_extracts": 70,
    "textbook_sections": 15,
    "outlines": 15,
    "titles": 15,
    "story_seeds": 5,
}
KINDS = {  # how the loader names them
    "web": "web_extracts",
    "textbook": "textbook_sections",
    "outline": "outlines",
    "title": "titles",
    "story": "story_seeds",
}
EXTRACT_CHARACTERS = {"en": (300, 700), "zh": (110, 300)}
N_GRAM = {"en": 8, "zh": 12}  # words, characters


def read_rows() -> list[Row]:
    text = (REPOSITORY / "builders" / "seeds" / "pretraining.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


ROWS = read_rows()


def own_text(row: Row) -> str:
    """All that a row says, without its topic and its labels."""
    return "\n".join(str(row[column]) for column in COLUMNS[row["seed_data"]])


def cut_grams(text: str, language: str) -> Iterator[tuple[str, ...]]:
    tokens = re.findall(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+", text.casefold())
    width = N_GRAM[language]
    return zip(*(itertools.islice(tokens, start, None) for start in range(width)), strict=False)


def test_there_are_enough_of_every_kind_in_both_languages() -> None:
    counts = Counter((row["seed_data"], row["language"]) for row in ROWS)
    assert len(ROWS) >= 240
    assert {kind for kind, _ in counts} == set(LEAST)
    for kind, least in LEAST.items():
        assert min(counts[kind, "en"], counts[kind, "zh"]) >= least, kind
    assert abs(sum(row["language"] == "en" for row in ROWS) - len(ROWS) / 2) <= 0.05 * len(ROWS)


def test_rows_have_the_columns_of_their_kind_and_no_empty_one() -> None:
    for row in ROWS:
        assert list(row) == COLUMNS[row["seed_data"]] + SHARED_COLUMNS, row
        for value in row.values():
            assert value if isinstance(value, int) else value == value.strip() != "", row
        if row["seed_data"] == "web_extracts":
            assert row["educational_score"] in {1, 2, 3, 4, 5}, row


def test_the_first_rows_hold_a_mix_wherever_one_stops() -> None:
    for start in range(0, len(ROWS) - 24, 8):
        part = ROWS[start : start + 24]
        kinds = Counter(row["seed_data"] for row in part)
        assert 12 <= kinds["web_extracts"] <= 16, start
        assert min(kinds[kind] for kind in ("textbook_sections", "outlines", "titles")) >= 2, start
        assert kinds["story_seeds"] >= 1 or start > 0
        assert sum(row["language"] == "en" for row in part) == 12, start
        assert len({row["topic"] for row in part}) >= 18, start


def test_topics_are_those_of_the_sheets_and_a_few_more() -> None:
    for language in ("en", "zh"):
        sheet = tomllib.loads((TOPIC_SHEETS / f"topics.{language}.toml").read_text("utf-8"))
        ours = {row["topic"] for row in ROWS if row["language"] == language}
        assert not {topic["name"] for topic in sheet["topic"]} - ours
        assert len(ours) >= 50


def test_extracts_are_as_long_as_a_paragraph_and_some_are_poor() -> None:
    extracts = [row for row in ROWS if row["seed_data"] == "web_extracts"]
    for row in extracts:
        shortest, longest = EXTRACT_CHARACTERS[row["language"]]
        assert shortest <= len(row["text"]) <= longest, row
    for language in ("en", "zh"):
        scores = [row["educational_score"] for row in extracts if row["language"] == language]
        assert 3 <= sum(score <= 2 for score in scores) <= 0.15 * len(scores)
        assert sum(score >= 4 for score in scores) >= 0.8 * len(scores)


def test_texts_are_clean_and_in_their_language() -> None:
    for row in ROWS:
        text = own_text(row)
        assert not re.search(r"  |\t|\r|\ufffd|[\u200b-\u200f\ufeff]|https?:|@", text), row
        assert bool(re.search("[\u4e00-\u9fff]", text)) == (row["language"] == "zh"), row
        if "text" in row:
            assert detect_language(row["text"]) == row["language"], row


def test_no_two_sources_are_equal_or_near_copies(tmp_path: Path) -> None:
    texts = [own_text(row) for row in ROWS]
    assert len({normalise_text(text) for text in texts}) == len(texts)
    assert find_near_documents(texts, DocumentDedupConfig(), tmp_path) == {}


def test_no_two_sources_share_a_run_of_words() -> None:
    seen: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(ROWS):
        for gram in cut_grams(own_text(row), row["language"]):
            assert seen.setdefault(gram, number) == number, (number, seen[gram], gram)


def test_sources_are_no_sentences_of_the_topic_sheets() -> None:
    ours = {gram for row in ROWS for gram in cut_grams(own_text(row), row["language"])}
    for language in ("en", "zh"):
        sheet = tomllib.loads((TOPIC_SHEETS / f"topics.{language}.toml").read_text("utf-8"))
        for fact in itertools.chain.from_iterable(topic["facts"] for topic in sheet["topic"]):
            assert not any(gram in ours for gram in cut_grams(fact, language)), fact


def test_the_loader_recognises_every_row_and_keeps_it() -> None:
    loaded = load_sources(SourceConfig(), SelectionConfig())
    assert loaded.dropped == []
    assert [KINDS[source.kind] for source in loaded.kept] == [row["seed_data"] for row in ROWS]
    assert [source.language for source in loaded.kept] == [row["language"] for row in ROWS]
    assert [source.seed_data for source in loaded.kept] == [row["seed_data"] for row in ROWS]
    assert loaded.facts.files[0].license == "CC0-1.0"


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the SHARED_DATA folder is absent")
def test_no_source_holds_a_benchmark_item() -> None:
    folder = SHARED_DATA / "benchmarks"
    benchmarks = open_benchmarks(DecontaminationConfig(benchmarks=str(folder)))
    assert not benchmarks.is_empty
    assert set(benchmarks.find_contamination([own_text(row) for row in ROWS])) == {None}
