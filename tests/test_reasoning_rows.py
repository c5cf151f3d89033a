"""Columns and rows of a reasoning dataset."""

from builders.columns import arrow_schema, yaml_features
from builders.reasoning_rows import (
    COLUMNS,
    CONFIGS,
    LISTS,
    REJECTED_COLUMNS,
    count_lone_surrogates,
    inline_think_row,
    published_row,
    rejected_row,
)
from tests.outcomes import checked, rejected

HOSTILE = "\t a\r\nb\x00\u2028</think>|`🙂\ufeff \n"


def test_columns_are_those_of_the_fixed_interface() -> None:
    assert " ".join(column.name for column in COLUMNS) == (
        "id seed_id sample input reasoning_content content messages answer language verdict "
        "verdict_method judge_verdict judge_reason format_reward accuracy_reward "
        "language_consistency pass_rate finish_reason "
        "model served_model prompt_tokens completion_tokens reasoning_tokens"
    )
    extra = [column.name for column in REJECTED_COLUMNS[len(COLUMNS) :]]
    assert extra[:3] == ["reason", "detail", "duplicate_of"]
    assert extra[3:] == ["benchmark", "benchmark_item", "benchmark_text", "benchmark_share"]


def test_a_row_holds_the_texts_byte_for_byte() -> None:
    row = published_row(checked(HOSTILE, HOSTILE + "1", HOSTILE + "2"))

    assert list(row) == [column.name for column in COLUMNS]
    assert (row["input"], row["reasoning_content"]) == (HOSTILE, HOSTILE + "1")
    assert row["messages"] == [
        {"role": "user", "content": HOSTILE, "reasoning_content": None},
        {"role": "assistant", "content": HOSTILE + "2", "reasoning_content": HOSTILE + "1"},
    ]


def test_inline_think_changes_the_messages_and_nothing_else() -> None:
    row = published_row(checked("a?", "thought", "reply"))
    inline = inline_think_row(row)

    assert {key for key in row if row[key] != inline[key]} == {"messages"}
    assert inline["messages"] == [
        {"role": "user", "content": "a?"},
        {"role": "assistant", "content": "<think>\nthought\n</think>\n\nreply"},
    ]


def test_a_rejected_row_says_why_and_a_failed_request_what_the_server_said() -> None:
    kept = rejected("a?", "duplicate", detail="0.9 alike", duplicate_of="x-0")
    failed = rejected("b?", "teacher_error", error="teacher_error", error_message="HTTP 503")

    row = rejected_row(kept)
    assert list(row) == [column.name for column in REJECTED_COLUMNS]
    assert (row["reason"], row["detail"], row["duplicate_of"]) == ("duplicate", "0.9 alike", "x-0")
    assert rejected_row(failed)["detail"] == "HTTP 503"


def test_lone_surrogates_are_replaced_in_every_text_and_counted() -> None:
    broken = checked(
        "a?", "\ude42", "joined \ud83d\ude42", input="a\ud83d?", finish_reason="\ud800"
    )
    row = published_row(broken)

    assert (row["input"], row["reasoning_content"]) == ("a\ufffd?", "\ufffd")
    assert (row["content"], row["finish_reason"]) == ("joined 🙂", "\ufffd")
    assert count_lone_surrogates(broken) == 3
    assert count_lone_surrogates(checked(HOSTILE, "t", "r")) == 0


def test_a_model_that_is_served_from_a_path_is_named_without_it() -> None:
    row = published_row(checked("a?", "t", "r", model="/home/bob/m/Qwen3", served_model="/m/Q/"))
    assert (row["model"], row["served_model"]) == ("Qwen3", "Q")


def test_schema_and_yaml_features_are_what_datasets_writes_itself() -> None:
    from datasets import Features, List, Value  # noqa: PLC0415  # 1 s, this test only

    types = {name: Value(name) for name in ("string", "int64", "float64")}
    for config in CONFIGS:
        keys = ["role", "content", *(["reasoning_content"] if config == "default" else [])]
        message = List(dict.fromkeys(keys, Value("string")))
        expected = Features(
            {c.name: message if c.dtype == "messages" else types[c.dtype] for c in COLUMNS}
        )
        assert Features.from_arrow_schema(arrow_schema(COLUMNS, LISTS[config])) == expected
        assert yaml_features(COLUMNS, LISTS[config]) == expected._to_yaml_list()


def test_no_column_makes_a_trainer_take_the_rows_for_another_format() -> None:
    traps = {"prompt", "completion", "chosen", "rejected", "text", "conversations", "tool_calls"}
    assert traps.isdisjoint(column.name for column in COLUMNS)
