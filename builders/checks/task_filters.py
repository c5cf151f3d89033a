"""Which generated tasks and instances may stay: the filters, in a fixed order, with reasons.

After Self-Instruct (arXiv:2212.10560, section 2.2 step 4 and its `prepare_for_finetuning.py`) and
Alpaca (its `generate_instruction.py`), for English and Chinese: Alpaca's "first character must be
ASCII" is not among them. Everything is a pure function of the texts and the thresholds, so that
changing one and running again asks the teacher nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from builders.checks.keywords import (
    HARMLESS_EN,
    HARMLESS_ZH,
    KEYWORDS_EN,
    KEYWORDS_ZH,
    find_keyword,
)
from builders.checks.language import strip_notation
from builders.checks.repetition import duplicate_share, find_tail_loop
from builders.instruction_outcome import InstructionRejectReason
from builders.text_keys import CJK
from distilabel_pipelines.rows import Language

_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Count = Annotated[int, Field(ge=1)]
_Words = tuple[Annotated[str, Field(pattern=r"\S")], ...]  # "" would stand in every text

WORDS_PER_CJK_CHARACTER = 0.6  # a Chinese word has about 1.7 characters

_CHARACTERS_A_WORD = 20  # on average, spaces included; no language's words are so long
_UNDECODED = "\ufffd"  # what decoders and the gateway put for bytes that are no text

_CJK = re.compile(f"[{CJK}]")
_LATIN_WORD = re.compile("[A-Za-zÀ-ÖØ-öø-ɏ]{2,}")
_OTHER_LETTERS = re.compile("[Ѐ-ӿ֐-ۿऀ-෿฀-๿぀-ヿ가-힯]+")
_KANA_OR_HANGUL = re.compile("[぀-ヿ가-힯]")
# Bounded: an opening that never closes would otherwise be searched for to the end, each time.
_QUOTED = re.compile(
    '"[^"\\n]{0,900}"|“[^”]{0,900}”|‘[^’]{0,900}’|「[^」]{0,900}」|『[^』]{0,900}』|《[^》]{0,900}》'
)
_PLEASE = re.compile(r"^(?:please,?\s+|请你?|请帮我|帮我)")
_DIGITS_AS_LETTERS = str.maketrans("0123456789", "abcdefghij")  # `duplicate_share` masks digits
_CLOSING = dict(zip("\"'“‘「『《〈【〔«‹„（([`", "\"'”’」』》〉】〕»›“）)]`", strict=True))
_NO_OUTPUT = re.compile(
    r"[\s<\[(（【\"]*no[\s_-]?(?:input|output)[\s.>\])）】\"]*|[<\[(（【](?:无|没有)(?:输入|输出)[>\])）】]",
    re.IGNORECASE,
)


class Fault(NamedTuple):
    """Why a task or an instance falls."""

    reason: InstructionRejectReason
    detail: str


class FilterConfig(BaseModel):
    """Thresholds and word lists of the filters, part of the recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_words: _Count = 3
    max_words: _Count = 150
    """Length of an English instruction; a CJK character in it is a word."""

    min_characters: _Count = 4
    max_characters: _Count = 300
    """Length of a Chinese instruction, white space left out."""

    keywords_en: _Words = KEYWORDS_EN
    keywords_zh: _Words = KEYWORDS_ZH
    harmless_en: _Words = HARMLESS_EN
    harmless_zh: _Words = HARMLESS_ZH
    """Words an instruction must not hold, and the expressions in which they do not count."""

    program_prefixes: _Words = (
        "write a program",
        "写一个程序",
        "写个程序",
        "写一段程序",
        "编写程序",
        "编写一个程序",
        "编写一段程序",
    )
    """Beginnings without a language or a form of the answer (Alpaca); 请 before them is skipped."""

    reject_leading_punctuation: bool = True
    """Quotes and brackets that close, signs of numbers and emoji may begin an instruction."""

    min_language_share: _Share = 0.2
    """Least share of the instruction's words in its request's language; quoted text and code are
    not looked at. Lenient: a sentence to translate may stand in the instruction."""

    loop_min_chars: Annotated[int, Field(ge=50)] = 120
    loop_min_repeats: Annotated[int, Field(ge=2)] = 4
    """An output that ends in a loop fills so many characters of its end, with so many repeats."""

    loop_max_duplicate_share: _Share = 0.7
    loop_min_tokens: Annotated[int, Field(ge=12)] = 200
    """Largest share of repeated 12-grams, numbers told apart: a table of products is no loop."""

    reject_input_as_output: bool = True
    reject_ambiguous_inputs: bool = True


