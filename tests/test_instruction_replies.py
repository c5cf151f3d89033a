"""Reading replies: what can be read without doubt is read, everything else is a fault."""

from __future__ import annotations

import gzip
import json
import random
import re
import string
import time
from pathlib import Path

import pytest

from distilabel_pipelines.instance_replies import (
    Instance,
    Instances,
    parse_input_first,
    parse_output_first,
)
from distilabel_pipelines.instruction_prompts import ExampleTask, render_task_list_prompt
from distilabel_pipelines.instruction_replies import (
    Fault,
    ListedTask,
    TaskList,
    UnreadableReplyError,
    clean_input,
    parse_classification,
    parse_instruction_list,
    parse_task_list,
)
from tests.fake_teacher import shared_data
from tests.fake_teacher.task_lists import ListForm, write_list
from tests.fake_teacher.task_words import TaskLanguage, WordedTask, word_task

PUBLIC_FORM = """ Sort the words.
4. Input:
pear, apple
4. Output:
apple, pear
###
5. Instruction: Name a river.
5. Input:
<noinput>
5. Output:
Elbe
"""
SORT = ListedTask(0, "Sort the words.", "pear, apple", "apple, pear")
RIVER = ListedTask(1, "Name a river.", "", "Elbe")
READABLE = [
    form
    for form in ListForm
    if form not in {ListForm.CUT, ListForm.REFUSAL, ListForm.EMPTY, ListForm.THOUGHT_INLINE}
]
DATA = shared_data() / "instruct"
needs_data = pytest.mark.skipif(not DATA.exists(), reason=f"no shared data at {DATA}")


def parse(reply: str, *, first: int = 4, is_cut: bool = False) -> TaskList:
    return parse_task_list(reply, first_number=first, is_cut=is_cut)


def test_the_public_format_is_read_where_the_prompt_left_off() -> None:
    assert parse(PUBLIC_FORM) == TaskList([SORT, RIVER], [])


@pytest.mark.parametrize("form", READABLE)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_way_in_which_a_teacher_bends_the_format_is_read(
    form: ListForm, language: TaskLanguage
) -> None:
    tasks = [word_task(language, number) for number in range(12)]
    reply = write_list(tasks, form, language=language, first=4)
    read = parse(reply)
    assert read.faults == []
    assert [one[1:] for one in read.tasks] == tasks
    assert [one.item for one in read.tasks] == list(range(12))


def test_the_last_task_of_a_cut_reply_is_dropped_and_told() -> None:
    read = parse(PUBLIC_FORM, is_cut=True)
    assert read.tasks == [SORT]
    (fault,) = read.faults
    assert (fault.item, fault.kind) == (1, "truncated")
    assert "Name a river." in fault.raw


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "   \n\n ",
        "###",
        "I'm sorry, but I can't help with that.",
        "很抱歉，我无法帮助您。",
        "Here are some ideas:\n- sort words\n- name rivers",
    ],
)
def test_a_reply_without_a_task_brings_none(reply: str) -> None:
    read = parse(reply)
    assert read.tasks == []
    assert {fault.kind for fault in read.faults} <= {"unparsable"}
    assert len(read.faults) <= 1


def test_an_item_without_output_is_a_fault_and_its_neighbours_stay() -> None:
    reply = PUBLIC_FORM.replace("4. Output:\napple, pear\n", "")
    read = parse(reply)
    assert read.tasks == [RIVER]
    assert [(one.item, one.kind) for one in read.faults] == [(0, "unparsable")]


def test_labels_inside_an_output_are_text_of_the_output() -> None:
    output = "Write:\n1. Instruction: sit\n2. Input: x\n3. Output: y\nInput: z\nOutput: w"
    then = "###\n5. Instruction: a b\n5. Input:\nc\n5. Output:\nd"
    reply = f" Show me a prompt.\n4. Input:\n<noinput>\n4. Output:\n{output}\n{then}"
    read = parse(reply)
    assert [one.output for one in read.tasks] == [output, "d"]
    assert read.faults == []


