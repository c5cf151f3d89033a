"""Both engines for whatever must not depend on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import pytest

from builders.novelty import NoveltyScreen

_NEVER = 10**15


class StartScreen(Protocol):
    def __call__(self, texts: Iterable[str], **rule: Any) -> NoveltyScreen: ...  # noqa: ANN401


@pytest.fixture(params=[_NEVER, 0], ids=["packed", "compiled"])
def start_screen(request: pytest.FixtureRequest) -> StartScreen:
    def start(texts: Iterable[str], **rule: Any) -> NoveltyScreen:  # noqa: ANN401
        return NoveltyScreen(texts, compile_after_pairs=request.param, **rule)

    return start