def measure_length(text: str, language: Language) -> int:
    """Words of an English text (a CJK character is one), characters of a Chinese one.

    White space never counts.
    """
    if language == "zh":
        return len("".join(text.split()))
    return len(_CJK.sub(" ", text).split()) + len(_CJK.findall(text))


def find_task_fault(instruction: str, language: Language, config: FilterConfig) -> Fault | None:
    """The first filter that the instruction fails, or None. Pure."""
    found = (check(instruction.strip(), language, config) for check in _TASK_CHECKS)
    return next((fault for fault in found if fault is not None), None)


def find_instance_fault(
    instruction: str, input_text: str, output: str, config: FilterConfig
) -> Fault | None:
    """The first filter that one instance fails, whatever its task's other instances; pure.

    An output that differs from the input in case alone is an answer: half of those in Alpaca's
    52,002 rows answer "put it in capitals". From the instruction it has to differ in more.
    """
    if not output.strip() or _NO_OUTPUT.fullmatch(output):
        return Fault("empty_output", output.strip() or "nothing but white space")
    broken = _find_broken_text(input_text, output, config)
    if broken is not None:
        return broken
    joined = _join_spaces(output)
    if not config.reject_input_as_output:
        return None
    if joined == _join_spaces(input_text):
        return Fault("input_is_output", f"the output repeats the input: {joined[:100]!r}")
    if joined.casefold() == _join_spaces(instruction).casefold():
        return Fault("input_is_output", "the output repeats the instruction")
    return None


def _find_broken_text(input_text: str, output: str, config: FilterConfig) -> Fault | None:
    if _UNDECODED in input_text or _UNDECODED in output:
        return Fault("garbled", "U+FFFD in the input or the output")
    loop = _find_loop(output, config)
    return None if loop is None else Fault("looping", loop)


def check_instances(
    instruction: str, instances: Sequence[tuple[str, str]], config: FilterConfig
) -> list[Fault | None]:
    """The fault of each instance (input, output) of one task, None where it may stay.

    First each by itself; then, among those left, the same input and output again (the first
    stays), and the same input with different outputs (all fall, as in Self-Instruct). Without an
    input, several outputs are several answers and no contradiction.
    """
    faults = [find_instance_fault(instruction, given, out, config) for given, out in instances]
    outputs: defaultdict[str, set[str]] = defaultdict(set)
    pairs = [(_join_spaces(given), _join_spaces(output)) for given, output in instances]
    for (given, output), fault in zip(pairs, faults, strict=True):
        if fault is None:
            outputs[given].add(output)
    seen: set[tuple[str, str]] = set()
    for number, (given, output) in enumerate(pairs):
        if faults[number] is not None:
            continue
        if config.reject_ambiguous_inputs and given and len(outputs[given]) > 1:
            detail = f"{len(outputs[given])} different outputs for the input {given[:100]!r}"
            faults[number] = Fault("ambiguous_input", detail)
        elif (given, output) in seen:
            faults[number] = Fault("repeated_instance", "same input and output as before")
        seen.add((given, output))
    return faults


def _join_spaces(text: str) -> str:
    return " ".join(text.split())