def test_numbers_in_an_output_do_not_begin_a_task() -> None:
    output = "1. Wake up\n2. Eat\n10. Sleep\n2020. was a year"
    reply = f" Plan a day.\n4. Input:\n<noinput>\n4. Output:\n{output}"
    assert [one.output for one in parse(reply).tasks] == [output]


def test_several_lines_of_instruction_become_one_and_those_of_others_stay() -> None:
    reply = " Sort\nthe words.\n4. Input:\npear\n\napple\n4. Output:\n  apple\n\n    pear\n\n"
    assert parse(reply).tasks == [
        ListedTask(0, "Sort the words.", "pear\n\napple", "apple\n\n    pear")
    ]


@pytest.mark.parametrize(
    "told",
    [
        "<noinput>",
        "<NoInput>",
        "noinput",
        "No input",
        "None",
        "N/A",
        "n/a.",
        "(none)",
        "<无输入>",
        "无",
        "（无）",
        "不需要输入。",
        "",
    ],
)
def test_an_input_that_says_there_is_none_is_empty(told: str) -> None:
    assert clean_input(f" {told}\n") == ""


@pytest.mark.parametrize(
    "told", ["None of them came.", "无锡", "no inputs", "0", "N/A or not", "-"]
)
def test_an_input_that_only_looks_empty_stays(told: str) -> None:
    assert clean_input(told) == told


def test_stars_of_a_text_are_no_part_of_its_label() -> None:
    reply = " Say it.\n4. Input:\n* a\n* b\n**4. Output:**\n**Yes**, both\n\n---------\n*"
    assert parse(reply).tasks == [
        ListedTask(0, "Say it.", "* a\n* b", "**Yes**, both\n\n---------\n*")
    ]
    examples = "Input: * a\n**Output:** **Yes**\n**Example 2**\n**Output**: **No**"
    assert [one[1:] for one in parse_input_first(examples, is_cut=False).instances] == [
        ("* a", "**Yes**"),
        ("", "**No**"),
    ]


@pytest.mark.parametrize("rule", ["---", "***", "___", " --- "])
def test_a_rule_parts_tasks_where_no_break_does(rule: str) -> None:
    assert parse(PUBLIC_FORM.replace("###", rule)).tasks == [SORT, RIVER]
    restarting = PUBLIC_FORM.replace("###", rule).replace("5.", "4.")
    assert parse(restarting).tasks == [SORT, RIVER]
    kept = PUBLIC_FORM.replace("Elbe", f"Elbe\n{rule}")
    assert parse(kept).tasks[1].output == f"Elbe\n{rule}".strip()


def test_windows_line_ends_and_spaces_before_labels_are_read() -> None:
    assert parse(PUBLIC_FORM.replace("\n", "\r\n")).tasks == [SORT, RIVER]
    assert parse(PUBLIC_FORM.replace("\n4.", "\n  4.").replace("\n5.", "\n 5.")).tasks == [
        SORT,
        RIVER,
    ]


def test_values_on_the_line_of_their_label_are_read() -> None:
    reply = PUBLIC_FORM.replace("Input:\n", "Input: ").replace("Output:\n", "Output: ")
    assert parse(reply) == TaskList([SORT, RIVER], [])


def test_self_instructs_list_is_read_where_the_prompt_left_off() -> None:
    for reply in (" Sort words.\n10. Name a river.", "9. Sort words.\n10. Name a river.\n"):
        read = parse_instruction_list(reply, first_number=9, is_cut=False)
        assert [one.instruction for one in read.tasks] == ["Sort words.", "Name a river."]
        assert read.faults == []
    cut = parse_instruction_list(" Sort words.\n10. Name a ri", first_number=9, is_cut=True)
    assert [one.instruction for one in cut.tasks] == ["Sort words."]
    assert cut.faults == [Fault(1, "truncated", "Name a ri")]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (" Yes", True),
        ("No.", False),
        ("**Yes**", True),
        ("Yes, because the answer is one of no more than two labels.", True),
        ("是", True),
        ("否。", False),
        ("不是分类任务", False),
        ("是的，这是分类任务", True),
        ("Answer: No", False),
    ],
)
def test_a_yes_or_no_is_found(reply: str, expected: bool) -> None:
    assert parse_classification(reply) is expected


