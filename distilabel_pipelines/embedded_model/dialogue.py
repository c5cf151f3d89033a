"""Training text of one example, exactly as the chat template renders it.

The template itself (`weights/chat_template.jinja`) is what servers use; this is its plain Python
twin for the training loop, and a test holds the two equal.
"""

from __future__ import annotations

from .training_mix import Example

TURN_START, TURN_END, TEXT_END = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
THINK_START, THINK_END = "<think>", "</think>"
MARK_START, MARK_END = "\ue000", "\ue001"  # around spans of a prompt that carry loss
EMPTY_THOUGHT = f"{THINK_START}\n\n{THINK_END}\n\n"


def prompt_text(system: str | None, user: str, thinking: bool) -> str:
    """Everything up to where the model starts to write."""
    turns = [("system", system)] if system is not None else []
    turns.append(("user", user))
    text = "".join(f"{TURN_START}{role}\n{content}{TURN_END}\n" for role, content in turns)
    return f"{text}{TURN_START}assistant\n" + ("" if thinking else EMPTY_THOUGHT)


def completion_text(example: Example) -> str:
    """What the model has to write, up to the end of its turn."""
    thought = ""
    if example.thought is not None:
        thought = f"{THINK_START}\n{example.thought}\n{THINK_END}\n\n"
    return f"{thought}{example.content}{TURN_END}"


def prompt_and_completion(example: Example) -> tuple[str, str]:
    """The two halves of a training text; only the second carries loss."""
    if example.raw:
        return example.user, f"{example.content}{TEXT_END}"
    thinking = example.thought is not None
    return prompt_text(example.system, example.user, thinking), completion_text(example)


def remove_marks(text: str) -> str:
    """The text as the model sees it."""
    return text.replace(MARK_START, "").replace(MARK_END, "")


def find_marked(text: str) -> list[tuple[int, int]]:
    """The marked spans, as character positions in the text without marks."""
    spans: list[tuple[int, int]] = []
    start = removed = 0
    for position, character in enumerate(text):
        if character == MARK_START:
            start, removed = position - removed, removed + 1
        elif character == MARK_END:
            spans.append((start, position - removed))
            removed += 1
    return spans
