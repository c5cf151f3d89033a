"""Write seed questions for the reasoning build, from the held-out split only.

Numbers were never trained on; three of four wordings come from the training grammars, the fourth
from the held-out file. The same seed writes the same file. Row: {"id": "families-0007",
"question": "…", "answer": "42", "language": "en", "family": "addition"}.
"""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

from .families.model import LANGUAGES, Family, Language
from .families.registry import FAMILIES
from .training_mix import Question, draw_question, heldout_wording_questions

HELDOUT_WORDING_EVERY = 4


def seed_questions(number: int, seed: int) -> Iterator[Question]:
    """Distinct questions; languages alternate, families take turns."""
    rng = random.Random(f"seed-questions-{seed}")
    order = list(FAMILIES)
    seen: set[str] = set()
    templates: set[str] = set()
    for index in range(number):
        turn, language_index = divmod(index, len(LANGUAGES))
        if turn % len(order) == 0 and language_index == 0:
            rng.shuffle(order)
        family, language = order[turn % len(order)], LANGUAGES[language_index]
        heldout = turn // len(order) % HELDOUT_WORDING_EVERY == 1
        question = _fresh(family, language, heldout, rng, seen, templates)
        yield question


def _fresh(
    family: Family,
    language: Language,
    heldout: bool,
    rng: random.Random,
    seen: set[str],
    templates: set[str],
) -> Question:
    """A question whose numbers are new to the file and, if it can be, whose wording is too."""
    for attempt in range(60):
        if heldout:
            question = next(heldout_wording_questions(family, language, 1, rng))
        else:
            question = draw_question(family, language, "held_out", rng)
        shape = f"{family.name}|" + "".join("0" if c.isdigit() else c for c in question.text)
        if question.key in seen or (shape in templates and attempt < 50):
            continue
        seen.add(question.key)
        templates.add(shape)
        return question
    raise RuntimeError(f"family {family.name} has no more distinct held-out questions")


def row(index: int, question: Question) -> dict[str, str]:
    """The question as one JSONL row."""
    return {
        "id": f"families-{index:04d}",
        "question": question.text,
        "answer": question.answer,
        "language": question.language,
        "family": question.family,
    }


def main() -> None:
    """Write the questions as JSONL."""
    parser = argparse.ArgumentParser(description="Write held-out seed questions as JSONL.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--number", type=int, default=260)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with arguments.output.open("w", encoding="utf-8") as file:
        for index, question in enumerate(seed_questions(arguments.number, arguments.seed)):
            file.write(json.dumps(row(index, question), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
