"""A passage in each of the twelve formats, from a writer's sentences.

Every function takes a `Writer` and returns the whole text; their order of parts is fixed, what
stands in them is drawn.
"""

from __future__ import annotations

from collections.abc import Callable

from distilabel_pipelines.passages import FORMATS, BuiltInFormat

from .sums import write_sum
from .writer import Writer

NUMERALS = "零一二三四五六七八九"


def _label(writer: Writer, key: str, number: int, **slots: str) -> str:
    return writer.say("part", key, number=str(number), chinese=NUMERALS[number], **slots)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def write_wikihow(writer: Writer) -> str:
    """A few sentences, numbered steps, a tip, an end."""
    noted = writer.rng.sample(range(5), writer.rng.randrange(1, 3))
    steps = [
        f"{number + 1}. {writer.sentences(text, writer.fact() if number in noted else '')}"
        for number, text in enumerate(writer.topic.steps)
    ]
    opening = writer.sentences(writer.opening("wikihow"), writer.fact())
    tip = writer.say("part", "tip", fact=writer.fact())
    return _paragraphs(opening, "\n".join(steps), writer.sentences(tip, writer.close()))


def write_tutorial(writer: Writer) -> str:
    """What will be learnt, a term, stages, an end."""
    count = writer.rng.randrange(4, 6)
    stages = [
        _label(writer, "step", number, text=text)
        for number, text in enumerate(writer.topic.steps[:count], 1)
    ]
    opening = writer.sentences(writer.opening("tutorial"), writer.define())
    end = writer.sentences(writer.told(writer.rng.randrange(1, 3)), writer.close())
    return _paragraphs(opening, "\n".join(stages), end)


def write_textbook_narrative(writer: Writer) -> str:
    """A scene, what it shows, a case, an end."""
    first = writer.sentences(writer.opening("textbook_narrative"), writer.fact())
    second = writer.sentences(writer.define(), writer.told(3))
    return _paragraphs(first, second, writer.sentences(writer.example(), writer.close()))


def write_textbook_academic(writer: Writer) -> str:
    """Terms first, then facts, a second term, an end."""
    first = writer.sentences(writer.opening("textbook_academic"), writer.define())
    second = writer.told(writer.rng.randrange(3, 5))
    third = writer.sentences(writer.define(), writer.fact(), writer.close())
    return _paragraphs(first, second, third)


def write_blogpost(writer: Writer) -> str:
    """An observation, facts, a case, a thought."""
    first = writer.sentences(writer.opening("blogpost"), writer.fact())
    parts = [writer.told(3), writer.example()]
    return _paragraphs(first, *parts, writer.close())


def write_story(writer: Writer) -> str:
    """Person and place, trouble, talk, rescue, what remains."""
    first = writer.sentences(writer.opening("story"), writer.say("part", "scene"))
    second = writer.sentences(
        writer.say("part", "trouble"), writer.say("part", "speech", fact=writer.fact())
    )
    third = writer.sentences(
        writer.say("part", "rescue"),
        writer.link(writer.fact()) if writer.rng.random() < 0.5 else writer.fact(),
        writer.say("part", "moral"),
    )
    return _paragraphs(first, second, third)


def write_forum(writer: Writer) -> str:
    """A question, answers of three members, thanks."""
    asker = writer.nick()
    (question, answer), (second, other) = writer.questions[:2]
    post = writer.opening("forum", nick=asker, question=question)
    replies = [answer, writer.fact(), writer.sentences(writer.fact(), writer.fact())]
    if writer.rng.random() < 0.5:
        replies[1] = writer.sentences(second, other)
    lines = [
        writer.say("part", "answer", nick=writer.nick(), text=_opinion(writer, text))
        for text in replies
    ]
    return "\n\n".join((post, *lines, writer.say("part", "thanks", nick=asker)))


def _opinion(writer: Writer, text: str) -> str:
    agreed = writer.rng.random() < 0.7
    return writer.say("part", "agree", text=text) if agreed else text


def write_faq(writer: Writer) -> str:
    """Sometimes an introduction, then pairs."""
    pairs = list(writer.questions)
    items = []
    for question, answer in pairs:
        told = writer.sentences(answer, writer.fact())
        lines = (
            writer.say("part", "ask_label", question=question),
            writer.say("part", "answer_label", text=told),
        )
        items.append("\n".join(lines))
    introduced = writer.rng.random() < 0.7
    return _paragraphs(writer.opening("faq") if introduced else "", *items)


def write_table(writer: Writer) -> str:
    """A sentence or two, the terms, what can be read from them."""
    header = writer.say("part", "header")
    terms = writer.rng.sample(writer.topic.terms, len(writer.topic.terms))
    rows = [header, "--- | ---", *(f"{term} | {meaning}" for term, meaning in terms)]
    lines = "\n".join(f"| {row} |" for row in rows)
    first = writer.sentences(writer.opening("table"), writer.fact())
    reading = writer.say("part", "reading", fact=writer.fact())
    return _paragraphs(first, lines, writer.sentences(reading, writer.told(2), writer.close()))


def write_math(writer: Writer) -> str:
    """Two problems with their solutions."""
    parts = []
    for number, (problem, solution) in enumerate(write_sum(writer), 1):
        parts.append(_label(writer, "problem_label", number, text=problem))
        parts.append(_label(writer, "solution_label", number, text=solution))
    opening = writer.sentences(writer.opening("math"), writer.fact())
    return _paragraphs(opening, *parts)


def write_knowledge_list(writer: Writer) -> str:
    """An introduction, points, an end."""
    points = [writer.define(), *writer.facts(writer.rng.randrange(4, 7))]
    writer.rng.shuffle(points)
    lines = "\n".join(f"- {point}" for point in points)
    return _paragraphs(writer.opening("knowledge_list"), lines, writer.close())


def write_paraphrase(writer: Writer) -> str:
    """The facts in connected paragraphs."""
    first = writer.sentences(writer.opening("paraphrase"), writer.told(3))
    return _paragraphs(first, writer.sentences(writer.told(3), writer.close()))


WRITERS: dict[BuiltInFormat, Callable[[Writer], str]] = {
    "wikihow": write_wikihow,
    "textbook_narrative": write_textbook_narrative,
    "textbook_academic": write_textbook_academic,
    "blogpost": write_blogpost,
    "story": write_story,
    "forum": write_forum,
    "faq": write_faq,
    "table": write_table,
    "math": write_math,
    "tutorial": write_tutorial,
    "knowledge_list": write_knowledge_list,
    "paraphrase": write_paraphrase,
}
assert tuple(WRITERS) == FORMATS  # noqa: S101 - a format without a writer would go unnoticed
