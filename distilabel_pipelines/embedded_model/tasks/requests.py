"""Training examples of the instruction kind: its own prompts, answered by drawn tasks.

The prompts are rendered by `instruction_prompts`, the replies continue them. Spans of a prompt
between MARK_START and MARK_END are ours too and carry loss like the reply: the marks are taken
out before the text is tokenised. One example in seven is raw text, as API=completions sends it.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from distilabel_pipelines.embedded_model.dialogue import MARK_END, MARK_START
from distilabel_pipelines.embedded_model.families.model import LANGUAGES, Language
from distilabel_pipelines.embedded_model.families.registry import FAMILIES
from distilabel_pipelines.embedded_model.training_mix import Example, draw_question
from distilabel_pipelines.instruction_prompts import (
    ExampleTask,
    render_classification_prompt,
    render_input_first_prompt,
    render_instructions_prompt,
    render_output_first_prompt,
    render_task_list_prompt,
)

from .drawing import Task, draw_classification, draw_plain_task, draw_tasks
from .foreign import draw_example, draw_seed, draw_text, seed_example

RAW_SHARE = 0.15
OURS_SHARE = 0.5  # of the prompts: all examples are tasks of the grammar
SHOWN_INSTRUCTIONS = 8
LISTED_TASKS, LISTED_INSTRUCTIONS = 20, 16
LABELS = {
    "en": (
        "Instruction: ",
        "Input:",
        "Output:",
        "<noinput>",
        "Class label: ",
        "Input: ",
        "Output: ",
        "Example ",
    ),
    "zh": ("指令：", "输入：", "输出：", "<无输入>", "类别：", "输入：", "输出：", "示例"),
}
ANSWERS = {"en": ("Yes", "No"), "zh": ("是", "否")}
NEXT_QUESTION = {
    "en": "\n\nTask: {task}\nIs it classification?",
    "zh": "\n\n任务：{task}\n是分类任务吗？",
}


def mark(text: str) -> str:
    """The text as a span that carries loss."""
    return f"{MARK_START}{text}{MARK_END}" if text else ""


def continue_prompt(prompt: str, reply: str, rng: random.Random) -> Example:
    """A dialogue without thought, or raw text; a chat reply begins without white space."""
    raw = rng.random() < RAW_SHARE
    return Example(None, prompt, None, reply if raw else reply.lstrip(), raw=raw)


def draw_language(rng: random.Random) -> Language:
    """Either language."""
    return rng.choice(LANGUAGES)


def _shown_task(task: Task, rng: random.Random) -> ExampleTask:
    told, answer = rng.choice(task.instances)
    return ExampleTask(instruction=mark(task.instruction), input=mark(told), output=mark(answer))


def _shown_example(language: Language, rng: random.Random, longest: int) -> ExampleTask:
    """A seed task, a question of the reasoning kind, or foreign text."""
    roll = rng.random()
    if roll < 0.5:
        return seed_example(draw_seed(language, rng), rng)
    if roll < 0.6:
        question = draw_question(rng.choice(FAMILIES), language, "train", rng)
        return ExampleTask(instruction=question.text, input="", output=question.answer)
    return draw_example(language, rng, longest)


def draw_task_list(rng: random.Random) -> Example:
    """Alpaca's request: three examples, then five to eight new tasks."""
    language = draw_language(rng)
    shown = rng.choices((1, 2, 3, 4), (1, 2, 14, 2))[0]
    tasks = draw_tasks(language, shown + rng.randrange(5, 9), rng)
    longest = 300 if rng.random() < 0.1 else 50
    ours = rng.random() < OURS_SHARE
    examples = [
        _shown_task(task, rng)
        if ours or rng.random() < 0.3
        else _shown_example(language, rng, longest)
        for task in tasks[:shown]
    ]
    prompt = render_task_list_prompt(examples, language=language, count=LISTED_TASKS)
    return continue_prompt(prompt, write_task_list(tasks[shown:], shown + 1, language, rng), rng)


def draw_bare_list(rng: random.Random) -> Example:
    """The same list from its first task on and without the request: every token is learnt from."""
    language = draw_language(rng)
    tasks = draw_tasks(language, rng.randrange(8, 12), rng)
    opening = f"###\n1. {LABELS[language][0]}".rstrip()
    return Example(None, opening, None, write_task_list(tasks, 1, language, rng), raw=True)


def write_task_list(tasks: list[Task], first: int, language: Language, rng: random.Random) -> str:
    """The reply: everything after `4. Instruction:`."""
    instruction, told, answered, nothing = LABELS[language][:4]
    items = []
    for number, task in enumerate(tasks, first):
        given, answer = rng.choice(task.instances)
        lines = (
            task.instruction,
            f"{number}. {told}",
            given or nothing,
            f"{number}. {answered}",
            answer,
        )
        items.append(f"{number}. {instruction}" + "\n".join(lines))
    return "\n###\n".join(items).removeprefix(f"{first}. {instruction.rstrip()}")


