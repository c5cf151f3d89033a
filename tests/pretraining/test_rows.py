"""Rows of a pretraining dataset: the columns in order, the text untouched, the reasons beside."""

from builders.pretraining.rows import (
    COLUMNS,
    REJECTED_COLUMNS,
    SOURCE_COLUMNS,
    STORED_COLUMNS,
    count_lone_surrogates,
    published_row,
    rejected_row,
    source_row,
    stored_row,
)
from tests.pretraining.outcomes import CONTAMINATION, dropped, failed, passage, small_outcome

HOSTILE = "  \r\n# \x00\u2028 🙂 ```\n---\n</details> \t\n"


def test_every_row_has_the_columns_of_its_table_in_order() -> None:
    outcome = small_outcome()
    stored = [column.name for column in STORED_COLUMNS]
    assert all(list(stored_row(one)) == stored for one in outcome.published)
    assert [column.name for column in COLUMNS] == [name for name in stored if name != "prompt"]
    for one in outcome.published:
        assert list(published_row(stored_row(one))) == [column.name for column in COLUMNS]
    rejected = [column.name for column in REJECTED_COLUMNS]
    assert all(list(rejected_row(one)) == rejected for one in outcome.rejected)
    sources = [column.name for column in SOURCE_COLUMNS]
    assert all(list(source_row(one)) == sources for one in outcome.dropped_sources)


def test_no_config_but_with_prompt_has_a_column_that_trainers_take_for_another_format() -> None:
    names = {column.name for column in COLUMNS}
    assert not names & {"prompt", "completion", "messages", "conversations", "chosen", "rejected"}
    assert "text" in names


def test_the_text_is_byte_for_byte_the_teachers_without_its_thought() -> None:
    one = passage(HOSTILE, reasoning_content="Let me think.", prompt="Write." + HOSTILE)
    row = stored_row(one)
    assert row["text"] == HOSTILE
    assert row["prompt"] == "Write." + HOSTILE
    assert "Let me think." not in str(row)


def test_text_tokens_are_those_of_the_completion_without_the_thought() -> None:
    assert stored_row(passage("a"))["text_token_length"] == 90
    assert stored_row(passage("a", reasoning_tokens=40))["text_token_length"] == 50
    assert stored_row(passage("a", completion_tokens=None))["text_token_length"] is None
    assert stored_row(passage("a", reasoning_tokens=100))["text_token_length"] is None
    assert stored_row(passage("a", prompt_tokens=2**63))["prompt_tokens"] is None


def test_samples_of_a_prompt_share_its_id() -> None:
    rows = [stored_row(passage("a", 7, sample=number)) for number in range(2)]
    assert [row["id"] for row in rows] == ["0000000000000007-0", "0000000000000007-1"]
    assert {row["prompt_id"] for row in rows} == {"0000000000000007"}


def test_halves_of_surrogate_pairs_are_replaced_and_counted() -> None:
    one = passage("a\ud800b", topic="\udfff")
    assert stored_row(one)["text"] == "a�b"
    assert count_lone_surrogates(one) == 2
    assert count_lone_surrogates(passage(HOSTILE)) == 0


def test_machine_paths_stand_in_no_row() -> None:
    path = "/home/bob/models/writer.gguf"
    row = stored_row(passage("a", model=path, served_model=path, seed_data="/home/bob/web.jsonl"))
    assert (row["model"], row["served_model"]) == ("writer.gguf", "writer.gguf")
    assert row["seed_data"] == "web.jsonl"
    assert source_row(dropped(1, "short", seed_data="/home/bob/web.jsonl"))["seed_data"] == (
        "web.jsonl"
    )


def test_a_rejected_row_says_why_and_names_the_benchmarks_item() -> None:
    row = rejected_row(passage("a", reason="contaminated", contamination=CONTAMINATION))
    assert (row["reason"], row["benchmark"], row["benchmark_item"]) == ("contaminated", "gsm8k", 17)
    assert (row["benchmark_text"], row["benchmark_share"]) == (CONTAMINATION.item_text, 0.93)
    row = rejected_row(passage("a", reason="duplicate", duplicate_of="0-0", detail="as row 0-0"))
    assert (row["duplicate_of"], row["detail"], row["benchmark"]) == ("0-0", "as row 0-0", None)
    assert rejected_row(failed(1, "teacher_error"))["detail"] == "HTTP 503"


def test_a_dropped_source_keeps_its_material_and_reason() -> None:
    row = source_row(dropped(3, "contaminated", contamination=CONTAMINATION))
    assert (row["reason"], row["kind"], row["benchmark"]) == ("contaminated", "web", "gsm8k")
    assert row["text"] == "Cookies help us deliver our services."
    assert source_row(dropped(3, "language"))["benchmark"] is None