def _find_loop(text: str, config: FilterConfig) -> str | None:
    loop = find_tail_loop(text, config.loop_min_chars, config.loop_min_repeats)
    if loop is not None:
        return f"the output ends in a loop: {loop.period} characters {loop.repeats:.0f} times"
    share = duplicate_share(text.translate(_DIGITS_AS_LETTERS), config.loop_min_tokens)
    if share > config.loop_max_duplicate_share:
        return f"{share:.0%} of the output's 12-grams are repeated"
    return None


def language_share(text: str, language: Language) -> float:
    """Share of the text's words in the language, 0 to 1; 1 where no word tells.

    A CJK character is 0.6 of a word; quoted text, code and formulas are left out where anything
    remains without them. Latin words are all taken for English: French passes.
    """
    plain = _QUOTED.sub(" ", strip_notation(text))
    if not _CJK.search(plain) and not _LATIN_WORD.search(plain):
        plain = text
    other = len(_OTHER_LETTERS.findall(plain))
    chinese = len(_CJK.findall(_KANA_OR_HANGUL.sub("", plain))) * WORDS_PER_CJK_CHARACTER
    english = len(_LATIN_WORD.findall(plain))
    total = chinese + english + other
    wanted = chinese if language == "zh" else english
    return wanted / total if total else 1.0


def _check_language(text: str, language: Language, config: FilterConfig) -> Fault | None:
    share = language_share(text, language)
    if share >= config.min_language_share:
        return None
    return Fault("wrong_language", f"{share:.0%} of the instruction is {language}")


def _check_length(text: str, language: Language, config: FilterConfig) -> Fault | None:
    length = measure_length(text, language)
    least, most, unit = (
        (config.min_characters, config.max_characters, "characters")
        if language == "zh"
        else (config.min_words, config.max_words, "words")
    )
    if len(text) > most * _CHARACTERS_A_WORD:  # "words" of thousands of characters
        return Fault("too_long", f"{len(text)} characters for {most} {unit} at most")
    if length < least:
        return Fault("too_short", f"{length} {unit}, {least} at least")
    return Fault("too_long", f"{length} {unit}, {most} at most") if length > most else None


def _check_characters(text: str, _language: Language, _config: FilterConfig) -> Fault | None:
    return Fault("garbled", "U+FFFD in the instruction") if _UNDECODED in text else None


def _check_keywords(text: str, language: Language, config: FilterConfig) -> Fault | None:
    lists = {
        "en": (config.keywords_en, config.harmless_en),
        "zh": (config.keywords_zh, config.harmless_zh),
    }
    word = find_keyword(text, *lists[language])
    return None if word is None else Fault("keyword", word)


def _check_program(text: str, _language: Language, config: FilterConfig) -> Fault | None:
    bare = _PLEASE.sub("", text.casefold())
    prefix = next((one for one in config.program_prefixes if bare.startswith(one.casefold())), None)
    return None if prefix is None else Fault("write_a_program", prefix)


def _check_beginning(text: str, _language: Language, config: FilterConfig) -> Fault | None:
    if not config.reject_leading_punctuation or not text or _may_begin(text):
        return None
    return Fault("leading_punctuation", text[:20])


def _may_begin(text: str) -> bool:
    """Letters, digits, emoji, a quote or bracket that closes later, √2, $5, -3, .5, ¿."""
    first, then = text[0], text[1:2]
    category = unicodedata.category(first)
    if first in _CLOSING:
        return _CLOSING[first] in text[1:]
    if category.startswith("P"):
        return first in "¿¡" or (first in "-.−" and then.isdigit())
    if category == "Sm":
        return first not in "<>|~=" and then.isalnum()
    return category != "Sk"


_TASK_CHECKS: tuple[Callable[[str, Language, FilterConfig], Fault | None], ...] = (
    _check_language,
    _check_length,
    _check_characters,
    _check_keywords,
    _check_program,
    _check_beginning,
)
