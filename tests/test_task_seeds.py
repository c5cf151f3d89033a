"""Seed tasks: the bundled ones keep what they promise, public forms load, faults name their place.

The code, SQL, formulas and figures in the bundled outputs were run or computed by a program of
their own before they were committed; the tests below run the code again.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import io
import itertools
import json
import os
import re
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenizers import DefaultTokenizer

from builders.checks.language import detect_language
from builders.checks.task_filters import FilterConfig, check_instances, find_task_fault
from builders.errors import RecipeError, SeedError
from builders.seed_loader import SeedConfig
from builders.task_seeds import Instance, SeedTask, TaskSeeds, load_task_seeds
from distilabel_pipelines.instruction_prompts import flatten_instruction
from distilabel_pipelines.instruction_replies import parse_task_list
from distilabel_pipelines.rows import question_id

SHARED_DATA = Path(os.environ.get("SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
SEEDS = Path(__file__).parents[1] / "builders" / "seeds" / "instruction.jsonl"
BUNDLED = [json.loads(line) for line in SEEDS.read_text(encoding="utf-8").splitlines()]
TASK: dict[str, object] = {
    "id": "one",
    "name": "greeting",
    "instruction": "Greet the person.",
    "instances": [{"input": "Ada", "output": "Hello, Ada!"}],
    "is_classification": False,
}


def write_lines(path: Path, rows: list[dict[str, object]]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def load(
    source: Path | str, columns: dict[str, str] | None = None, limit: int | None = None
) -> TaskSeeds:
    config = SeedConfig(source=str(source), limit=limit, columns=columns or {})
    return load_task_seeds(config)


def load_one(folder: Path, values: dict[str, object], **columns: str) -> SeedTask:
    (task,) = load(write_lines(folder / "seeds.jsonl", [values]), columns).tasks
    return task


@pytest.fixture(scope="module")
def bundled() -> TaskSeeds:
    return load("bundled:instruction")


def tokenise(text: str) -> list[str]:
    """rouge-score's own tokens for English, characters for Chinese."""
    if re.search("[\u4e00-\u9fff]", text):
        return re.findall("[\u4e00-\u9fff]|[a-z0-9]+", text.lower())
    tokens: list[str] = DefaultTokenizer(use_stemmer=False).tokenize(text)
    return tokens


def score(one: list[str], other: list[str]) -> float:
    return float(_score_lcs(one, other).fmeasure)


def test_the_bundled_tasks_are_many_and_varied_in_both_languages(bundled: TaskSeeds) -> None:
    facts = bundled.facts
    assert facts.source == "bundled:instruction"
    assert facts.license == "Apache-2.0"
    assert facts.sha256 == hashlib.sha256(SEEDS.read_bytes()).hexdigest()
    assert facts.rows_read == facts.tasks == len(BUNDLED) >= 200
    assert min(facts.languages.values()) >= 0.45 * facts.tasks
    assert facts.classification_unknown == facts.without_output == 0
    for language, count in facts.languages.items():
        of_it = [task for task in bundled.tasks if task.language == language]
        assert sum(task.is_classification is True for task in of_it) >= 0.2 * count
        assert 10 <= sum(len(task.instances) > 1 for task in of_it) <= 0.5 * count
        # Tasks that need no input are a kind of their own: a recipe must see them often.
        assert 0.2 <= sum(task.instances[0].input == "" for task in of_it) / count <= 0.6


def test_the_bundled_rows_have_the_public_fields_and_no_other() -> None:
    fields = ["id", "name", "instruction", "instances", "is_classification"]
    for row in BUNDLED:
        assert list(row) == fields
        assert re.fullmatch(r"seed_task_(en|zh)_\d+", row["id"])
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", row["name"])
        assert isinstance(row["is_classification"], bool)
        assert row["instances"]
        assert all(list(instance) == ["input", "output"] for instance in row["instances"])
        assert detect_language(row["instruction"]) == row["id"].split("_")[2]
    for field in ("id", "name"):
        assert len({row[field] for row in BUNDLED}) == len(BUNDLED)


