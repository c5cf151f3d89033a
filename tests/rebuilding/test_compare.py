"""A rebuild says whether its rows are the manifest's, and if not, what is known of why."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from builders.rebuilding.compare import is_same_data, report_rebuild, tell_other, tell_same
from tests.pretraining.test_manifest import small_manifest as pretraining_manifest
from tests.rebuilding.manifests import reasoning_build

BUILD = reasoning_build()
OTHER = BUILD.model_copy(update={"content_digest": "0" * 64})


def test_the_same_rows_are_told_with_their_digest() -> None:
    assert is_same_data(BUILD, reasoning_build(code_version="9"))
    assert tell_same(BUILD).startswith("rebuilt: all 4 rows are the manifest's, in their order")
    assert BUILD.content_digest in tell_same(BUILD)


def test_other_rows_are_told_with_both_digests_and_why() -> None:
    assert not is_same_data(BUILD, OTHER)
    told = tell_other(BUILD, OTHER, asked=True, differences=["The code is another."])
    assert f"4 rows with digest {'0' * 64}, there 4 with {BUILD.content_digest}" in told
    assert "The teacher was asked again, and need not repeat itself" in told
    assert told.endswith("The code is another.")


def test_without_a_reason_none_is_made_up() -> None:
    assert "Why" not in tell_other(BUILD, OTHER, asked=False, differences=[])


def test_other_served_models_and_prompts_are_reasons() -> None:
    served = [BUILD.served_models[0].model_copy(update={"name": "another"})]
    told = tell_other(
        BUILD, OTHER.model_copy(update={"served_models": served}), asked=False, differences=[]
    )
    assert "now another." in told
    old = pretraining_manifest()
    old, new = (
        old.model_copy(
            update={"mixture": old.mixture.model_copy(update={"prompts_sha256": digit * 64})}
        )
        for digit in "ab"
    )
    assert "The prompts are others" in tell_other(old, new, asked=False, differences=[])


@pytest.mark.parametrize("asked", [True, False])
def test_the_report_says_whether_anything_was_asked(
    caplog: pytest.LogCaptureFixture, asked: bool
) -> None:
    with caplog.at_level(logging.INFO, "build"):
        report_rebuild(BUILD, BUILD, Path("out"), asked=asked, differences=[])
        report_rebuild(BUILD, OTHER, Path("out"), asked=asked, differences=[])
    levels = [record.levelname for record in caplog.records if "rebuilt" in record.message]
    assert levels == ["INFO", "WARNING"]
    assert ("no request was sent: every reply stood in out/responses" in caplog.text) != asked
