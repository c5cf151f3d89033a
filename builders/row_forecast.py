"""How many requests are likely to be needed for the rows that are still missing.

Source: Laplace's rule of succession, and the binomial's standard deviation.
"""

from __future__ import annotations

import math


def count_needed_in_flight(missing: int, passed: int, finished: int) -> int:
    """Questions to have in flight so that `missing` more are likely to pass.

    The pass rate is estimated with one imagined success (Laplace's rule, started at 1), and one
    standard deviation of the binomial is added on top: near the end a few rows too many cost less
    than waiting for one reply after the other.
    """
    if missing <= 0:
        return 0
    rate = (passed + 1) / (finished + 1)
    spread = math.sqrt(missing * (1 - rate)) / rate
    return math.ceil(missing / rate + spread)
