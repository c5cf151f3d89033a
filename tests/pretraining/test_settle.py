"""From checked texts to rows: duplicates, contamination, the first n, and growth."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from builders.decontamination import Benchmarks, DecontaminationConfig, open_benchmarks
from builders.errors import SeedError
from builders.pretraining.clean_sources import describe_contamination, drop_contaminated_sources
from builders.pretraining.outcome import CheckedPassage
from builders.pretraining.recipe import PretrainingRecipe
from builders.pretraining.selection import SelectionConfig
from builders.pretraining.settle import settle_build, settle_passages
from builders.pretraining.sources import SourceConfig, load_sources
from distilabel_pipelines.pretraining import TextRequest
from tests.fake_teacher.essays import write_sentences
from tests.pretraining.build_sources import write_web_sources
from tests.pretraining.outcomes import failed, passage

ITEM = (
    "A farmer has 17 sheep and buys 4 times as many goats as sheep; how many animals graze on the "
    "meadow when 9 of the goats have been sold at the market in the neighbouring town?"
)


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory: pytest.TempPathFactory) -> Benchmarks:
    folder = tmp_path_factory.mktemp("benchmarks")
    (folder / "sums.jsonl").write_text(json.dumps({"question": ITEM}))
    return open_benchmarks(DecontaminationConfig(benchmarks=str(folder)))


@pytest.fixture(scope="module")
def nothing() -> Benchmarks:
    return open_benchmarks(DecontaminationConfig(enabled=False))


def essay(number: int) -> str:
    return write_sentences("English", f"essay {number}", 12)


def copy_with_a_change(text: str) -> str:
    words = text.split(" ")
    words[7] = "another"
    return " ".join(words)


def make_rows(count: int) -> list[CheckedPassage]:
    """Every fifth repeats an earlier text exactly, every seventh nearly; every ninth failed."""
    rows: list[CheckedPassage] = []
    for number in range(count):
        if number % 9 == 8:
            rows.append(failed(number, "teacher_error"))
        elif number % 5 == 4:
            rows.append(passage(essay(number - 3), number))
        elif number % 7 == 6:
            rows.append(passage(copy_with_a_change(essay(number - 2)), number))
        else:
            rows.append(passage(essay(number), number))
    return rows


def test_the_earliest_text_is_kept_and_named(nothing: Benchmarks, tmp_path: Path) -> None:
    first, other = passage(essay(1), 1), passage(essay(2), 2)
    exact, near = passage(essay(1), 3), passage(copy_with_a_change(essay(2)), 4)
    settled = settle_passages([first, other, exact, near], PretrainingRecipe(), tmp_path, nothing)
    assert settled.published == [first, other]
    assert [(one.reason, one.duplicate_of) for one in settled.rejected] == [
        ("duplicate", first.passage.passage_id),
        ("duplicate", other.passage.passage_id),
    ]


def test_a_text_that_was_rejected_by_a_check_makes_no_duplicates(
    nothing: Benchmarks, tmp_path: Path
) -> None:
    bad = passage(essay(1), 1, reason="looping", detail="a loop")
    good = passage(essay(1), 2)
    settled = settle_passages([bad, good], PretrainingRecipe(), tmp_path, nothing)
    assert settled.published == [good]
    assert settled.rejected == [bad]


def test_a_text_that_holds_an_item_is_rejected_with_the_item(
    benchmarks: Benchmarks, tmp_path: Path
) -> None:
    clean, planted = passage(essay(1), 1), passage(f"{essay(2)}\n\n{ITEM}\n\n{essay(3)}", 2)
    settled = settle_passages([clean, planted], PretrainingRecipe(), tmp_path, benchmarks)
    assert settled.published == [clean]
    found = settled.rejected[0]
    assert found.reason == "contaminated"
    assert found.contamination is not None
    assert found.contamination.item_text == ITEM
    assert found.contamination.benchmark == "sums"


def test_texts_beyond_the_wanted_rows_are_surplus(nothing: Benchmarks, tmp_path: Path) -> None:
    rows = [passage(essay(number), number) for number in range(6)]
    settled = settle_passages(rows, PretrainingRecipe(rows=4), tmp_path, nothing)
    assert settled.published == rows[:4]
    assert [one.reason for one in settled.rejected] == ["surplus", "surplus"]


@pytest.mark.parametrize("seed", range(3))
def test_more_texts_and_more_rows_only_add_some(
    benchmarks: Benchmarks, tmp_path: Path, seed: int
) -> None:
    rows = make_rows(60)
    random.Random(seed).shuffle(rows)  # noqa: S311  # a test's own order
    before: list[CheckedPassage] = []
    for count, wanted in ((20, 5), (40, 12), (60, 30)):
        recipe = PretrainingRecipe(rows=wanted)
        settled = settle_passages(rows[:count], recipe, tmp_path, benchmarks)
        assert settled.published[: len(before)] == before
        assert len(settled.published) + len(settled.rejected) == count
        before = settled.published


@pytest.mark.parametrize(
    ("wanted", "was_stopped", "ended_by"),
    [(2, False, "rows"), (2, True, "rows"), (5, False, "prompts"), (5, True, "stopped")],
)
def test_the_end_is_told_as_it_was(
    nothing: Benchmarks, tmp_path: Path, wanted: int, was_stopped: bool, ended_by: str
) -> None:
    rows = [passage(essay(number), number) for number in range(3)]
    recipe = PretrainingRecipe(rows=wanted)
    requests = list_requests(rows) if was_stopped else None
    outcome = settle_build(rows, [], recipe, tmp_path, nothing, stopped_requests=requests)
    assert outcome.ended_by == ended_by
    assert outcome.unanswered == 0


def list_requests(rows: list[CheckedPassage]) -> list[TextRequest]:
    passages = [one.passage for one in rows]
    return [TextRequest(prompt=one.prompt, sample=one.sample, seed=0) for one in passages]


def test_requests_that_a_stop_left_open_are_counted_up_to_the_last_row(
    nothing: Benchmarks, tmp_path: Path
) -> None:
    """Complete or not: what would come before the last row changes the rows."""
    rows = [passage(essay(number), number) for number in range(9)]
    requests, came_in = list_requests(rows), [rows[0], rows[3], rows[4], rows[7]]
    for wanted, unanswered in ((1, 0), (2, 2), (3, 2), (4, 4), (9, 4)):
        outcome = settle_build(
            *(came_in, [], PretrainingRecipe(rows=wanted), tmp_path, nothing),
            stopped_requests=requests,
        )
        assert outcome.unanswered == unanswered
        assert outcome.ended_by == ("rows" if wanted < 9 else "stopped")
    outcome = settle_build(
        [], [], PretrainingRecipe(), tmp_path, nothing, stopped_requests=requests
    )
    assert outcome.unanswered == 0


def test_a_source_that_holds_an_item_is_dropped_before_anything_is_asked(
    benchmarks: Benchmarks, tmp_path: Path
) -> None:
    pages = write_web_sources(tmp_path / "pages.jsonl", 9, planted={4: ITEM})
    sources = load_sources(SourceConfig(source=str(pages)), SelectionConfig())
    clean = drop_contaminated_sources(sources, benchmarks)
    assert len(clean.kept) == len(sources.kept) - 1
    assert not any(ITEM in one.shown_text for one in clean.kept)
    assert clean.facts.dropped == {"contaminated": 1}
    assert clean.facts.rows_read == clean.facts.kept + 1
    dropped = clean.dropped[0]
    assert dropped.contamination is not None
    outcome = settle_build(
        [], clean.dropped, PretrainingRecipe(), tmp_path, benchmarks, stopped_requests=None
    )
    facts = describe_contamination(outcome, benchmarks)
    assert (facts.checked, facts.seeds_matched, facts.rows_matched) == (True, 1, 0)


def test_sources_that_all_hold_an_item_end_the_build_with_the_reason(
    benchmarks: Benchmarks, tmp_path: Path
) -> None:
    pages = write_web_sources(tmp_path / "pages.jsonl", 2, planted={0: ITEM, 1: f"So: {ITEM}"})
    sources = load_sources(SourceConfig(source=str(pages)), SelectionConfig())
    with pytest.raises(SeedError, match="all 2 sources that were selected hold items of the bench"):
        drop_contaminated_sources(sources, benchmarks)


def test_a_clean_text_does_not_fall_with_a_contaminated_one_that_it_resembles(
    benchmarks: Benchmarks, tmp_path: Path
) -> None:
    planted, clean = passage(f"{essay(2)} {ITEM}", 1), passage(essay(2), 2)
    settled = settle_passages([planted, clean], PretrainingRecipe(), tmp_path, benchmarks)
    assert settled.published == [clean]
    assert [one.reason for one in settled.rejected] == ["contaminated"]


def test_a_title_that_is_a_benchmarks_whole_question_is_no_contamination(tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    items = [{"question": "Inflation"}, {"question": "输尿管"}, {"question": ITEM}]
    (folder / "terms.jsonl").write_text("\n".join(json.dumps(item) for item in items))
    titles = tmp_path / "titles.jsonl"
    rows = [{"title": "Inflation"}, {"title": "输尿管"}, {"title": "Sheep", "topic": ITEM}]
    titles.write_text("\n".join(json.dumps(row) for row in rows))
    sources = load_sources(SourceConfig(source=str(titles)), SelectionConfig())
    found = open_benchmarks(DecontaminationConfig(benchmarks=str(folder)))
    clean = drop_contaminated_sources(sources, found)
    assert [one.material.title for one in clean.kept] == ["Inflation", "输尿管"]
