"""Measure how the committed weights write instruction data, through the real server.

Sampled as the build samples (temperature 1, top_p 0.95), as chat and as raw text, in both
languages: which replies parse, how many instructions are new, in which language they are, and
whether the classification answers are right. The tasks shown are bundled seeds that training
never saw. Exits 1 when a target is missed.
"""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from distilabel_pipelines import instance_replies as instances
from distilabel_pipelines import instruction_prompts as prompts
from distilabel_pipelines import instruction_replies as replies

from .families.model import LANGUAGES, Language
from .serving import Reply, served, write_on
from .tasks.drawing import draw_classification, draw_plain_task
from .tasks.foreign import load_seeds, seed_example, seed_language
from .tasks.novelty import find_novel
from .weight_files import BUNDLED_GGUFS

FORMS = ("chat", "raw")
STEPS = ("tasks", "instructions", "output_first", "input_first")
TARGETS = {
    "replies that parse": 0.90,
    "instructions that are new": 0.50,
    "instructions in the prompt's language": 0.95,
    "classification right, our own": 0.95,
    "classification right, unseen bundled seeds": 0.75,
}
LIST_STOPS = prompts.choose_list_stops(20)
CONCURRENCY, CONTEXT_TOKENS = 8, 4096
LEAST_ITEMS = 3  # of a list that counts as parsed


@dataclass(frozen=True)
class Asked:
    """A prompt, and how its reply is read: the items it holds, nothing where it does not parse."""

    step: str
    language: Language
    form: str
    prompt: str
    expected: bool | None
    read: Callable[[str, bool], list[str]]


@dataclass(frozen=True)
class Outcome:
    """One reply; `found` are its instructions, inputs, or its yes or no."""

    step: str
    language: Language
    form: str
    prompt: str
    reply: str
    found: list[str]
    right: bool | None


def read_tasks(reply: str, is_cut: bool) -> list[str]:
    """The instructions of a list of tasks, all of them whole but a cut last one."""
    return _read_list(replies.parse_task_list(reply, first_number=4, is_cut=is_cut))


def read_instructions(reply: str, is_cut: bool) -> list[str]:
    """The instructions of a plain list."""
    return _read_list(replies.parse_instruction_list(reply, first_number=9, is_cut=is_cut))


def _read_list(read: replies.TaskList) -> list[str]:
    broken = any(fault.kind == "unparsable" for fault in read.faults)
    found = [task.instruction for task in read.tasks]
    return [] if broken or len(found) < LEAST_ITEMS else found


def read_output_first(reply: str, is_cut: bool) -> list[str]:
    """The labels."""
    return _read_instances(instances.parse_output_first(reply, is_cut=is_cut))


def read_input_first(reply: str, is_cut: bool) -> list[str]:
    """The outputs."""
    return _read_instances(instances.parse_input_first(reply, is_cut=is_cut))


def _read_instances(read: instances.Instances) -> list[str]:
    broken = any(fault.kind == "unparsable" for fault in read.faults)
    return [] if broken else [instance.output for instance in read.instances]


def read_yes_or_no(reply: str, is_cut: bool) -> list[str]:  # noqa: ARG001 - one reader's form
    """Yes or no."""
    try:
        return ["yes" if replies.parse_classification(reply) else "no"]
    except replies.UnreadableReplyError:
        return []


def list_prompts(number: int, seed: int) -> Iterator[Asked]:
    """Prompts of both kinds of list, with seeds that training never saw."""
    for language in LANGUAGES:
        rows = load_seeds(language, for_evaluation=True)
        for form in FORMS:
            rng = random.Random(f"lists-{seed}-{language}-{form}")
            for _ in range(number):
                shown = [seed_example(row, rng) for row in rng.sample(rows, 3)]
                text = prompts.render_task_list_prompt(shown, language=language, count=20)
                yield Asked("tasks", language, form, text, None, read_tasks)
                lines = [str(row["instruction"]) for row in rng.sample(rows, 8)]
                text = prompts.render_instructions_prompt(lines, language=language, count=16)
                yield Asked("instructions", language, form, text, None, read_instructions)


def answer_prompts(number: int, seed: int) -> Iterator[Asked]:
    """Questions whose answer is known, and instances asked for instructions of the grammar."""
    for language in LANGUAGES:
        for form in FORMS:
            rng = random.Random(f"answers-{seed}-{language}-{form}")
            for _ in range(number):
                for draw in (draw_classification, draw_plain_task):
                    yield _judge_prompt(
                        "own", draw(language, rng).instruction, language, form, draw
                    )
                text = draw_classification(language, rng).instruction
                text = prompts.render_output_first_prompt(text, language=language)
                yield Asked("output_first", language, form, text, None, read_output_first)
                text = draw_plain_task(language, rng).instruction
                text = prompts.render_input_first_prompt(text, language=language, count=3)
                yield Asked("input_first", language, form, text, None, read_input_first)
            for row in load_seeds(language, for_evaluation=True):
                draw = draw_classification if row["is_classification"] else draw_plain_task
                yield _judge_prompt("seeds", str(row["instruction"]), language, form, draw)


