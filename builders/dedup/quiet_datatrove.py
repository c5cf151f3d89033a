"""datatrove without its log: it tells each step to stderr through loguru."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from loguru import logger


@contextlib.contextmanager
def quiet_datatrove() -> Iterator[None]:
    """Nothing of it is told meanwhile; failures reach us as exceptions."""
    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")
