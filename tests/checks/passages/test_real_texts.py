"""How many real texts fall that nobody would call bad, and how many chats fall that are no texts.

The shared data's own faults are known by reading what falls: the OpenStax sections that fall are
lists of links, the Chinese answers that fall are code, English, chat or lists of names.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest

from builders.checks.passages import PassageCheckConfig, check_passages
from distilabel_pipelines.passages import Passage
from distilabel_pipelines.rows import Language
from tests.checks.passages.texts import make_passage
from tests.checks.real_data import read_rows

CONFIG = PassageCheckConfig()
pytestmark = pytest.mark.real_data


def count_reasons(texts: list[str], text_format: str, language: Language) -> Counter[str | None]:
    passages = [make_passage(text, text_format, language) for text in texts]
    return Counter(finding.reason for finding in check_passages(passages, CONFIG))


def test_textbook_sections_stay() -> None:
    rows = read_rows("seeds/openstax_astronomy_sections.jsonl.gz")
    texts = [row["text"] for row in rows if len(row["text"].split()) >= 50][::2]
    assert count_reasons(texts, "textbook_academic", "en")[None] >= 0.985 * len(texts)


def test_news_articles_stay() -> None:
    texts = [row["text"] for row in read_rows("dedup/articles_1000.jsonl.gz")[::3]]
    assert count_reasons(texts, "paraphrase", "en")[None] >= 0.995 * len(texts)


def test_mathematics_stays() -> None:
    english = [
        f"{row['problem']}\n\n{row['solution']}"
        for row in read_rows("math/math500.jsonl.gz")
        if len((row["problem"] + " " + row["solution"]).split()) >= 50
    ]
    assert count_reasons(english, "math", "en")[None] >= 0.96 * len(english)


def test_chinese_answers_stay_but_for_chat() -> None:
    rows = read_rows("instruct/alpaca_gpt4_zh_demo_1k.jsonl.gz")
    texts = [row["output"] for row in rows if len("".join(row["output"].split())) >= 80]
    reasons = count_reasons(texts, "knowledge_list", "zh")
    assert reasons["refusal"] > 10
    assert reasons["boilerplate"] > 30
    others = sum(reasons.values()) - reasons["refusal"] - reasons["boilerplate"]
    assert reasons[None] >= 0.955 * others


def test_web_pages_lose_their_worst() -> None:
    rows = read_rows("seeds/c4_demo_300.jsonl.gz")
    texts = [row["text"] for row in rows if len(row["text"].split()) >= 50]
    assert 0.93 * len(texts) <= count_reasons(texts, "blogpost", "en")[None] < len(texts)


def test_a_passage_takes_about_two_milliseconds_of_one_core() -> None:
    rows = read_rows("seeds/openstax_astronomy_sections.jsonl.gz")
    texts = [row["text"][:2000] for row in rows if len(row["text"]) >= 2000][:60]
    passages = [make_passage(text, "textbook_academic") for text in texts]
    check_passages(passages, CONFIG)  # the first imports datatrove
    fastest = min(measure_seconds(passages) for _ in range(5))
    assert fastest / len(passages) < 0.02  # ten times as much as on a quiet core: it may be shared


def measure_seconds(passages: list[Passage]) -> float:
    start = time.process_time()
    check_passages(passages, CONFIG)
    return time.process_time() - start