def _judge_prompt(
    step: str, instruction: str, language: Language, form: str, draw: Callable[..., object]
) -> Asked:
    text = prompts.render_classification_prompt(instruction, language=language)
    return Asked(step, language, form, text, draw is draw_classification, read_yes_or_no)


def ask(base_url: str, asked: Asked, seed: int) -> Outcome:
    """Send one prompt and read the reply."""
    is_list = asked.step in ("tasks", "instructions")
    stops = LIST_STOPS if is_list else [prompts.NEXT_TASK[asked.language]]
    raw = asked.form == "raw"
    reply: Reply = write_on(base_url, asked.prompt, raw=raw, seed=seed, stop=stops)
    found = asked.read(reply.content, reply.finish_reason == "length")
    right = None if asked.expected is None else found == ["yes" if asked.expected else "no"]
    return Outcome(
        asked.step, asked.language, asked.form, asked.prompt, reply.content, found, right
    )


def share(values: Sequence[bool]) -> float:
    """The share of true ones."""
    return sum(values) / max(len(values), 1)


def find_new_share(outcomes: Sequence[Outcome], language: Language) -> float:
    """How many of the written instructions resemble no seed and no earlier one."""
    known = [
        str(row["instruction"])
        for for_evaluation in (True, False)
        for row in load_seeds(language, for_evaluation=for_evaluation)
    ]
    written = [text for outcome in outcomes for text in outcome.found]
    return len(find_novel(written, known)) / max(len(written), 1)


def in_language(text: str, language: Language) -> bool:
    """Whether an instruction is written in this language."""
    return seed_language({"instruction": text}) == language


def measure(outcomes: Sequence[Outcome]) -> dict[tuple[str, Language, str], float]:
    """The figures by name, language and form."""
    figures: dict[tuple[str, Language, str], float] = {}
    for language in LANGUAGES:
        for form in FORMS:
            here = [o for o in outcomes if (o.language, o.form) == (language, form)]
            for step in STEPS:
                group = [o for o in here if o.step == step]
                parsed = share([bool(o.found) for o in group])
                figures[f"replies that parse: {step}", language, form] = parsed
                if step in ("tasks", "instructions"):
                    name = f"instructions that are new: {step}"
                    figures[name, language, form] = find_new_share(group, language)
                    right = [in_language(t, language) for o in group for t in o.found]
                    name = f"instructions in the prompt's language: {step}"
                    figures[name, language, form] = share(right)
            for step, what in (("own", "our own"), ("seeds", "unseen bundled seeds")):
                right = [bool(o.right) for o in here if o.step == step]
                figures[f"classification right, {what}", language, form] = share(right)
    return figures


def find_target(name: str) -> float:
    """The least value of a figure."""
    return TARGETS[name.split(":", 1)[0]]


def table(figures: dict[tuple[str, Language, str], float]) -> str:
    """A Markdown table: figures × (language, form), with targets."""
    columns = [(language, form) for language in LANGUAGES for form in FORMS]
    lines = ["| figure | target | " + " | ".join(f"{lang} {form}" for lang, form in columns) + " |"]
    lines.append("|---" * (len(columns) + 2) + "|")
    for name in dict.fromkeys(name for name, _, _ in figures):
        values = [figures[name, language, form] for language, form in columns]
        target = find_target(name)
        cells = (f"{value:.0%}" + ("" if value >= target else " MISSED") for value in values)
        lines.append(f"| {name} | {target:.0%} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def run(gguf_file: Path, lists: int, answers: int, seed: int) -> list[Outcome]:
    """Start the server, send everything, stop it."""
    asked = [*list_prompts(lists, seed), *answer_prompts(answers, seed)]
    with (
        served(gguf_file, CONCURRENCY, context_tokens=CONTEXT_TOKENS) as base_url,
        ThreadPoolExecutor(CONCURRENCY) as pool,
    ):
        numbered = enumerate(asked)
        return list(pool.map(lambda pair: ask(base_url, pair[1], seed + pair[0]), numbered))


def main() -> int:
    """Evaluate and compare with the targets."""
    parser = argparse.ArgumentParser(description="Evaluate the embedded model's instruction data.")
    parser.add_argument("--lists", type=int, default=12, help="replies a list prompt and form")
    parser.add_argument("--answers", type=int, default=12, help="of each other kind")
    parser.add_argument("--json", type=Path, default=None, help="write every outcome here")
    parser.add_argument(
        "--weights", type=Path, default=BUNDLED_GGUFS["reasoner"], help="a GGUF file"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    outcomes = run(arguments.weights, arguments.lists, arguments.answers, arguments.seed)
    figures = measure(outcomes)
    sys.stdout.write(table(figures) + "\n")
    if arguments.json:
        report = [asdict(outcome) for outcome in outcomes]
        arguments.json.write_text(json.dumps(report, ensure_ascii=False, indent=1))
    return int(any(value < find_target(name) for (name, _, _), value in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