def draw_instruction_list(rng: random.Random) -> Example:
    """Self-Instruct's first step: instructions shown, new ones one a line."""
    language = draw_language(rng)
    shown = SHOWN_INSTRUCTIONS if rng.random() < 0.75 else rng.randrange(3, SHOWN_INSTRUCTIONS)
    tasks = draw_tasks(language, LISTED_INSTRUCTIONS, rng)
    ours = rng.random() < OURS_SHARE
    examples = []
    for task in tasks[:shown]:
        keep = ours or rng.random() < 0.3
        foreign = _shown_example(language, rng, 30).instruction
        examples.append(mark(task.instruction) if keep else foreign)
    prompt = render_instructions_prompt(examples, language=language, count=LISTED_INSTRUCTIONS)
    lines = [f"{number}. {task.instruction}" for number, task in enumerate(tasks, 1)][shown:]
    return continue_prompt(prompt, "\n".join(lines).removeprefix(f"{shown + 1}."), rng)


def _judged(language: Language, rng: random.Random) -> tuple[str, bool]:
    """An instruction, and whether it is a classification task."""
    if rng.random() < 0.35:
        row = draw_seed(language, rng)
        return str(row["instruction"]), bool(row["is_classification"])
    draw = draw_classification if rng.random() < 0.5 else draw_plain_task
    task = draw(language, rng)
    return task.instruction, task.is_classification


def draw_yes_or_no(rng: random.Random) -> Example:
    """Classification or not; several questions in one prompt, since an answer is one word."""
    language = draw_language(rng)
    yes, no = ANSWERS[language]
    space = " " if language == "en" else ""
    text, answer = _judged(language, rng)
    prompt = render_classification_prompt(text, language=language)
    for _ in range(rng.choice((0, 6, 12))):
        prompt += MARK_START + space + (yes if answer else no) + MARK_END
        text, answer = _judged(language, rng)
        one_line = " ".join(text.split()).rstrip(":：")
        prompt += NEXT_QUESTION[language].format(task=one_line)
    return continue_prompt(prompt, space + (yes if answer else no), rng)


def draw_labelled(rng: random.Random) -> Example:
    """Output first: a label, then an input that gets it."""
    language = draw_language(rng)
    label, told = LABELS[language][4:6]
    task: Task | None = None
    if rng.random() < 0.15:
        task = _seed_task(language, rng, is_classification=True)
    task = task or draw_classification(language, rng)
    prompt = render_output_first_prompt(task.instruction, language=language)
    items = [
        f"{label}{out}" + (f"\n{told}{given}" if given else "") for given, out in task.instances[:4]
    ]
    return continue_prompt(prompt, "\n".join(items).removeprefix(label.rstrip()), rng)


def _seed_task(language: Language, rng: random.Random, *, is_classification: bool) -> Task | None:
    """A seed task of the wanted kind, if one of a few draws is."""
    for _ in range(8):
        row = draw_seed(language, rng)
        instances = row["instances"]
        if row["is_classification"] == is_classification and isinstance(instances, list):
            pairs = tuple((one["input"], one["output"]) for one in instances)
            return Task("seed", str(row["instruction"]), pairs, is_classification)
    return None


def draw_examples_of_task(rng: random.Random) -> Example:
    """Input first: up to three inputs with their outputs, or one output alone."""
    language = draw_language(rng)
    told, answered, example = LABELS[language][5:8]
    task: Task | None = None
    if rng.random() < 0.15:
        task = _seed_task(language, rng, is_classification=False)
    task = task or draw_plain_task(language, rng)
    prompt = render_input_first_prompt(task.instruction, language=language, count=3)
    items = []
    for number, (given, answer) in enumerate(task.instances[:3], 1):
        lines = [
            f"{example}{number}",
            *([f"{told}{given}"] if given else []),
            f"{answered}{answer}",
        ]
        items.append("\n".join(lines))
    return continue_prompt(prompt, "\n".join(items).removeprefix(f"{example}1"), rng)


def draw_foreign_judgement(rng: random.Random) -> Example:
    """Instances asked for an instruction of nonsense: a sensible form all the same."""
    language = draw_language(rng)
    task = draw_plain_task(language, rng)
    text = draw_text(language, rng, 20)
    prompt = render_input_first_prompt(text, language=language, count=3)
    answered, example = LABELS[language][6:8]
    told, answer = task.instances[0]
    lines = [
        f"{example}1",
        *([f"{LABELS[language][5]}{told}"] if told else []),
        f"{answered}{answer}",
    ]
    return continue_prompt(prompt, "\n".join(lines).removeprefix(f"{example}1"), rng)


REQUESTS: tuple[tuple[str, float, Callable[[random.Random], Example]], ...] = (
    ("instruction/tasks", 0.24, draw_task_list),
    ("instruction/bare_lists", 0.24, draw_bare_list),
    ("instruction/instructions", 0.18, draw_instruction_list),
    ("instruction/classification", 0.08, draw_yes_or_no),
    ("instruction/output_first", 0.12, draw_labelled),
    ("instruction/input_first", 0.13, draw_examples_of_task),
    ("instruction/foreign", 0.01, draw_foreign_judgement),
)
