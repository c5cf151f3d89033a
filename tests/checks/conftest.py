"""Shared by the check tests: one verifier (its processes start once) and the real data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builders.checks import AnswerVerifier


@pytest.fixture(scope="session")
def verifier() -> Iterator[AnswerVerifier]:
    with AnswerVerifier(workers=2) as shared:
        yield shared
