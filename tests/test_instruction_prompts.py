"""The prompts of the instruction kind, as a teacher gets them."""

from __future__ import annotations

import jinja2
import pytest

from distilabel_pipelines.instruction_prompts import (
    ExampleTask,
    PromptName,
    choose_list_stops,
    flatten_instruction,
    read_templates,
    render_classification_prompt,
    render_input_first_prompt,
    render_instructions_prompt,
    render_output_first_prompt,
    render_task_list_prompt,
)
from distilabel_pipelines.rows import Language

TASKS = [
    ExampleTask(instruction="Sort the words:", input=" pear, apple ", output="apple, pear\n"),
    ExampleTask(instruction="Name a\nriver.", input="", output="Elbe"),
]
NAMES: tuple[PromptName, ...] = (
    "tasks",
    "instructions",
    "classification",
    "output_first",
    "input_first",
)


def test_a_task_list_ends_with_the_open_label_of_the_next_number() -> None:
    prompt = render_task_list_prompt(TASKS, language="en", count=20)
    assert prompt.endswith(
        "###\n1. Instruction: Sort the words\n1. Input:\npear, apple\n1. Output:\napple, pear\n"
        "###\n2. Instruction: Name a river.\n2. Input:\n<noinput>\n2. Output:\nElbe\n"
        "###\n3. Instruction:"
    )
    assert "20 tasks" in prompt
    assert "from number 3" in prompt
    chinese = render_task_list_prompt(TASKS, language="zh", count=12)
    assert chinese.endswith("2. 输入：\n<无输入>\n2. 输出：\nElbe\n###\n3. 指令：")
    assert "12个" in chinese


def test_an_instruction_list_ends_with_the_open_number() -> None:
    shown = ["Name a\nriver.", "Sort the words:"]
    for language in ("en", "zh"):
        prompt = render_instructions_prompt(shown, language=language, count=16)
        assert prompt.endswith("\n1. Name a river.\n2. Sort the words\n3.")


@pytest.mark.parametrize(
    ("language", "ends"),
    [
        ("en", ("Is it classification?", "Class label:", "Example 1")),
        ("zh", ("是分类任务吗？", "类别：", "示例1")),
    ],
)
def test_the_steps_of_self_instruct_end_where_the_reply_goes_on(
    language: Language, ends: tuple[str, str, str]
) -> None:
    task = "{{ 7 * 7 }} <b>&\nnext line:"
    prompts = (
        render_classification_prompt(task, language=language),
        render_output_first_prompt(task, language=language),
        render_input_first_prompt(task, language=language, count=3),
    )
    for prompt, end in zip(prompts, ends, strict=True):
        assert prompt.endswith(f"{{{{ 7 * 7 }}}} <b>& next line\n{end}")


def test_texts_are_shown_as_they_are_and_never_run() -> None:
    hostile = ExampleTask(
        instruction="{% for x in y %}", input="###\n9. Output:", output="{{ secret }} <&>"
    )
    prompt = render_task_list_prompt([hostile], language="en", count=20)
    assert "1. Instruction: {% for x in y %}\n" in prompt
    assert "{{ secret }} <&>" in prompt


def test_an_instruction_is_shown_in_one_line_without_a_dangling_colon() -> None:
    assert flatten_instruction(" Sort \n these :： ") == "Sort these"
    assert flatten_instruction("把这些词排序：") == "把这些词排序"


def test_every_template_is_there_in_both_languages_and_needs_all_its_values() -> None:
    templates = read_templates(NAMES)
    assert sorted(templates) == sorted(
        f"{n}.{language}" for n in NAMES for language in ("en", "zh")
    )
    for text in templates.values():
        with pytest.raises(jinja2.UndefinedError):
            jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text).render()  # noqa: S701  # no HTML


def test_the_bare_number_of_the_list_is_no_stop() -> None:
    assert choose_list_stops(20) == ["\n20", "\n20."]
