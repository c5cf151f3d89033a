"""Columns and rows of an instruction dataset."""

import hashlib

from builders.columns import arrow_schema, yaml_features
from builders.instruction_outcome import Novelty, SimilarInstruction
from builders.instruction_rows import (
    COLUMNS,
    CONFIG_COLUMNS,
    CONFIGS,
    LISTS,
    REJECTED_COLUMNS,
    config_row,
    count_lone_surrogates,
    published_row,
    rejected_row,
)
from tests.instruction_outcomes import NOVELTY, fallen, row

HOSTILE = "\t a\r\nb\x00\u2028</think>|`🙂\ufeff \n"


def test_columns_are_those_of_the_fixed_interface() -> None:
    assert " ".join(column.name for column in COLUMNS) == (
        "id instruction input output is_classification messages most_similar_instructions "
        "avg_similarity_score task_id form language round request item instance example_ids model "
        "served_model finish_reason judge_verdict judge_reason"
    )
    extra = [column.name for column in REJECTED_COLUMNS[len(COLUMNS) :]]
    assert extra[:5] == ["stage", "reason", "detail", "duplicate_of", "raw"]
    assert extra[5:] == ["benchmark", "benchmark_item", "benchmark_text", "benchmark_share"]
    assert tuple(CONFIG_COLUMNS) == CONFIGS


def test_a_row_holds_the_texts_byte_for_byte() -> None:
    made = published_row(row(HOSTILE, HOSTILE + "1", HOSTILE + "2"))

    assert list(made) == [column.name for column in COLUMNS]
    assert made["instruction"] == HOSTILE
    assert made["messages"] == [
        {"role": "user", "content": f"{HOSTILE}\n{HOSTILE}1"},
        {"role": "assistant", "content": f"{HOSTILE}2"},
    ]


def test_a_task_without_input_is_its_instruction_alone() -> None:
    made = published_row(row("Tell a joke."))
    assert made["messages"] == [
        {"role": "user", "content": "Tell a joke."},
        {"role": "assistant", "content": "Done."},
    ]


def test_ids_follow_from_the_instruction_and_the_instance() -> None:
    made = published_row(row("Tell a joke.", instance=2))
    digest = hashlib.sha256(b"Tell a joke.").hexdigest()[:16]
    assert (made["task_id"], made["id"]) == (digest, f"{digest}-2")


def test_the_scores_are_doubles_to_the_last_bit_and_a_list_of_pairs() -> None:
    made = published_row(row("Tell a joke."))
    assert made["avg_similarity_score"] == NOVELTY.mean
    assert made["most_similar_instructions"] == [
        {"instruction": one.instruction, "score": one.score} for one in NOVELTY.closest
    ]
    unseen = rejected_row(fallen("Go.", "too_short"))
    assert unseen["avg_similarity_score"] is None
    assert unseen["most_similar_instructions"] is None


def test_each_config_has_its_columns_in_order() -> None:
    made = published_row(row("Sort.", "b, a", "a, b"))
    for config, columns in CONFIG_COLUMNS.items():
        assert list(config_row(config, made)) == [column.name for column in columns]
    assert config_row("alpaca", made) == {"instruction": "Sort.", "input": "b, a", "output": "a, b"}
    assert config_row("sharegpt", made)["conversations"] == [
        {"from": "human", "value": "Sort.\nb, a"},
        {"from": "gpt", "value": "a, b"},
    ]


def test_a_rejected_row_says_where_and_why_it_fell() -> None:
    made = rejected_row(fallen("", "truncated", item=4, raw="7. Instr", detail="cut"))
    assert list(made) == [column.name for column in REJECTED_COLUMNS]
    said = [made[name] for name in ("stage", "reason", "detail", "duplicate_of", "raw")]
    assert said == ["task", "truncated", "cut", None, "7. Instr"]


def test_lone_surrogates_are_replaced_in_every_text_and_counted() -> None:
    near = Novelty(mean=0.1, closest=(SimilarInstruction(instruction="x\udc80", score=0.6),))
    broken = row("a\ud83d?", "\ude42", "joined \ud83d\ude42", novelty=near, examples=("s\ud800",))
    made = published_row(broken)

    assert (made["instruction"], made["input"]) == ("a\ufffd?", "\ufffd")
    assert made["output"] == "joined 🙂"
    assert made["most_similar_instructions"] == [{"instruction": "x\ufffd", "score": 0.6}]
    assert made["example_ids"] == ["s\ufffd"]
    assert made["messages"][0]["content"] == "a\ufffd?\n\ufffd"  # type: ignore[index]
    assert count_lone_surrogates(broken) == 4
    lost = fallen("", "unparsable", "reply", raw="\udfff", detail="\udfff")
    assert (rejected_row(lost)["raw"], count_lone_surrogates(lost)) == ("\ufffd", 2)
    assert count_lone_surrogates(row(HOSTILE)) == 0


def test_a_model_that_is_served_from_a_path_is_named_without_it() -> None:
    made = published_row(row("a?", model="/home/bob/m/Qwen3", served_model="/m/Q/"))
    assert (made["model"], made["served_model"]) == ("Qwen3", "Q")


def test_schemas_and_yaml_features_are_what_datasets_writes_itself() -> None:
    from datasets import Features, List, Value  # noqa: PLC0415  # 1 s, this test only

    types = {
        "messages": List({"role": Value("string"), "content": Value("string")}),
        "conversations": List({"from": Value("string"), "value": Value("string")}),
        "similar": List({"instruction": Value("string"), "score": Value("float64")}),
        "strings": List(Value("string")),
        **{name: Value(name) for name in ("string", "int64", "float64", "bool")},
    }
    for columns in (*CONFIG_COLUMNS.values(), REJECTED_COLUMNS):
        expected = Features({column.name: types[column.dtype] for column in columns})
        assert Features.from_arrow_schema(arrow_schema(columns, LISTS)) == expected
        assert yaml_features(columns, LISTS) == expected._to_yaml_list()


def test_no_column_makes_a_trainer_take_the_rows_for_another_format() -> None:
    traps = {"prompt", "completion", "chosen", "rejected", "text", "tool_calls"}
    for config, columns in CONFIG_COLUMNS.items():
        names = {column.name for column in columns}
        assert traps.isdisjoint(names)
        assert ("conversations" in names) == (config == "sharegpt")
