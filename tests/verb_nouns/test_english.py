"""Roots of English instructions: our own sentences, and real ones that were labelled by eye."""

from __future__ import annotations

import pytest

from builders.verb_nouns.english import find_english_root, lemmatise_noun
from tests.checks.real_data import read_rows

# The first 60 seed tasks of Self-Instruct; "" where a human sees no verb with an object.
LABELS = """
-|-|generate description|describe situation|generate title|-|brainstorm list|explain idiom
generate haiku|recommend movie|suggest game|make list|explain behavior|output dependency
write pair|write word|identify disease|create checklist|reply email|-|write scene
create question|find subset|give recipe|plan menu|find number|link entity|-|add comment|-
make list|suggest completion|-|create survey|give suggestion|show step|write adjective
replace comment|come synonym|extract name|make plan|generate expression|-|find misspelling
add thing|answer problem|write example|write conversation|answer question|come metaphor
parse query|suggest word|suggest routine|return word|explain stereotype|give joke
write spell|write sentence|convert measurement|write story
"""


@pytest.mark.parametrize(
    ("instruction", "verb", "noun"),
    [
        ("Write a short, polite email to the shop.", "write", "email"),
        ("Please list three common mistakes of beginners.", "list", "mistake"),
        ("Could you give me some tips for a picnic?", "give", "tip"),
        ("In this task, you need to correct the spelling of the word.", "correct", "spelling"),
        ("Given two dates, calculate the number of days between them.", "calculate", "number"),
        ("Come up with a name for a bakery.", "come", "name"),
        ("Compare and contrast the two poems.", "compare", "poem"),
        ("Create a machine learning model that sorts letters.", "create", "model"),
        ("Compose a poem celebrating the first snow.", "compose", "poem"),
        ("Generate the next three numbers in the row.", "generate", "number"),
        ("Identify each of the people below.", "identify", "person"),
        ("Reply to the letter in two sentences.", "reply", "letter"),
        ("Sort the given list alphabetically.", "sort", "list"),
        ("Imagine that you are a pilot. Describe your morning.", "describe", "morning"),
        ("WRITE A HAIKU", "write", "haiku"),
        ("Explain how rain is made.", "explain", None),
        ("Tell me whether the sentence is true.", "tell", None),
        ("Translate it into French.", "translate", None),
        ('Translate "good morning" into French.', "translate", None),
    ],
)
def test_verb_and_object(instruction: str, verb: str, noun: str | None) -> None:
    assert find_english_root(instruction) == (verb, noun, None)


@pytest.mark.parametrize(
    ("instruction", "word"),
    [
        ("What is the capital of Peru?", "what"),
        ("What's the boiling point of water?", "what"),
        ("Is the number prime?", "is"),
        ("If a train leaves at nine, when does it arrive?", "when"),
    ],
)
def test_questions_have_a_question_word_and_no_verb(instruction: str, word: str) -> None:
    assert find_english_root(instruction) == (None, None, word)


@pytest.mark.parametrize("text", ["", "  ", "...", "The weather was fine.", "12 + 3 =", "é", "，"])
def test_what_is_no_instruction_has_no_root(text: str) -> None:
    assert find_english_root(text) == (None, None, None)


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("stories", "story"),
        ("boxes", "box"),
        ("classes", "class"),
        ("sentences", "sentence"),
        ("news", "news"),
        ("analysis", "analysis"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("people", "person"),
        ("gas", "gas"),
    ],
)
def test_nouns_are_put_into_the_singular(plural: str, singular: str) -> None:
    assert lemmatise_noun(plural) == singular


@pytest.mark.real_data
def test_real_seed_tasks_agree_with_the_labels() -> None:
    rows = read_rows("instruct/seed_tasks.jsonl")
    labels = [label for line in LABELS.split("\n") for label in line.split("|") if label]
    roots = [find_english_root(row["instruction"]) for row in rows[: len(labels)]]
    found = [f"{verb} {noun}" if noun else "-" for verb, noun, _ in roots]
    assert len(labels) == 60
    pairs = [(had, label) for had, label in zip(found, labels, strict=True) if had != "-"]
    assert sum(had == label for had, label in pairs) >= 0.95 * len(pairs)
    assert len(pairs) >= 0.95 * sum(label != "-" for label in labels)


@pytest.mark.real_data
def test_most_real_instructions_have_a_pair() -> None:
    rows = read_rows("instruct/alpaca_en_52k.jsonl.gz")[::20]
    pairs = sum(find_english_root(row["instruction"])[1] is not None for row in rows)
    assert pairs >= 0.8 * len(rows)