@pytest.mark.parametrize("first", [10, 60, 150])
def test_a_limit_gives_both_languages_and_classification(first: int) -> None:
    facts = load("bundled:instruction", limit=first).facts
    assert facts.tasks == first
    assert facts.languages == {"en": first // 2, "zh": first // 2}
    assert facts.classification >= 0.2 * first


def test_no_two_bundled_instructions_are_alike() -> None:
    tokens = [tokenise(row["instruction"]) for row in BUNDLED]
    worst = max(
        (score(one, other), a["name"], b["name"])
        for (one, a), (other, b) in itertools.combinations(zip(tokens, BUNDLED, strict=True), 2)
    )
    assert worst[0] <= 0.6, worst  # the screen's own line is 0.7


def test_most_bundled_tasks_are_short_enough_for_three_in_a_small_prompt(
    bundled: TaskSeeds,
) -> None:
    long: Counter[str] = Counter()
    for task in bundled.tasks:
        texts = [one.input + " " + one.output for one in task.instances]
        if task.language == "zh":
            own, most = len(task.instruction), max(len("".join(text.split())) for text in texts)
            long[task.language] += own > 45 or most > 120
            assert most <= 300, task.name
        else:
            own = len(task.instruction.split())
            most = max(len(text.split()) for text in texts)
            long[task.language] += own > 25 or most > 60
            assert most <= 150, task.name
    for language, count in bundled.facts.languages.items():
        assert 0.05 * count <= long[language] <= 0.2 * count


def test_bundled_texts_hold_nothing_that_would_end_or_bend_a_list(bundled: TaskSeeds) -> None:
    label = r"(instruction|input|output|class label|example \d|task|指令|输入|输出|类别|例)"
    mark = re.compile(rf"^(20|#|\s*(\d+\.\s*)?{label}\s*\d*\s*[:：])", re.MULTILINE | re.IGNORECASE)
    for task in bundled.tasks:
        assert flatten_instruction(task.instruction) == task.instruction
        for text in itertools.chain(
            [task.instruction], *[(one.input, one.output) for one in task.instances]
        ):
            assert not mark.search(text), (task.name, text)
            assert text == text.strip()
            assert not re.search("\t|\r|\ufffd|[\u200b-\u200f\ufeff]|<noinput>", text), task.name
        if task.language == "en":
            assert not re.search("[\u3000-\u9fff]", task.instruction), task.name


def test_bundled_tasks_pass_the_filters_of_their_own_kind(bundled: TaskSeeds) -> None:
    config = FilterConfig()
    for task in bundled.tasks:
        assert find_task_fault(task.instruction, task.language, config) is None, task.name
        pairs = [(one.input, one.output) for one in task.instances]
        assert set(check_instances(task.instruction, pairs, config)) == {None}, task.name


def test_bundled_tasks_come_back_whole_from_a_list(bundled: TaskSeeds) -> None:
    for task in bundled.tasks:
        for one in task.instances:
            given = one.input or "<noinput>"
            reply = f" {task.instruction}\n4. Input:\n{given}\n4. Output:\n{one.output}\n###\n"
            listed = parse_task_list(
                reply + "5. Instruction: Wave.\n5. Output:\nBye", first_number=4, is_cut=False
            )
            assert [tuple(item[1:]) for item in listed.tasks] == [
                (task.instruction, one.input, one.output),
                ("Wave.", "", "Bye"),
            ], task.name


def test_bundled_classification_tasks_have_short_labels_that_the_instruction_names(
    bundled: TaskSeeds,
) -> None:
    for task in bundled.tasks:
        told = task.instruction.casefold()
        for one in task.instances if task.is_classification else ():
            assert all(word in told for word in one.output.casefold().split()), (task.name, one)
            assert len(one.output) <= 20


def find_output(name: str) -> str:
    (row,) = [row for row in BUNDLED if row["name"] == name]
    return str(row["instances"][0]["output"])


def test_the_python_in_bundled_outputs_does_what_it_says() -> None:
    scope: dict[str, Any] = {}
    for name in ("python_is_palindrome", "python_count_characters"):
        exec(find_output(name), scope)  # noqa: S102  # our own text
    exec(find_output("fix_python_bug").split("\n\n")[1], scope)  # noqa: S102
    exec(find_output("bubble_sort_explain").split("\n\n")[1], scope)  # noqa: S102
    exec(find_output("python_word_frequency").rpartition("\n\n")[0], scope)  # noqa: S102
    assert scope["is_palindrome"]("Never odd or even")
    assert not scope["is_palindrome"]("abc")
    assert scope["count_characters"]("好好学") == {"好": 2, "学": 1}
    assert scope["average"]([1, 2]) == 1.5
    assert scope["bubble_sort"]([3, 1, 2, 9, 0]) == [0, 1, 2, 3, 9]
    assert scope["most_frequent_words"]("The cat. the")[0] == ("the", 2)
    printed = io.StringIO()
    scores = {"小林": 88, "小何": 95, "小杜": 81}
    with contextlib.redirect_stdout(printed):
        exec(find_output("python_sum_even").split("\n\n")[0])  # noqa: S102
        exec(  # noqa: S102
            find_output("python_average_and_best").split("\n\n")[0], {"scores": scores}
        )
    assert printed.getvalue().split() == ["2550", "平均分：", "88.0", "最高分：", "小何"]


def test_the_sql_patterns_and_json_in_bundled_outputs_are_well_formed() -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript(
            "CREATE TABLE orders(id, customer_id, total, created_at, order_date);"
            "CREATE TABLE products(id, name, price); CREATE TABLE customers(id, name);"
            "CREATE TABLE scores(student_id, subject, score);"
        )
        named = ("count_orders", "top_three_products", "average_score", "join_customers")
        for name in named:
            database.execute(find_output(f"sql_{name}"))
    cases = {
        "regex_for_hex_colour": (["#1A2B3C"], ["#1A2B3G", "1A2B3C", "#1A2B3C4"]),
        "regex_clock_time": (["00:00", "19:59", "23:59"], ["24:00", "3:00", "12:60"]),
        "regex_postcode": (["010000", "518000"], ["51800", "5180001"]),
    }
    for name, (good, bad) in cases.items():
        pattern = find_output(name).split("\n")[0]
        assert [text for text in good + bad if re.match(pattern, text)] == good
    assert json.loads(find_output("csv_to_json"))[1] == {"name": "Omar", "age": 27}
    assert json.loads(find_output("text_to_json"))["stock"] == 12


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the SHARED_DATA folder is absent")
def test_no_bundled_instruction_resembles_a_public_seed_task() -> None:
    public = load(SHARED_DATA / "instruct" / "seed_tasks.jsonl").tasks
    theirs = [tokenise(task.instruction) for task in public]
    for row in BUNDLED:
        own = tokenise(row["instruction"])
        assert max(score(own, other) for other in theirs) <= 0.6, row["instruction"]


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the SHARED_DATA folder is absent")
@pytest.mark.parametrize(
    ("name", "columns", "figures"),
    [
        ("seed_tasks.jsonl", {}, (175, 175, 0, 0, 26, 0)),
        ("alpaca_en_52k.jsonl.gz", {}, (52002, 51974, 0, 28, 0, 51974)),
        ("alpaca_gpt4_zh_demo_1k.jsonl.gz", {}, (1000, 992, 8, 0, 0, 992)),
        (
            "alpaca_zh_en_aligned_10k.jsonl.gz",
            {"instruction": "zh_instruction", "input": "zh_input", "output": "zh_output"},
            (10000, 9986, 3, 11, 0, 9986),
        ),
    ],
)
def test_public_files_load_untouched(
    name: str, columns: dict[str, str], figures: tuple[int, ...]
) -> None:
    loaded = load(SHARED_DATA / "instruct" / name, columns)
    facts = loaded.facts
    assert figures == (
        facts.rows_read,
        facts.tasks,
        facts.equal_merged,
        facts.without_output,
        facts.classification,
        facts.classification_unknown,
    )
    assert facts.source == name
    assert len({task.task_id for task in loaded.tasks}) == facts.tasks
    assert all(one.output for task in loaded.tasks for one in task.instances)


def test_a_task_of_the_public_form_keeps_its_fields(tmp_path: Path) -> None:
    task = load_one(tmp_path, {**TASK, "extra": 1})
    assert task == SeedTask(
        task_id="one",
        name="greeting",
        instruction="Greet the person.",
        instances=[Instance(input="Ada", output="Hello, Ada!")],
        is_classification=False,
        language="en",
    )


def test_an_alpaca_row_is_a_task_of_one_instance_whose_class_is_not_known(tmp_path: Path) -> None:
    row: dict[str, object] = {
        "instruction": "把词语连成句子。",
        "input": "猫、鱼",
        "output": "猫吃鱼。",
    }
    task = load_one(tmp_path, row)
    assert task.instances == [Instance(input="猫、鱼", output="猫吃鱼。")]
    assert (task.is_classification, task.name, task.language) == (None, "", "zh")
    assert task.task_id == question_id("把词语连成句子。")


def test_null_instances_give_way_to_the_rows_own_pair(tmp_path: Path) -> None:
    task = load_one(tmp_path, {**TASK, "instances": None, "input": None, "output": 7})
    assert task.instances == [Instance(input="", output="7")]


@pytest.mark.parametrize("given", ["", "  ", None, "<noinput>", " <NoInput> "])
def test_an_input_that_is_none_is_empty(tmp_path: Path, given: object) -> None:
    row = {**TASK, "instances": [{"input": given, "output": "x"}, {"output": "y"}]}
    outputs = [(one.input, one.output) for one in load_one(tmp_path, row).instances]
    assert outputs == [("", "x"), ("", "y")]


@pytest.mark.parametrize(
    ("stated", "read"),
    [(True, True), (0, False), (1.0, True), ("True", True), ("no", False), ("", None)],
)
def test_classification_is_read_as_files_write_it(
    tmp_path: Path, stated: object, read: object
) -> None:
    assert load_one(tmp_path, {**TASK, "is_classification": stated}).is_classification is read


def test_mapped_columns_stand_in_for_the_fields(tmp_path: Path) -> None:
    row: dict[str, object] = {"ask": "Say hi.", "ctx": "Bo", "reply": "Hi!", "kind": 1, "no": 3}
    columns = {"instruction": "ask", "input": "ctx", "output": "reply", "id": "no"}
    task = load_one(tmp_path, row, **columns, is_classification="kind")
    assert task.instances == [Instance(input="Bo", output="Hi!")]
    assert (task.task_id, task.is_classification) == ("3", True)
    both = {**TASK, "reply": "Good day."}
    assert load_one(tmp_path, both, output="reply").instances[0].output == "Good day."


def test_a_stated_language_wins_over_the_detected_one(tmp_path: Path) -> None:
    assert load_one(tmp_path, {**TASK, "language": " ZH "}).language == "zh"
    assert load_one(tmp_path, {**TASK, "language": "code"}).language == "en"


def test_equal_instructions_are_merged_and_the_first_is_kept(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        TASK,
        {**TASK, "instruction": "greet  the PERSON", "instances": [{"output": "Hey"}]},
        {**TASK, "id": "two", "instruction": "Greet the dog."},
    ]
    loaded = load(write_lines(tmp_path / "a.jsonl", rows))
    assert [task.task_id for task in loaded.tasks] == ["one", "two"]
    assert loaded.tasks[0].instances[0].output == "Hello, Ada!"
    assert (loaded.facts.rows_read, loaded.facts.equal_merged, loaded.facts.tasks) == (3, 1, 2)


def test_the_limit_counts_rows_of_the_file_in_its_order(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [TASK, TASK, {**TASK, "id": "two"}])
    with path.open("ab") as lines:
        lines.write(b"no JSON at all")
    assert load(path, limit=2).facts.rows_read == 2
    with pytest.raises(SeedError, match="row 4"):
        load(path)


def test_rows_without_any_output_are_left_out_counted_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows: list[dict[str, object]] = [
        {"instruction": "Say nothing.", "output": " "},
        {"instruction": "Greet.", "output": "Hi"},
        {"instruction": "Wave.", "instances": []},
        {"instruction": "Nod.", "instances": [{"output": None}, {"input": "a", "output": "b"}]},
    ]
    loaded = load(write_lines(tmp_path / "a.jsonl", rows))
    assert [task.instruction for task in loaded.tasks] == ["Greet.", "Nod."]
    assert loaded.tasks[1].instances == [Instance(input="a", output="b")]
    facts = loaded.facts
    assert facts.rows_read == facts.tasks + facts.equal_merged + facts.without_output == 4
    assert "2 of 4 rows have no output and are left out; the first is row 1" in caplog.text
    with pytest.raises(SeedError, match="none of 1 rows has an output"):
        load(write_lines(tmp_path / "b.jsonl", rows[:1]))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.jsonl.gz", "a.parquet"])
def test_every_file_format_gives_the_same_tasks(tmp_path: Path, name: str) -> None:
    rows: list[dict[str, object]] = [
        {"instruction": "Add them, please.", "input": "2, 3", "output": "5"},
        {"instruction": "写一句诗。", "input": "", "output": "春眠不觉晓，\n处处闻啼鸟。"},
    ]
    path = tmp_path / name
    if name == "a.csv":
        with path.open("w", encoding="utf-8", newline="") as table:
            writer = csv.DictWriter(table, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    elif name == "a.parquet":
        import pyarrow as pa  # noqa: PLC0415  # heavy: one of five cases
        import pyarrow.parquet as pq  # noqa: PLC0415

        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines = "\n".join(json.dumps(row) for row in rows)
        text = json.dumps(rows) if name == "a.json" else lines
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    loaded = load(path)
    assert [task.instances[0].output for task in loaded.tasks] == [row["output"] for row in rows]
    assert [task.language for task in loaded.tasks] == ["en", "zh"]
    assert loaded.facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_instances_are_read_from_parquet(tmp_path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415  # heavy
    import pyarrow.parquet as pq  # noqa: PLC0415

    pq.write_table(pa.Table.from_pylist([TASK]), tmp_path / "a.parquet")
    assert load(tmp_path / "a.parquet").tasks[0].instances[0].output == "Hello, Ada!"


HOSTILE: list[tuple[dict[str, object], list[str]]] = [
    ({"instruction": ""}, ['"instruction"', "empty", "drop the row"]),
    ({"instruction": ["a"]}, ['"instruction"', "list", "SEED_COLUMNS=instruction=COLUMN"]),
    ({"instruction": 5}, ['"instruction"', "int 5"]),
    ({"instruction": "half \ud83d"}, ['"instruction"', "surrogate"]),
    ({"instances": "text"}, ['"instances"', "expected a list", "str 'text'"]),
    ({"instances": {"input": [], "output": []}}, ['"instances"', "dict"]),
    ({"instances": ["text"]}, ['"instances[1]"', "expected an object", "'text'"]),
    (
        {"instances": [{"output": "a"}, {"input": "b"}]},
        ['"instances[2].output"', "there are input"],
    ),
    ({"instances": [{"output": ["a"]}]}, ['"instances[1].output"', "list ['a']"]),
    ({"instances": [{"output": "a\udc00"}]}, ['"instances[1].output"', "surrogate"]),
    ({"is_classification": "maybe"}, ['"is_classification"', "str 'maybe'", "true or false"]),
    ({"is_classification": 2}, ['"is_classification"', "int 2"]),
    ({"is_classification": [True]}, ['"is_classification"', "list"]),
    ({"id": {"a": 1}}, ['"id"', "dict"]),
    ({"name": ["n"]}, ['"name"', "list"]),
]


@pytest.mark.parametrize(("fault", "words"), HOSTILE)
def test_a_bad_row_is_told_by_file_row_field_and_value(
    tmp_path: Path, fault: dict[str, object], words: list[str]
) -> None:
    rows = [json.dumps(TASK), json.dumps({**TASK, "id": "two", **fault})]
    (tmp_path / "seeds.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(SeedError) as caught:
        load(tmp_path / "seeds.jsonl")
    message = str(caught.value)
    assert str(tmp_path) not in message
    assert len(message) < 400
    for word in ["seeds.jsonl, row 2", *words]:
        assert word in message


def test_an_id_that_stands_for_two_tasks_is_refused(tmp_path: Path) -> None:
    rows = [TASK, {**TASK, "instruction": "Greet the dog."}]
    with pytest.raises(SeedError, match=r"row 2.*'one' is the id of row 1 already"):
        load(write_lines(tmp_path / "a.jsonl", rows))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"question": "q", "answer": "a"}, ["no instruction", "answer, question", "instruction="]),
        ({"instruction": "Greet."}, ['"output"', "there are instruction", "SEED_COLUMNS=output="]),
    ],
)
def test_rows_of_another_kind_say_which_column_is_missing(
    tmp_path: Path, row: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(SeedError) as caught:
        load_one(tmp_path, row)
    for word in words:
        assert word in str(caught.value)


def test_a_source_or_mapping_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [TASK])
    with pytest.raises(SeedError, match="SEEDS=bundled:instruction, a file or a Hub dataset"):
        load("bundled:reasoning")
    with pytest.raises(RecipeError, match="unknown field 'question'"):
        load(path, {"question": "instruction"})
    with pytest.raises(SeedError, match=r'name to "titel".*they have id'):
        load(path, {"name": "titel"})
    (tmp_path / "empty.jsonl").write_bytes(b"")
    with pytest.raises(SeedError, match=r"empty\.jsonl: no rows"):
        load(tmp_path / "empty.jsonl")


def test_the_facts_name_the_file_alone_and_no_licence_that_it_does_not_state(
    tmp_path: Path,
) -> None:
    path = write_lines(tmp_path / "my seeds.jsonl", [TASK])
    config = SeedConfig(source=str(path), license="CC0-1.0")
    facts = load_task_seeds(config).facts
    assert (facts.source, facts.license, facts.revision) == ("my seeds.jsonl", None, None)
    assert facts.languages == {"en": 1, "zh": 0}


def test_tasks_cannot_be_changed(bundled: TaskSeeds) -> None:
    with pytest.raises(ValidationError):
        bundled.tasks[0].name = "other"  # type: ignore[misc]