@pytest.mark.parametrize(
    "reply", ["", "Maybe.", "Knowing that, yes and no.", "It depends", "Noyes"]
)
def test_neither_yes_nor_no_is_an_error_that_says_what_came(reply: str) -> None:
    with pytest.raises(UnreadableReplyError, match="neither yes nor no"):
        parse_classification(reply)


def test_output_first_reads_label_then_input() -> None:
    reply = " Urgent\nInput: The pump leaks.\nClass label: Can wait\nInput: Paint the\nfence.\n"
    assert parse_output_first(reply, is_cut=False) == Instances(
        [Instance(0, "The pump leaks.", "Urgent"), Instance(1, "Paint the\nfence.", "Can wait")], []
    )
    chinese = "紧急\n输入：水泵漏水。\n类别：可以等\n输入：刷篱笆。"
    assert [one.output for one in parse_output_first(chinese, is_cut=False).instances] == [
        "紧急",
        "可以等",
    ]


def test_output_first_without_input_and_cut_at_the_end() -> None:
    assert parse_output_first(" Yes\n", is_cut=False).instances == [Instance(0, "", "Yes")]
    read = parse_output_first(" Yes\nInput: a\nClass label: N", is_cut=True)
    assert read.instances == [Instance(0, "a", "Yes")]
    assert read.faults == [Fault(1, "truncated", "N")]


def test_input_first_reads_examples_with_and_without_input() -> None:
    reply = "\nInput: 3, 1\nOutput: 1, 3\nExample 2\nOutput: nothing\nExample 3\nInput: 9\n"
    assert parse_input_first(reply, is_cut=False) == Instances(
        [Instance(0, "3, 1", "1, 3"), Instance(1, "", "nothing")],
        [Fault(2, "unparsable", "Input: 9")],
    )


def test_no_instance_at_all_is_no_error() -> None:
    assert parse_input_first("…", is_cut=False).instances == []
    assert parse_output_first("", is_cut=False) == Instances([], [])


