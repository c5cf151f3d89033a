"""Which passages may be published: the gates, in a fixed order, each with its reason.

The first gate that a passage fails names its reason, so that the counts by reason add up. Pure
functions of the passage and the thresholds: changing one and running again asks the teacher
nothing. They only judge; the published text is what the teacher wrote, outer white space aside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from builders.checks.passages.config import PassageCheckConfig, find_group
from builders.checks.passages.debris import find_debris
from builders.checks.passages.echo import find_echo
from builders.checks.passages.forms import read_form
from builders.checks.passages.language import find_wrong_language
from builders.checks.passages.loops import repeated_share
from builders.checks.passages.phrases import find_anywhere, find_closing, find_opening
from builders.checks.passages.quality import find_low_quality
from builders.checks.passages.spacing import find_wrong_spacing
from builders.checks.passages.wrapping import find_wrapping, unwrap_text
from builders.checks.repetition import find_tail_loop
from builders.checks.task_filters import measure_length
from builders.pretraining.outcome import PassageReject
from distilabel_pipelines.generations import CUT_FINISH
from distilabel_pipelines.passages import Passage


class PassageFinding(NamedTuple):
    """Why a passage falls, or (None, "") for one that passes.

    `detail` names the phrase that was found, or the measure and its threshold.
    """

    reason: PassageReject | None
    detail: str


def _gate_error(passage: Passage, _config: PassageCheckConfig) -> PassageFinding | None:
    if passage.error is not None:
        return PassageFinding(passage.error, passage.error_message)
    if passage.finish_reason == "content_filter":
        return PassageFinding("refused_by_provider", "finish_reason content_filter")
    return None


def _gate_truncated(passage: Passage, _config: PassageCheckConfig) -> PassageFinding | None:
    if passage.thought_form == "unfinished":
        return PassageFinding("truncated", "the thought was never closed")
    if passage.finish_reason not in CUT_FINISH:
        return None
    tokens = passage.completion_tokens
    after = "" if tokens is None else f" after {tokens} tokens"
    return PassageFinding("truncated", f"cut{after}; raise MAX_TOKENS if there are many")


def _gate_garbled(passage: Passage, _config: PassageCheckConfig) -> PassageFinding | None:
    found = find_debris(passage.content) or find_wrong_spacing(passage.content)
    return PassageFinding("garbled", found) if found else None


def _gate_refusal(passage: Passage, config: PassageCheckConfig) -> PassageFinding | None:
    found = find_opening(passage.content, config.refusals)
    found = found or find_anywhere(passage.content, config.self_descriptions)
    return PassageFinding("refusal", repr(found)) if found else None


def _gate_boilerplate(passage: Passage, config: PassageCheckConfig) -> PassageFinding | None:
    found = find_opening(passage.content, config.openings)
    if found:
        return PassageFinding("boilerplate", f"opening {found!r}")
    wrapping = find_wrapping(passage.content)
    if wrapping:
        return PassageFinding("boilerplate", wrapping)
    if passage.prompt.format in config.formats_with_closings:
        return None
    found = find_closing(passage.content, config.closings, config.closing_characters)
    return PassageFinding("boilerplate", f"closing {found!r}") if found else None


def _gate_echo(passage: Passage, config: PassageCheckConfig) -> PassageFinding | None:
    prompt = passage.prompt
    found = find_echo(passage.content, prompt.prompt, prompt.language, config)
    return PassageFinding("prompt_echo", found) if found else None


def _gate_length(passage: Passage, config: PassageCheckConfig) -> PassageFinding | None:
    language = passage.prompt.language
    length = measure_length(passage.content, language)
    least, unit = (
        (config.min_characters, "characters") if language == "zh" else (config.min_words, "words")
    )
    if length < max(least, 1):
        return PassageFinding("too_short", f"{length} {unit}, {least} at least")
    unwrapped = unwrap_text(passage.content)
    if not unwrapped.code_signs:
        return None
    outside, least = measure_length(unwrapped.text, language), (least + 1) // 2
    if outside >= least:
        return None
    return PassageFinding("too_short", f"{outside} {unit} outside code, {least} at least")


def _gate_form(passage: Passage, config: PassageCheckConfig) -> PassageFinding | None:
    form = read_form(passage.content, passage.prompt.language)
    group = find_group(passage.prompt.format)
    if group == "prose" and form.sentence_share < config.min_sentence_share:
        return PassageFinding("headings_only", f"{form.sentence_share:.0%} stands in sentences")
    holds_data = group != "prose" and (form.table_rows or form.items)
    if form.sentence_signs or holds_data or not config.min_sentence_share:
        return None
    return PassageFinding("headings_only", "no sentence, no list of facts, no filled table")


def _gate_looping(passage: Passage, config: PassageCheckConfig) -> PassageFinding | None:
    text, language = passage.content, passage.prompt.language
    least = config.loop_min_characters // (2 if language == "zh" else 1)
    loop = find_tail_loop(text, least, config.loop_min_repeats)
    if loop is not None:
        size = f"{loop.period} characters {loop.repeats:.0f} times"
        return PassageFinding("looping", f"the text ends in a loop: {size}")
    group = find_group(passage.prompt.format)
    is_structured = group not in {"prose", None}
    share = repeated_share(
        text,
        language,
        mask_digits=not is_structured,
        holds_formulas=group == "mathematics",
    )
    most = (
        config.loop_max_repeated_share_structured
        if is_structured
        else config.loop_max_repeated_share
    )
    if share > most:
        return PassageFinding("looping", f"{share:.0%} of the text stood in it before")
    return None


def _gate_language(passage: Passage, config: PassageCheckConfig) -> PassageFinding | None:
    prompt = passage.prompt
    group = find_group(prompt.format)
    found = find_wrong_language(passage.content, prompt.language, config, group=group)
    return PassageFinding("wrong_language", found) if found else None


def _gate_quality(passage: Passage, config: PassageCheckConfig) -> PassageFinding | None:
    rules = config.find_rules(passage.prompt.format, passage.prompt.language)
    if rules is None:
        return None
    found = find_low_quality(passage.content, passage.prompt.language, rules)
    return PassageFinding("low_quality", found) if found else None


_GATES: tuple[Callable[[Passage, PassageCheckConfig], PassageFinding | None], ...] = (
    _gate_error,
    _gate_truncated,
    _gate_garbled,
    _gate_refusal,
    _gate_boilerplate,
    _gate_echo,
    _gate_length,
    _gate_form,
    _gate_looping,
    _gate_language,
    _gate_quality,
)


def check_passage(passage: Passage, config: PassageCheckConfig) -> PassageFinding:
    """Put one passage through the gates; the first that it fails speaks. Pure, deterministic.

    A format that is not ours goes through all gates but the last.
    """
    found = (gate(passage, config) for gate in _GATES)
    return next((one for one in found if one is not None), PassageFinding(None, ""))


def check_passages(passages: Sequence[Passage], config: PassageCheckConfig) -> list[PassageFinding]:
    """The finding of each passage, in their order; none depends on another."""
    return [check_passage(passage, config) for passage in passages]
