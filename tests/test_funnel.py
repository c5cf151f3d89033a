"""Every response of a build is accounted for."""

from typing import Any

import pytest
from pydantic import ValidationError

from builders.funnel import REASONS, Funnel, count_funnel
from tests.outcomes import small_facts, small_outcome


def counted() -> dict[str, Any]:
    return count_funnel(small_outcome(), small_facts().seeds).model_dump()


def test_stages_are_the_responses_less_the_reasons_before_them() -> None:
    funnel = count_funnel(small_outcome(), small_facts().seeds)

    stages = (funnel.responses, funnel.answered, funnel.passed_gates, funnel.selected)
    assert stages == (12, 11, 8, 7)
    assert (funnel.deduplicated, funnel.published) == (6, 4)
    assert (funnel.seeds_read, funnel.questions, funnel.questions_asked) == (12, 11, 10)
    assert funnel.responses == funnel.published + sum(funnel.rejected.values())


def test_every_reason_is_listed_with_its_zero() -> None:
    assert tuple(counted()["rejected"]) == REASONS
    assert counted()["rejected"]["looping"] == 0


def test_a_response_that_is_neither_published_nor_rejected_is_refused() -> None:
    with pytest.raises(ValidationError, match="13 responses, but 12 published and rejected"):
        Funnel.model_validate(counted() | {"responses": 13})


@pytest.mark.parametrize("stage", ["answered", "passed_gates", "selected", "deduplicated"])
def test_a_stage_that_its_reasons_do_not_explain_is_refused(stage: str) -> None:
    with pytest.raises(ValidationError, match=f"{stage} is"):
        Funnel.model_validate(counted() | {stage: counted()[stage] + 1})


def test_a_missing_reason_is_refused() -> None:
    rejected = {key: value for key, value in counted()["rejected"].items() if key != "looping"}
    with pytest.raises(ValidationError, match="the closed list is"):
        Funnel.model_validate(counted() | {"rejected": rejected})
