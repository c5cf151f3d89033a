"""Sources from several files: recognised, limited, selected, merged; every row is counted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from builders.errors import RecipeError, SeedError
from builders.pretraining.outcome import SourcesFacts
from builders.pretraining.selection import SelectionConfig
from builders.pretraining.source import drop_source
from builders.pretraining.sources import LoadedSources, SourceConfig, load_sources, split_sources

SHARED_DATA = Path(os.environ.get("SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
PAGE = "Bees dance to tell their sisters where the flowers are, and the others follow them. " * 4


def write(path: Path, *rows: dict[str, Any]) -> str:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines, encoding="utf-8")
    return str(path)


def load(source: str, selection: SelectionConfig | None = None, **config: object) -> LoadedSources:
    seeds = SourceConfig.model_validate({"source": source} | config)
    loaded = load_sources(seeds, selection or SelectionConfig())
    assert_all_rows_counted(loaded)
    return loaded


def assert_all_rows_counted(loaded: LoadedSources) -> None:
    facts: SourcesFacts = loaded.facts
    assert facts.rows_read == facts.equal_merged + sum(facts.dropped.values()) + facts.kept
    assert facts.kept == len(loaded.kept) == sum(facts.kinds.values())
    assert sum(facts.dropped.values()) == len(loaded.dropped)
    assert facts.kept == sum(facts.languages.values())


def titles(*names: str) -> list[dict[str, Any]]:
    return [{"title": name} for name in names]


def test_several_files_are_read_one_after_the_other(tmp_path: Path) -> None:
    one = write(tmp_path / "a.jsonl", {"text": PAGE}, {"title": "Melting"})
    two = write(tmp_path / "b.jsonl", {"course": "Physics", "unit": "Heat", "section": "Ice"})
    loaded = load(f"{one}, {two}")
    assert [source.kind for source in loaded.kept] == ["web", "title", "outline"]
    assert [source.seed_data for source in loaded.kept] == ["a.jsonl", "a.jsonl", "b.jsonl"]
    assert [file.rows_read for file in loaded.facts.files] == [2, 1]
    assert all(file.sha256 and "/" not in file.source for file in loaded.facts.files)


def test_the_limit_counts_rows_over_all_files_in_order(tmp_path: Path) -> None:
    one = write(tmp_path / "a.jsonl", *titles("A", "B"))
    two = write(tmp_path / "b.jsonl", *titles("C", "D"))
    assert [each.material.title for each in load(f"{one},{two}", limit=3).kept] == ["A", "B", "C"]
    assert [file.source for file in load(f"{one},{two}", limit=2).facts.files] == ["a.jsonl"]


def test_a_comma_in_the_name_of_a_file_splits_nothing(tmp_path: Path) -> None:
    odd = write(tmp_path / "salt, pepper.jsonl", *titles("A"))
    plain = write(tmp_path / "b.jsonl", *titles("B"))
    assert split_sources(f"{odd},{plain}") == [odd, plain]
    assert split_sources("owner/name:config, bundled:pretraining") == [
        "owner/name:config",
        "bundled:pretraining",
    ]
    with pytest.raises(SeedError, match="a name between two commas is empty"):
        split_sources("a,,b")


def test_equal_sources_are_merged_and_the_first_stays(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        {"text": PAGE, "topic": "Bees"},
        {"text": PAGE.title().replace(" ", "  "), "topic": "Insects"},
        {"title": PAGE[:50]},
    )
    loaded = load(path)
    assert loaded.facts.equal_merged == 1
    assert loaded.kept[0].material.topic == "Bees"


def test_drops_are_counted_by_reason_in_the_order_of_the_rules(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        {"text": "Short."},
        {"text": ""},
        {"text": PAGE, "educational_score": 1},
        {"text": PAGE, "language": "fr"},
        {"title": "Kept"},
    )
    facts = load(path, SelectionConfig(min_educational_score=2)).facts
    assert list(facts.dropped.items()) == [
        ("empty", 1),
        ("language", 1),
        ("educational_score", 1),
        ("too_short", 1),
    ]


def test_nothing_left_is_an_error_that_counts_the_reasons(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {"text": "Short."}, {"text": "Shorter"})
    with pytest.raises(SeedError, match=r"a\.jsonl: the selection left none of 2 .*2 too_short"):
        load(path)


def test_one_override_stands_for_all_files_or_each_has_its_own(tmp_path: Path) -> None:
    both = write(tmp_path / "a.jsonl", {"title": "Bees", "text": PAGE})
    other = write(tmp_path / "b.jsonl", {"title": "Ants", "text": PAGE + "More."})
    assert [each.kind for each in load(f"{both},{other}", kind="web").kept] == ["web", "web"]
    kinds = [each.kind for each in load(f"{both},{other}", kind="title,").kept]
    assert kinds == ["title", "textbook"]
    with pytest.raises(RecipeError, match="SOURCE=web,title names 2 kinds for 1 SEEDS"):
        load(both, kind="web,title")
    with pytest.raises(ValidationError, match=r"unknown kind of source 'wbe' \(did you mean 'web'"):
        SourceConfig(kind="wbe")


def test_mapped_columns_are_checked_over_all_files(tmp_path: Path) -> None:
    one = write(tmp_path / "a.jsonl", {"content": PAGE})
    two = write(tmp_path / "b.jsonl", {"title": "Ants"})
    assert len(load(f"{one},{two}", columns={"text": "content"}).kept) == 2
    with pytest.raises(SeedError, match='maps topic to "subjct", and no row'):
        load(f"{one},{two}", columns={"text": "content", "topic": "subjct"})
    with pytest.raises(RecipeError, match="unknown field 'question'"):
        load(one, columns={"question": "content"})


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    empty = write(tmp_path / "a.jsonl")
    with pytest.raises(SeedError, match=r"a\.jsonl: no rows"):
        load(empty)


def test_sources_found_unfit_later_are_counted_as_dropped(tmp_path: Path) -> None:
    loaded = load(write(tmp_path / "a.jsonl", *titles("A", "B", "C")))
    left = loaded.leave_out([drop_source(loaded.kept[1], "contaminated", "by mmlu")])
    assert_all_rows_counted(left)
    assert [each.material.title for each in left.kept] == ["A", "C"]
    assert left.facts.dropped == {"contaminated": 1}


def test_own_prompts_of_cosmopedia_are_taken_as_they_are(tmp_path: Path) -> None:
    row = {
        "prompt": "Write a long blog post about bees.",
        "text": "Bees are…",
        "text_token_length": 300,
        "seed_data": "web_samples_v1",
        "format": "blogpost",
        "audience": "general",
    }
    (source,) = load(write(tmp_path / "c.jsonl", row)).kept
    assert source.material.text == row["prompt"]
    assert (source.kind, source.seed_data) == ("prompt", "web_samples_v1")


def shared(name: str) -> str:
    path = SHARED_DATA / "seeds" / name
    if not path.is_file():
        pytest.skip(f"no {path}: set SHARED_DATA to the folder with the shared data")
    return str(path)


@pytest.mark.real_data
def test_real_sections_of_a_book_lose_their_back_matter_only() -> None:
    loaded = load(shared("openstax_astronomy_sections.jsonl.gz"))
    assert loaded.facts.rows_read == 1157
    assert set(loaded.facts.dropped) == {"too_short", "boilerplate"}
    assert all(
        each.detail.startswith("back matter")
        for each in loaded.dropped
        if each.reason == "boilerplate"
    )
    assert 750 <= loaded.facts.kept <= 820
    assert {source.material.work for source in loaded.kept} == {"Astronomy 2e"}
    endings = sum(
        source.material.text.endswith((".", "?", "!", ")", "”", '"')) for source in loaded.kept
    )
    assert endings >= 0.98 * loaded.facts.kept
    assert max(len(source.material.text) for source in loaded.kept) <= 1100


@pytest.mark.real_data
def test_most_real_web_pages_stay_and_those_dropped_have_a_detail() -> None:
    names = ("c4_demo_300.jsonl.gz", "wiki_demo_lines.jsonl.gz")
    loaded = load(",".join(shared(name) for name in names))
    assert loaded.facts.kinds == {"web": loaded.facts.kept}
    assert 270 <= loaded.facts.kept <= 300
    assert all(each.detail for each in loaded.dropped)
    assert loaded.facts.languages == {"en": loaded.facts.kept}


def test_the_bundled_sources_all_become_prompts_in_both_languages() -> None:
    loaded = load("bundled:pretraining")
    assert loaded.facts.dropped == {}
    assert loaded.facts.kept >= 200
    assert set(loaded.facts.kinds) == {"web", "textbook", "outline", "title", "story"}
    assert min(loaded.facts.languages.values()) >= 100
    assert loaded.facts.files[0].license == "CC0-1.0"
    stated = SourceConfig(license="cc-by-4.0", limit=2)
    files = load_sources(stated, SelectionConfig()).facts.files
    assert [one.license for one in files] == ["CC0-1.0"]  # the source's own, whatever is stated


def test_a_row_that_cannot_be_read_is_dropped_with_its_field_and_value(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        {"text": PAGE, "educational_score": "high"},
        {"text": ["not", "text"]},
        {"colour": "red"},
        {"title": "Kept"},
    )
    loaded = load(path)
    assert [each.material.title for each in loaded.kept] == ["Kept"]
    assert [each.reason for each in loaded.dropped] == ["unreadable"] * 3
    assert "high" in loaded.dropped[0].detail
    assert "row 1" in loaded.dropped[0].detail
    assert loaded.facts.dropped == {"unreadable": 3}
    assert len({each.source_id for each in loaded.dropped}) == 3


def test_a_file_of_other_columns_is_an_error_that_names_them(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {"colour": "red"}, {"colour": "blue"})
    with pytest.raises(SeedError, match="colour"):
        load(path)


@pytest.mark.parametrize("language", ["cmn", "cmn_Hani", "zho", "Chinese", "zh-CN", "zh_Hans"])
def test_names_of_chinese_in_web_corpora_are_known(tmp_path: Path, language: str) -> None:
    page = "蜜蜂在花间采蜜，把花粉带到另一朵花上，果树因此结果。" * 12
    path = write(tmp_path / "a.jsonl", {"text": page, "language": language})
    assert [each.language for each in load(path).kept] == ["zh"]


def test_what_a_prompt_shows_whole_has_a_bound(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {"story": "Word. " * 5000}, {"title": "Kept"})
    assert load(path).facts.dropped == {"too_long": 1}
