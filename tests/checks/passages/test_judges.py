"""datatrove's filters as they are asked: on a copy, offline, and only where they could say no."""

from __future__ import annotations

import subprocess
import sys

import pytest
from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, GopherQualityFilter, GopherRepetitionFilter

from builders.checks.passages import judges
from builders.checks.passages.prose import copy_prose
from builders.checks.passages.rules import EnglishProse
from builders.checks.passages.screens import (
    cut_after_sentences,
    find_sentences,
    may_fail_c4,
    may_fail_quality,
    may_repeat,
    may_repeat_lines,
    split_words,
)
from tests.checks.passages.test_quality import BAD_EN
from tests.checks.passages.texts import GOOD, PROSE_EN
from tests.checks.real_data import read_rows

RULES = EnglishProse()
STRICT = EnglishProse(
    min_mean_word_length=4,
    max_mean_word_length=5,
    min_stop_words=6,
    min_sentences=9,
    min_alphabetic_word_share=0.97,
    max_top_gram_shares=((2, 0.03), (3, 0.03), (4, 0.03)),
    max_duplicate_gram_shares=((5, 0.03), (8, 0.02), (10, 0.01)),
)


def test_c4_would_rewrite_its_document_and_drop_all_latex() -> None:
    stock = C4QualityFilter(min_num_sentences=1, language=judges.PassageTokenizer("en"))
    document = Document(text="# A heading\n" + PROSE_EN, id="")
    assert stock.filter(document) is True
    assert not document.text.startswith("# A heading")
    latex = PROSE_EN + r" The slope is $\frac{a}{b}$, as was said."
    assert stock.filter(Document(text=latex, id="")) == (False, "curly_bracket")
    assert judges.find_filter_fault(latex, latex, RULES, "en") is None


def test_filters_come_with_the_first_passage_and_need_nothing_that_is_fetched() -> None:
    program = (
        "import sys, builders.checks.passages\n"
        "assert not {'datatrove', 'distilabel'} & set(sys.modules)\n"
        "from builders.checks.passages.quality import find_low_quality\n"
        "from builders.checks.passages.rules import ChineseProse, EnglishProse\n"
        "assert find_low_quality('The river is what the sea is. ' * 30, 'en', EnglishProse())\n"
        "find_low_quality('河流带走的不只是水。' * 9, 'zh', ChineseProse())\n"
        "assert 'datatrove' in sys.modules\n"
        "assert not {'nltk', 'spacy', 'fasttext', 'jieba', 'distilabel'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def ask_all(text: str, rules: EnglishProse) -> dict[str, bool]:
    """What each filter says of a text, whatever the bounds say: True for a drop."""
    copies = {"C4": cut_after_sentences(text)}
    filters: dict[str, C4QualityFilter | GopherQualityFilter | GopherRepetitionFilter] = {
        "C4": judges._make_c4(rules),  # the bounds are about these very filters
        "quality": judges._make_quality(rules),
        "repetition": judges._make_gram_repetition(rules, "en"),
        "lines": judges._make_line_repetition(rules, "en"),
    }
    return {
        name: one.filter(Document(text=copies.get(name, text), id="")) is not True
        for name, one in filters.items()
    }


def screen_all(text: str, rules: EnglishProse) -> dict[str, bool]:
    words = split_words(text, "en")
    return {
        "C4": may_fail_c4(text, rules),
        "quality": may_fail_quality(text, words, rules),
        "repetition": may_repeat(text, words, rules),
        "lines": may_repeat_lines(text),
    }


def list_texts() -> list[str]:
    texts = [text for _, language, text in GOOD if language == "en"]
    return [copy_prose(text) for text in texts + [text for _, text in BAD_EN]]


@pytest.mark.parametrize("rules", [RULES, STRICT])
def test_a_bound_never_spares_a_text_that_its_filter_drops(rules: EnglishProse) -> None:
    for text in list_texts():
        said, screened = ask_all(text, rules), screen_all(text, rules)
        assert [name for name in said if said[name] and not screened[name]] == []


@pytest.mark.real_data
@pytest.mark.parametrize("rules", [RULES, STRICT])
def test_the_bounds_hold_on_real_texts_and_spare_most_of_the_work(rules: EnglishProse) -> None:
    texts = [copy_prose(row["text"]) for row in read_rows("seeds/c4_demo_300.jsonl.gz")[:120]]
    asked = dropped = 0
    for text in texts:
        said, screened = ask_all(text, rules), screen_all(text, rules)
        assert [name for name in said if said[name] and not screened[name]] == []
        asked += sum(screened.values())
        dropped += sum(said.values())
    assert dropped > 0
    if rules is RULES:
        assert asked < 0.2 * 4 * len(texts)


def test_sentences_are_those_that_a_mark_ends() -> None:
    text = 'He came. "Why?" she asked (twice.) It is 3.5 km 河流很长。而且很深！ No end'
    assert len(find_sentences(text)) == 5
    assert find_sentences("No end") == []
    assert (
        cut_after_sentences("# Title\nOne end. Two\n**Three ends.**") == "One end.\n**Three ends."
    )
