"""The child of `ClientProcess`: runs the functions it is told, one after the other."""

from __future__ import annotations

import importlib
import os
import pickle
import sys
from typing import IO, Any

from tests.fake_hub.client import Answer, Order


def main() -> None:
    """Read orders from standard input until it ends, write answers to what was standard output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    while (order := _read_order(sys.stdin.buffer)) is not None:
        pickle.dump(_carry_out(order), answers)
        answers.flush()


def _read_order(orders: IO[bytes]) -> Order | None:
    try:
        order: Order = pickle.load(orders)  # noqa: S301  # from the test that started us
    except EOFError:
        return None
    return order


def _carry_out(order: Order) -> Answer:
    function: Any = getattr(importlib.import_module(order.module), order.function)
    try:
        return Answer(result=function(*order.arguments, **order.named))
    except BaseException as error:  # noqa: BLE001  # it is told to the test, which decides
        response = getattr(error, "response", None)
        return Answer(
            error=type(error).__name__,
            message=str(error),
            status=getattr(response, "status_code", None),
        )


if __name__ == "__main__":
    main()
