"""The funnel of a pretraining build: every source and text is accounted for."""

from typing import Any

import pytest
from pydantic import ValidationError

from builders.pretraining.funnel import REASONS, PretrainingFunnel, count_pretraining_funnel
from builders.pretraining.outcome import PretrainingOutcome
from tests.pretraining.outcomes import dropped, failed, passage, small_facts, small_outcome


def funnel_of(outcome: PretrainingOutcome, **changes: object) -> PretrainingFunnel:
    facts = small_facts(**changes)
    return count_pretraining_funnel(outcome, facts.sources, facts.mixture)


def test_each_step_is_the_one_before_it_less_its_reasons() -> None:
    funnel = funnel_of(small_outcome())
    steps = {name: value for name, value in funnel.model_dump().items() if name != "rejected"}
    assert steps == {
        "rows_read": 20,
        "equal_merged": 1,
        "sources_dropped": 3,
        "sources": 16,
        "prompts": 14,
        "prompts_asked": 11,
        "responses": 12,
        "answered": 11,
        "passed_checks": 9,
        "decontaminated": 8,
        "deduplicated": 7,
        "published": 5,
    }
    assert tuple(funnel.rejected) == REASONS
    assert funnel.rejected["surplus"] == 2


def test_samples_of_one_prompt_are_one_prompt_asked() -> None:
    rows = [passage("a", 1, sample=number) for number in range(3)]
    outcome = small_outcome()._replace(published=rows, rejected=[failed(2, "refused_by_provider")])
    funnel = funnel_of(outcome)
    assert (funnel.prompts_asked, funnel.responses, funnel.answered) == (2, 4, 3)


@pytest.mark.parametrize("name", ["answered", "passed_checks", "decontaminated", "sources"])
def test_a_count_that_is_off_by_one_is_refused(name: str) -> None:
    fields: dict[str, Any] = funnel_of(small_outcome()).model_dump()
    with pytest.raises(ValidationError, match=f"{name} is"):
        PretrainingFunnel(**fields | {name: fields[name] + 1})


def test_more_prompts_asked_than_made_are_refused() -> None:
    with pytest.raises(ValidationError, match="11 prompts asked of 10 made"):
        funnel_of(small_outcome(), prompts_made=10)


def test_a_list_of_reasons_that_is_not_the_closed_one_is_refused() -> None:
    fields: dict[str, Any] = funnel_of(small_outcome()).model_dump()
    del fields["rejected"]["looping"]
    with pytest.raises(ValidationError, match="the closed list is"):
        PretrainingFunnel(**fields)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dropped": {"boilerplate": 2}}, r"sources dropped are counted as \{'boilerplate': 2\}"),
        ({"kept": 17}, "kinds of sources add up to 16, not to 17"),
        ({"languages": {"en": 1}}, "languages of sources add up to 1, not to 16"),
        ({"equal_merged": 2}, "sources is 16, its reasons give 15"),
    ],
)
def test_sources_that_do_not_add_up_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        funnel_of(small_outcome(), **changes)


def test_a_dropped_source_that_nobody_counted_is_refused() -> None:
    outcome = small_outcome()
    more = [*outcome.dropped_sources, dropped(9, "short")]
    with pytest.raises(ValueError, match="'short': 1"):
        funnel_of(outcome._replace(dropped_sources=more))