HOSTILE = [
    "4. Instruction:" * 3000,
    "4. Instruction: a\n" * 3000,
    "###\n" * 5000,
    "#" * 20_000,
    "*" * 20_000,
    " " * 20_000 + "\n" * 20_000,
    "4. Instruction: a\n4. Output:\n" + "### \n" * 5000,
    "\n".join(f"{number}. Input:" for number in range(4000)),
    "1" * 20_000 + ". Instruction: a",
    "9999. Instruction: a\n9999. Input:\nb\n9999. Output:\nc",
    "\x00\ud800 4. Instruction: \u202e\ufeff a\n4. Output:\nb",
    "Yes\nNo\n" * 4000,
    "Class label: a\nInput: b\n" * 2000,
    "Example 1\nInput: a\n" * 2000,
    "\t" * 5000 + "- " * 5000,
    "4. Input" + " " * 20_000 + "x",
    "4. Instruction" + " *" * 10_000 + "x",
    "Example 1" + " " * 20_000 + "x",
    "Class label 1" + " " * 20_000 + "x",
    "Output" + " *" * 10_000 + "x",
    "4" + "\n" * 20_000 + "4",
    "4.\n" * 10_000,
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_text_takes_no_time_and_counts_each_piece_once(number: int) -> None:
    reply, begun = HOSTILE[number], time.monotonic()
    for is_cut in (False, True):
        for read in (
            parse(reply, is_cut=is_cut),
            parse_instruction_list(reply, first_number=9, is_cut=is_cut),
        ):
            items = sorted([*(one.item for one in read.tasks), *(one.item for one in read.faults)])
            assert items == list(range(len(items)))
        parse_output_first(reply, is_cut=is_cut)
        parse_input_first(reply, is_cut=is_cut)
    assert time.monotonic() - begun < 3


def test_random_scraps_of_the_format_never_break_the_parsers() -> None:
    chance = random.Random(7)  # noqa: S311  # no secret
    labels = ["###", "4. Instruction:", "4. Input:", "4. Output:", "5. 指令：", "5. 输出：", "\n"]
    labels += ["Class label:", "Example 2", "Output:", "Input:", "**", "yes"]
    scraps = [*labels, *string.punctuation]
    for _ in range(1500):
        reply = "".join(
            chance.choice(scraps) + chance.choice(["", " ", "\n", "a"]) for _ in range(25)
        )
        read = parse(reply)
        items = sorted([*(one.item for one in read.tasks), *(one.item for one in read.faults)])
        assert items == list(range(len(items)))
        assert all(one.instruction and one.output for one in read.tasks)
        parse_output_first(reply, is_cut=False)
        parse_input_first(reply, is_cut=False)


def load_gzip(name: str) -> list[WordedTask]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [WordedTask(row["instruction"], row["input"], row["output"]) for row in rows]


LABELLED = re.compile(
    r"^[ #*>-]*\d+\s*[.)]\s*(instruction|input|output)\b|^\s*#{3,}", re.IGNORECASE | re.MULTILINE
)


def is_plain(task: WordedTask) -> bool:
    """Whether no text of it looks like the list itself: 1 in 700 of the real rows does, since their
    own teacher's lists were not always read right."""
    return bool(task.output.strip()) and not any(LABELLED.search(text) for text in task)


def count_misread(tasks: list[WordedTask], language: TaskLanguage, form: ListForm) -> int:
    """Tasks that do not come back as they were written, 16 a reply."""
    misread = 0
    for start in range(0, len(tasks), 16):
        told = tasks[start : start + 16]
        read = parse(write_list(told, form, language=language, first=4))
        back = {one.item: one for one in read.tasks}
        for item, task in enumerate(told):
            expected = (
                " ".join(task.instruction.split()),
                clean_input(task.input),
                task.output.strip(),
            )
            misread += item not in back or back[item][1:] != expected
    return misread


@pytest.mark.real_data
@needs_data
@pytest.mark.parametrize(
    ("name", "language"),
    [("alpaca_en_52k.jsonl.gz", "en"), ("alpaca_gpt4_zh_demo_1k.jsonl.gz", "zh")],
)
@pytest.mark.parametrize("form", [ListForm.PLAIN, ListForm.BOLD, ListForm.NO_BREAKS])
def test_real_rows_come_back_from_a_list_as_they_were(
    name: str, language: TaskLanguage, form: ListForm
) -> None:
    rows = load_gzip(name)[:8000]
    tasks = [task for task in rows if is_plain(task)]
    assert len(tasks) > 0.99 * len(rows)
    assert count_misread(tasks, language, form) == 0


@pytest.mark.real_data
@needs_data
def test_the_real_seeds_come_back_from_a_rendered_prompt() -> None:
    rows = [json.loads(line) for line in Path(DATA / "seed_tasks.jsonl").read_text().splitlines()]
    tasks = [
        ExampleTask(instruction=row["instruction"], **row["instances"][0])
        for row in rows
        if row["instances"][0]["output"].strip()
    ]
    prompt = render_task_list_prompt(tasks, language="en", count=999)
    listed = prompt[prompt.index("###\n1. Instruction:") :].rsplit("###", 1)[0]
    read = parse(listed, first=1)
    assert read.faults == []
    misread = [
        (task, one)
        for task, one in zip(tasks, read.tasks, strict=True)
        if (one.input, one.output) != (clean_input(task.input), task.output.strip())
    ]
    assert misread == []
