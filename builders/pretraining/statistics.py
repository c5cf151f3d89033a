"""What a set of a pretraining build's texts looks like in counts: kinds, endings, tokens.

Equal texts give equal figures on every machine, whatever their order. What no server reported is
counted as unknown and never shown as zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from builders.checks.task_filters import measure_length
from builders.length_histograms import LengthHistogram, bin_lengths
from builders.pretraining.audiences import name_audiences
from builders.pretraining.outcome import CheckedPassage
from builders.public_text import strip_machine_path
from builders.reasoning_rows import known_count
from builders.trace_statistics import TokenTotal, count_values, total_tokens


class PassageStatistics(BaseModel):
    """Texts in numbers; dicts go by falling count. `text_tokens` are completion tokens without
    those of thoughts, `thought_tokens` the rest; `continued` texts were cut and then went on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    formats: dict[str, int]
    audiences: dict[str, int]
    languages: dict[str, int]
    source_kinds: dict[str, int]
    seed_data: dict[str, int]
    finish_reasons: dict[str, int]
    continued: int
    with_thought: int
    prompt_tokens: TokenTotal
    text_tokens: TokenTotal
    thought_tokens: TokenTotal


def describe_passages(rows: Sequence[CheckedPassage]) -> PassageStatistics:
    """Statistics of one set of texts; pure."""
    passages = [one.passage for one in rows]
    prompts = [one.prompt for one in passages]
    audiences = name_audiences(one.audience for one in prompts)
    return PassageStatistics(
        rows=len(passages),
        formats=count_values(one.format for one in prompts),
        audiences=count_values(audiences[one.audience] for one in prompts),
        languages=count_values(one.language for one in prompts),
        source_kinds=count_values(one.source_kind for one in prompts),
        seed_data=count_values(strip_machine_path(one.seed_data) for one in prompts),
        finish_reasons=count_values(one.finish_reason for one in passages),
        continued=sum(one.continuations > 0 for one in passages),
        with_thought=sum(one.reasoning_content != "" for one in passages),
        prompt_tokens=total_tokens(one.prompt_tokens for one in passages),
        text_tokens=total_tokens(one.text_token_length for one in passages),
        thought_tokens=total_tokens(one.reasoning_tokens for one in passages),
    )


def count_passage_lengths(rows: Sequence[CheckedPassage]) -> list[LengthHistogram]:
    """The lengths of all texts: words or characters by language, tokens as servers counted them."""
    passages = [one.passage for one in rows]
    english, chinese = (
        [measure_length(one.content, code) for one in passages if one.prompt.language == code]
        for code in ("en", "zh")
    )
    tokens = [known_count(one.text_token_length) for one in passages]
    return [
        *bin_lengths("text", "words", english, "en"),
        *bin_lengths("text", "characters", chinese, "zh"),
        *bin_lengths("text", "tokens", [count for count in tokens if count is not None]),
    ]
